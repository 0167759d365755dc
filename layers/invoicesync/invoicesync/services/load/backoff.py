"""How long a message stays away before its invoice is tried again."""

from invoicesync.ports import Random
from invoicesync.services.load.work import Work

BASE_SECONDS = 30
LONGEST_SECONDS = 600


def delay_for(work: Work, error: Exception, chance: Random) -> float:
    """Return the delay that an error asks for, else one drawn from a range that doubles.

    Drawn anew each time (full jitter), so that messages that failed together do not meet again.
    """
    asked = getattr(error, "delay_seconds", None)
    if isinstance(asked, int | float):
        return float(asked)
    tries = max((one.receive_count for one in work.received), default=1)
    return chance.uniform(1, min(LONGEST_SECONDS, BASE_SECONDS * 2 ** (tries - 1)))
