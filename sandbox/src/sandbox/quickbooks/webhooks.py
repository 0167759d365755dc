"""Webhooks out: notifications of what changed, in both formats, signed, and tried again."""

import base64
import hashlib
import hmac
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.quickbooks import times
from sandbox.quickbooks.books import Books
from sandbox.quickbooks.store import Change
from sandbox.quickbooks.wire import Body, render

_WAITS_SECONDS = (10, 20, 30, 300, 1200, 7200, 14400, 21600)
_TOLD = (
    "Invoice",
    "Customer",
    "Item",
    "Payment",
    "Estimate",
    "CreditMemo",
    "SalesReceipt",
    "Vendor",
    "Employee",
    "Bill",
    "BillPayment",
    "Purchase",
    "Account",
    "Class",
    "Department",
    "Term",
    "Preferences",
    "RefundReceipt",
    "TimeActivity",
    "JournalEntry",
    "PaymentMethod",
)
_VERBS = {
    "Create": "created",
    "Update": "updated",
    "Delete": "deleted",
    "Merge": "merged",
    "Void": "voided",
    "Emailed": "emailed",
}


@dataclass(slots=True)
class Delivery:
    """One POST to the subscriber, and when it is to be tried next."""

    body: bytes
    headers: dict[str, str]
    due: float
    tries: int = 0


class Outbox:
    """What is still to be told to the subscriber."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._told = 0
        self._waiting: list[Delivery] = []

    def collect(self) -> list[Delivery]:
        """Bundle what has changed since the last time into one delivery, and list what waits."""
        changes = [each for each in self._books.store.changes[self._told :] if each.entity in _TOLD]
        self._told = len(self._books.store.changes)
        if self._books.options.webhooks_out_of_order:
            changes.reverse()
        if changes:
            self._waiting.append(self._delivery(changes))
            if self._books.options.webhooks_repeat:
                self._waiting.append(self._delivery(changes))
        return list(self._waiting)

    def deliver(self, post: Callable[[bytes, dict[str, str]], int]) -> int:
        """Send what is due; ``post`` returns the subscriber's status. Return how many it took."""
        self.collect()
        now = self._books.clock()
        taken = 0
        for delivery in [each for each in self._waiting if each.due <= now]:
            if post(delivery.body, delivery.headers) == 200:  # noqa: PLR2004  (HTTP's word for taken)
                self._waiting.remove(delivery)
                taken += 1
                continue
            delivery.due = now + _WAITS_SECONDS[min(delivery.tries, len(_WAITS_SECONDS) - 1)]
            delivery.tries += 1
        return taken

    def _delivery(self, changes: list[Change]) -> Delivery:
        options = self._books.options
        form = _legacy if options.webhook_format == "legacy" else _cloud_events
        body = render(form(self._books.realm_id, changes)).encode()
        now = self._books.clock()
        headers = {
            "content-type": "application/json",
            "intuit-signature": sign(body, options.webhook_verifier),
            "intuit-created-time": times.stamp(int(now)),
            "intuit-t-id": f"1-{int(now):x}-{self._told:024x}",
            "intuit-notification-schema-version": "0.1",
        }
        return Delivery(body, headers, now)


def sign(body: bytes, verifier: str) -> str:
    """Return the signature of a notification: it is made over the raw bytes."""
    digest = hmac.new(verifier.encode(), body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def _legacy(realm_id: str, changes: list[Change]) -> Body:
    entities = [
        {
            "name": each.entity,
            "id": each.identity,
            "operation": each.verb,
            "lastUpdated": times.stamp(each.second),
        }
        for each in changes
    ]
    event = {"realmId": realm_id, "dataChangeEvent": {"entities": entities}}
    return {"eventNotifications": [event]}


def _cloud_events(realm_id: str, changes: list[Change]) -> list[Body]:
    return [
        {
            "specversion": "1.0",
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{realm_id}/{number}/{each}")),
            "source": f"intuit.{hashlib.sha256(realm_id.encode()).hexdigest()[:20]}=",
            "type": f"qbo.{each.entity.lower()}.{_VERBS[each.verb]}.v1",
            "datacontenttype": "application/json",
            "time": f"{times.universal(each.second)}.000000000Z",
            "intuitentityid": each.identity,
            "intuitaccountid": realm_id,
            "data": {},
        }
        for number, each in enumerate(changes)
    ]
