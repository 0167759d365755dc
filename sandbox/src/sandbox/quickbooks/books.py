"""What every rule needs: the store, the preferences, balances of customers, references."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sandbox.quickbooks import refusals, times
from sandbox.quickbooks.options import Options
from sandbox.quickbooks.preferences import company_information, preferences
from sandbox.quickbooks.store import Record, Store
from sandbox.quickbooks.wire import ZERO, Body, mapping, money

_TABLES = {
    "Customer": "Names",
    "Vendor": "Names",
    "Employee": "Names",
    "Item": "Items",
    "Account": "Accounts",
    "Class": "Klasses",
    "Department": "Departments",
    "Term": "Terms",
    "TaxCode": "TaxCodes",
    "PaymentMethod": "PaymentMethods",
}


class Books:
    """One company's books, before any request is understood."""

    def __init__(self, *, clock: Callable[[], float], options: Options, realm_id: str) -> None:
        self.clock = clock
        self.options = options
        self.realm_id = realm_id
        self.store = Store(clock, options.index_lag_seconds)
        self.subscription = options.subscription
        self.editor = "Office Manager"
        self.store.insert("CompanyInfo", company_information(options), identity="1")
        self.store.insert("Preferences", preferences(options), identity="1")

    def today(self) -> str:
        """Return the date in the service's zone."""
        return times.today(self.clock())

    def preference(self, section: str, name: str) -> Any:  # noqa: ANN401  (any JSON value)
        """Return one preference, or None."""
        record = self.store.get("Preferences", "1")
        return mapping(record.body.get(section)).get(name) if record else None

    def require(self, entity: str, identity: object) -> Record:
        """Return a live object, or refuse: 2030 for no number, 610 for none there."""
        text = str(identity)
        if not text.isdigit() and text not in {"TAX", "NON"}:
            raise refusals.invalid_id(identity)
        record = self.store.get(entity, text)
        if record is None:
            raise refusals.not_found()
        return record

    def check_token(self, record: Record, token: object) -> None:
        """Refuse an update of an object that has moved on."""
        if token is None:
            raise refusals.missing("SyncToken")
        if str(token) != record.body["SyncToken"]:
            raise refusals.stale(self.editor)

    def check_writable(self) -> None:
        """Refuse every write of a company whose subscription has lapsed."""
        if self.subscription != "active":
            raise refusals.wrong_status(self.subscription.upper())

    def check_open(self, *dates: object) -> None:
        """Refuse to touch a transaction on or before the day the books were closed."""
        close = self.preference("AccountingInfoPrefs", "BookCloseDate")
        if close and any(isinstance(day, str) and day <= close for day in dates):
            raise refusals.closed_period(password=self.options.close_needs_password)

    def reference(self, entity: str, reference: object, element: str = "") -> Record:
        """Return the active object that a reference means, or refuse with 2500."""
        identity = mapping(reference).get("value")
        if identity is None or identity == "":
            raise refusals.missing(f"{element or entity}.value")
        record = self.store.get(entity, str(identity))
        if record is None:
            raise refusals.bad_reference(_TABLES.get(entity, entity), str(identity), element)
        if record.body.get("Active") is False:
            raise refusals.inactive_reference(self.options.inactive_reference_code)
        return record

    def named(self, entity: str, reference: object, element: str = "") -> Body:
        """Return a reference with the name that the service puts into it."""
        record = self.reference(entity, reference, element)
        body = record.body
        name = body.get("FullyQualifiedName") or body.get("DisplayName") or body.get("Name")
        return {"value": record.identity, "name": name}

    def commit(
        self, record: Record, body: Body, *, moves_token: bool = True, verb: str = "Update"
    ) -> None:
        """Write a new version, unless nothing changed, and keep the customer's balance right."""
        before = record.body
        if self.options.unchanged_write_keeps_token and same(before, body):
            return
        self.store.replace(record, body, moves_token=moves_token, verb=verb)
        self._balance(open_amount(record.entity, before), before, sign=-1)
        self._balance(open_amount(record.entity, record.body), record.body)

    def add(self, entity: str, body: Body) -> Record:
        """Add an object and count it into the customer's balance."""
        record = self.store.insert(entity, body)
        self._balance(open_amount(entity, record.body), record.body)
        return record

    def drop(self, record: Record) -> None:
        """Delete an object and take it out of the customer's balance."""
        body = record.body
        self.store.remove(record)
        self._balance(open_amount(record.entity, body), body, sign=-1)

    def _balance(self, amount: Decimal, body: Body, *, sign: int = 1) -> None:
        if not amount:
            return
        customer = self.store.get("Customer", str(mapping(body.get("CustomerRef")).get("value")))
        first = True
        while customer:
            changed = dict(customer.body)
            if first:
                changed["Balance"] = money(changed.get("Balance", ZERO) + sign * amount)
            changed["BalanceWithJobs"] = money(changed.get("BalanceWithJobs", ZERO) + sign * amount)
            # Recorded: a new invoice moves its customer's LastUpdatedTime, not the SyncToken.
            self.store.replace(customer, changed, moves_token=False)
            first = False
            parent = mapping(customer.body.get("ParentRef")).get("value")
            customer = self.store.get("Customer", str(parent)) if parent else None


def open_amount(entity: str, body: Body) -> Decimal:
    """Say what an object adds to what its customer owes."""
    if entity == "Invoice":
        amount: Decimal = body.get("Balance", ZERO)
        return amount
    if entity == "CreditMemo":
        return -Decimal(body.get("Balance", ZERO))
    if entity == "Payment":
        return -Decimal(body.get("UnappliedAmt", ZERO))
    return ZERO


def same(left: Body, right: Body) -> bool:
    """Say whether two versions differ in nothing but their head."""
    head = {"SyncToken", "MetaData", "sparse", "domain", "Id"}
    if left.keys() - head != right.keys() - head:
        return False
    return all(left[key] == right[key] for key in left.keys() - head)


def check_length(element: str, value: object, longest: int) -> None:
    """Refuse a text that is longer than its field."""
    if isinstance(value, str) and len(value) > longest:
        raise refusals.invalid_length(element, len(value), longest)


def check_choice(element: str, value: object, choices: tuple[str, ...]) -> None:
    """Refuse a word that the field's list does not have."""
    if value is not None and value not in choices:
        raise refusals.invalid_choice(element, value)


def given(body: Body) -> Body:
    """Leave out what was sent as null."""
    return {name: value for name, value in body.items() if value is not None}


def cleared(body: Body) -> Body:
    """Leave out what was sent as null or as an empty text: that is how a field is emptied."""
    return {name: value for name, value in body.items() if value is not None and value != ""}
