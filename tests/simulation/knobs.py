"""How the two services behave where nobody knows: drawn anew for each seed."""

import random
from typing import Any


def books_knobs(chance: random.Random) -> dict[str, Any]:
    """Draw how QuickBooks behaves where nobody knows."""
    return {
        "requestid_replays_faults": chance.random() < 0.5,
        "requestid_mismatch": chance.choice(("replay", "6000", "600")),
        "name_lists_honour_requestid": chance.random() < 0.5,
        "warn_duplicate_number": chance.random() < 0.5,
        "index_lag_seconds": chance.choice((0.0, 0.0, 2.0, 20.0)),
        "payments_move_sync_token": chance.random() < 0.8,
        "unchanged_write_keeps_token": chance.random() < 0.5,
        "inactive_reference_code": chance.choice(("2500", "610")),
        "batch_order": chance.choice(("given", "reversed")),
        "refresh_rotation": chance.choice(("same", "new")),
        "old_refresh_grace_seconds": chance.choice((0.0, 86_400.0)),
    }


def source_knobs(chance: random.Random) -> dict[str, Any]:
    """Draw how ServiceTrade behaves where nobody knows."""
    return {
        "limit_over_max": chance.choice(("clamp", "honour")),
        "page_past_last": chance.choice(("empty", "last", "not_found")),
        "zero_rows_total_pages": chance.choice((0, 1)),
        "total_pages": chance.random() < 0.8,
        "link_header": chance.choice(("off", "honest")),
        "sort_ties": chance.choice(("id", "newest", "shuffled")),
        "late_reads": chance.choice(("lists", "all")),
        "empty_map": chance.choice(("object", "array")),
        "numbers": chance.choice(("number", "string", "grouped")),
        "dates": chance.choice(("as_given", "utc_midnight", "local_midnight")),
        "job_moves_invoice": chance.random() < 0.5,
        "refresh_tokens": chance.random() < 0.5,
    }
