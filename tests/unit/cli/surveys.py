"""One look at a stack where all is well, with what a test changes."""

from decimal import Decimal
from typing import Any

from invoicesync.ports import Spent
from invoicesync.state.entry import State
from invoicesync.state.pace import Usage
from invoicesync_cli.survey import Depth, Open, Survey

NOW = 1_796_200_000


def opened(count: int = 0, oldest: float = 0.0) -> Open:
    """Return invoices of one open state."""
    return Open(
        count, Decimal("513.60") * count, oldest, {"": (count, Decimal(0))} if count else {}
    )


def survey(**changes: Any) -> Survey:
    """Return a look."""
    calm: dict[str, Any] = {
        "at": NOW,
        "watermark": NOW - 90,
        "scanned_at": NOW - 60,
        "is_scanning": False,
        "mapping_serial": 3,
        "open": dict.fromkeys(State, opened()),
        "queue": Depth(0, 0, 0),
        "dead_letters": Depth(0, 0, 0),
        "paused": False,
        "breaker_opened_at": 0,
        "breaker_reason": "",
        "usage": Usage(share=1.0, requests=0, reads=0),
        "token_days": 90.0,
        "runs": (),
        "spent": Spent(),
        "arrived": None,
    }
    return Survey(**calm | changes)
