"""What the steps of one load share."""

from dataclasses import dataclass

from invoicesync.ports import Clock, Deadline, Random
from invoicesync.services.load.paced import PacedBooks
from invoicesync.services.load.record import Recorder
from invoicesync.state.journal import Journal
from invoicesync.state.leases import Leases
from invoicesync.state.ledger import Ledger
from invoicesync.state.mappings import Published


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """The paced books, the state, the mapping in force, and the time that one invocation has."""

    books: PacedBooks
    ledger: Ledger
    leases: Leases
    journal: Journal
    published: Published
    recorder: Recorder
    clock: Clock
    random: Random
    deadline: Deadline
    lease_seconds: int
