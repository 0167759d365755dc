"""Which look at an invoice is newer, and whether two looks say the same."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self


class Disposition(StrEnum):
    """What is to become of an invoice, decided from status, type, tags and job."""

    DISPATCH = "dispatch"
    WAITING = "waiting"
    IGNORED = "ignored"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Revision:
    """One look at one invoice.

    ``updated`` is ServiceTrade's second; ``epoch`` and ``position`` order two looks within it: the
    epoch of the run that looked (one counter for every kind of run) and the look's place in it.
    """

    updated: int
    epoch: int
    position: int
    disposition: Disposition
    fingerprint: str

    @property
    def order(self) -> str:
        """A string that sorts as revisions do, for conditions in the table."""
        return f"{self.updated:012d}.{self.epoch:010d}.{self.position:010d}"

    def is_same_as(self, other: "Revision") -> bool:
        """Say whether both looks ask for the same thing, whenever they were made."""
        return (self.disposition, self.fingerprint) == (other.disposition, other.fingerprint)

    def is_after(self, other: "Revision") -> bool:
        """Say whether this look is the later one."""
        return self.order > other.order

    def stamped_after(self, seen: "Revision | None") -> Self:
        """Raise ``updated`` to that of an earlier look, so that a later look never sorts below it.

        ServiceTrade may show an older ``updated`` after a newer one (a restore, a late replica);
        what it shows last is what counts.
        """
        if seen is None or self.updated >= seen.updated:
            return self
        return replace(self, updated=seen.updated)
