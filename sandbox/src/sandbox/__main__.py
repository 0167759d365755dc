"""The `sandbox` command: the demo, the stack for work by hand, the simulators alone."""

from __future__ import annotations

import json
import signal
import threading
import time
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Never

import typer
from rich.console import Console

from sandbox.demo.company import USUAL_SIZE, build
from sandbox.faults import FaultScript
from sandbox.http import LOOPBACK, Server
from sandbox.quickbooks import app as quickbooks
from sandbox.quickbooks import companies
from sandbox.quickbooks.options import Latency, Options
from sandbox.servicetrade import FAULTS, Account
from sandbox.servicetrade import create_app as servicetrade_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.cloud.functions import Answer
    from sandbox.quickbooks.company import Company

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)

_SAMPLE_FIELDS = (("1", "Crew #"),)
_EVERYWHERE = "0.0.0.0"  # noqa: S104  (only where it was asked for)
_FROM_A_CONTAINER = "host.docker.internal"
_ADD_HOST = f" --add-host {_FROM_A_CONTAINER}:host-gateway"


class Books(StrEnum):
    """The companies that a simulator can begin with."""

    demo = "demo"
    sample = "sample"
    empty = "empty"


class Speed(StrEnum):
    """How long QuickBooks takes to answer."""

    none = "none"
    real = "real"


Folder = Annotated[Path, typer.Option(help="Where to write what comes of it.")]
Size = Annotated[int, typer.Option(help="How many invoices the contractor has, at least.", min=60)]


@app.command()
def demo(out: Folder = Path("build/demo"), size: Size = USUAL_SIZE) -> None:
    """Sync a made-up contractor's invoices and show what happened; 1 if a promise was broken."""
    # The product is looked for only by the commands that run it.
    from sandbox.demo.page import write_page  # noqa: PLC0415
    from sandbox.demo.play import play, summary, write_json  # noqa: PLC0415
    from sandbox.demo.screen import Terminal, show  # noqa: PLC0415
    from sandbox.demo.stage import Stage  # noqa: PLC0415

    console = Console()
    out.mkdir(parents=True, exist_ok=True)
    with console.status("Making up a contractor"):
        world = build(time.time, size=size)
    stage = Stage(world.account, world.books.company, folder=out)
    with console.status("Starting both simulators and the local cloud"):
        stage.start()
    try:
        with console.status("Publishing the mapping, loading the functions"):
            stage.publish_mapping(world.go_live)
            stage.warm()
        played = play(stage, world, Terminal(console))
    finally:
        stage.stop()
    figures = summary(played, world)
    write_json(out / "summary.json", figures)
    write_page(out / "index.html", played, world, figures)
    (out / "reconciliation.html").write_bytes(played.compared.page)
    (out / "reconciliation.csv").write_bytes(played.compared.listing)
    show(console, played, world, figures)
    console.print(f"{out / 'summary.json'}  {out / 'index.html'}  logs in {out / 'logs'}")
    console.print(f"{out / 'reconciliation.html'}  {out / 'reconciliation.csv'}")
    raise typer.Exit(code=1 if played.faults else 0)


@app.command()
def up(
    out: Folder = Path("build/up"),
    size: Size = USUAL_SIZE,
    schedule: Annotated[bool, typer.Option(help="Fire the template's schedules.")] = True,
    containers: Annotated[
        bool,
        typer.Option(
            help="Let containers in, as `sam local invoke` needs it: listen on every address of "
            "this machine, without a password."
        ),
    ] = False,
) -> None:
    """Keep the demo's stack running for work by hand, until Ctrl-C."""
    from sandbox.demo.stage import Stage  # noqa: PLC0415

    console = Console()
    world = build(time.time, size=size)
    parameters = {} if schedule else {"ScheduleState": "DISABLED"}
    stage = Stage(
        world.account,
        world.books.company,
        folder=out,
        parameters=parameters,
        listen=_EVERYWHERE if containers else LOOPBACK,
    )
    with console.status("Starting both simulators and the local cloud"):
        stage.start()
    try:
        stage.publish_mapping(world.go_live)
        host = _FROM_A_CONTAINER if containers else LOOPBACK
        file = stage.cloud.environment_file(out / "env.json", host=host)
        stage.cloud.stack_file(out / "stack.json")
        stage.cloud.run(lambda name, answer: _tell(console, name, answer))
        console.print(f"ServiceTrade  {stage.servicetrade.url}/api")
        console.print(f"QuickBooks    {stage.quickbooks.url}")
        console.print(f"logs          {out / 'logs'}")
        for name, value in stage.cloud.overrides().items():
            console.print(f"export {name}={value}", soft_wrap=True)
        console.print(
            f"sam local invoke ExtractorFunction --event events/extractor-schedule.json "
            f"--env-vars {file}{_ADD_HOST if containers else ''}",
            soft_wrap=True,
        )
        _until_interrupted(console)
    finally:
        stage.stop()


def _tell(console: Console, name: str, answer: Answer) -> None:
    said = answer.error if answer.failed else json.dumps(answer.payload)
    console.print(f"{name}: {said[:300]}", soft_wrap=True, markup=False)


@app.command()
def serve(
    quickbooks_port: Annotated[int, typer.Option(help="0: any free port.")] = 0,
    servicetrade_port: Annotated[int, typer.Option(help="0: any free port.")] = 0,
    company: Annotated[Books, typer.Option(help="What both systems begin with.")] = Books.demo,
    open_: Annotated[
        bool, typer.Option("--open", help="Accept any client, token and realm.")
    ] = False,
    latency: Annotated[Speed, typer.Option(help="real: as QuickBooks was measured.")] = Speed.none,
    today: Annotated[
        datetime | None,
        typer.Option(help="The day on which it begins there.", formats=["%Y-%m-%d"]),
    ] = None,
    faults: Annotated[
        Path | None,
        typer.Option(
            help='JSON: {"quickbooks": [rules], "servicetrade": [rules]}.',
            exists=True,
            dir_okay=False,
        ),
    ] = None,
) -> None:
    """Serve both simulators on 127.0.0.1, until Ctrl-C."""
    console = Console()
    switches = {
        "open_to_all": open_,
        "latency": Latency() if latency is Speed.real else None,
    }
    account, books = _accounts(company, switches, _clock(today))
    for_books, for_account = _scripts(faults)
    tokens = books.oauth.connect()
    with (
        Server(
            quickbooks.create_app(books, faults=for_books, sleep=time.sleep), port=quickbooks_port
        ) as one,
        Server(
            servicetrade_app(account, faults=for_account, sleep=time.sleep), port=servicetrade_port
        ) as other,
    ):
        console.print(f"QuickBooks    {one.url}/v3/company/{books.realm_id}", soft_wrap=True)
        console.print(f"  client id   {books.oauth.client_id}")
        console.print(f"  secret      {books.oauth.client_secret}")
        console.print(f"  access      {tokens['access_token']}", soft_wrap=True)
        console.print(f"  refresh     {tokens['refresh_token']}", soft_wrap=True)
        console.print(f"ServiceTrade  {other.url}/api")
        console.print(f"  user        {account.login.username}")
        console.print(f"  password    {account.login.password}")
        _until_interrupted(console)


def _scripts(path: Path | None) -> tuple[FaultScript, FaultScript]:
    """Read what shall go wrong with QuickBooks, and what with ServiceTrade."""
    try:
        rules = json.loads(path.read_text(encoding="utf-8")) if path else {}
        if strangers := sorted(set(rules) - {"quickbooks", "servicetrade"}):
            raise typer.BadParameter(f"{path}: {strangers} is neither quickbooks nor servicetrade")
        return (
            FaultScript(quickbooks.KNOWN_FAULTS, rules.get("quickbooks", ())),
            FaultScript(FAULTS, rules.get("servicetrade", ())),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise typer.BadParameter(f"{path}: {error}") from error


def _clock(today: datetime | None) -> Callable[[], float]:
    """Return the real clock, or one that goes as fast and began at noon of another day."""
    if today is None:
        return time.time
    ahead = (today.replace(tzinfo=UTC) + timedelta(hours=12)).timestamp() - time.time()
    return lambda: time.time() + ahead


def _accounts(
    company: Books, switches: dict[str, Any], clock: Callable[[], float]
) -> tuple[Account, Company]:
    if company is Books.demo:
        world = build(clock, switches=switches)
        return world.account, world.books.company
    if company is Books.sample:
        options = Options(custom_fields=_SAMPLE_FIELDS, **switches)
        return Account(clock), companies.sample(clock, options)
    return Account(clock), companies.empty(clock, Options(**switches))


def _until_interrupted(console: Console) -> None:
    def interrupt(*_: object) -> Never:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    console.print("Ctrl-C stops it.")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        console.print("Stopping.")


if __name__ == "__main__":
    app()
