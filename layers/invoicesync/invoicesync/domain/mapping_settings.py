"""The parts of a mapping, each a settings model that says what it accepts.

In every table the left-hand name is ServiceTrade's, found whatever its case and spacing, and the
right-hand one QuickBooks', taken as it stands.
"""

from collections.abc import Mapping
from decimal import Decimal
from difflib import get_close_matches
from functools import cached_property
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from invoicesync.domain.money import parse, parse_number


def key(name: str) -> str:
    """Fold case and spacing, the differences that people do not see."""
    return " ".join(name.split()).casefold()


def _printable(text: str) -> str:
    if not text.strip() or not text.isprintable() or text != text.strip():
        raise ValueError("must be one line of text without blanks around it")
    return text


def _known_zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        guess = get_close_matches(name, sorted(available_timezones()), n=1)
        raise ValueError(
            f"is no time zone; write it as in {guess[0] if guess else 'America/New_York'}"
        ) from error


def _amount(value: object) -> Decimal:
    amount = parse(_undone(value))
    if amount is None:
        raise ValueError('is no amount of money; write it as in "0.02"')
    return amount


def _rate(value: object) -> Decimal:
    rate = parse_number(_undone(value))
    if rate is None:
        raise ValueError("is no rate in percent; write it as in 7.25")
    return rate


def _undone(value: object) -> object:
    # YAML reads 7.25 as a float; its shortest text is what the person wrote.
    return repr(value) if isinstance(value, float) else value


def _no_twins[V](names: dict[str, V]) -> dict[str, V]:
    seen: dict[str, str] = {}
    for name in names:
        twin = seen.setdefault(key(name), name)
        if twin != name:
            raise ValueError(f"names {twin!r} and {name!r}, which differ only in case or spacing")
    return names


type Text = Annotated[str, Field(max_length=500), AfterValidator(_printable)]
type Zone = Annotated[str, AfterValidator(_known_zone)]
type Amount = Annotated[Decimal, BeforeValidator(_amount), Field(ge=0)]
type Percent = Annotated[Decimal, BeforeValidator(_rate), Field(ge=0, le=100)]
type Table[V] = Annotated[dict[Text, V], AfterValidator(_no_twins)]
type Level = Literal["company", "location", "job"]


class Settings(BaseModel):
    """A part of the mapping: nothing unknown in it, nothing changed after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def folded[V](table: Mapping[str, V]) -> dict[str, V]:
    """Make a table that is asked by `key`."""
    return {key(name): value for name, value in table.items()}


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
    postal_code: Annotated[Text, BeforeValidator(str)]


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
