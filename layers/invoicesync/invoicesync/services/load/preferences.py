"""The company's preferences that decide about invoices: closing date and custom fields."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from invoicesync.domain.document import Document
from invoicesync.domain.problems import Problem, ProblemCode
from invoicesync.ports import Books, Clock, Json

FRESH_SECONDS = 3600
FIRST_OPEN_DAY = "first_open_day"


@dataclass(frozen=True, slots=True)
class Preferences:
    """What counts for one load. ``closed_on``: nothing may be dated on or before that day."""

    closed_on: date | None
    fields: Mapping[str, str]

    def custom_fields(self, document: Document, problems: list[Problem]) -> dict[str, str]:
        """Return the definition ids of the document's custom fields, by name."""
        ids: dict[str, str] = {}
        for name, _ in document.custom_fields:
            if name.casefold() in self.fields:
                ids[name] = self.fields[name.casefold()]
            else:
                detail = f"QuickBooks has no custom field {name!r} on sales forms"
                problems.append(Problem(ProblemCode.REJECTED_BY_QUICKBOOKS, detail, name))
        return ids

    def in_open_period(self, document: Document, problems: list[Problem]) -> Document:
        """Keep a new document out of closed books: by a hold, or on the first open day."""
        if self.closed_on is None or document.txn_date > self.closed_on:
            return document
        if document.closed_period != FIRST_OPEN_DAY:
            detail = (
                f"dated {document.txn_date.isoformat()}, "
                f"books are closed through {self.closed_on.isoformat()}"
            )
            problems.append(Problem(ProblemCode.CLOSED_PERIOD, detail))
            return document
        return _moved(document, self.closed_on + timedelta(days=1))

    def as_dated(self, document: Document, current: Json) -> Document:
        """Let a loaded invoice keep the day that it got when its own lay in closed books."""
        there = str(current.get("TxnDate", ""))
        if (
            self.closed_on is None
            or document.txn_date > self.closed_on
            or document.closed_period != FIRST_OPEN_DAY
            or there in {"", document.txn_date.isoformat()}
        ):
            return document
        return _moved(document, date.fromisoformat(there))


def _moved(document: Document, day: date) -> Document:
    dated = f"dated {document.txn_date.isoformat()} in ServiceTrade"
    note = f"{document.note} · {dated}" if document.note else dated
    return replace(document, txn_date=day, note=note)


class PreferencesReader:
    """Reads preferences, at most once an hour."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._read: tuple[float, Preferences] | None = None

    def read(self, books: Books) -> Preferences:
        """Return preferences no older than an hour."""
        now = self._clock.now()
        if self._read is None or self._read[0] + FRESH_SECONDS < now:
            self._read = (now, _preferences(books.preferences()))
        return self._read[1]

    def forget(self) -> None:
        """Read them anew next time: QuickBooks refused what they allowed."""
        self._read = None


def _preferences(raw: Json) -> Preferences:
    accounting = _part(raw, "AccountingInfoPrefs")
    closed = accounting.get("BookCloseDate")
    return Preferences(
        closed_on=date.fromisoformat(closed[:10]) if isinstance(closed, str) and closed else None,
        fields=dict(_fields(_part(raw, "SalesFormsPrefs").get("CustomField"))),
    )


def _fields(groups: object) -> list[tuple[str, str]]:
    """Read names and definition ids.

    QuickBooks names the field in one row (`SalesFormsPrefs.SalesCustomName1`, StringValue) and says
    in another whether it is used; the digit is the definition id.
    """
    found: list[tuple[str, str]] = []
    for group in groups if isinstance(groups, list) else []:
        rows = group.get("CustomField") if isinstance(group, Mapping) else None
        for row in rows if isinstance(rows, list) else []:
            name, value = str(row.get("Name", "")), row.get("StringValue")
            if "SalesCustomName" in name and isinstance(value, str) and value:
                found.append((value.casefold(), name.rpartition("SalesCustomName")[2]))
    return found


def _part(raw: Json, name: str) -> Json:
    part = raw.get(name)
    return part if isinstance(part, Mapping) else {}
