"""`mapping diff FILE`: what a mapping changes, in its text and in the invoices that are there."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from invoicesync.domain.mapping import parse_mapping
from invoicesync.services.foresight import Foreseen
from invoicesync.services.load.work import Result
from invoicesync.services.remap import DATED_BEFORE_CHANGED, Compared
from invoicesync.state.entry import State
from invoicesync.state.mappings import Published
from invoicesync_cli.answers import Answer, Exit
from invoicesync_cli.desk import Desk
from invoicesync_cli.differences import plain_compared, show_compared
from invoicesync_cli.files import read_mapping_file
from invoicesync_cli.foreseeing import compare_loaded, preview_by
from invoicesync_cli.mapping_text import plain_of, write_mapping
from invoicesync_cli.phrases import amount_of, dollars, invoices
from invoicesync_cli.survey import open_entries

File = Annotated[Path, typer.Argument(help="The mapping, in YAML.")]
TextOnly = Annotated[
    bool, typer.Option("--text-only", help="Compare the texts alone; read no invoice.")
]
_GOES = frozenset({Result.CREATED.value, Result.UPDATED.value})


@dataclass(frozen=True, slots=True)
class Effects:
    """What would come of held invoices, and of loaded ones."""

    held: Sequence[Foreseen]
    loaded: Compared

    @property
    def would_go(self) -> list[Foreseen]:
        """Held invoices that would go by themselves."""
        return [one for one in self.held if one.result in _GOES]


def diff(desk: Desk, *, file: File, text_only: TextOnly = False) -> Answer:
    """Show how a file differs from the mapping in force, and what that does to invoices.

    Of held ones, which would go; of loaded ones, what remap would change, field by field and in
    dollars. Reads ServiceTrade and QuickBooks, writes to neither. Exit code 1 where texts differ:
    comments, quotes and what is a default anyway make no difference.

    For example:

        invoicesync mapping diff mapping.yaml

        invoicesync mapping diff mapping.yaml --text-only
    """
    text = read_mapping_file(file)
    then, now = _alike(desk.mappings.text()), _alike(text)
    lines = list(difflib.unified_diff(then, now, "in force", str(file), lineterm=""))
    effects: Effects | None = None
    if lines and not text_only:
        serial = desk.mappings.current().serial + 1
        effects = _effects(desk, Published(serial, parse_mapping(text)))

    def show(console: Console) -> None:
        console.out("\n".join(lines) if lines else "No difference.", highlight=False)
        if effects is not None:
            _show(console, effects)

    plain = {"diff": lines, **_plain(effects)}
    return Answer(plain, show, Exit.FOUND if lines else Exit.FINE)


def _effects(desk: Desk, candidate: Published) -> Effects:
    # What was rolled back waits for a person, who decides by what is told of loaded ones.
    held = [each for each in open_entries(desk, State.HELD) if not each.rolled_back]
    first = datetime.combine(candidate.mapping.go_live - DATED_BEFORE_CHANGED, time(), UTC)
    foreseen = preview_by(desk, candidate).of(
        [each.servicetrade_id for each in held], changed_since=int(first.timestamp())
    )
    return Effects(foreseen, compare_loaded(desk, candidate, None))


def _plain(effects: Effects | None) -> dict[str, Any]:
    if effects is None:
        return {"held": None, "loaded": None}
    goes = effects.would_go
    stays = [one for one in effects.held if one not in goes]
    return {
        "held": {
            "would_go": [_one(one) for one in goes],
            "amount": _total(goes),
            "would_stay": [
                {**_one(one), "because": [problem.code.value for problem in one.problems]}
                for one in stays
            ],
        },
        "loaded": plain_compared(effects.loaded),
    }


def _one(one: Foreseen) -> dict[str, Any]:
    return {
        "servicetrade_id": one.servicetrade_id,
        "number": one.shown.get("number", ""),
        "total": amount_of(one.shown.get("total")),
        "result": one.result,
    }


def _show(console: Console, effects: Effects) -> None:
    goes = effects.would_go
    named = ", ".join(one.shown.get("number") or str(one.servicetrade_id) for one in goes)
    console.print(
        f"Held: {invoices(len(goes))} of {len(effects.held)} would go ({dollars(_total(goes))})"
        f"{f': {named}' if named else ''}.",
    )
    show_compared(console, effects.loaded, "What remap would change after a push")
    console.print("Nothing was written.")


def _total(foreseen: Sequence[Foreseen]) -> Decimal:
    return sum((amount_of(one.shown.get("total")) for one in foreseen), Decimal(0))


def _alike(text: str) -> list[str]:
    return write_mapping(plain_of(parse_mapping(text))).splitlines()
