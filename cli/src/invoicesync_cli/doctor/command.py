"""`invoicesync doctor`: look at everything that must be right, and say what mends what is not."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial

import typer
from rich.console import Console
from rich.table import Table

from invoicesync.domain.mapping import Mapping
from invoicesync_cli.answers import Answer, Exit
from invoicesync_cli.command import command
from invoicesync_cli.desk import Desk
from invoicesync_cli.doctor import books, lists, source, upkeep
from invoicesync_cli.doctor.cloud import name_of
from invoicesync_cli.doctor.facts import Facts
from invoicesync_cli.doctor.finding import Check, Finding, Severity, ok

_SERVICETRADE = "ServiceTrade: credentials"
_MAPPING = "mapping: in force"
_STYLES = {Severity.BROKEN: "red", Severity.ADVICE: "yellow", Severity.UNCHECKED: "dim"}


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(app)(doctor)


def doctor(desk: Desk) -> Answer:
    """Look at credentials, clocks, preferences, mapping, dates and machinery. Changes nothing.

    Each finding says what mends it. Exit code 1 where something is broken; advice and what could
    not be checked leave it 0. At most 500 invoices that changed in the last 90 days are read.

    For example:

        invoicesync doctor

        invoicesync doctor --stack invoicesync-prod

        invoicesync doctor --json | jq '.findings[] | select(.severity == "broken")'
    """
    findings = [finding for check in checks(Facts(desk)) for finding in check()]
    counts = Counter(each.severity for each in findings)
    return Answer(
        {
            "stack": desk.stack.name,
            **{each.value.replace(" ", "_"): counts[each] for each in Severity},
            "findings": [each.plain() for each in findings],
        },
        lambda console: _show(console, desk.stack.name, findings),
        Exit.FOUND if counts[Severity.BROKEN] else Exit.FINE,
    )


def checks(facts: Facts) -> Iterator[Check]:
    """List the checks; what many depend on comes first, so that its failure is told once."""
    yield Check(_SERVICETRADE, lambda: [_credentials(facts)])
    yield Check(upkeep.CONSENT, lambda: _consent(facts))
    yield Check(_MAPPING, lambda: [_in_force(facts)])
    yield from _of_machinery(facts)
    yield from _of_quickbooks(facts)
    yield from _of_servicetrade(facts)


def _of_machinery(facts: Facts) -> Iterator[Check]:
    minutes = facts.desk.outputs.schedule_minutes
    yield Check(upkeep.CLOCK, lambda: [upkeep.clock("AWS", facts.aws_time(), facts.now)])
    yield Check(upkeep.CLOCK, lambda: [_servicetrades_clock(facts)])
    yield Check(upkeep.READING, lambda: [upkeep.reading(facts.survey(), minutes)])
    yield Check(upkeep.QUEUE, lambda: upkeep.queue(facts.survey()))
    yield Check(
        upkeep.LOADING, lambda: [upkeep.loading(facts.survey(), is_on=facts.loader_is_on())]
    )
    if facts.desk.stack.is_local:
        for where, why in _NOT_HERE.items():
            yield Check(where, partial(_not_here, where, why))
        return
    topics = [name_of(each) for each in facts.topics]
    yield Check(upkeep.SCHEDULE, lambda: upkeep.schedules(facts.schedules(), facts.started))
    yield Check(upkeep.ALARMS, lambda: upkeep.alarms(facts.alarms()))
    yield Check(upkeep.MAIL, lambda: upkeep.mail(facts.subscriptions(), topics))


_NOT_HERE = {
    upkeep.SCHEDULE: "the sandbox keeps its own time",
    upkeep.ALARMS: "the sandbox has no CloudWatch alarms",
    upkeep.MAIL: "the sandbox sends no mail",
}


def _of_quickbooks(facts: Facts) -> Iterator[Check]:
    def mapping() -> Mapping:
        return facts.published().mapping

    read = facts.preferences
    yield Check(books.NUMBERS, lambda: books.numbers(read()))
    yield Check(books.TAX, lambda: books.tax(read(), mapping()))
    yield Check(books.CLOSING, lambda: books.closing_date(read(), mapping(), facts.today()))
    yield Check(books.LOCATIONS, lambda: books.locations(read(), mapping()))
    yield Check(books.CLASSES, lambda: books.classes(read(), mapping()))
    yield Check(books.FIELDS, lambda: books.custom_fields(read(), mapping()))
    yield Check(books.MONEY, lambda: books.credits_and_currency(read()))
    yield Check(books.NAMES, lambda: books.names(facts.proofs()))


def _of_servicetrade(facts: Facts) -> Iterator[Check]:
    def mapping() -> Mapping:
        return facts.published().mapping

    sample = facts.sample
    yield Check(source.DATES, lambda: source.dates(sample().invoices, mapping()))
    yield Check(lists.NAMES, lambda: lists.names(mapping(), facts.lists()))
    yield Check(source.MAPPED, lambda: source.mapped(sample().invoices, mapping()))
    yield Check(
        source.OTHERS,
        lambda: source.others(
            sample().invoices, facts.there(), facts.ours(), mapping(), facts.today()
        ),
    )


def _credentials(facts: Facts) -> Finding:
    count = len(facts.sample().invoices)
    return ok(f"accepted; {count} invoices read", _SERVICETRADE)


def _consent(facts: Facts) -> Iterator[Finding]:
    environment = facts.desk.outputs.quickbooks_environment
    yield from upkeep.consent(facts.tokens(), environment, facts.now)
    facts.preferences()
    yield ok("QuickBooks answers", upkeep.CONSENT)


def _in_force(facts: Facts) -> Finding:
    published = facts.published()
    return upkeep.mapping_in_force(published.serial, published.mapping.mode)


def _servicetrades_clock(facts: Facts) -> Finding:
    sample = facts.sample()
    return upkeep.clock("ServiceTrade", sample.source_time, sample.here)


def _not_here(where: str, why: str) -> list[Finding]:
    return [upkeep.not_here(where, why)]


def _show(console: Console, stack: str, findings: Sequence[Finding]) -> None:
    table = Table("", "where", "what, and what mends it", title=stack)
    for each in findings:
        fix = f"\nFix: {each.fix}" if each.fix else ""
        table.add_row(
            each.severity.value,
            each.where,
            f"{each.what}{fix}",
            style=_STYLES.get(each.severity, ""),
        )
    console.print(table)
    counts = Counter(each.severity for each in findings)
    console.print(
        ", ".join(f"{counts[each]} {each.value}" for each in Severity) + ". Nothing was changed."
    )
