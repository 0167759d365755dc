"""Items, locations, classes, terms, accounts: lists with names that are unique in each."""

from dataclasses import dataclass, field

from sandbox.quickbooks import refusals
from sandbox.quickbooks.books import Books, check_choice, check_length, cleared
from sandbox.quickbooks.names import GONE
from sandbox.quickbooks.preferences import HOME_CURRENCY
from sandbox.quickbooks.refusals import Refusal
from sandbox.quickbooks.store import Record
from sandbox.quickbooks.wire import ZERO, Body, decimal_of, mapping, money, rate

_COMPUTED = {
    "FullyQualifiedName",
    "Level",
    "domain",
    "sparse",
    "Id",
    "SyncToken",
    "MetaData",
    "status",
    "CurrentBalance",
    "CurrentBalanceWithSubAccounts",
    "Classification",
}
_DEEPEST = 5


@dataclass(frozen=True, slots=True)
class ListKind:
    """What one list demands and what it adds by itself."""

    longest_name: int = 100
    child_flag: str | None = None
    defaults: Body = field(default_factory=dict)
    references: tuple[tuple[str, str], ...] = ()
    forbidden: str = ""


KINDS = {
    "Item": ListKind(
        child_flag="SubItem",
        defaults={
            "Taxable": False,
            "UnitPrice": ZERO,
            "PurchaseCost": ZERO,
            "TrackQtyOnHand": False,
        },
        references=(
            ("IncomeAccountRef", "Account"),
            ("ExpenseAccountRef", "Account"),
            ("AssetAccountRef", "Account"),
            ("PrefVendorRef", "Vendor"),
            ("ClassRef", "Class"),
        ),
        forbidden=":\t\n",
    ),
    "Department": ListKind(child_flag="SubDepartment", forbidden=":"),
    "Class": ListKind(child_flag="SubClass", forbidden=":"),
    "Term": ListKind(longest_name=31),
    "PaymentMethod": ListKind(longest_name=31, defaults={"Type": "NON_CREDIT_CARD"}),
    "Account": ListKind(
        child_flag="SubAccount",
        defaults={"CurrencyRef": HOME_CURRENCY},
        forbidden=':"',
    ),
    "TaxAgency": ListKind(defaults={"TaxTrackedOnSales": True, "TaxTrackedOnPurchases": False}),
}
_CLASSIFICATIONS = {
    "Bank": "Asset",
    "Accounts Receivable": "Asset",
    "Other Current Asset": "Asset",
    "Fixed Asset": "Asset",
    "Other Asset": "Asset",
    "Income": "Revenue",
    "Other Income": "Revenue",
    "Expense": "Expense",
    "Cost of Goods Sold": "Expense",
    "Other Expense": "Expense",
    "Accounts Payable": "Liability",
    "Credit Card": "Liability",
    "Other Current Liability": "Liability",
    "Long Term Liability": "Liability",
    "Equity": "Equity",
}


class Lists:
    """The lists of one company."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def create(self, entity: str, sent: Body) -> Record:
        """Add an entry to a list."""
        return self._books.add(entity, self._build(entity, cleared(sent), None))

    def update(self, record: Record, sent: Body) -> None:
        """Change an entry; making it inactive frees its name."""
        wanted = cleared(sent)
        if sent.get("sparse") in {True, "true"}:
            wanted = {**record.body, **wanted}
        if record.body.get("Active") is False and wanted.get("Active") is False:
            return
        self._books.commit(record, self._build(record.entity, wanted, record))

    def _build(self, entity: str, wanted: Body, old: Record | None) -> Body:
        kind = KINDS[entity]
        name_field = "DisplayName" if entity == "TaxAgency" else "Name"
        name = wanted.get(name_field)
        if not name:
            raise refusals.missing(name_field)
        check_length(name_field, name, kind.longest_name)
        if any(each in str(name) for each in kind.forbidden):
            raise Refusal(
                "2040", "Invalid String", f"{name_field} contains invalid characters: {name}"
            )
        _check_kind(entity, wanted)
        active = wanted.get("Active", True) not in {False, "false"}
        name = str(name).removesuffix(GONE) if active else str(name).removesuffix(GONE) + GONE
        body: Body = {name_field: name}
        body.update(kind.defaults)
        body.update({key: value for key, value in wanted.items() if key not in _COMPUTED})
        body.update({name_field: name, "Active": active})
        for number in ("UnitPrice", "PurchaseCost", "DueDays", "QtyOnHand", "DiscountDays"):
            if number in body:
                body[number] = rate(body[number])
        for field_name, target in kind.references:
            if field_name in wanted:
                body[field_name] = self._books.named(target, wanted[field_name], field_name)
        if kind.child_flag:
            self._place(entity, kind.child_flag, name, wanted, body)
        if active:
            self._check_unique(entity, str(body.get("FullyQualifiedName", name)), name, old)
        if entity == "Account":
            _finish_account(body)
        return body

    def _place(self, entity: str, flag: str, name: str, wanted: Body, body: Body) -> None:
        body["FullyQualifiedName"] = name
        parent = mapping(wanted.get("ParentRef")).get("value")
        if not parent:
            if wanted.get(flag) in {True, "true"}:
                message = "ParentRef Required Validation Error"
                raise Refusal("6150", message, f"ParentRef is required if {flag} is true")
            if entity != "Item":
                body[flag] = False
            return
        above = self._books.reference(entity, wanted["ParentRef"], "ParentRef").body
        full = f"{above['FullyQualifiedName']}:{name}"
        if full.count(":") >= _DEEPEST:
            raise Refusal("6180", "Sub Level Limit", f"Only {_DEEPEST} levels are supported")
        body.update({flag: True, "FullyQualifiedName": full})
        body["ParentRef"] = {"value": above["Id"], "name": above["FullyQualifiedName"]}
        if entity == "Item":
            body["Level"] = full.count(":")

    def _check_unique(self, entity: str, full: str, name: str, old: Record | None) -> None:
        for record in self._books.store.having(entity, "Name", name) or ():
            if record is old or not record.now or record.body.get("Active") is False:
                continue
            theirs = str(record.body.get("FullyQualifiedName", record.body.get("Name")))
            if theirs.casefold() == full.casefold():
                raise refusals.duplicate_name(f"Id={record.identity}")


def _check_kind(entity: str, wanted: Body) -> None:
    if entity == "Item":
        kinds = ("Service", "Inventory", "NonInventory", "Category", "Group")
        kind = wanted.setdefault("Type", "Service")
        check_choice("Type", kind, kinds)
        needed = {
            "Service": ("IncomeAccountRef",),
            "NonInventory": ("IncomeAccountRef",),
            "Inventory": (
                "IncomeAccountRef",
                "AssetAccountRef",
                "ExpenseAccountRef",
                "QtyOnHand",
                "InvStartDate",
            ),
        }
        for each in needed.get(kind, ()):
            if each not in wanted:
                raise refusals.missing(each)
    elif entity == "Term":
        if "DueDays" in wanted:
            wanted["Type"] = "STANDARD"
        elif "DayOfMonthDue" in wanted:
            wanted["Type"] = "DATE_DRIVEN"
        else:
            raise refusals.missing("DueDays")
    elif entity == "Account":
        if "AccountType" not in wanted and "AccountSubType" not in wanted:
            raise Refusal(
                "6010", "Invalid Account.AccountType && Account.SubType", "Give one of both"
            )
        if "AccountType" in wanted:
            check_choice("AccountType", wanted["AccountType"], tuple(_CLASSIFICATIONS))


def _finish_account(body: Body) -> None:
    kind = body.setdefault("AccountType", "Expense")
    body["Classification"] = _CLASSIFICATIONS[kind]
    opening = money(decimal_of(body.get("OpeningBalance", 0)))
    body["CurrentBalance"] = body["CurrentBalanceWithSubAccounts"] = opening
