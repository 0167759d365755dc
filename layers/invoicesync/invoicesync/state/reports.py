"""What is remembered of reconciliations: their numbers, and what came of each."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, date, datetime

from invoicesync.conditions import Absent, Put, Update
from invoicesync.domain.lags import Lags
from invoicesync.errors import ConditionFailedError
from invoicesync.ports import Clock, Random, Table
from invoicesync.state import keys
from invoicesync.state.ledger import key_item

KEPT_SECONDS = 400 * 86_400


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What came of one reconciliation. Rates are invoices of a hundred thousand, money in cents."""

    period: str
    number: int
    at: int
    compared: int
    differences: int
    per_100_000: int
    unexplained_cents: int
    csv_sha256: str
    lags: Lags = field(default_factory=Lags)


class Reports:
    """Numbers reports, and remembers them."""

    def __init__(self, table: Table, clock: Clock, random: Random) -> None:
        self._table = table
        self._clock = clock
        self._random = random

    def next_number(self, period: str) -> int:
        """Take the next number of a period; what a crash left unused is missing, and no harm."""
        taken = self._table.write(Update(keys.report(period, "NUMBER"), add={"number": 1}))
        return int(str(taken["number"]))

    def remember(self, done: Reconciled, *, closes_month: bool) -> None:
        """Keep what came of it for 400 days; of a month that is over, also that it was reported."""
        moment = datetime.fromtimestamp(done.at, UTC)
        at = f"{moment:%d %H:%M:%S}.{self._random.token()[:8]}"
        self._table.write(
            Put(
                {
                    **key_item(keys.reconciled(f"{moment:%Y-%m}", at)),
                    "period": done.period,
                    "number": done.number,
                    "at": done.at,
                    "compared": done.compared,
                    "differences": done.differences,
                    "per_100_000": done.per_100_000,
                    "unexplained_cents": done.unexplained_cents,
                    "csv_sha256": done.csv_sha256,
                    "lags": asdict(done.lags),
                    "expires_at": done.at + KEPT_SECONDS,
                }
            )
        )
        if closes_month:
            self._remember_first(done)

    def _remember_first(self, done: Reconciled) -> None:
        key = keys.report(done.period, "FIRST")
        first = {**key_item(key), "at": done.at, "number": done.number}
        try:
            self._table.write(Put(first, condition=Absent("at")))
        except ConditionFailedError:
            return  # it was reported before, and that is what counts

    def first_reported(self, month: str) -> int | None:
        """Say when a month that is over was first reported; None: it was not."""
        found = self._table.get(keys.report(month, "FIRST")) or {}
        at = found.get("at")
        return at if isinstance(at, int) else None

    def lately(self, months: int) -> list[Reconciled]:
        """List what was reconciled this month and in those before, the oldest first."""
        today = datetime.fromtimestamp(self._clock.now(), UTC).date()
        found: list[Reconciled] = []
        for month in reversed(list(_months_back(today, months))):
            rows = self._table.query(keys.reconciled(month, "").pk, limit=1000)
            found += [
                Reconciled(
                    period=str(row.get("period", "")),
                    csv_sha256=str(row.get("csv_sha256", "")),
                    lags=_lags(row.get("lags")),
                    **{name: int(str(row.get(name, 0))) for name in _NUMBERS},
                )
                for row in rows
            ]
        return found


_NUMBERS = ("number", "at", "compared", "differences", "per_100_000", "unexplained_cents")


def _lags(found: object) -> Lags:
    """Read the percentiles; an older release had none."""
    if not isinstance(found, dict):
        return Lags()
    return Lags(*(int(str(found.get(each.name, 0))) for each in fields(Lags)))


def _months_back(day: date, months: int) -> Iterator[str]:
    at = day.year * 12 + day.month - 1
    for back in range(months):
        year, month = divmod(at - back, 12)
        yield f"{year:04d}-{month + 1:02d}"
