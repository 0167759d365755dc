"""What one seed came to."""

from dataclasses import dataclass, field

from tests.simulation.violations import Violation


@dataclass(frozen=True, slots=True)
class Report:
    """What one seed came to."""

    seed: int
    off: tuple[str, ...]
    trace: str
    violations: tuple[Violation, ...]
    calls: int
    kills: int
    unknown: int
    invoices: int
    writes: int
    held: int
    hours: float
    settled_seconds: float
    late: tuple[str, ...] = ()
    counts: dict[str, int] = field(default_factory=dict[str, int])
