"""What one seed draws before it begins: the knobs of the world and how often each mishap comes.

Each class of mishaps draws from a stream of its own: one that is switched off or thought of later
leaves what the others draw as it was, so that a failing seed can be shrunk class by class.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

RATES: dict[str, Sequence[float]] = {
    # processes
    "kill": (0.001, 0.002, 0.004, 0.008),
    "kill_in_flight": (0.02, 0.05, 0.1),
    "pause": (0, 0.001, 0.005),
    "slow": (0, 0.01, 0.05),
    "skew": (0, 1, 1),
    "double_tick": (0, 0.05, 0.2),
    "double_refresh": (0, 0.1, 0.5),
    # AWS
    "table_throttled": (0, 0.001, 0.005),
    "table_answer_lost": (0, 0.001, 0.005),
    "table_repeats": (0, 0.01, 0.1),
    "index_lag": (0, 1),
    "queue_refuses": (0, 0.01, 0.1),
    "queue_answer_lost": (0, 0.01, 0.05),
    "queue_unconfirmed": (0, 0.02, 0.1),
    "delivered_twice": (0, 0.02, 0.1),
    "delivered_late": (0, 0.05, 0.15),
    "delete_lost": (0, 0.02, 0.1),
    "bucket_fails": (0, 0.005, 0.03),
    "secret_fails": (0, 0.01, 0.05),
    "topic_fails": (0, 0.05, 0.3),
    # QuickBooks
    "answer_lost": (0.2, 0.4, 0.6),
    "commit_late": (0, 0.05, 0.15, 0.25),
    "read_fails": (0, 0.01, 0.04),
    "server_error": (0, 0.02, 0.05),
    "odd_answer": (0, 0.02, 0.05),
    "item_unanswered": (0, 0.05, 0.2),
    "item_fault": (0, 0.02, 0.1),
    "throttled": (0, 0.01, 0.05),
    "token_refused": (0, 0.005, 0.01),
    "token_endpoint": (0, 0.05, 0.2),
    "index_late": (0, 0.05, 0.2),
    # ServiceTrade
    "source_fails": (0, 0.01, 0.05),
    "source_lies": (0, 0.01, 0.05),
    "source_session": (0, 0.01, 0.05),
    "source_slow": (0, 0, 0.1, 0.4),
    "rows_move": (0, 0.02, 0.1),
    "edit_between": (0, 0, 0.02, 0.1),
    # people, each in the time in which they work
    "staff_note": (0, 3, 9),
    "staff_edit": (0, 2, 5),
    "staff_void": (0, 1, 3),
    "staff_delete": (0, 1, 3),
    "staff_copy": (0, 1, 3),
    "staff_pay": (0, 3, 8),
    "staff_type": (0, 1, 3),
    "staff_hasty": (0, 0, 0.05, 0.2),
    "user_edit": (2, 4, 6),
    "user_void": (0, 2, 5),
    "user_renumber": (0, 1, 3),
    "user_tag": (0, 1, 3),
    "user_reopen": (0, 1, 3),
    "user_burst": (0, 0, 2),
    "user_order": (0, 1, 2),
    "user_remove": (0, 0, 0.6),
    "mapping_change": (0, 0.5, 1),
    "redrive": (0, 0, 1),
    "redrive_by_id": (0, 0, 1),
    "backfill": (0, 0, 0.7),
    "purge": (0, 0, 0, 0.7),
    "ask_and_tick": (0, 0, 0, 2),
    "pause_loading": (0, 0, 0.5),
    "disconnect": (*(0,) * 7, 0.5),
    "suspend": (*(0,) * 7, 0.5),
    "people_between": (0, 0.05, 0.15),
    # long absences, in a part of the seeds
    "outage_books": (*(0,) * 7, 1),
    "outage_source": (*(0,) * 7, 1),
    "outage_of_days": (*(0,) * 63, 1),
    # what only a part of the seeds has
    "eager_poller": (0, 0, 0, 1),
    "tight_pace": (*(0,) * 7, 1),
    "rush": (0, 0, 0, 1),
    "deploy": (0, 0, 0, 1),
    "acknowledge": (0, 0, 0, 1),
    "observe": (0, 0, 1),
    "reconcile": (0, 0, 0, 0.7),
    "unseen": (0, 0, 1.5),
    "typed_past": (0, 0, 0, 1),
    "adopt": (0, 0, 0, 2),
    "remap": (0, 0, 0, 1.5),
    "rollback": (0, 0, 0, 1),
    "look_overtaken": (0, 0, 0.3),
    "remove_between": (0, 0, 0, 0.15),
    "user_twin": (0, 0, 1, 3),
}
CLASSES = (*RATES,)
ALWAYS = frozenset({"user_edit"})


@dataclass(frozen=True)
class Plan:
    """One seed's draw."""

    seed: int
    rates: dict[str, float]
    knobs: dict[str, Any] = field(default_factory=dict[str, Any])
    off: frozenset[str] = frozenset()

    def rate(self, name: str) -> float:
        """Return how often a mishap comes; 0 where its class is switched off."""
        return self.rates[name]

    @property
    def classes(self) -> list[str]:
        """Name the classes that this seed has and that can be switched off."""
        return [name for name, rate in self.rates.items() if rate and name not in ALWAYS]


def own_stream(seed: int, name: str) -> random.Random:
    """Return the stream of one class of mishaps in one seed."""
    return random.Random(f"{seed} {name}")


def draw(seed: int, chance: random.Random, off: frozenset[str] = frozenset()) -> Plan:
    """Draw what a seed is made of."""
    rates = {
        name: own_stream(seed, f"rate of {name}").choice(choices) for name, choices in RATES.items()
    }
    rates = {name: 0.0 if name in off else float(rate) for name, rate in rates.items()}
    skew = rates["skew"] and 1.0
    knobs: dict[str, Any] = {
        "invoices": chance.randint(13, 16),
        "active_hours": chance.choice((1, 1.25)),
        "tick_seconds": chance.choice((900, 1200)),
        "page_size": chance.choice((3, 7, 20, 200)),
        "batch_size": chance.choice((3, 10, 30)),
        "window_seconds": chance.choice((60, 120, 300)),
        "loaders": chance.choice((1, 2, 3)),
        "aws_seconds": chance.choice((0.002, 0.01, 0.05)),
        "http_seconds": chance.choice((0.1, 0.5, 2.0)),
        "skew_seconds": skew * chance.choice((0.05, 2.0, 5.0)),
        "source_skew_seconds": skew * chance.uniform(-90, 90),
        "create_missing": chance.random() < 0.5,
        "batches_per_minute": chance.choice((10, 40, 40, 120)),
        "requests_per_minute": chance.choice((60, 420, 420)),
        "late_visibility_seconds": chance.choice((0, 0, 5, 55)),
        "index_lag_seconds": rates["index_lag"] and chance.choice((0.5, 3, 20)),
    }
    if rates["outage_of_days"]:
        knobs["tick_seconds"] = 3600
    if rates["tight_pace"]:
        knobs |= {"requests_per_minute": 20, "batches_per_minute": 4}
    return Plan(seed, rates, knobs, off)
