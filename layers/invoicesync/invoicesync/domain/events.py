"""What other programs are told, as docs/events.md promises: ids and money, nothing of persons."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

SCHEMA = 1
"""Raised when a field changes its meaning or goes; a new field changes nothing."""

type Detail = Mapping[str, str | int | bool | None]


class EventName(StrEnum):
    """What happened."""

    INVOICE_LOADED = "InvoiceLoaded"
    INVOICE_HELD = "InvoiceHeld"
    INVOICE_VOIDED = "InvoiceVoided"
    BOOKS_RECONCILED = "BooksReconciled"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. Events of one ``key`` are one event, delivered twice."""

    name: EventName
    key: str
    detail: Detail = field(default_factory=dict[str, str | int | bool | None])

    def plain(self) -> dict[str, str | int | bool | None]:
        """Render the detail as it travels."""
        return {"schema": SCHEMA, "key": self.key, **self.detail}


def event_of(name: EventName, *identity: str | int, detail: Detail) -> Event:
    """Make an event whose key follows from what it is about and from what is said."""
    said = "|".join([name.value, *map(str, identity)])
    return Event(name, hashlib.sha256(said.encode()).hexdigest()[:32], detail)
