"""What every tick looks after besides the scan: what waits, what is stuck, what is held."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import batched

from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.mapping import Mapping
from invoicesync.domain.problems import ProblemCode
from invoicesync.domain.source import parse_source
from invoicesync.ports import Clock, Json
from invoicesync.services.extract.byid import ByIds
from invoicesync.services.extract.reader import UNREADABLE_JOB, Reader
from invoicesync.services.extract.result import Tally
from invoicesync.services.extract.switch import loaders_work
from invoicesync.state.entry import Entry, State
from invoicesync.state.ledger import Ledger
from invoicesync.state.looks import Looks
from invoicesync.state.realm import Gate

MOST_OPEN = 2000
"""Entries of one state that a tick finds; the oldest come first."""

MOST_LOOKED_AT = 200
"""Entries of one kind that a tick looks at; those not tried for longest come first."""

JOBS_AT_ONCE = 200
HOUR_SECONDS = 3600
STUCK_SECONDS = 2 * HOUR_SECONDS
DAY_SECONDS = 24 * HOUR_SECONDS
LONG_WAIT_SECONDS = 30 * DAY_SECONDS
GROUP = "live"

NOT_BY_ITSELF = frozenset(
    {
        # A new key may double the invoice: the loader's own look-ups, or a person, settle it.
        ProblemCode.OUTCOME_UNKNOWN.value,
        # It ended loaders five times; every further try costs the batch that it comes with.
        ProblemCode.CRASHES_LOADER.value,
        # QuickBooks never brings a deleted invoice back; `redrive --recreate` does.
        ProblemCode.DELETED_IN_QUICKBOOKS.value,
    }
)
"""Causes that no edit, mapping or passing of time takes away; every other hold is tried hourly."""

_JOB_OPEN = "job_open"
_CANCELED = frozenset({"canceled", "cancelled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """Looks again at open invoices when it is time; each touch keeps the next tick away."""

    reader: Reader
    ledger: Ledger
    looks: Looks
    by_ids: ByIds
    clock: Clock
    mapping: Mapping
    tally: Tally

    def run(self, gate: Gate) -> None:
        """Look after everything; while no loader works, send next to nothing.

        Messages would only pile up: one an hour for each held invoice, over days of outage. One of
        each state goes out all the same while the breaker is open: only a loader closes it again,
        and without a message on the queue there is none.
        """
        self._waiting()
        if gate.paused:
            return
        most = MOST_LOOKED_AT if loaders_work(gate) else 1
        for state in (State.QUEUED, State.IN_FLIGHT):
            self._look(self._due(state, STUCK_SECONDS, most), even_unchanged=True)
        held = self._due(State.HELD, HOUR_SECONDS, most, but_for=NOT_BY_ITSELF)
        self._look(held, even_unchanged=True)

    def _due(
        self, state: State, seconds: int, most: int, *, but_for: frozenset[str] = frozenset()
    ) -> list[Entry]:
        until = self.clock.now() - seconds
        entries = self.ledger.open_entries(state, until=until, limit=MOST_OPEN)
        return self._touched(
            (e for e in entries if not but_for & {e.reason, *(p["code"] for p in e.problems)}),
            seconds,
            most,
        )

    def _touched(
        self, entries: Iterable[Entry], seconds: int, most: int | None = None
    ) -> list[Entry]:
        """Take those that nobody tried for so long, and note that they are tried now."""
        until = self.clock.now() - seconds
        due = sorted((e for e in entries if e.tried_at < until), key=lambda e: e.tried_at)
        return [
            entry
            for entry in due[: MOST_LOOKED_AT if most is None else most]
            if self.looks.touch(entry, every_seconds=seconds)
        ]

    def _look(self, entries: Sequence[Entry], *, even_unchanged: bool) -> None:
        self.tally.add("reexamined", len(entries))
        self.by_ids.look_at(
            [entry.servicetrade_id for entry in entries],
            group=GROUP,
            tally=self.tally,
            even_unchanged=even_unchanged,
        )

    def _waiting(self) -> None:
        """Ask for the jobs that invoices wait for: a job that closes does not touch its invoice.

        Whatever else an invoice waits for is an edit of it, which the scan sees; looking at those
        once a day is for what the scan was not there to see.
        """
        now = self.clock.now()
        young: list[Entry] = []
        old: list[Entry] = []
        others: list[Entry] = []
        for entry in self.ledger.open_entries(State.WAITING, until=now, limit=MOST_OPEN):
            if entry.job_id is not None and entry.reason == _JOB_OPEN:
                is_young = entry.open_since > now - LONG_WAIT_SECONDS
                (young if is_young else old).append(entry)
            elif entry.open_since <= now - DAY_SECONDS:
                others.append(entry)
        by_job = [*young, *self._touched(old, DAY_SECONDS)]
        self._look(self._with_another_job(by_job), even_unchanged=False)
        self._look(self._touched(others, DAY_SECONDS), even_unchanged=False)

    def _with_another_job(self, entries: Sequence[Entry]) -> list[Entry]:
        """Leave out the entries whose job is still open, or cannot be read just now."""
        jobs: dict[ServiceTradeId, Json] = {}
        ids = dict.fromkeys(entry.job_id for entry in entries if entry.job_id is not None)
        for chunk in batched(ids, JOBS_AT_ONCE, strict=False):
            self.reader.require_time()
            jobs |= self.reader.jobs(chunk)
        return [
            entry
            for entry in entries
            if entry.job_id is not None and not self._is_open(jobs.get(entry.job_id))
        ][:MOST_LOOKED_AT]

    def _is_open(self, row: Json | None) -> bool:
        if row is UNREADABLE_JOB:
            return True
        job = None if row is None else parse_source({}, row).job
        return job is not None and job.status not in {
            *self.mapping.dispatch.job_statuses,
            *_CANCELED,
        }
