"""One simulated company: pure state and rules, driven by a clock, without HTTP.

Seed and drive it directly (`create`, `update`, `void`, …) or through the app in `app.py`. Bodies
that are returned are shared with the store: read them, do not change them.
"""

import heapq
from collections.abc import Callable, Iterator

from sandbox.quickbooks import cdc, lists, others, properties, refusals, times
from sandbox.quickbooks.books import Books
from sandbox.quickbooks.calls import CallLog
from sandbox.quickbooks.documents import Documents
from sandbox.quickbooks.limits import Limits
from sandbox.quickbooks.lists import Lists
from sandbox.quickbooks.names import Names
from sandbox.quickbooks.oauth import Authority
from sandbox.quickbooks.options import Options
from sandbox.quickbooks.others import Others
from sandbox.quickbooks.payments import Payments
from sandbox.quickbooks.queries import HIDES_INACTIVE, Found, Queries
from sandbox.quickbooks.requestids import Deleted, Outcome, RequestIds
from sandbox.quickbooks.sales import SALES
from sandbox.quickbooks.store import NAMES, Record, Snapshot
from sandbox.quickbooks.webhooks import Outbox
from sandbox.quickbooks.wire import Body, Rendered

DEFAULT_REALM = "9341450000000001"
_TRUE = {True, "true"}


class Company:
    """A realm: its books, its memory of requestids, its tokens, its log of calls."""

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        options: Options | None = None,
        realm_id: str = DEFAULT_REALM,
    ) -> None:
        """Open empty books; ``clock`` gives seconds of the epoch."""
        self.clock = clock
        self.options = options or Options()
        self.realm_id = realm_id
        self.books = Books(clock=clock, options=self.options, realm_id=realm_id)
        self.requestids = RequestIds(clock, self.options)
        self.oauth = Authority(clock, self.options, realm_id)
        self.limits = Limits(clock, self.options.limits)
        self.webhooks = Outbox(self.books)
        self.calls = CallLog()
        self.after_write: Callable[[Record], None] | None = None
        self._payments = Payments(self.books)
        self._documents = Documents(self.books, self._payments)
        self._names = Names(self.books)
        self._lists = Lists(self.books)
        self._others = Others(self.books)
        self._queries = Queries(self.books)
        self._late: list[tuple[float, int, Callable[[], None]]] = []
        self._late_count = 0

    # What a program does without HTTP

    def create(self, entity: str, body: Body, *, allow_duplicate: bool = False) -> Body:
        """Make an object and return it as an answer would show it."""
        return self._shown(self.write("create", entity, body, allow_duplicate=allow_duplicate))

    def update(self, entity: str, body: Body) -> Body:
        """Change an object: with ``sparse`` what is sent, else the whole of it."""
        return self._shown(self.write("update", entity, body))

    def void(self, entity: str, identity: str) -> Body:
        """Void a transaction, whatever its SyncToken is."""
        token = self.books.require(entity, identity).body["SyncToken"]
        return self._shown(self.write("void", entity, {"Id": identity, "SyncToken": token}))

    def delete(self, entity: str, identity: str) -> None:
        """Delete an object, whatever its SyncToken is."""
        token = self.books.require(entity, identity).body["SyncToken"]
        self.write("delete", entity, {"Id": identity, "SyncToken": token})

    def read(self, entity: str, identity: str) -> Body:
        """Return an object as a read by id shows it."""
        return self.present(self.books.require(entity, identity).snapshot)

    def query(self, statement: str) -> Found:
        """Answer a statement of the query language."""
        return self._queries.run(statement)

    def objects(self, entity: str) -> Iterator[Body]:
        """Go through the live objects of an entity."""
        return (record.body for record in self.books.store.live(entity))

    def seed(
        self,
        entity: str,
        body: Body,
        *,
        identity: str | None = None,
        token: int | None = None,
    ) -> Body:
        """Make an object under a given Id and SyncToken, as if it had always been there."""
        if identity is not None:
            self.books.store.reserve(entity, identity)
        made = self.create(entity, body)
        if token is not None:
            record = self.books.require(entity, str(made["Id"]))
            made = {**record.body, "SyncToken": str(token)}
            self.books.store.rewrite(record, made)
        return made

    # What the app and batches do

    def write(
        self,
        operation: str,
        entity: str,
        body: Body,
        *,
        key: str | None = None,
        allow_duplicate: bool = False,
    ) -> Outcome:
        """Do one write, at most once for each ``key`` (requestid, in a batch with the bId behind).

        Operations: create, update, delete, void.
        """
        self.books.check_writable()
        # Reported since 2017: lists are guarded by their unique names, not by requestids.
        if entity in HIDES_INACTIVE and not self.options.name_lists_honour_requestid:
            key = None
        content = f"{operation} {entity} {body!r}" if key else ""
        return self.requestids.once(
            key, content, lambda: self._act(operation, entity, body, allow_duplicate)
        )

    def _act(self, operation: str, entity: str, body: Body, allow_duplicate: bool) -> Outcome:
        properties.check(entity, body)
        if operation == "create" and body.get("Id") is None:
            record = self._create(entity, body, allow_duplicate)
        else:
            if body.get("Id") is None:
                raise refusals.missing("Id")
            record = self.books.require(entity, body["Id"])
            self.books.check_token(record, body.get("SyncToken"))
            if operation == "delete":
                self._delete(record)
                return Deleted(entity, record.identity)
            if operation == "void":
                self._void(record)
            else:
                self._update(record, body, allow_duplicate)
        if self.after_write:
            self.after_write(record)
        return record.snapshot

    def _create(self, entity: str, body: Body, allow_duplicate: bool) -> Record:
        if entity in SALES:
            return self._documents.create(entity, body, allow_duplicate=allow_duplicate)
        if entity == "Payment":
            return self._payments.create(body)
        if entity in NAMES:
            return self._names.create(entity, body)
        if entity in lists.KINDS:
            return self._lists.create(entity, body)
        if entity in others.KINDS:
            return self._others.create(entity, body)
        raise refusals.unsupported(f"create of {entity}")

    def _update(self, record: Record, body: Body, allow_duplicate: bool) -> None:
        if record.entity in SALES:
            self._documents.update(record, body, allow_duplicate=allow_duplicate)
        elif record.entity == "Payment":
            self._payments.update(record, body)
        elif record.entity in NAMES:
            self._names.update(record, body)
        elif record.entity in lists.KINDS:
            self._lists.update(record, body)
        else:
            self._others.update(record, body)

    def _delete(self, record: Record) -> None:
        if record.entity in SALES:
            self._documents.delete(record)
        elif record.entity == "Payment":
            self._payments.delete(record)
        elif record.entity in others.KINDS:
            self._others.delete(record)
        else:
            raise refusals.unsupported(f"delete of {record.entity}")

    def _void(self, record: Record) -> None:
        if record.entity in SALES:
            self._documents.void(record)
        elif record.entity == "Payment":
            self._payments.void(record)
        else:
            raise refusals.unsupported(f"void of {record.entity}")

    def send(self, entity: str, identity: str, address: str | None) -> Snapshot:
        """Mail a sales document."""
        self.books.check_writable()
        record = self.books.require(entity, identity)
        if entity not in SALES:
            raise refusals.unsupported(f"send of {entity}")
        self._documents.send(record, address)
        return record.snapshot

    def changed_since(self, entities: str, since: str) -> list[Body]:
        """Answer change data capture."""
        return cdc.changed_since(self.books, entities, since)

    def present(self, snapshot: Snapshot) -> Body:
        """Return an object as reads and writes answer with it.

        Recorded: they show a taxable customer's effective tax code; queries show only its own.
        """
        body = snapshot.body
        default = self.books.preference("TaxPrefs", "TaxGroupCodeRef")
        if snapshot.entity == "Customer" and body.get("Taxable") in _TRUE and default:
            return {**body, "DefaultTaxCodeRef": body.get("DefaultTaxCodeRef", default)}
        return body

    def answer(self, outcome: Outcome) -> Body:
        """Return ``{Entity: object}`` as a write is answered."""
        if isinstance(outcome, Deleted):
            gone = {"domain": "QBO", "status": "Deleted", "Id": outcome.identity}
            return {outcome.entity: gone}
        body = self.present(outcome)
        shown: Body | Rendered = outcome.text if body is outcome.body else body
        return {outcome.entity: shown}

    def _shown(self, outcome: Outcome) -> Body:
        return {} if isinstance(outcome, Deleted) else self.present(outcome)

    # Time

    def later(self, at: float, act: Callable[[], None]) -> None:
        """Do something once the clock has reached ``at``; `settle` does it."""
        self._late_count += 1
        heapq.heappush(self._late, (at, self._late_count, act))

    def settle(self) -> None:
        """Do what has become due; every call to the app begins with this."""
        while self._late and self._late[0][0] <= self.clock():
            heapq.heappop(self._late)[2]()

    def time(self) -> str:
        """Return the time as answers print it."""
        return times.stamp_milliseconds(self.clock())
