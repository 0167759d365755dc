"""What each invoice comes to, seen beside what the ledger knows of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from invoicesync.domain.dispatch import decide
from invoicesync.domain.fingerprint import fingerprint
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.message import Message
from invoicesync.domain.problems import Problem
from invoicesync.domain.revision import Disposition, Revision
from invoicesync.domain.shown import shown
from invoicesync.domain.source import Source, parse_source, with_job
from invoicesync.domain.verdict import Verdict, judge
from invoicesync.ports import Json
from invoicesync.services.extract.reader import Reader
from invoicesync.state.entry import Entry, State
from invoicesync.state.looks import Look
from invoicesync.state.mappings import Published

RECENT_EPOCHS = 1000
"""A look of an epoch this far back was over long before ours began."""

_NEVER_SENT = frozenset({None, State.WAITING, State.IGNORED})


@dataclass(frozen=True, slots=True)
class Row:
    """What can be read of one row without its job."""

    source: Source

    @property
    def job_id(self) -> ServiceTradeId | None:
        """The job that the invoice names."""
        return None if self.source.invoice.job is None else self.source.invoice.job.id

    def beside(self, jobs: Mapping[ServiceTradeId, Json]) -> Source:
        """Read it together with its job, where that came."""
        job = None if self.job_id is None else jobs.get(self.job_id)
        return with_job(self.source, job)


def read_row(json: Json) -> Row:
    """Read a row alone."""
    return Row(parse_source(json, None))


@dataclass(frozen=True)
class Sight:
    """One look at one invoice; ``entry`` is what the ledger knew before.

    Where ``problems`` are given, they are told instead of what the mapping finds.
    """

    entry: Entry
    source: Source
    revision: Revision
    published: Published
    problems: tuple[Problem, ...] = ()

    @cached_property
    def verdict(self) -> Verdict:
        """What it comes to, worked out when it is asked for: most looks say nothing new."""
        return judge(self.source, self.published.mapping, is_loaded=self.entry.is_loaded)

    @property
    def is_new(self) -> bool:
        """Say whether it asks for something else than the last look did."""
        return self.entry.seen is None or not self.entry.seen.is_same_as(self.revision)

    @property
    def needs_message(self) -> bool:
        """Say whether a loader must hear of it.

        Leaving `dispatch` is itself a message: a loader may be at work on the invoice.
        """
        entry, disposition = self.entry, self.revision.disposition
        seen = None if entry.seen is None else entry.seen.disposition
        return (
            Disposition.DISPATCH in {disposition, seen}
            or entry.state not in _NEVER_SENT
            or entry.is_loaded
            or entry.intent is not None
        )

    @property
    def is_doubtful(self) -> bool:
        """Say whether it may be older than what the ledger knows, for all that can be told.

        Another run may have looked between our GET and our reading of the ledger. Where its look is
        no older by ServiceTrade's second and differs, only a look that begins now is surely later.
        """
        seen = self.entry.seen
        return (
            seen is not None
            and self.is_new
            and (self.source.invoice.updated or 0) <= seen.updated
            and seen.epoch > self.revision.epoch - RECENT_EPOCHS
        )

    def message(self) -> Message:
        """Write what the loader needs."""
        return Message(
            told=self.source,
            revision=self.revision,
            reason=self.verdict.reason,
            document=self.verdict.document,
            problems=self.problems or self.verdict.problems,
            mapping_serial=self.published.serial,
        )

    def look(self, state: State) -> Look:
        """Write what the ledger shall remember."""
        job = self.source.invoice.job
        return Look(
            servicetrade_id=self.entry.servicetrade_id,
            revision=self.revision,
            state=state,
            reason=self.verdict.reason,
            job_id=None if job is None else job.id,
            shown=shown(self.source, self.verdict.document),
        )


class Sights:
    """Makes sights of rows, under one mapping."""

    def __init__(self, reader: Reader, mapping: Published) -> None:
        self._reader = reader
        self._mapping = mapping

    def of(
        self, rows: Sequence[Row], entries: Mapping[ServiceTradeId, Entry], *, epoch: int
    ) -> list[Sight]:
        """Fetch the jobs of ``rows`` in one call and judge each row; its place orders it."""
        job_ids = [row.job_id for row in rows if row.job_id is not None]
        jobs = self._reader.jobs(list(dict.fromkeys(job_ids)))
        return [
            self._judge(row.beside(jobs), entries[row.source.invoice.id], epoch, position)
            for position, row in enumerate(rows)
        ]

    def _judge(self, source: Source, entry: Entry, epoch: int, position: int) -> Sight:
        revision = Revision(
            updated=source.invoice.updated or 0,
            epoch=epoch,
            position=position,
            disposition=decide(source, self._mapping.mapping).disposition,
            fingerprint=fingerprint(source, written_number=entry.written_number),
        )
        return Sight(entry, source, revision.stamped_after(entry.seen), self._mapping)
