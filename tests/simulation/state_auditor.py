"""Watches the raw state table, and every message that is deleted; shares no code with the sync."""

from collections.abc import Callable, Mapping
from typing import Any

from invoicesync.conditions import Item, Key
from invoicesync.ports import Received
from invoicesync.services.load import LoadReport
from tests.simulation.gates import NastyQueue
from tests.simulation.people import Users, invoice_in, revision_in
from tests.simulation.scheduler import NEVER, Process
from tests.simulation.violations import Violations
from tests.simulation.watched import WatchedTable

OVERLAP_SECONDS = 600
"""What the next scan reads again anyway."""

LOADER_LIFE = 180
"""Seconds within which a loader that read something may still write it down."""

RISING = ("fence", "seen_order", "applied_order", "generation")
KEEPS_INTENT = frozenset({"outcome_unknown", "crashes_loader"})


class StateAuditor:
    """Checks what must hold of the table after each write, and of each acknowledgement."""

    def __init__(
        self, table: WatchedTable, queue: NastyQueue, users: Users, violations: Violations
    ) -> None:
        self._table = table
        self._queue = queue
        self._users = users
        self._violations = violations
        self._told: dict[int, int] = {}
        self._heard = 0
        self._scanner: Process | None = None
        self.process: Callable[[], Process | None] = lambda: None
        self.gone_at: Mapping[str, float] = {}
        table.watch = self._changed

    def _changed(self, key: Key, before: Item | None, after: Item | None) -> None:
        if key.sk == "LIVE":
            self._scanning(before or {}, after or {})
            self._checkpoint(before or {}, after or {})
        elif key.sk == "LEDGER":
            self._ledger(key, before or {}, after)

    def _ledger(self, key: Key, before: Any, after: Any) -> None:
        if after is None:
            self._violations.add("ledger_lost", f"{key.pk} was deleted")
            return
        for name in RISING:
            if name in before and (name not in after or after[name] < before[name]):
                detail = f"{key.pk} {name} went from {before[name]} to {after.get(name)}"
                self._violations.add("ledger_back", detail)
        gone_at = self.gone_at.get(str(after.get("qbo_id")), NEVER)
        is_settled = "intent" in before and "intent" not in after
        # What was settled along with another is not called loaded yet; its look says so.
        is_void = " void " in str(after.get("applied"))  # then it is gone by our own hand
        is_applied = after.get("applied_order") != before.get("applied_order") and not is_void
        is_loaded = after.get("state") == "LOADED" or (
            after.get("state") == "QUEUED" and is_applied
        )
        if is_settled and is_loaded and gone_at < self._now() - LOADER_LIFE:
            detail = f"{key.pk} is said to be loaded, but {after['qbo_id']} is gone since {gone_at}"
            self._violations.add("loaded_gone", detail)
        if after.get("nonce") != before.get("nonce") and (process := self.process()):
            process.nonces.add(str(after["nonce"]))

    def _now(self) -> float:
        return self._table._clock.now()

    def _scanning(self, before: Any, after: Any) -> None:
        """Let one extractor scan at a time, and only it move the watermark."""
        process, scanner = self.process(), self._scanner
        if process is None:
            return
        if after.get("nonce") != before.get("nonce"):
            is_held = before.get("lease_until", 0) > 0
            if is_held and scanner is not None and scanner is not process and not scanner.is_over:
                detail = f"{process.name} scans while another that holds the lease does"
                self._violations.add("two_scanners", detail)
            self._scanner = process
        elif after.get("watermark") != before.get("watermark") and scanner is not process:
            detail = f"{process.name} moved the watermark under another's lease"
            self._violations.add("watermark_stolen", detail)

    def _checkpoint(self, before: Any, after: Any) -> None:
        old, new = before.get("watermark"), after.get("watermark")
        if old == new:
            return
        if new is None or (old is not None and new < old):
            self._violations.add("watermark_back", f"the watermark went from {old} to {new}")
            return
        self._hear()
        for told in self._users.invoices.values():
            is_far = told.changed_at < new - OVERLAP_SECONDS and not told.is_removed
            if not is_far or self._is_heard(told.id, told.version):
                continue
            ledger: Any = self._table.get(Key(f"INVOICE#{told.id}", "LEDGER")) or {}
            updated = int(str(ledger.get("seen", "0")).split(" ")[0])
            if updated < told.changed_at:
                detail = f"at {new}, past revision {told.version} of {told.id} ({told.changed_at})"
                self._violations.add("watermark_passed", detail)

    def _is_heard(self, invoice: int, version: int) -> bool:
        return self._told.get(invoice, 0) >= version

    def _hear(self) -> None:
        for body in self._queue.history[self._heard :]:
            id_, version = invoice_in(body), revision_in(body)
            self._told[id_] = max(self._told.get(id_, 0), version)
        self._heard = len(self._queue.history)

    def decided(self, process: Process, batch: list[Received], report: LoadReport) -> None:
        """Look at a loader's report: nothing that it acknowledges has a write of its own open."""
        acknowledged = {one.message_id for one in report.outcomes if one.result.value != "retry"}
        if len({one.message_id for one in report.outcomes}) != len(batch):
            self._violations.add("unanswered", f"{process.name} did not answer for every message")
        for received in batch:
            if received.message_id not in acknowledged:
                continue
            id_ = invoice_in(received.body)
            ledger: Any = self._table.get(Key(f"INVOICE#{id_}", "LEDGER")) or {}
            is_own = ledger.get("nonce") in process.nonces
            if "intent" in ledger and is_own and ledger.get("reason") not in KEEPS_INTENT:
                detail = f"{process.name} acknowledged {id_} with an open intent"
                self._violations.add("acknowledged_early", detail)

    def deleting(self, received: Received) -> None:
        """Look at a message that is about to be deleted: somebody must know what became of it."""
        id_ = invoice_in(received.body)
        if self._table.get(Key(f"INVOICE#{id_}", "LEDGER")) is None:
            self._violations.add("forgotten", f"a message of {id_} is gone and no ledger knows it")
