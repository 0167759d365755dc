"""Write a report down once, tell people, and remember it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from invoicesync.domain.bridge import Bridge
from invoicesync.domain.lags import Lags
from invoicesync.errors import BusyError
from invoicesync.ports import Bucket, Clock, Random, Spent, Table, Topic
from invoicesync.services.again import Asked
from invoicesync.services.reconcile import contents
from invoicesync.services.reconcile.expenses import expenses
from invoicesync.services.reconcile.figures import figures, rate
from invoicesync.services.reconcile.material import Material
from invoicesync.services.reconcile.result import Outcome
from invoicesync.services.report.listing import digest, write_csv
from invoicesync.services.report.mail import subject_of, text_of
from invoicesync.services.report.model import Period, Report, Trend
from invoicesync.services.report.model import Table as ReportTable
from invoicesync.services.report.page import write_page
from invoicesync.state.actions import Action, Actions
from invoicesync.state.pace import Usage
from invoicesync.state.reports import Reconciled, Reports

TREND_MONTHS = 3


@dataclass(frozen=True, slots=True)
class Tally:
    """What else is known of the run: what was asked for again, and what it took."""

    asked_again: Asked
    reads: int
    mapping_serial: int
    today: date
    lags: Lags
    usage: Usage | None
    spent: Spent


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish:
    """Publishes reports. ``company`` is named on them, ``place`` says where the bucket is.

    Page and listing are written where nothing is yet, before anybody is told; whoever dies in
    between leaves a report that nobody was told of, and the next run makes another.
    """

    table: Table
    bucket: Bucket
    finance: Topic
    clock: Clock
    random: Random
    company: str
    place: str

    def __call__(self, period: Period, material: Material, tally: Tally) -> Outcome:
        """Publish what was found; raise `BusyError` where somebody took the same number."""
        reports = Reports(self.table, self.clock, self.random)
        actions = self._actions_since(period.first, tally.today)
        tables = tuple(
            contents.tables(material, actions, self._reported(reports, period), tally.today)
        )
        tables += (expenses(period.last, tally.usage, reads=tally.reads, spent=tally.spent),)
        facts = _facts(material, actions, tally)
        listing = write_csv(material.bridge, tables, facts)
        report = self._report(period, material, tally, reports, facts, tables, digest(listing))
        name = f"reports/{period.name}/{report.number:04d}"
        for key, content in (
            (f"{name}.csv", listing),
            (f"{name}.html", write_page(report).encode()),
        ):
            if not self.bucket.put_new(key, content):
                raise BusyError(f"{key} is there already, and a report is never overwritten")
        text = text_of(report, kept_at=f"{self.place}/{name}.html")
        self.finance.publish(subject_of(report), text)
        is_over = period.is_month and tally.today > period.last
        reports.remember(_remembered(report, material, tally.lags), closes_month=is_over)
        return Outcome(
            report=report,
            page_key=f"{name}.html",
            csv_key=f"{name}.csv",
            compared=len(material.sources),
            reads=tally.reads,
            asked_again=tally.asked_again.done,
            left=tally.asked_again.left,
            why=tally.asked_again.why,
            usage=tally.usage,
            lags=tally.lags,
            findings={
                kind.value: found.findings
                for kind, found in material.comparison.tallies().items()
                if found.findings
            },
        )

    def _report(
        self,
        period: Period,
        material: Material,
        tally: Tally,
        reports: Reports,
        facts: Mapping[str, str],
        tables: tuple[ReportTable, ...],
        csv_sha256: str,
    ) -> Report:
        now = int(self.clock.now())
        bridge = material.bridge
        number = reports.next_number(period.name)
        trend = [Trend(each.at, each.per_100_000) for each in reports.lately(TREND_MONTHS)]
        return Report(
            company=self.company,
            period=period,
            number=number,
            made_at=now,
            bridge=bridge,
            differences=_differences(bridge),
            healed=len(tally.asked_again.done),
            facts=facts,
            tables=tables,
            days=contents.days(material),
            held=contents.held_for(material.held),
            trend=(*trend, Trend(now, _rate(bridge))),
            csv_name=f"{number:04d}.csv",
            csv_sha256=csv_sha256,
        )

    def _actions_since(self, first: date, today: date) -> list[Action]:
        days = max(1, (today - first).days + 1)
        return Actions(self.table, self.clock, self.random).of_days(days)

    def _reported(self, reports: Reports, period: Period) -> dict[str, int]:
        months = {f"{date.fromordinal(day):%Y-%m}" for day in _days(period)}
        found = {month: reports.first_reported(month) for month in sorted(months)}
        return {month: at for month, at in found.items() if at is not None}


def _days(period: Period) -> range:
    return range(period.first.toordinal(), period.last.toordinal() + 1)


def _differences(bridge: Bridge) -> int:
    return sum(len(row.steps) for row in bridge.differences)


def _rate(bridge: Bridge) -> int:
    return rate(_differences(bridge), bridge.source.count)


def _facts(material: Material, actions: list[Action], tally: Tally) -> dict[str, str]:
    return figures(
        material,
        actions,
        mapping_serial=tally.mapping_serial,
        reads=tally.reads,
        differing=_rate(material.bridge),
        lags=tally.lags,
        usage=tally.usage,
    )


def _remembered(report: Report, material: Material, lags: Lags) -> Reconciled:
    return Reconciled(
        period=report.period.name,
        number=report.number,
        at=report.made_at,
        compared=len(material.sources),
        differences=report.differences,
        per_100_000=report.trend[-1].per_100_000,
        unexplained_cents=int(report.bridge.unexplained.amount.scaleb(2)),
        csv_sha256=report.csv_sha256,
        lags=lags,
    )
