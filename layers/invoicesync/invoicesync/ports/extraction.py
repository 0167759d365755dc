"""The extractor, as operators and other use cases ask it."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from invoicesync.domain.ids import ServiceTradeId


class Extractor(Protocol):
    """The extractor function; every answer is what its run says of itself.

    Each raises `MisconfiguredError` where no run can go well, `RetryableError` where one failed.
    """

    def tick(self) -> Mapping[str, Any]:
        """Do what is due."""

    def by_id(self, ids: Sequence[ServiceTradeId], *, actor: str) -> Mapping[str, Any]:
        """Extract some invoices again; what there was no time for is in ``left``."""

    def backfill(self, name: str, start: int, end: int, *, actor: str) -> Mapping[str, Any]:
        """Scan what was created from ``start`` to ``end``, in ServiceTrade's seconds."""
