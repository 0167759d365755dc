"""Defences of the extractor, and how each is taken out."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary

from invoicesync.adapters.servicetrade import source
from invoicesync.adapters.servicetrade.exchange import Call, Exchange
from invoicesync.adapters.transport import HostBoundTransport
from invoicesync.conditions import Update
from invoicesync.domain.revision import Revision
from invoicesync.ports import InvoiceFilter
from invoicesync.services.extract import extract, scan
from invoicesync.services.extract.outbox import Outbox
from invoicesync.services.extract.progress import Progress, Window
from invoicesync.services.extract.scan import Scan
from invoicesync.services.extract.sights import Sight
from invoicesync.services.extract.upkeep import Upkeep
from invoicesync.state import keys
from invoicesync.state.checkpoint import Checkpoints
from invoicesync.state.entry import State
from tests.simulation.ablation.removal import Defence, Replacement, around, by

_NEXT = re.compile(r'<([^>]*)>; rel="?next')


class _Unconditional:
    """A table that stores a checkpoint whatever stands there."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def write(self, update: Update) -> Any:
        return self._table.write(Update(update.key, set=update.set, remove=update.remove))


def _taken_anyway(acquire: Callable[..., Any]) -> Callable[..., Any]:
    def taken(self: Checkpoints, key: Any, **named: Any) -> Any:
        table = self._table
        free: Any = Checkpoints(_Free(table), self._clock, self._random)  # type: ignore[arg-type]  # stands for a table
        return acquire(free, key, **named)

    return taken


class _Free(_Unconditional):
    """A table whose leases are always free; its one counter counts as ever."""

    def write(self, update: Update) -> Any:
        if update.key == keys.EPOCH:
            return self._table.write(update)
        return super().write(update)


def _written_anyway(self: Checkpoints, held: Any, changes: Any, **named: Any) -> None:
    self._table.write(Update(held.key, set=changes, remove=named.get("remove", ())))


def _rows_for_ids(self: Scan, progress: Any) -> bool:
    count = self.reader.count(progress.window.bounds)
    return count is None or self.tally.counts.get("rows", 0) + progress.unnamed >= count


def _marked_first(self: Outbox, sights: Sequence[Sight], group: str, tally: Any) -> None:
    self.looks.mark([sight.look(State.QUEUED) for sight in sights if sight.is_new])
    if sights:
        self.queue.send([self._packed(sight, group) for sight in sights])
        tally.add("enqueued", len(sights))


def _marked_unconfirmed(self: Outbox, sights: Sequence[Sight], group: str, tally: Any) -> None:
    if sights:
        self.queue.send([self._packed(sight, group) for sight in sights])
        tally.add("enqueued", len(sights))
    self.looks.mark([sight.look(State.QUEUED) for sight in sights if sight.is_new])


def _committed_first(run: Callable[..., Any]) -> Callable[..., Any]:
    def committed(self: Scan, held: Any, window: Any) -> Any:
        put_off = _PutOff()
        first = replace(self, outbox=put_off)  # type: ignore[arg-type]  # stands for an outbox
        held = run(first, held, window)
        for sights, named in put_off.kept:
            self.outbox.deliver(sights, **named)
        return held

    return committed


class _PutOff:
    """An outbox that keeps everything for later."""

    def __init__(self) -> None:
        self.kept: list[tuple[Any, Any]] = []

    def deliver(self, sights: Any, **named: Any) -> None:
        self.kept.append((sights, named))


def _by_fingerprint(self: Revision, other: Revision) -> bool:
    return self.fingerprint == other.fingerprint


def _unswept(due: Callable[..., Any]) -> Callable[..., Any]:
    def left(self: Upkeep, state: State, *rest: Any, **named: Any) -> Any:
        return due(self, state, *rest, **named) if state is State.HELD else []

    return left


@dataclass(frozen=True, slots=True)
class _Bounded(InvoiceFilter):
    """Bounds with an upper end."""

    updated_before: int = 0


@dataclass(frozen=True, slots=True)
class _Closed(Window):
    """A window with an upper end on the server."""

    until: int = 0

    @property
    def bounds(self) -> InvoiceFilter:
        return _Bounded(updated_after=self.lower, updated_before=self.until)


def _closed_above(run: Callable[..., Any]) -> Callable[..., Any]:
    def closed(self: Scan, held: Any, window: Window) -> Any:
        if window.upper is not None:
            return run(self, held, window)
        return run(self, held, _Closed(window.lower, None, int(self.reader.clock.now())))

    return closed


def _with_end(parameters: Callable[..., dict[str, str]]) -> Callable[..., dict[str, str]]:
    def given(bounds: InvoiceFilter) -> dict[str, str]:
        end = {"updatedBefore": str(bounds.updated_before)} if isinstance(bounds, _Bounded) else {}
        return parameters(bounds) | end

    return given


def _following(send: Callable[..., Any]) -> Callable[..., Any]:
    following: WeakKeyDictionary[Any, str] = WeakKeyDictionary()

    def sent(self: Exchange, call: Call, *rest: Any) -> Any:
        url = following.pop(self, None)
        if url is not None and call.method == "GET":
            call = replace(call, url=url)
        answer = send(self, call, *rest)
        link = _NEXT.search(answer.headers.get("Link", ""))
        if link is not None:
            following[self] = link[1]
        return answer

    return sent


def _anywhere(
    self: HostBoundTransport, request: Any, credential: Any, *, timeout: tuple[float, float]
) -> Any:
    if credential is not None:
        request.headers[credential.header] = credential.value
    return self._adapter.send(request, timeout=timeout)


SWEEP = around(Upkeep, "_due", _unswept)
OVERLAP = by(extract, "OVERLAP_SECONDS", 0)
SETTLE_CAP = by(scan, "SETTLE_SECONDS", -(10**9))
LEASE: Replacement = around(Checkpoints, "acquire", _taken_anyway)

EXTRACTING = (
    Defence(
        "extractor lease",
        "one extractor at a time: the lease is taken in a conditional write",
        (LEASE,),
        needs=("double_tick",),
    ),
    Defence(
        "epoch",
        "only the run whose epoch and nonce stand there moves the checkpoint",
        (by(Checkpoints, "_write", _written_anyway), LEASE),
        twins=("extractor lease",),
        needs=("double_tick",),
        breaks=("watermark_stolen",),
    ),
    Defence(
        "settle cap",
        "the watermark stays 60 s behind ServiceTrade's clock",
        (SETTLE_CAP, OVERLAP),
        twins=("overlap",),
    ),
    Defence(
        "overlap",
        "each scan begins 10 minutes before the watermark",
        (OVERLAP, by(Scan, "_is_whole", lambda *_: True)),
        twins=("count after the last page",),
        needs=("rows_move", "source_lies"),
    ),
    Defence(
        "count after the last page",
        "a scan is whole only once as many ids were seen as ServiceTrade counts",
        (by(Scan, "_is_whole", lambda *_: True),),
        needs=("rows_move", "source_lies"),
    ),
    Defence(
        "count before the first page",
        "a pass is whole only if nothing was removed since it began, which hides what it shifted",
        (by(Progress, "has_lost_rows", lambda *_: False), OVERLAP),
        twins=("overlap",),
        needs=("remove_between",),
    ),
    Defence(
        "union of ids",
        "ids are counted over all passes, not rows",
        (by(Scan, "_is_whole", _rows_for_ids), OVERLAP),
        twins=("overlap",),
        needs=("rows_move", "source_lies"),
    ),
    Defence(
        "lower bound only",
        "scans have no upper end on the server, which rows would leave and so shift others",
        (around(Scan, "run", _closed_above), around(source, "_parameters", _with_end), OVERLAP),
        twins=("overlap",),
        needs=("rows_move",),
    ),
    Defence(
        "host-bound credentials",
        "addresses are built, never followed, and credentials go to their own host alone",
        (around(Exchange, "send", _following), by(HostBoundTransport, "send", _anywhere)),
        needs=("source_lies",),
    ),
    Defence(
        "enqueue before mark",
        "an invoice is marked as seen only after its message was sent",
        (by(Outbox, "_send", _marked_first), SWEEP),
        twins=("sweep of QUEUED",),
        needs=("kill", "queue_refuses", "queue_unconfirmed"),
    ),
    Defence(
        "confirmed entries",
        "only messages that the queue confirmed are marked",
        (by(Outbox, "_send", _marked_unconfirmed), SWEEP),
        twins=("sweep of QUEUED",),
        needs=("queue_unconfirmed",),
    ),
    Defence(
        "mark before commit",
        "the watermark moves only after all that was seen is sent and marked",
        (around(Scan, "run", _committed_first),),
        needs=("kill", "queue_refuses"),
    ),
    Defence(
        "waiting re-examination",
        "each tick asks for the jobs that invoices wait for",
        (by(Upkeep, "_waiting", lambda _: None),),
        needs=("user_reopen",),
    ),
    Defence(
        "sweep of QUEUED",
        "what was queued or in flight for two hours is extracted again",
        (SWEEP,),
        needs=("purge",),
    ),
    Defence(
        "disposition in the revision",
        "a look that only changes what is to become of an invoice is a new look",
        (by(Revision, "is_same_as", _by_fingerprint),),
        needs=("user_void", "user_tag", "user_reopen"),
    ),
    Defence(
        "order within a second",
        "epoch and position order the looks of one second",
        (by(Revision, "order", property(lambda self: f"{self.updated:012d}")),),
        needs=("edit_between",),
    ),
    Defence(
        "second look at doubtful rows",
        "a row that may be older than what the ledger knows is fetched once more",
        (by(Sight, "is_doubtful", property(lambda _: False)),),
        needs=("look_overtaken",),
    ),
)
"""The extractor's rows."""
