"""Entities that are kept and checked, but not worked with: bills, time, files, tax lists.

Each has its required fields, its references and what the service adds; amounts are summed, and
nothing else of their accounting is simulated.
"""

from dataclasses import dataclass, field

from sandbox.quickbooks import refusals
from sandbox.quickbooks.books import Books, check_choice, check_length, cleared
from sandbox.quickbooks.preferences import HOME_CURRENCY
from sandbox.quickbooks.refusals import Refusal
from sandbox.quickbooks.store import TRANSACTIONS, Record
from sandbox.quickbooks.wire import ZERO, Body, mapping, money

_COMPUTED = {"TotalAmt", "Balance", "domain", "sparse", "Id", "SyncToken", "MetaData", "status"}


@dataclass(frozen=True, slots=True)
class OtherKind:
    """What one entity demands."""

    required: tuple[str, ...] = ()
    references: tuple[tuple[str, str], ...] = ()
    defaults: Body = field(default_factory=dict)
    sums_lines: bool = False
    read_only: bool = False
    deletable: bool = True


KINDS = {
    "Bill": OtherKind(("VendorRef", "Line"), (("VendorRef", "Vendor"),), sums_lines=True),
    "BillPayment": OtherKind(("VendorRef", "TotalAmt", "PayType"), (("VendorRef", "Vendor"),)),
    "Purchase": OtherKind(
        ("AccountRef", "PaymentType", "Line"), (("AccountRef", "Account"),), sums_lines=True
    ),
    "JournalEntry": OtherKind(("Line",), defaults={"Adjustment": False}),
    "TimeActivity": OtherKind(
        ("NameOf",),
        (
            ("EmployeeRef", "Employee"),
            ("VendorRef", "Vendor"),
            ("CustomerRef", "Customer"),
            ("ItemRef", "Item"),
        ),
        {"BillableStatus": "NotBillable", "Taxable": False, "HourlyRate": ZERO},
    ),
    "Attachable": OtherKind(),
    "TaxCode": OtherKind(read_only=True),
    "TaxRate": OtherKind(read_only=True),
    "CompanyInfo": OtherKind(("CompanyName",), deletable=False),
    "Preferences": OtherKind(deletable=False),
}


class Others:
    """The plainly kept entities of one company."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def create(self, entity: str, sent: Body) -> Record:
        """Add an object."""
        kind = KINDS[entity]
        if kind.read_only or not kind.deletable:
            raise refusals.unsupported(f"create of {entity}")
        body = self._build(entity, cleared(sent), set(sent))
        self._books.check_open(body.get("TxnDate"))
        return self._books.add(entity, body)

    def update(self, record: Record, sent: Body) -> None:
        """Change an object."""
        kind = KINDS[record.entity]
        if kind.read_only:
            raise refusals.unsupported(f"update of {record.entity}")
        wanted = cleared(sent)
        if sent.get("sparse") in {True, "true"}:
            wanted = _deep(record.body, wanted) if not kind.deletable else {**record.body, **wanted}
        body = self._build(record.entity, wanted, set(sent))
        self._books.check_open(record.body.get("TxnDate"), body.get("TxnDate"))
        self._books.commit(record, body)

    def delete(self, record: Record) -> None:
        """Delete an object."""
        kind = KINDS[record.entity]
        if kind.read_only or not kind.deletable:
            raise refusals.unsupported(f"delete of {record.entity}")
        self._books.check_open(record.body.get("TxnDate"))
        self._books.drop(record)

    def _build(self, entity: str, wanted: Body, sent: set[str]) -> Body:
        kind = KINDS[entity]
        for name in kind.required:
            if name not in wanted or wanted[name] == []:
                raise refusals.missing(name)
        check_length("DocNumber", wanted.get("DocNumber"), 21)
        check_length("PrivateNote", wanted.get("PrivateNote"), 4000)
        check_length("Note", wanted.get("Note"), 2000)
        if entity == "TimeActivity":
            _check_time(wanted)
        body: Body = dict(kind.defaults)
        body.update({name: value for name, value in wanted.items() if name not in _COMPUTED})
        for name, target in kind.references:
            if name in sent and name in wanted:
                body[name] = self._books.named(target, wanted[name], name)
        if entity in TRANSACTIONS or entity == "TimeActivity":
            body.setdefault("TxnDate", self._books.today())
        if entity in TRANSACTIONS:
            _total(body, wanted, sums_lines=kind.sums_lines)
        if entity == "Bill":
            body["Balance"] = body["TotalAmt"]
            body.setdefault("DueDate", body["TxnDate"])
            body.setdefault("LinkedTxn", [])
        if entity == "JournalEntry":
            _check_balance(body["Line"])
        return body


def _total(body: Body, wanted: Body, *, sums_lines: bool) -> None:
    body.setdefault("CurrencyRef", HOME_CURRENCY)
    body["Line"] = _numbered(wanted.get("Line", []))
    total = money(wanted.get("TotalAmt", ZERO))
    if sums_lines:
        total = sum((line["Amount"] for line in body["Line"]), ZERO)
    body["TotalAmt"] = total


def _check_time(wanted: Body) -> None:
    check_choice("NameOf", wanted["NameOf"], ("Employee", "Vendor"))
    if not mapping(wanted.get(f"{wanted['NameOf']}Ref")).get("value"):
        raise refusals.missing(f"{wanted['NameOf']}Ref")
    if "StartTime" not in wanted and "Hours" not in wanted and "Minutes" not in wanted:
        raise refusals.missing("Hours")
    check_choice(
        "BillableStatus", wanted.get("BillableStatus"), ("Billable", "NotBillable", "HasBeenBilled")
    )
    if wanted.get("BillableStatus") == "Billable":
        for name in ("CustomerRef", "HourlyRate"):
            if name not in wanted:
                raise refusals.missing(name)
    check_length("Description", wanted.get("Description"), 4000)


def _numbered(lines: list[Body]) -> list[Body]:
    made = []
    for number, line in enumerate(lines, 1):
        if line.get("DetailType") is None:
            raise refusals.missing("Line.DetailType")
        if mapping(line).get("Amount") is None:
            raise refusals.missing("Amount")
        row = {"Id": str(number), "LineNum": number, **cleared(line)}
        row["Amount"] = money(line["Amount"])
        made.append(row)
    return made


def _deep(old: Body, new: Body) -> Body:
    merged = dict(old)
    for name, value in new.items():
        if isinstance(value, dict) and isinstance(merged.get(name), dict):
            merged[name] = _deep(merged[name], value)
        else:
            merged[name] = value
    return merged


def _check_balance(lines: list[Body]) -> None:
    total = ZERO
    for line in lines:
        side = mapping(line.get("JournalEntryLineDetail")).get("PostingType")
        if side not in {"Debit", "Credit"}:
            raise Refusal("2260", "MissingPostingType", "A posting type is required")
        total += money(line.get("Amount", 0)) * (1 if side == "Debit" else -1)
    if total:
        raise Refusal("2300", "Amount on debits not equal to credits", "The entry does not balance")
