"""QuickBooks at the pace that the whole company shares, with one token refresh and a breaker."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from invoicesync.domain.ids import QuickBooksId, RequestId
from invoicesync.errors import (
    AuthenticationError,
    NotSentError,
    OutcomeUnknownError,
    RateLimitedError,
    RealmBlockedError,
    RetryableError,
    TransientReadError,
)
from invoicesync.ports import (
    BatchAnswer,
    Books,
    Changes,
    Comparison,
    Fault,
    Json,
    TokenRefresher,
    Written,
)
from invoicesync.state.pace import Pace
from invoicesync.state.realm import Realm


@dataclass(frozen=True, slots=True)
class Paces:
    """How fast calls may go: every request, and batches besides."""

    requests: Pace
    batches: Pace


class PacedBooks:
    """`Books` that waits for a slot before each call and tells the realm how the call ended.

    A 401 asks the refresher once in this object's life and repeats the very same call; a second
    401 means that nothing will work.
    """

    def __init__(self, books: Books, realm: Realm, refresher: TokenRefresher, paces: Paces) -> None:
        self._books = books
        self._realm = realm
        self._refresher = refresher
        self._paces = paces
        self._has_refreshed = False
        self._batch_slots = 0
        self.calls = 0
        self.reads = 0
        self.is_well = False
        """Whether the last word of QuickBooks was a good one."""

    def reserve_batch(self) -> None:
        """Take the slots of the next batch ahead of it, before anything is claimed."""
        self._realm.reserve(self._paces.batches, self._paces.requests)
        self._batch_slots += 1

    def block(self, fault: Fault) -> None:
        """Open the breaker: one item's fault says that nothing will work for this company."""
        self._blocked(fault.code)

    def batch(self, body: bytes, *, request_id: RequestId) -> BatchAnswer:
        """POST /batch."""
        if self._batch_slots:
            self._batch_slots -= 1
        else:
            self._realm.reserve(self._paces.batches, self._paces.requests)
        return self._made(lambda: self._books.batch(body, request_id=request_id))

    def void(self, body: bytes, *, request_id: RequestId) -> tuple[Written, str]:
        """POST /invoice?operation=void."""
        return self._call(lambda: self._books.void(body, request_id=request_id))

    def create(self, entity: str, body: bytes, *, request_id: RequestId) -> tuple[Written, str]:
        """POST one new entity."""
        return self._call(lambda: self._books.create(entity, body, request_id=request_id))

    def read_invoice(self, invoice_id: QuickBooksId) -> Json | None:
        """Read one invoice."""
        return self._call(lambda: self._books.read_invoice(invoice_id), is_read=True)

    def query(
        self,
        entity: str,
        *,
        where: Sequence[Comparison] = (),
        order_by: str = "Id",
        start: int = 1,
        limit: int = 1000,
    ) -> list[Json]:
        """Run one SELECT."""
        return self._call(
            lambda: self._books.query(
                entity, where=where, order_by=order_by, start=start, limit=limit
            ),
            is_read=True,
        )

    def changes(self, entity: str, *, since: float) -> Changes:
        """Ask for what changed since a time."""
        return self._call(lambda: self._books.changes(entity, since=since), is_read=True)

    def transaction_list(self, first: date, last: date) -> Json:
        """Read QuickBooks' own report of some days."""
        return self._call(lambda: self._books.transaction_list(first, last))

    def preferences(self) -> Json:
        """Read the company's preferences."""
        return self._call(self._books.preferences, is_read=True)

    def _call[T](self, call: Callable[[], T], *, is_read: bool = False) -> T:
        """Make a call in its turn; Intuit meters the reads."""
        self._realm.reserve(self._paces.requests, is_read=is_read)
        self.reads += is_read
        return self._made(call)

    def _made[T](self, call: Callable[[], T]) -> T:
        """Make a call whose slot was taken."""
        self.calls += 1
        self.is_well = False
        try:
            answer = self._refreshing(call)
        except RateLimitedError as limited:
            self._realm.throttled(limited.delay_seconds)
            raise
        except RealmBlockedError as blocked:
            self._blocked(blocked.code or str(blocked.status))
            raise
        except (NotSentError, OutcomeUnknownError, TransientReadError):
            self._realm.failed("QuickBooks gives no usable answers")
            raise
        self.is_well = True
        return answer

    def _blocked(self, code: str) -> None:
        self.is_well = False
        self._realm.open(f"blocked: {code}")

    def _refreshing[T](self, call: Callable[[], T]) -> T:
        try:
            return call()
        except AuthenticationError as refused:
            if self._has_refreshed:
                raise _refused_for_good(refused) from refused
            self._has_refreshed = True
        self._refresh()
        return self._refreshing(call)

    def _refresh(self) -> None:
        """Ask for a new token. However that fails, the call that needs it was not done."""
        try:
            self._refresher.refresh()
        except AuthenticationError as refused:
            raise _refused_for_good(refused) from refused
        except RetryableError as error:
            raise NotSentError(
                f"no new token yet, so nothing was sent: {error}", delay_seconds=error.delay_seconds
            ) from error


def _refused_for_good(refused: AuthenticationError) -> RealmBlockedError:
    return RealmBlockedError(
        f"QuickBooks refuses our tokens, new ones too: connect again ({refused})",
        code=refused.code,
        tid=refused.tid,
        status=refused.status,
    )
