"""Every behaviour of QuickBooks Online that nobody outside Intuit knows for sure, as a switch.

A client that is right under each value of each switch is right whatever the service does.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """One tax rate that automated sales tax charges in a state, or in one city of it."""

    name: str
    state: str
    percent: Decimal
    city: str | None = None


@dataclass(frozen=True, slots=True)
class Latency:
    """How long the service takes; one answer in ``slow_every`` takes ``slow_seconds``."""

    base_seconds: float = 0.3
    seconds_per_item: float = 0.05
    slow_every: int = 100
    slow_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Requests allowed per realm in a sliding window."""

    requests_per_minute: int = 500
    requests_per_second: int = 10
    batches_per_minute: int = 40
    reports_per_minute: int = 200


US_JURISDICTIONS = (
    Jurisdiction("Pennsylvania State", "PA", Decimal(6)),
    Jurisdiction("Allegheny County", "PA", Decimal(1), "Pittsburgh"),
    Jurisdiction("Philadelphia City", "PA", Decimal(2), "Philadelphia"),
    Jurisdiction("California State", "CA", Decimal("7.25")),
    Jurisdiction("Sacramento City and County", "CA", Decimal("1.5"), "Sacramento"),
)


@dataclass(frozen=True, slots=True)
class Options:
    """The switches of one company and of the gateway in front of it."""

    # requestid
    requestid_retention_seconds: float = 30 * 86400.0
    requestid_replays_faults: bool = True
    requestid_mismatch: Literal["replay", "6000", "600"] = "replay"
    name_lists_honour_requestid: bool = False

    # document numbers
    custom_numbers: bool = True
    warn_duplicate_number: bool = True
    warn_without_custom_numbers: bool = False
    first_number: str = "1001"

    # what a query and change data capture show, and when
    index_lag_seconds: float = 0.0
    cdc_days: int | None = 30
    cdc_cap: int = 1000
    cdc_cap_per_entity: bool = True

    # tax
    uses_sales_tax: bool = True
    automated_tax: bool = False
    tax_override_allowed: bool = True
    jurisdictions: tuple[Jurisdiction, ...] = US_JURISDICTIONS
    country: str = "US"

    # preferences that a company is born with
    class_per_transaction: bool = True
    class_per_line: bool = True
    departments: bool = True
    discounts: bool = True
    book_close_date: str | None = None
    close_needs_password: bool = False
    auto_apply_credit: bool = False
    multicurrency: bool = False
    custom_fields: tuple[tuple[str, str], ...] = ()

    # small print of documents
    default_due_days: int = 30
    excess_precision: Literal["round", "refuse"] = "round"
    flatten_edited_addresses: bool = True
    void_note_separator: str = " - "
    payments_move_sync_token: bool = True
    unchanged_write_keeps_token: bool = True
    inactive_reference_code: Literal["2500", "610"] = "2500"
    subscription: Literal["active", "suspended"] = "active"

    # batches
    batch_order: Literal["given", "reversed"] = "given"
    batch_limit: int = 30

    # gateway
    open_to_all: bool = False
    limits: RateLimits | None = field(default_factory=RateLimits)
    retry_after_seconds: int | None = None
    latency: Latency | None = None
    body_limit_bytes: int = 1_000_000
    cut_off_seconds: float = 120.0

    # tokens
    refresh_rotation: Literal["same", "new"] = "new"
    old_refresh_grace_seconds: float = 0.0
    access_seconds: int = 3600
    refresh_seconds: int = 8_726_400

    # webhooks
    webhook_format: Literal["legacy", "cloudevents"] = "legacy"
    webhooks_repeat: bool = False
    webhooks_out_of_order: bool = False
    webhook_verifier: str = "verifier-token-of-the-simulator"
