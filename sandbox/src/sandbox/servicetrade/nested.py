"""Routes below a row: lines of an invoice, clock events of a job, comments of a location."""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.servicetrade.account import Account
from sandbox.servicetrade.kinds import ENTITY_TYPES, KINDS
from sandbox.servicetrade.messages import Answer, Request
from sandbox.servicetrade.search import Search
from sandbox.servicetrade.store import Row
from sandbox.servicetrade.wire import text_of
from sandbox.servicetrade.writes import RefusedError

_ACTIVITIES = ("onsite", "enroute", "offsite", "onbreak")


class Nested:
    """Serves what hangs below a row."""

    def __init__(self, account: Account, search: Search) -> None:
        self._account = account
        self._search = search

    def _parent(self, kind: str, row_id: int) -> Row:
        row = self._account.store.get(kind, row_id)
        if row is None:
            raise RefusedError(404, f"No {kind} with id {row_id} was found.")
        return row

    def invoice_items(self, invoice_id: int, request: Request, user: Row) -> Answer:
        """Return an invoice's lines with the keys that the inline ones lack."""
        del request, user
        invoice = self._parent("invoice", invoice_id)
        stub = {
            "id": invoice_id,
            "uri": self._account.renderer.uri("invoice", invoice_id),
            "name": invoice["name"],
        }
        more: dict[str, Any] = {
            "invoice": stub,
            "invoiceRecurrence": None,
            "windowStart": None,
            "windowEnd": None,
        }
        more |= {"created": invoice["created"], "updated": invoice["updated"]}
        items = [{**self._account.renderer.item(item), **more} for item in invoice["items"]]
        return Answer(data=text_of({"page": 1, "totalPages": 1, "invoiceItems": items}))

    def location_comments(self, location_id: int, request: Request, user: Row) -> Answer:
        """Return a location's comments."""
        del user
        self._parent("location", location_id)
        entity_type = str(ENTITY_TYPES["location"])
        wanted = {"entityType": entity_type, "entityId": str(location_id)}
        page = self._search.page(KINDS["comment"], {**request.query, **wanted})
        rows = [self._account.renderer.shown("comment", row) for row in page.rows]
        keys = {"page": page.page, "totalPages": page.total_pages}
        return Answer(data=text_of({**keys, "comments": rows}))

    def clock_in(self, job_id: int, request: Request, user: Row) -> Answer:
        """Start a clock event."""
        return self._clock(job_id, request, user, "start")

    def clock_out(self, job_id: int, request: Request, user: Row) -> Answer:
        """End a clock event."""
        return self._clock(job_id, request, user, "end")

    def _clock(self, job_id: int, request: Request, user: Row, event_type: str) -> Answer:
        self._parent("job", job_id)
        given = request.fields()
        event: dict[str, Any] = {
            "jobId": job_id,
            "userId": user["id"],
            "eventType": event_type,
            "eventTime": self._account.now,
            "open": event_type == "start",
            "name": event_type,
        }
        event |= {key: given[key] for key in ("lat", "lon", "appointmentId") if key in given}
        return Answer(data=text_of(self._account.add("clock", event)))

    def clock_events(self, job_id: int, request: Request, user: Row) -> Answer:
        """Pair a job's clock events and sum them by activity."""
        del request, user
        self._parent("job", job_id)
        events = [row for row in self._account.store.rows("clock") if row["jobId"] == job_id]
        events.sort(key=lambda row: (row["eventTime"], row["id"]))
        seconds: dict[str, int] = dict.fromkeys(_ACTIVITIES, 0)
        started: dict[tuple[int, str], Row] = {}
        pairs: list[dict[str, Any]] = []
        for event in events:
            key: tuple[int, str] = (event["userId"], event["activity"])
            if event["eventType"] == "start":
                started[key] = event
            elif key in started:
                start = started.pop(key)
                elapsed = event["eventTime"] - start["eventTime"]
                seconds[event["activity"]] = seconds.get(event["activity"], 0) + elapsed
                pairs.append(self._pair(start, event, elapsed))
        pairs += [self._pair(start, None, 0) for start in started.values()]
        return Answer(data=text_of({"activityTime": seconds, "pairedEvents": pairs}))

    def _pair(self, start: Row, end: Row | None, elapsed: int) -> dict[str, Any]:
        shown = self._account.renderer.shown
        return {
            "start": shown("clock", start),
            "end": None if end is None else shown("clock", end),
            "elapsedTime": elapsed,
        }


type Serve = Callable[[Nested, int, Request, Row], Answer]

NESTED: Mapping[tuple[str, str], tuple[str, Serve]] = {
    ("invoice", "item"): ("GET", Nested.invoice_items),
    ("location", "comment"): ("GET", Nested.location_comments),
    ("job", "clockin"): ("POST", Nested.clock_in),
    ("job", "clockout"): ("POST", Nested.clock_out),
    ("job", "clockevent"): ("GET", Nested.clock_events),
}
