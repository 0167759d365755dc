"""The use case and its three entries."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from invoicesync.conditions import Item, Key
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.errors import BusyError, RetryableError
from invoicesync.services.extract.byid import AT_ONCE
from invoicesync.services.extract.progress import Window
from invoicesync.services.extract.reader import OutOfTimeError
from invoicesync.services.extract.result import ExtractResult, Reason, Tally, reason_of
from invoicesync.services.extract.run import Ports, Run, prepare
from invoicesync.services.extract.switch import loaders_should_run
from invoicesync.state import keys
from invoicesync.state.checkpoint import Checkpoint
from invoicesync.state.runs import Runs, spending

OVERLAP_SECONDS = 600
BEFORE_GO_LIVE_SECONDS = 90 * 86_400
MOST_PROBLEMS_RECORDED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract(Ports):
    """Extraction of one ServiceTrade account, for one invocation."""

    def tick(self) -> ExtractResult:
        """Do what is due: set the loader's mapping, scan, look after open work, go on."""
        tally = Tally("live")
        self._set_switch(tally)
        run = prepare(self, tally, group="live")
        held = self._acquire(run, keys.LIVE)
        if held is None:
            return tally.result()
        with _released(run, held):
            self._tick(run, held)
        result = self._recorded(run)
        backfills = [
            self.backfill(open_.name, open_.start, open_.end)
            for open_ in run.checkpoints.open_backfills()
        ]
        return replace(result, backfills=tuple(backfills))

    def by_id(self, ids: Sequence[ServiceTradeId], *, actor: str) -> ExtractResult:
        """Look at these invoices as they are today, and send each even if nothing is new.

        ``actor`` is who asked. What there was no time for is in ``left`` of the result.
        """
        tally = Tally("by_id", actor=actor)
        run = prepare(self, tally, group="live")
        left = list(dict.fromkeys(ids))
        while left:
            try:
                run.by_ids.look_at(left[:AT_ONCE], group="live", tally=tally, even_unchanged=True)
            except (OutOfTimeError, RetryableError) as error:
                tally.stop(reason_of(error), str(error))
                break
            del left[:AT_ONCE]
        else:
            tally.stop(Reason.UNAVAILABLE if tally.counts.get("failed") else Reason.COMPLETE)
        tally.left = tuple(left)
        return self._recorded(run)

    def backfill(self, name: str, start: int, end: int) -> ExtractResult:
        """Scan what was created from ``start`` to ``end`` (ServiceTrade's seconds, inclusive).

        It has a checkpoint of its own and never moves the live watermark. What one invocation does
        not finish, the next ticks do.
        """
        tally = Tally(f"backfill {name}")
        run = prepare(self, tally, group="backfill")
        held = self._acquire(run, keys.backfill(name), bounds=(start, end))
        if held is None:
            return tally.result()
        with _released(run, held):
            run.scan.run(held, Window(start, end))
        return self._recorded(run)

    def _tick(self, run: Run, held: Checkpoint) -> None:
        # The run that left a hint had no time for what is open, and neither may this one.
        open_work_first = held.hint is not None
        if open_work_first:
            self._look_after(run)
        held = run.scan.run(held, self._window(run, held))
        run.tally.watermark = held.watermark
        if not open_work_first and held.hint is None:
            self._look_after(run)

    def _look_after(self, run: Run) -> None:
        try:
            run.upkeep.run(self.realm.gate())
        except (OutOfTimeError, RetryableError) as error:
            # The next tick goes on with those that were not tried; the scan stands for itself.
            run.tally.problems.append(f"upkeep stopped: {error}")

    def _window(self, run: Run, held: Checkpoint) -> Window:
        if held.watermark is not None:
            return Window(held.watermark - OVERLAP_SECONDS)
        return Window(max(0, _midnight(run.mapping.go_live) - BEFORE_GO_LIVE_SECONDS))

    def _acquire(
        self, run: Run, key: Key, *, bounds: tuple[int, int] | None = None
    ) -> Checkpoint | None:
        try:
            held = run.checkpoints.acquire(key, lease_seconds=self.lease_seconds, bounds=bounds)
        except BusyError as error:
            run.tally.stop(Reason.BUSY, str(error))
            return None
        run.tally.epochs.append(held.epoch)
        return held

    def _set_switch(self, tally: Tally) -> None:
        on = loaders_should_run(self.realm.gate(), self.clock.now())
        try:
            self.switch.turn(on=on)
        except RetryableError as error:
            tally.problems.append(f"the loader's mapping was not set: {error}")
        else:
            tally.loader_on = on

    def _recorded(self, run: Run) -> ExtractResult:
        """Return the result, and keep it where people look for what happened."""
        tally = run.tally
        tally.spent = self.spent()
        record: Item = {
            "kind": tally.kind,
            "actor": tally.actor,
            "complete": tally.complete,
            "reason": tally.reason.value,
            "counts": dict(tally.counts),
            "problems": tally.problems[:MOST_PROBLEMS_RECORDED],
            "servicetrade": spending(tally.spent),
        }
        first = next(iter(tally.epochs), 0)
        try:
            Runs(self.table).remember(record, at=self.clock.now(), epoch=first)
        except RetryableError as error:
            tally.problems.append(f"the run was not recorded: {error}")
        return tally.result()


@contextmanager
def _released(run: Run, held: Checkpoint) -> Generator[None]:
    """Give the lease back, after an error too; a process that is killed cannot."""
    try:
        yield
    except Exception:
        run.checkpoints.release(held)
        raise
    run.checkpoints.release(held)


def _midnight(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())
