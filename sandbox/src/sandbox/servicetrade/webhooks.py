"""Tell webhooks what changed: unsigned, batched, in no order, sometimes twice, three tries.

Deliveries wait in an outbox until somebody pumps it, so that a virtual clock can decide when.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID
from zlib import crc32

import requests

from sandbox.servicetrade.kinds import ENTITY_TYPES
from sandbox.servicetrade.options import Options
from sandbox.servicetrade.store import Row
from sandbox.servicetrade.wire import text_of

type Send = Callable[[str, bytes], int | None]

ANSWER_SECONDS = 5.0
TRIES = 3

# A refusal counts as taken: only silence and server errors are tried again.
_TAKEN = range(200, 500)

_TOLD = frozenset({"invoice", "job", "company", "location", "user", "clock", "jobitem"})
_TRACKED = {"invoice": ("status",), "job": ("status",)}


@dataclass
class Delivery:
    """One message to one address."""

    hook_url: str
    body: bytes
    due: float
    tries: int = 0


@dataclass(frozen=True)
class _Change:
    kind: str
    action: str
    row_id: int
    at: int
    user_id: int | None
    fields: list[dict[str, Any]] = field(default_factory=list)


class Outbox:
    """What webhooks have still to be told."""

    def __init__(
        self, *, clock: Callable[[], float], options: Options, uri: Callable[[str, int], str]
    ) -> None:
        self._clock = clock
        self._options = options
        self._uri = uri
        self._changes: deque[_Change] = deque(maxlen=10_000)
        self._waiting: list[Delivery] = []
        self._messages = 0
        self.delivered = 0
        self.dropped = 0

    def note(
        self,
        kind: str,
        action: str,
        row_id: int,
        *,
        versions: tuple[Row, Row] | None = None,
        user_id: int | None = None,
    ) -> None:
        """Remember a change for the next messages; ``versions`` are the row before and after."""
        if kind not in _TOLD:
            return
        old, new = versions or ({}, {})
        fields = [
            {"field": name, "oldValue": old.get(name), "newValue": new.get(name)}
            for name in _TRACKED.get(kind, ())
            if old.get(name) != new.get(name)
        ]
        at = int(self._clock())
        self._changes.append(_Change(kind, action, int(row_id), at, user_id, fields))

    def pump(self, hooks: list[Row], send: Send) -> int:
        """Write messages for ``hooks`` about what changed, try what is due; return the tries."""
        self._compose([hook for hook in hooks if hook["enabled"]])
        now = self._clock()
        due = [delivery for delivery in self._waiting if delivery.due <= now]
        self._waiting = [delivery for delivery in self._waiting if delivery.due > now]
        for delivery in due:
            delivery.tries += 1
            status = send(delivery.hook_url, delivery.body)
            if status in _TAKEN:
                self.delivered += 1
            elif delivery.tries < TRIES:
                delivery.due = now + self._options.webhook_retry_seconds
                self._waiting.append(delivery)
            else:
                self.dropped += 1
        return len(due)

    def _compose(self, hooks: list[Row]) -> None:
        changes = list(self._changes)
        self._changes.clear()
        if self._options.webhook_shuffled:
            changes.sort(key=lambda change: self._noise(change.row_id, change.action, change.at))
        for start in range(0, len(changes), self._options.webhook_batch):
            batch = changes[start : start + self._options.webhook_batch]
            for hook in hooks:
                self._address(hook, [change for change in batch if _asked_for(hook, change, self)])

    def _address(self, hook: Row, changes: list[_Change]) -> None:
        if not changes:
            return
        self._messages += 1
        now = self._clock()
        message = {
            "messageId": str(UUID(int=self._noise("message", self._messages) << 64)),
            "timestamp": str(int(now)),
            "data": [self._entry(change, hook) for change in changes],
        }
        copies = 2 if self._options.webhook_duplicated else 1
        body = text_of(message).encode()
        self._waiting.extend(Delivery(hook["hookUrl"], body, now) for _ in range(copies))

    def _entry(self, change: _Change, hook: Mapping[str, Any]) -> dict[str, Any]:
        entity = {
            "type": change.kind,
            "id": change.row_id,
            "uri": self._uri(change.kind, change.row_id),
        }
        entry: dict[str, Any] = {
            "action": change.action,
            "timestamp": change.at,
            "userId": change.user_id,
            "entity": entity,
        }
        if hook["includeChangesets"] and change.action == "updated" and change.fields:
            as_list = self._options.changeset_shape == "list"
            entry["changeset"] = change.fields if as_list else change.fields[0]
        return entry

    def _noise(self, *parts: object) -> int:
        return crc32(repr((self._options.seed, *parts)).encode())

    def entity_type(self, kind: str) -> int | None:
        """Return the number by which webhooks and comments name ``kind``."""
        return ENTITY_TYPES.get(kind) or (
            self._options.invoice_entity_type if kind == "invoice" else None
        )


def _asked_for(hook: Row, change: _Change, outbox: Outbox) -> bool:
    wanted = hook["entityEvents"]
    if change.at < hook["created"]:
        return False
    if wanted is None:
        return True
    number = outbox.entity_type(change.kind)
    return any(
        event.get("entityType") == number and change.action in event.get("actions", ())
        for event in wanted
    )


def over_http(session: requests.Session) -> Send:
    """Return a sender that posts with the five seconds that ServiceTrade waits."""

    def send(url: str, body: bytes) -> int | None:
        try:
            answer = session.post(
                url,
                data=body,
                headers={"Content-Type": "application/json"},
                timeout=ANSWER_SECONDS,
                allow_redirects=False,
            )
        except requests.RequestException:
            return None
        return answer.status_code

    return send
