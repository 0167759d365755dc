"""`invoicesync adopt`: link what stands in QuickBooks already, so that nothing is made twice."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from invoicesync.domain.comparison import Kind
from invoicesync.services.adopt import Adopt, Adoption, Link, pairs_of
from invoicesync.services.audit import Audited
from invoicesync_cli.answers import Answer, Exit
from invoicesync_cli.audit.access import of_stack
from invoicesync_cli.audit.command import From, To, plain, show_sections, window_of
from invoicesync_cli.audit.lines import money, plain_money, sections
from invoicesync_cli.command import command
from invoicesync_cli.desk import Desk
from invoicesync_cli.phrases import invoices

DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be linked, and link nothing.")
]

_SETTLED = frozenset({Link.LINKED, Link.LINKABLE, Link.KNOWN})
_WHY = {
    Link.LOADED: "InvoiceSync made one of its own: void one of the two in QuickBooks",
    Link.RESOLVED: "a person has closed it",
    Link.BUSY: "it is being loaded just now: adopt again in a few minutes",
    Link.TAKEN: "its invoice in QuickBooks is that of another one",
}


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(app)(adopt)


def adopt(desk: Desk, *, from_: From, to: To, dry_run: DryRun = False) -> Answer:
    """Link invoices that were typed into QuickBooks, or came by another way, to ServiceTrade's.

    Linked ones are compared, and never written. Only clear pairs are linked: one and one, the same
    customer, the same money. The rest is listed for people. The dates are invoice dates; what lies
    before go-live is linked too. The same again links nothing twice. Exit code 1 where something is
    left for a person.

    For example:

        invoicesync adopt --from 2026-07-01 --to 2026-10-31 --dry-run

        invoicesync adopt --from 2026-07-01 --to 2026-10-31
    """
    window = window_of(from_, to)
    audited = of_stack(desk, None).audit(names_unbilled=False)(window)
    use_case = Adopt(table=desk.table, clock=desk.clock, random=desk.random, actions=desk.actions)
    pairs = pairs_of(audited.comparison)
    if dry_run:
        adoptions = use_case.look(pairs)
    else:
        note = f"invoices dated {window.first} to {window.last}"
        adoptions = use_case(pairs, actor=desk.actor, note=note)
    rest = _rest(audited, adoptions)
    left = [each for each in adoptions if each.link not in _SETTLED]
    return Answer(
        {
            "from": window.first.isoformat(),
            "to": window.last.isoformat(),
            "dry_run": dry_run,
            "links": {link.value: _counted(adoptions, link) for link in Link},
            "pairs": [_plain(each) for each in adoptions],
            "rest": [plain(line) for _, lines in sections(rest) for line in lines],
        },
        lambda console: _show(console, adoptions, rest),
        Exit.FOUND if left or rest.is_found else Exit.FINE,
    )


def _rest(audited: Audited, adoptions: Sequence[Adoption]) -> Audited:
    """Leave out what is settled, so that only what is left for people is listed."""
    settled = {each.source.id for each in adoptions if each.link in _SETTLED}
    left = tuple(
        each
        for each in audited.comparison.findings
        if each.kind is Kind.FOREIGN or not {one.id for one in each.sources} <= settled
    )
    return replace(audited, comparison=replace(audited.comparison, findings=left))


def _counted(adoptions: Sequence[Adoption], link: Link) -> dict[str, Any]:
    found = [each for each in adoptions if each.link is link]
    return {
        "invoices": len(found),
        "amount": plain_money(sum(each.source.total for each in found)),
    }


def _plain(each: Adoption) -> dict[str, Any]:
    return {
        "link": each.link.value,
        "servicetrade_id": each.source.id,
        "quickbooks_id": each.books.id,
        "number": each.source.number,
        "number_in_quickbooks": each.books.number,
        "amount": plain_money(each.source.total),
    }


def _show(console: Console, adoptions: Sequence[Adoption], rest: Audited) -> None:
    show_sections(console, rest)
    if left := [each for each in adoptions if each.link in _WHY]:
        table = Table(
            "number", "customer", "total", "why", title="Not linked", title_justify="left"
        )
        for each in left:
            source = each.source
            cells = (source.number, source.customer.name, money(source.total), _WHY[each.link])
            table.add_row(*cells)
        console.print(table)
    counts = Counter(each.link for each in adoptions)
    totals = {
        link: sum(each.source.total for each in adoptions if each.link is link) for link in counts
    }
    for link in (Link.LINKED, Link.LINKABLE, Link.KNOWN):
        if counts[link]:
            console.print(f"{invoices(counts[link])} {_SAID[link]}, {money(totals[link])}.")
    if not adoptions:
        console.print("There is nothing to link.")
    console.print("QuickBooks and ServiceTrade were only read.")


_SAID = {
    Link.LINKED: "linked",
    Link.LINKABLE: "would be linked",
    Link.KNOWN: "linked before",
}
