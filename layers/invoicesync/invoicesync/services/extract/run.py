"""The parts of one run, joined: the same for a tick, a backfill and a look by id."""

from collections.abc import Callable
from dataclasses import dataclass

from invoicesync.domain.mapping import Mapping
from invoicesync.ports import (
    Bucket,
    Clock,
    Deadline,
    LoaderSwitch,
    Parallel,
    Queue,
    Random,
    Source,
    Spent,
    Table,
)
from invoicesync.services.extract.byid import ByIds
from invoicesync.services.extract.outbox import Outbox
from invoicesync.services.extract.reader import Reader
from invoicesync.services.extract.result import Tally
from invoicesync.services.extract.scan import Scan
from invoicesync.services.extract.sights import Sights
from invoicesync.services.extract.upkeep import Upkeep
from invoicesync.state.checkpoint import Checkpoints
from invoicesync.state.claimchecks import ClaimChecks
from invoicesync.state.ledger import Ledger
from invoicesync.state.looks import Looks
from invoicesync.state.mappings import Mappings
from invoicesync.state.realm import Realm


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What a run works with.

    ``lease_seconds`` outlasts the function's timeout, so that no lease ends under a living run;
    ``margin_seconds`` before ``deadline`` nothing new is begun. ``spent`` says what ServiceTrade's
    calls have taken since it was asked last.
    """

    source: Source
    table: Table
    queue: Queue
    bucket: Bucket
    clock: Clock
    random: Random
    parallel: Parallel
    deadline: Deadline
    switch: LoaderSwitch
    mappings: Mappings
    realm: Realm
    spent: Callable[[], Spent] = Spent
    page_size: int = 200
    lease_seconds: int = 960
    margin_seconds: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run under one mapping."""

    mapping: Mapping
    tally: Tally
    checkpoints: Checkpoints
    by_ids: ByIds
    scan: Scan
    upkeep: Upkeep


def prepare(ports: Ports, tally: Tally, *, group: str) -> Run:
    """Join the parts over the ports of ``ports``."""
    published = ports.mappings.current()
    ledger = Ledger(ports.table)
    looks = Looks(ports.table, ports.clock)
    checkpoints = Checkpoints(ports.table, ports.clock, ports.random)
    reader, outbox = _reader(ports), _outbox(ports, looks)
    sights = Sights(reader, published)
    by_ids = ByIds(
        reader=reader,
        ledger=ledger,
        checkpoints=checkpoints,
        sights=sights,
        outbox=outbox,
        parallel=ports.parallel,
    )
    scan = Scan(
        reader=reader,
        bucket=ports.bucket,
        ledger=ledger,
        checkpoints=checkpoints,
        sights=sights,
        outbox=outbox,
        by_ids=by_ids,
        page_size=ports.page_size,
        group=group,
        tally=tally,
    )
    upkeep = Upkeep(
        reader=reader,
        ledger=ledger,
        looks=looks,
        by_ids=by_ids,
        clock=ports.clock,
        mapping=published.mapping,
        tally=tally,
    )
    return Run(
        mapping=published.mapping,
        tally=tally,
        checkpoints=checkpoints,
        by_ids=by_ids,
        scan=scan,
        upkeep=upkeep,
    )


def _reader(ports: Ports) -> Reader:
    return Reader(
        source=ports.source,
        clock=ports.clock,
        random=ports.random,
        deadline=ports.deadline,
        margin_seconds=ports.margin_seconds,
    )


def _outbox(ports: Ports, looks: Looks) -> Outbox:
    return Outbox(
        queue=ports.queue,
        claims=ClaimChecks(ports.bucket),
        looks=looks,
        clock=ports.clock,
        random=ports.random,
        parallel=ports.parallel,
    )
