"""The numbers under which this release stores what another release may have to read.

A release reads every older form; `tests/compat` keeps one of each. A new number is due when an
older release would misread what this one writes; a field that it may ignore needs none.
"""

from invoicesync.errors import NewerReleaseError

LEDGER = 1
"""Ledger items, with the intents in them. Items from before there was a number are of this form."""

HINT = 1
"""Where a scan goes on, in a checkpoint."""


def refuse_newer(what: str, number: int, known: int) -> None:
    """Raise `NewerReleaseError` where ``number`` is above what this release knows."""
    if number > known:
        raise NewerReleaseError(
            f"{what} has schema {number}, and this release reads up to {known}: deploy the newer "
            f"release again; until then everything stays as it is"
        )
