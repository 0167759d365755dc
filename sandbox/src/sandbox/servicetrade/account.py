"""One ServiceTrade account: its rows and the rules that hold whoever changes them.

Nothing here knows HTTP. `add` and `edit` are what people do in the app, without the API's limits;
the API's own rules are in `sandbox.servicetrade.writes`.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from zlib import crc32

from sandbox.servicetrade.invoices import complete_invoice, revised
from sandbox.servicetrade.kinds import KINDS
from sandbox.servicetrade.options import Login, Options
from sandbox.servicetrade.render import Renderer
from sandbox.servicetrade.rows import complete, find_or_add, tag_ids
from sandbox.servicetrade.store import Row, Store
from sandbox.servicetrade.webhooks import Outbox
from sandbox.servicetrade.wire import decimal_of

CLOSED = frozenset({"completed", "pending_invoice", "sending_invoice", "invoiced", "closed"})


class UnknownRowError(KeyError):
    """There is no such row."""


class Account:
    """An account with its contractor, an office and one user, all made at birth."""

    def __init__(
        self,
        clock: Callable[[], float],
        options: Options | None = None,
        *,
        login: Login | None = None,
        contractor: str = "Example Mechanical",
    ) -> None:
        self.clock = clock
        self.options = options or Options()
        self.login = login or Login()
        self.store = Store(clock=clock, first_id=self.options.first_id)
        self.renderer = Renderer(self.store, self.options)
        self.outbox = Outbox(clock=clock, options=self.options, uri=self.renderer.uri)
        self.id = self.store.new_id()
        self.contractor_id = self._id_of(
            "company", name=contractor, vendor=True, customer=False, primeContractor=True
        )
        self.office_id = self._id_of(
            "location", name="Main office", companyId=self.contractor_id, isVendor=True
        )
        self.user_id = self._id_of(
            "user",
            firstName="Sync",
            lastName="User",
            username=self.login.username,
            email=self.login.username,
            password=self.login.password,
            permissions=["admin.account"],
        )

    def _id_of(self, kind: str, **values: object) -> int:
        return int(self.add(kind, values)["id"])

    @property
    def now(self) -> int:
        """Return the account's time in whole seconds."""
        return math.floor(self.clock())

    def noise(self, *parts: object) -> int:
        """Return a number that looks random and follows from the seed and ``parts``."""
        return crc32(repr((self.options.seed, *parts)).encode())

    def row(self, kind: str, row_id: int) -> Row:
        """Return a row as it is kept, or raise `UnknownRowError`."""
        row = self.store.get(kind, row_id)
        if row is None:
            raise UnknownRowError(f"there is no {kind} {row_id}")
        return row

    def show(self, kind: str, row_id: int) -> dict[str, Any]:
        """Return what the API would show of a row now, to a reader that does not lag."""
        return self.renderer.shown(kind, self.row(kind, row_id))

    def all(self, kind: str) -> Iterator[dict[str, Any]]:
        """Yield what the API would show of every row of ``kind``."""
        for row in self.store.rows(kind):
            yield self.renderer.shown(kind, row)

    def add(self, kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Add a row and return it as shown.

        References are ids (``jobId``, ``customerId``, ``assignedOfficeId``…); tags, payment terms,
        and the library item, service line and tax group of a line may be given by name or as an
        object, and come into being on first use. ``id``, ``created`` and ``updated`` may be given.
        """
        if kind not in KINDS:
            raise UnknownRowError(f"there is no kind {kind!r}; known: {sorted(KINDS)}")
        now = self.now
        given = {"id": self.store.new_id(), "created": now, "updated": now, **values}
        if kind == "invoice":
            row = complete_invoice(given, store=self.store, options=self.options, now=now)
        else:
            row = complete(kind, given, self.store)
        row = self.store.put(kind, row)
        if "id" in values:  # somebody may have shown that it was missing
            self.renderer.forget(kind)
        self.outbox.note(kind, "created", row["id"])
        return self.renderer.shown(kind, row)

    def edit(
        self,
        kind: str,
        row_id: int,
        changes: Mapping[str, Any],
        *,
        by_user: int | None = None,
    ) -> dict[str, Any]:
        """Change a row, move its `updated` to this second, and return it as shown."""
        before = self.row(kind, row_id)
        given = {"updated": self.now, **changes}
        if kind == "invoice":
            after = revised(before, given, store=self.store, options=self.options)
        else:
            after = {**before, **given}
            if "tags" in changes:
                after["tags"] = tag_ids(changes["tags"], self.store)
            if after.get("estimatedPrice") is not None:
                after["estimatedPrice"] = decimal_of(after["estimatedPrice"])
        row = self.store.put(kind, after)
        self.renderer.forget(kind, before, row)
        self.outbox.note(kind, "updated", row_id, versions=(before, row), user_id=by_user)
        if kind == "job" and self.options.job_moves_invoice:
            for invoice in list(self.store.rows("invoice")):
                if invoice["jobId"] == row_id:
                    self.store.put("invoice", {**invoice, "updated": self.now})
        return self.renderer.shown(kind, row)

    def remove(self, kind: str, row_id: int) -> None:
        """Delete a row."""
        self.row(kind, row_id)
        self.store.drop(kind, row_id)
        self.renderer.forget(kind)
        self.outbox.note(kind, "deleted", row_id)

    def void(self, invoice_id: int) -> dict[str, Any]:
        """Void an invoice; its job can be invoiced again."""
        return self.edit("invoice", invoice_id, {"status": "void"})

    def renumber(self, invoice_id: int, number: str) -> dict[str, Any]:
        """Give an invoice another number."""
        return self.edit("invoice", invoice_id, {"invoiceNumber": number})

    def close_job(self, job_id: int, status: str = "completed") -> dict[str, Any]:
        """Complete a job."""
        done = {"status": status, "completedOn": self.now, "percentComplete": 100}
        return self.edit("job", job_id, done)

    def reopen_job(self, job_id: int) -> dict[str, Any]:
        """Take a job back to scheduled."""
        undone = {"status": "scheduled", "completedOn": None, "percentComplete": 0}
        return self.edit("job", job_id, undone)

    def tag(self, kind: str, row_id: int, name: str) -> dict[str, Any]:
        """Put a tag on a row, making the tag if it is new."""
        tag_id = find_or_add("tag", name, self.store)
        tags = self.row(kind, row_id)["tags"]
        return self.edit(kind, row_id, {"tags": list(dict.fromkeys([*tags, tag_id]))})
