"""What is remembered of runs of the extractor: how each ended, and what it took of ServiceTrade."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from invoicesync.conditions import Item, Put
from invoicesync.ports import Spent, Table
from invoicesync.state import keys
from invoicesync.state.ledger import key_item

KEPT_SECONDS = 400 * 86_400
DAY_SECONDS = 86_400
_MOST_A_DAY = 1000


class Runs:
    """Remembers runs for 400 days."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def remember(self, run: Item, *, at: float, epoch: int) -> None:
        """Keep what one run did."""
        moment = datetime.fromtimestamp(at, UTC)
        key = keys.run(f"{moment:%Y-%m-%d}", f"{moment:%H:%M:%S}.{epoch:010d}")
        times: Item = {"at": int(at), "expires_at": int(at) + KEPT_SECONDS}
        self._table.write(Put({**key_item(key), **run, **times}))

    def of_last_day(self, now: float) -> list[Item]:
        """Read the runs of the last 24 hours, the newest first."""
        return [run for run in self._lately(now) if _int(run, "at") > now - DAY_SECONDS]

    def _lately(self, now: float) -> Iterator[Item]:
        today = datetime.fromtimestamp(now, UTC)
        for day in (today, today - timedelta(days=1)):
            rows = self._table.query(keys.run(f"{day:%Y-%m-%d}", "").pk, limit=_MOST_A_DAY)
            yield from reversed(rows)


def spending(run: Spent) -> Item:
    """Write what a run took of ServiceTrade; one that asked it nothing says nothing."""
    if not run.calls:
        return {}
    least: Item = {} if run.least_left_ms is None else {"least_left_ms": run.least_left_ms}
    return {"calls": run.calls, "used_ms": run.milliseconds, **least}


def spent(runs: Iterable[Item]) -> Spent:
    """Add up what runs took of ServiceTrade; those of an older release did not count it."""
    rows = [found for run in runs if isinstance(found := run.get("servicetrade"), dict)]
    least = [left for row in rows if isinstance(left := row.get("least_left_ms"), int)]
    return Spent(
        calls=sum(_int(row, "calls") for row in rows),
        milliseconds=sum(_int(row, "used_ms") for row in rows),
        least_left_ms=min(least, default=None),
    )


def _int(item: Item, name: str) -> int:
    value = item.get(name, 0)
    return value if isinstance(value, int) else 0
