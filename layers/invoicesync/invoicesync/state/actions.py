"""What operators did: who, when, and how it was before and after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from invoicesync.conditions import Item, Put, Value
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.ports import Clock, Random, Table
from invoicesync.state import keys
from invoicesync.state.ledger import key_item

KEPT_SECONDS = 400 * 86_400
MOST_NAMED = 200
"""Invoices that one record names; the number of all of them stands beside it."""
DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that somebody did, on purpose and by command."""

    actor: str
    what: str
    invoices: Sequence[ServiceTradeId] = ()
    before: Mapping[str, Value] = field(default_factory=dict[str, Value])
    after: Mapping[str, Value] = field(default_factory=dict[str, Value])
    note: str = ""
    at: int = 0


class Actions:
    """Writes actions down and reads them back."""

    def __init__(self, table: Table, clock: Clock, random: Random) -> None:
        self._table = table
        self._clock = clock
        self._random = random

    def record(self, action: Action) -> None:
        """Keep an action for 400 days; its time is now."""
        now = self._clock.now()
        moment = datetime.fromtimestamp(now, UTC)
        at = f"{moment:%H:%M:%S.%f}.{self._random.token()[:8]}"
        item: Item = {
            **key_item(keys.action(f"{moment:%Y-%m-%d}", at)),
            "actor": action.actor,
            "what": action.what,
            "invoices": [int(id_) for id_ in action.invoices[:MOST_NAMED]],
            "number_of_invoices": len(action.invoices),
            "before": dict(action.before),
            "after": dict(action.after),
            "note": action.note,
            "at": int(now),
            "expires_at": int(now) + KEPT_SECONDS,
        }
        self._table.write(Put(item))

    def of_days(self, days: int) -> list[Action]:
        """Read what was done today and on the days before, the newest first."""
        now = self._clock.now()
        found: list[Action] = []
        for back in range(days):
            day = datetime.fromtimestamp(now - back * DAY_SECONDS, UTC)
            rows = self._table.query(keys.action(f"{day:%Y-%m-%d}", "").pk, limit=1000)
            found += [_read(row) for row in reversed(rows)]
        return found


def _read(row: Item) -> Action:
    before, after, named, at = (row.get(name) for name in ("before", "after", "invoices", "at"))
    return Action(
        actor=str(row.get("actor", "")),
        what=str(row.get("what", "")),
        invoices=tuple(
            ServiceTradeId(int(str(id_))) for id_ in (named if isinstance(named, list) else ())
        ),
        before=before if isinstance(before, Mapping) else {},
        after=after if isinstance(after, Mapping) else {},
        note=str(row.get("note", "")),
        at=at if isinstance(at, int) else 0,
    )
