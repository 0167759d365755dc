"""A request that meets a fault."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.quickbooks.batch import Meddling
from sandbox.quickbooks.company import Company
from sandbox.quickbooks.exchange import Answer, Request
from sandbox.quickbooks.queries import entity_at
from sandbox.quickbooks.wire import Body, mapping


@dataclass(frozen=True, slots=True)
class Meeting:
    """A request that meets a fault."""

    company: Company
    request: Request
    settings: Mapping[str, Any]
    act: Callable[[Meddling | None], Answer]

    def done(self) -> Answer:
        """Do what the request asks."""
        return self.act(None)

    def done_if(self, *, otherwise: bool) -> None:
        """Do it if the rule's ``commit`` says so, or by default."""
        if self.settings.get("commit", otherwise):
            self.act(None)

    def documents(self) -> list[tuple[str, Body]]:
        """Return the entities and bodies that the request writes."""
        body = self.request.json()
        if not self.request.is_batch:
            entity = entity_at(self.request.path.rsplit("/", 1)[-1])
            return [(entity, body)] if entity else []
        found = []
        for item in body.get("BatchItemRequest", []):
            for name, value in mapping(item).items():
                if isinstance(value, dict) and entity_at(name):
                    found.append((name, value))
        return found
