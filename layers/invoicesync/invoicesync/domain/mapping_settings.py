"""The parts of a mapping, each a settings model that says what it accepts.

In every table the left-hand name is ServiceTrade's, found whatever its case and spacing, and the
right-hand one QuickBooks', taken as it stands.
"""

from decimal import Decimal
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from invoicesync.domain.mapping_values import (
    Amount,
    Level,
    Percent,
    Table,
    Text,
    Zone,
    folded,
    key,
)


class Settings(BaseModel):
    """A part of the mapping: nothing unknown in it, nothing changed after it was read.

    The first mapping that is read builds the whole; a part that is not read alone is never built.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Dispatch(Settings):
    """Which invoices go to QuickBooks at all."""

    statuses: frozenset[
        Literal["ok", "pending_accounting", "failed", "processed", "sent", "paid"]
    ] = frozenset({"pending_accounting", "failed", "processed", "sent", "paid"})
    job_statuses: frozenset[
        Literal[
            "new",
            "scheduled",
            "bidding",
            "completed",
            "pending_invoice",
            "sending_invoice",
            "invoiced",
            "closed",
        ]
    ] = frozenset({"completed", "pending_invoice", "sending_invoice", "invoiced", "closed"})
    exclude_tags: tuple[Text, ...] = ()
    include_tags: tuple[Text, ...] = ()
    allow_partials: bool = False
    allow_jobless: bool = False

    @cached_property
    def excluded(self) -> frozenset[str]:
        """The tags that keep an invoice out, by `key`."""
        return frozenset(map(key, self.exclude_tags))

    @cached_property
    def included(self) -> frozenset[str]:
        """The tags of which an invoice needs one, by `key`; none: it needs none."""
        return frozenset(map(key, self.include_tags))


class DocumentNumber(Settings):
    """How the number that people see is made."""

    prefix: Annotated[str, Field(max_length=10, pattern=r"^[!-~]*$")] = ""


class PostalAddress(Settings):
    """A postal address, complete."""

    street: Text
    city: Text
    state: Text
    postal_code: Text


class BillTo(Settings):
    """Where a customer's invoices are addressed, where QuickBooks shall not decide."""

    address: PostalAddress | None = None
    email: Annotated[Text, Field(max_length=100, pattern=r"^[^@\s]+@[^@\s]+$")] | None = None


class Customers(Settings):
    """Which customer or sub-customer an invoice is billed to."""

    level: Level = "company"
    levels: Table[Level] = Field(default_factory=dict)
    create_missing: bool = False
    names: Table[Text] = Field(default_factory=dict)
    bill_to: Table[BillTo] = Field(default_factory=dict)

    @cached_property
    def names_by_key(self) -> dict[str, str]:
        """QuickBooks' names, by `key`."""
        return folded(self.names)

    @cached_property
    def levels_by_key(self) -> dict[str, Level]:
        """Levels of single customers, by `key`."""
        return folded(self.levels)

    @cached_property
    def bill_to_by_key(self) -> dict[str, BillTo]:
        """Where to address invoices, by the customer's `key`."""
        return folded(self.bill_to)


class Items(Settings):
    """Which product or service a line sells, in the order code, name, type, service line."""

    by_code: Table[Text] = Field(default_factory=dict)
    by_name: Table[Text] = Field(default_factory=dict)
    by_type: Table[Text] = Field(default_factory=dict)
    by_service_line: Table[Text] = Field(default_factory=dict)
    default: Text | None = None

    @cached_property
    def own(self) -> tuple[dict[str, str], dict[str, str]]:
        """What names one product: by code, by name, each by `key`."""
        return folded(self.by_code), folded(self.by_name)

    @cached_property
    def shared(self) -> tuple[dict[str, str], dict[str, str]]:
        """What many products share: by type, by service line, each by `key`."""
        return folded(self.by_type), folded(self.by_service_line)


class Departments(Settings):
    """Which department (QuickBooks shows "Location") an office is."""

    required: bool = False
    by_office: Table[Text] = Field(default_factory=dict)

    @cached_property
    def by_key(self) -> dict[str, str]:
        """The departments, by the office's `key`."""
        return folded(self.by_office)


class Classes(Settings):
    """Which class a service line is; as soon as one is mapped, every line needs one."""

    by_service_line: Table[Text] = Field(default_factory=dict)
    default: Text | None = None

    @cached_property
    def by_key(self) -> dict[str, str]:
        """The classes, by the service line's `key`."""
        return folded(self.by_service_line)


class Timezones(Settings):
    """Zones of the offices that are not in the company's."""

    by_office: Table[Zone] = Field(default_factory=dict)

    @cached_property
    def by_key(self) -> dict[str, str]:
        """The zones, by the office's `key`."""
        return folded(self.by_office)


class ShipFrom(Settings):
    """Addresses of offices that ServiceTrade does not show; they drive sales tax."""

    by_office: Table[PostalAddress] = Field(default_factory=dict)
    default: PostalAddress | None = None

    @cached_property
    def by_key(self) -> dict[str, PostalAddress]:
        """The addresses, by the office's `key`."""
        return folded(self.by_office)


class TaxRule(Settings):
    """Which tax code a line gets; the first rule that fits decides.

    What a rule does not name it does not ask for. ``taxable`` is whether ServiceTrade taxed the
    line. Negative lines ask only rules with ``negative: true``, and are not taxed if none fits.
    """

    code: Literal["TAX", "NON"]
    state: Text | None = None
    tax_group: Text | None = None
    taxable: bool | None = None
    negative: bool = False
    rate_percent: tuple[Percent, Percent] | None = None

    @model_validator(mode="after")
    def _band_is_upright(self) -> Self:
        if self.rate_percent is not None and self.rate_percent[0] > self.rate_percent[1]:
            raise ValueError("rate_percent must be written [lowest, highest]")
        return self


class Tax(Settings):
    """Who computes sales tax, and what is believed of it."""

    authority: Literal["quickbooks", "servicetrade"] = "quickbooks"
    tolerance: Amount = Decimal("0.02")
    rules: tuple[TaxRule, ...] = ()
