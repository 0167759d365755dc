"""`mapping suggest FILE`: a draft of the mapping, from what both sides have in their lists."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from invoicesync.domain.mapping import Mapping, parse_mapping
from invoicesync.errors import MisconfiguredError
from invoicesync.ports import Books, Json, SourceList, SourceLists
from invoicesync.state import keys
from invoicesync_cli.answers import Answer, Exit
from invoicesync_cli.desk import Desk
from invoicesync_cli.drafting import draft_remarks
from invoicesync_cli.errors import DeskError
from invoicesync_cli.files import Force, read_mapping_file, write_new
from invoicesync_cli.mapping_text import write_mapping
from invoicesync_cli.matching import LEAST, SURE
from invoicesync_cli.proposing import (
    LISTS,
    Both,
    Proposal,
    Proposed,
    Rules,
    accepted,
    propose,
    tax_rules,
)
from invoicesync_cli.running import DAY_FORMAT

MOST_ROWS = 20_000

Draft = Annotated[Path, typer.Argument(help="The draft to write, in YAML.")]
Base = Annotated[
    Path | None, typer.Option("--base", help="Add to this mapping; else to the one in force.")
]
GoLive = Annotated[
    datetime | None,
    typer.Option(
        "--go-live",
        formats=[DAY_FORMAT],
        help="The first day of invoices; needed where there is no mapping to add to.",
    ),
]
AcceptAbove = Annotated[
    float,
    typer.Option(
        "--accept-above",
        min=LEAST,
        max=SURE,
        help="Set what is at least as likely as this; else only what is sure.",
    ),
]


def suggest(
    desk: Desk,
    *,
    file: Draft,
    base: Base = None,
    go_live: GoLive = None,
    accept_above: AcceptAbove = SURE,
    force: Force = False,
) -> Answer:
    """Draft a mapping: the names of ServiceTrade that it lacks, each with its likely partner.

    Partners are found by code, by the same name, by a name like it. Nothing is put in force: what
    is sure is set in the draft; what is only likely, or has no partner, stands there as a line that
    begins with #. Exit code 1 where a person has to look at such lines.

    For example:

        invoicesync mapping suggest draft.yaml --go-live 2026-11-01

        invoicesync mapping suggest draft.yaml --base mapping.yaml --accept-above 0.9
    """
    mapping = _base(desk, base, go_live)
    both, unread = read_both(desk.source, desk.books)
    proposed = propose(mapping, both)
    plain = accepted(mapping, proposed.proposals, accept_above)
    rules, drafted = tax_rules(mapping, both)
    if drafted:
        plain.setdefault("tax", {})["rules"] = drafted
    remarks = draft_remarks(proposed.proposals, accept_above, rules)
    text = write_mapping(plain, remarks)
    parse_mapping(text)
    write_new(file, text.encode(), force=force)
    return suggested(file, proposed, accept_above, rules, unread)


def _base(desk: Desk, base: Path | None, go_live: datetime | None) -> Mapping:
    if base is not None:
        mapping = parse_mapping(read_mapping_file(base))
    elif desk.table.get(keys.MAPPING) is not None:
        mapping = desk.mappings.current().mapping
    elif go_live is not None:
        mapping = Mapping(go_live=_day(go_live))
    else:
        raise DeskError(
            "no mapping is in force to add to: say from which day on invoices shall go, as in "
            "--go-live 2026-11-01, or give a file by --base"
        )
    if go_live is None:
        return mapping
    return mapping.model_copy(update={"go_live": _day(go_live)})


def _day(moment: datetime) -> date:
    return moment.date()


def read_both(source: SourceLists, books: Books) -> tuple[Both, dict[str, str]]:
    """Read every list; one that ServiceTrade does not show is told of and done without."""
    servicetrade: dict[SourceList, list[Json]] = {}
    unread: dict[str, str] = {}
    for wanted in SourceList:
        try:
            servicetrade[wanted] = source.everything(wanted)
        except MisconfiguredError as error:
            unread[wanted] = str(error)
    if not servicetrade:
        raise DeskError(next(iter(unread.values())))
    quickbooks = {entity: books.query(entity, limit=MOST_ROWS) for entity in LISTS}
    for entity, rows in quickbooks.items():
        if len(rows) >= MOST_ROWS:
            unread[entity] = f"QuickBooks has more than the {MOST_ROWS:,} that were read"
    return Both(servicetrade, quickbooks), unread


def suggested(
    file: Path, proposed: Proposed, above: float, rules: Rules, unread: dict[str, str]
) -> Answer:
    """Say what was drafted; only where nobody has to look at anything is the exit code 0."""
    rows = proposed.proposals
    is_open = [each for each in rows if not each.is_accepted(above)]
    alone = [each for each in is_open if each.match is None]
    counts = {
        "set": len(rows) - len(is_open),
        "likely": len(is_open) - len(alone),
        "without_partner": len(alone),
        "settled": sum(proposed.settled.values()),
    }

    def show(console: Console) -> None:
        table = Table("where", "in ServiceTrade", "in QuickBooks", "sure", "because", "")
        for each in rows:
            table.add_row(*_cells(each, above), style=_style(each, above))
        if rows:
            console.print(table)
        console.print(
            f"{counts['set']} set, {counts['likely']} likely, {counts['without_partner']} without "
            f"a partner; {counts['settled']} needed nothing."
        )
        for line in (*_tax(rules), *_not_read(unread), *_not_nameable(proposed)):
            console.print(line, style="yellow")
        console.print(
            f"Nothing is in force yet. Read {file}, then: invoicesync mapping check {file}",
        )

    plain = {
        "file": str(file),
        **counts,
        "proposals": [_plain(each, above) for each in rows],
        "tax_rules": rules.value,
        "unread": unread,
        "unnameable": list(proposed.unnameable),
    }
    needs_person = is_open or rules is not Rules.KEPT or unread or proposed.unnameable
    return Answer(plain, show, Exit.FOUND if needs_person else Exit.FINE)


def _cells(each: Proposal, above: float) -> Iterator[str]:
    yield ".".join(each.place)
    yield f"{each.name} ({each.label})" if each.label else each.name
    if each.match is None:
        yield from ("", "", "nothing there is like it", "add it there, or map it by hand")
        return
    near = f"; also near: {', '.join(each.match.near)}" if each.match.near else ""
    yield each.match.name
    yield f"{each.match.confidence:.2f}"
    yield f"{each.match.why}{near}"
    yield "set" if each.is_accepted(above) else "look at it"


def _style(each: Proposal, above: float) -> str:
    if each.match is None:
        return "red"
    return "" if each.is_accepted(above) else "yellow"


def _tax(rules: Rules) -> Iterator[str]:
    if rules is Rules.DRAFTED:
        yield "Two tax rules are drafted, without the bands of your rates: add them."
    elif rules is Rules.MISSING:
        yield "QuickBooks does not list the codes TAX and NON: write tax.rules by hand."


def _not_read(unread: dict[str, str]) -> Iterator[str]:
    for what, why in unread.items():
        yield f"Not read: {what}: {why}"


def _not_nameable(proposed: Proposed) -> Iterator[str]:
    for each in proposed.unnameable:
        yield f"Cannot stand in a mapping, mend the name there: {each}"


def _plain(each: Proposal, above: float) -> dict[str, Any]:
    match = each.match
    return {
        "path": ".".join(each.place),
        "name": each.name,
        "label": each.label,
        "partner": None if match is None else match.name,
        "confidence": None if match is None else match.confidence,
        "why": "" if match is None else match.why,
        "near": [] if match is None else list(match.near),
        "set": each.is_accepted(above),
    }
