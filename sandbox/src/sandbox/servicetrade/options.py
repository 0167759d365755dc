"""What nobody outside ServiceTrade knows for sure, as switches.

A default is the likeliest answer; a client is right only if it works under every value.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

type Transitions = Mapping[str, frozenset[str]]

STATUSES = (
    "ok",
    "internal_review",
    "pending_accounting",
    "processed",
    "paid",
    "sent",
    "failed",
    "void",
)

_EVERYTHING = frozenset(STATUSES)

# Void is final and nothing else is: the mildest table that still refuses something.
LENIENT: Transitions = {**dict.fromkeys(STATUSES, _EVERYTHING), "void": frozenset({"void"})}

# Accounting results only from the accounting queue, and never back out of paid.
STRICT: Transitions = {
    "ok": frozenset({"internal_review", "pending_accounting", "sent", "paid", "void"}),
    "internal_review": frozenset({"ok", "pending_accounting", "void"}),
    "pending_accounting": frozenset({"ok", "processed", "failed", "void"}),
    "processed": frozenset({"sent", "paid", "failed", "void"}),
    "failed": frozenset({"ok", "pending_accounting", "processed", "void"}),
    "sent": frozenset({"paid", "pending_accounting", "void"}),
    "paid": frozenset({"void"}),
    "void": frozenset(),
}


@dataclass(frozen=True)
class Login:
    """The credentials of the user that the account is born with."""

    username: str = "sync@example.test"
    password: str = "let-me-in"
    client_id: str = "invoice-sync"
    client_secret: str = "keep-it-quiet"


@dataclass(frozen=True)
class Options:
    """How this account behaves where the public record is silent or contradicts itself."""

    # Statuses
    draft_status: str = "draft"
    transitions: Transitions = field(default_factory=lambda: LENIENT)
    transition_refusal: Literal[400, 409] = 400

    # Lists
    limits: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Default and greatest page size of a resource, where they shall differ from the usual."""
    limit_over_max: Literal["clamp", "reject", "honour"] = "clamp"
    page_past_last: Literal["empty", "last", "not_found"] = "empty"
    zero_rows_total_pages: Literal[0, 1] = 1
    total_pages: bool = True
    total_count: bool = False
    link_header: Literal["off", "honest"] = "off"
    sort_ties: Literal["id", "newest", "shuffled"] = "id"
    unknown_parameters: Literal["ignore", "reject"] = "ignore"
    unknown_values: Literal["ignore", "reject"] = "ignore"
    late_visibility_seconds: float = 0.0
    late_reads: Literal["lists", "all"] = "lists"

    # Shapes
    empty_map: Literal["object", "array"] = "object"
    validation_shape: Literal["list", "map", "bare"] = "list"
    success_messages: bool = False
    post_status: Literal[200, 201] = 200
    numbers: Literal["number", "string", "grouped"] = "number"
    tax_rate: Literal["percent", "fraction"] = "percent"
    uri_base: str = "https://app.servicetrade.com/api"

    # Dates
    dates: Literal["as_given", "utc_midnight", "local_midnight"] = "as_given"
    timezone: str = "America/New_York"

    # Writes
    writable_extras: bool = True
    """Whether customerPo, dueDate, paymentTermsId and tags of an invoice can be written."""
    idle_put_moves_updated: bool = True
    """Whether a PUT that changes nothing moves `updated`."""
    job_moves_invoice: bool = False
    """Whether an edit of a job moves `updated` of its invoices."""
    invoice_entity_type: int | None = 14
    """Number by which a comment names an invoice; None if it cannot."""

    # Sessions and tokens
    session_idle_seconds: float = 86_400.0
    access_token_seconds: int = 86_400
    refresh_tokens: bool = True
    refresh_rotation: bool = True
    expires_in: bool = True

    # Server time
    throttled: bool = True
    budget_ms: int = 60_000
    cost_ms: float = 25.0
    cost_ms_a_row: float = 0.05

    # Webhooks
    changeset_shape: Literal["list", "object"] = "list"
    webhook_batch: int = 20
    webhook_retry_seconds: float = 60.0
    webhook_shuffled: bool = False
    webhook_duplicated: bool = False

    # Names and tokens made by the account follow from this, so two runs agree.
    seed: int = 0
    first_id: int = 2_100_000_000_000_001

    def may_become(self, old: str, new: str) -> bool:
        """Say whether the API lets an invoice go from one status to another."""
        if old == self.draft_status:
            return True
        if new == self.draft_status:
            return old in {"ok", "internal_review"}
        return new in self.transitions[old]
