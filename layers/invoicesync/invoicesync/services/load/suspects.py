"""Invoices whose loads keep ending without a word: each is run alone, then held.

Which invoice of a batch ends the process cannot be known, so every one of the batch is a suspect.
One alone clears itself by being loaded; the others wait for their turn and stay suspects.
"""

from collections.abc import Sequence

from invoicesync.domain.problems import Problem, ProblemCode
from invoicesync.services.load.kit import Kit
from invoicesync.services.load.work import Work

CRASHES = 5


def alone(claimed: Sequence[Work], kit: Kit) -> Sequence[Work]:
    """Return what may be loaded together; the rest goes back to the queue, or is held."""
    suspects = [work for work in claimed if work.entry.claims > CRASHES]
    if not suspects:
        return claimed
    first = max(suspects, key=lambda work: work.entry.claims)
    for work in claimed:
        if work is not first:
            work.is_untried = True
            work.retry(kit.random.uniform(1, 30), "after_a_suspect")
    if first.entry.claims > CRASHES + 1:
        detail = f"{first.entry.claims - 1} loads of it ended without a word"
        # What it may have sent is as unknown as before: an open intent stays.
        kit.recorder.held(first, [Problem(ProblemCode.CRASHES_LOADER, detail)], clears_intent=False)
    return [first]
