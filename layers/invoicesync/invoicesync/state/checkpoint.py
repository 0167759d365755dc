"""How far each kind of scan has come, who scans now, and the one counter that orders all looks.

A checkpoint moves only under the epoch and nonce of the run that holds its lease, and its watermark
only forward. Lease times come from the writer's own clock, the watermark from ServiceTrade's alone.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from invoicesync.conditions import (
    Absent,
    Condition,
    Equals,
    Item,
    Key,
    Less,
    Update,
    Value,
    all_of,
    any_of,
)
from invoicesync.errors import BusyError, ConditionFailedError, RetryableError
from invoicesync.ports import Clock, Random, Table
from invoicesync.state import keys, schemas

_BACKFILL = "BACKFILL#"
_MOST_BACKFILLS = 100


@dataclass(frozen=True, slots=True)
class Hint:
    """Where a scan goes on that stopped before its end.

    ``source_time`` is ServiceTrade's clock at the start of the first run: what changed later may
    have been missed by any of the runs. ``page`` 0 stands for a pass that has read its last page.
    ``unnamed`` counts what this pass met and could not name; an odd pass ended before its promise.
    """

    lower: int
    upper: int | None
    source_time: int
    largest_updated: int | None
    ids_key: str
    ids_before_pass: int
    passes: int
    page: int
    page_size: int
    unnamed: int
    is_odd: bool
    count_before: int | None = None
    began: int | None = None
    newcomers: int = 0


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One checkpoint, as the run that holds its lease knows it.

    ``start`` and ``end`` are a backfill's bounds. ``unnamed_runs`` counts the runs in a row that
    came to their end and had met what they could not name.
    """

    key: Key
    epoch: int
    nonce: str
    watermark: int | None = None
    hint: Hint | None = None
    start: int = 0
    end: int = 0
    unnamed_runs: int = 0


@dataclass(frozen=True, slots=True)
class OpenBackfill:
    """A backfill that has not come to its end."""

    name: str
    start: int
    end: int


class Checkpoints:
    """Takes, moves and releases checkpoints."""

    def __init__(self, table: Table, clock: Clock, random: Random) -> None:
        self._table = table
        self._clock = clock
        self._random = random

    def next_epoch(self) -> int:
        """Take the next number of the one counter; taken before a GET, it orders what that says."""
        item = self._table.write(Update(keys.EPOCH, add={"value": 1}))
        return _int(item, "value")

    def acquire(
        self, key: Key, *, lease_seconds: int, bounds: tuple[int, int] | None = None
    ) -> Checkpoint:
        """Take the lease under a new epoch; raise `BusyError` where another run holds it.

        ``bounds`` are a backfill's; with them it is open until `finish`.
        """
        epoch = self.next_epoch()
        nonce = self._random.token()
        now = int(self._clock.now())
        opened: Item = {} if bounds is None else {"start": bounds[0], "end": bounds[1], "open": 1}
        free = any_of(Absent("lease_until"), Less("lease_until", now))
        # A run that took its epoch and then slept through another's whole lease must not hold the
        # checkpoint under the older of the two numbers.
        newest = any_of(Absent("epoch"), Less("epoch", epoch))
        try:
            item = self._table.write(
                Update(
                    key,
                    set={
                        "epoch": epoch,
                        "nonce": nonce,
                        "lease_until": now + lease_seconds,
                        **opened,
                    },
                    condition=all_of(free, newest),
                )
            )
        except ConditionFailedError as failed:
            item = dict(failed.found or {})
            if item.get("nonce") != nonce:
                until = max(0, _int(item, "lease_until") - now)
                raise BusyError(
                    f"another run holds {key.sk}; its lease ends in {until} s", delay_seconds=until
                ) from failed
        return _read(key, item)

    def commit(
        self, held: Checkpoint, watermark: int | None, *, source_time: int, unnamed: bool
    ) -> Checkpoint:
        """End a scan: move the watermark, never backwards, and drop the hint.

        Raises `BusyError` where the lease was lost.
        """
        runs = held.unnamed_runs + 1 if unnamed else 0
        changes: dict[str, Value] = {"scanned_at": source_time, "unnamed_runs": runs}
        condition: Condition | None = None
        if watermark is not None:
            watermark = max(watermark, held.watermark or watermark)
            changes["watermark"] = watermark
            condition = any_of(
                Absent("watermark"), Less("watermark", watermark), Equals("watermark", watermark)
            )
        self._write(held, changes, remove=("hint",), condition=condition)
        return replace(held, watermark=watermark or held.watermark, hint=None, unnamed_runs=runs)

    def finish(self, held: Checkpoint) -> Checkpoint:
        """End a backfill; raise `BusyError` where the lease was lost."""
        changes = {"finished_at": int(self._clock.now()), "unnamed_runs": 0}
        self._write(held, changes, remove=("hint", "open"))
        return replace(held, hint=None, unnamed_runs=0)

    def leave(self, held: Checkpoint, hint: Hint) -> Checkpoint:
        """Store where the next run goes on."""
        written: Any = {"schema": schemas.HINT, **asdict(hint)}
        self._write(held, {"hint": written})
        return replace(held, hint=hint)

    def start_over(self, held: Checkpoint, *, unnamed: bool) -> Checkpoint:
        """Drop the hint without a commit, so that the next run begins at the first page."""
        runs = held.unnamed_runs + 1 if unnamed else held.unnamed_runs
        self._write(held, {"unnamed_runs": runs}, remove=("hint",))
        return replace(held, hint=None, unnamed_runs=runs)

    def release(self, held: Checkpoint) -> None:
        """Give the lease back; one that was lost is another's, and every one ends by itself."""
        with suppress(RetryableError):
            self._write(held, {"lease_until": 0})

    def open_backfills(self) -> list[OpenBackfill]:
        """Find the backfills that have not come to their end."""
        rows = self._table.query(keys.LIVE.pk, prefix=_BACKFILL, limit=_MOST_BACKFILLS)
        return [
            OpenBackfill(
                str(row["sk"]).removeprefix(_BACKFILL), _int(row, "start"), _int(row, "end")
            )
            for row in rows
            if "open" in row
        ]

    def _write(
        self,
        held: Checkpoint,
        changes: Mapping[str, Value],
        *,
        remove: Sequence[str] = (),
        condition: Condition | None = None,
    ) -> None:
        ours: Condition = all_of(Equals("epoch", held.epoch), Equals("nonce", held.nonce))
        try:
            self._table.write(
                Update(
                    held.key,
                    set=changes,
                    remove=remove,
                    condition=ours if condition is None else all_of(ours, condition),
                )
            )
        except ConditionFailedError as failed:
            raise BusyError(f"{held.key.sk} is no longer ours under epoch {held.epoch}") from failed


def _read(key: Key, item: Item) -> Checkpoint:
    watermark = item.get("watermark")
    hint: Any = item.get("hint")
    return Checkpoint(
        key=key,
        epoch=_int(item, "epoch"),
        nonce=str(item["nonce"]),
        watermark=watermark if isinstance(watermark, int) else None,
        hint=_hint(hint) if hint else None,
        start=_int(item, "start"),
        end=_int(item, "end"),
        unnamed_runs=_int(item, "unnamed_runs"),
    )


def _hint(written: Mapping[str, Any]) -> Hint | None:
    """Read a hint; None for one of a release that this one cannot follow.

    The scan then begins at its first page, from the watermark, which repeats work and loses none.
    """
    if written.get("schema", 1) > schemas.HINT:
        return None
    known = {field.name for field in fields(Hint)}
    try:
        return Hint(**{name: value for name, value in written.items() if name in known})
    except TypeError:
        return None


def _int(item: Item, name: str) -> int:
    value = item.get(name)
    return value if isinstance(value, int) else 0
