"""What ServiceTrade and other programs were told of each invoice: beside the ledger."""

from collections.abc import Iterable
from dataclasses import dataclass

from invoicesync.conditions import Absent, Equals, Less, Update, all_of, any_of
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.errors import BusyError, ConditionFailedError
from invoicesync.ports import Clock, Random, Table
from invoicesync.state import keys

REMARK_SECONDS = 600
"""How long a comment may be on its way: longer than a function that writes one can live, and
ServiceTrade's lists lag, so that whoever looks for it afterwards finds it."""

_REMARK = "remark_"


@dataclass(frozen=True, slots=True)
class Told:
    """What was told of one invoice.

    ``announced`` is the key of the last event, ``refused`` the change of status that ServiceTrade
    refused last.
    """

    remarks: frozenset[str] = frozenset()
    announced: str = ""
    refused: str = ""


class Tellings:
    """Reads and writes what was told."""

    def __init__(self, table: Table, clock: Clock, random: Random) -> None:
        self._table = table
        self._clock = clock
        self._random = random

    def get_many(self, ids: Iterable[ServiceTradeId]) -> dict[ServiceTradeId, Told]:
        """Read what was told; one for every id that was asked for."""
        places = {id_: keys.acknowledged(id_) for id_ in ids}
        found = self._table.get_many(list(places.values()))
        told: dict[ServiceTradeId, Told] = {}
        for id_, key in places.items():
            item = found.get(key, {})
            remarks = {name.removeprefix(_REMARK) for name in item if name.startswith(_REMARK)}
            told[id_] = Told(
                frozenset(remarks), str(item.get("announced", "")), str(item.get("refused", ""))
            )
        return told

    def intend(self, id_: ServiceTradeId, reason: str) -> str | None:
        """Note that a comment is about to be written; None where it was written already.

        Returns what `remarked` and `give_up` must bring. Raises `BusyError` while one may still be
        on its way: whoever comes after that looks for it before writing another.
        """
        now, nonce = int(self._clock.now()), self._random.token()
        is_free = any_of(Absent("remark_until"), Less("remark_until", now))
        intent = Update(
            keys.acknowledged(id_),
            set={"remark_until": now + REMARK_SECONDS, "nonce": nonce},
            condition=all_of(Absent(f"{_REMARK}{reason}"), is_free),
        )
        try:
            self._table.write(intent)
        except ConditionFailedError as failed:
            found = failed.found or {}
            if f"{_REMARK}{reason}" in found:
                return None
            # A write that was retried below meets its own first try.
            if found.get("nonce") != nonce:
                until = found.get("remark_until")
                wait = until - now + 1 if isinstance(until, int) else REMARK_SECONDS
                raise BusyError(
                    f"a comment about invoice {id_} may be on its way", delay_seconds=wait
                ) from None
        return nonce

    def remarked(self, id_: ServiceTradeId, reason: str, nonce: str) -> None:
        """Note that the comment stands, or never will: its reason is not told again."""
        # Without a condition: that it stands is true whoever holds the intent by now.
        self._table.write(
            Update(keys.acknowledged(id_), set={f"{_REMARK}{reason}": int(self._clock.now())})
        )
        self.give_up(id_, nonce)

    def give_up(self, id_: ServiceTradeId, nonce: str) -> None:
        """End an intent: nothing is on its way any more."""
        try:
            self._table.write(
                Update(
                    keys.acknowledged(id_),
                    remove=("remark_until", "nonce"),
                    condition=Equals("nonce", nonce),
                )
            )
        except ConditionFailedError:
            return  # it ran out, and is somebody else's, or this is the echo of our own write

    def refused(self, id_: ServiceTradeId, change: str) -> None:
        """Note a change of status that ServiceTrade refused: it is not asked for again."""
        self._table.write(Update(keys.acknowledged(id_), set={"refused": change}))

    def announced(self, id_: ServiceTradeId, key: str) -> None:
        """Note the last event that other programs were told of."""
        self._table.write(Update(keys.acknowledged(id_), set={"announced": key}))
