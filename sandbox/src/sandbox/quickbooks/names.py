"""Customers, vendors and employees: one space of names for all three."""

from sandbox.quickbooks import addresses, refusals, tax
from sandbox.quickbooks.books import Books, check_choice, check_length, cleared
from sandbox.quickbooks.preferences import HOME_CURRENCY
from sandbox.quickbooks.refusals import Refusal
from sandbox.quickbooks.store import NAMES, Record
from sandbox.quickbooks.wire import ZERO, Body, mapping

GONE = " (deleted)"
_FORBIDDEN = (":", "\t", "\n")
_PARTS = ("Title", "GivenName", "MiddleName", "FamilyName", "Suffix")
_LENGTHS = {
    "DisplayName": 500,
    "GivenName": 100,
    "MiddleName": 100,
    "FamilyName": 100,
    "CompanyName": 100,
    "PrintOnCheckName": 110,
    "Title": 16,
    "Suffix": 16,
    "Notes": 2000,
}
_COMPUTED = {
    "Balance",
    "BalanceWithJobs",
    "FullyQualifiedName",
    "Level",
    "CurrencyRef",
    "IsProject",
    "domain",
    "sparse",
    "Id",
    "SyncToken",
    "MetaData",
    "status",
    "RootCustomerRef",
}
_DEEPEST = 4
_ADDRESSES = ("BillAddr", "ShipAddr", "PrimaryAddr", "OtherAddr")


class Names:
    """The people and firms that a company knows."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def create(self, entity: str, sent: Body) -> Record:
        """Add a person or a firm."""
        body = self._build(entity, cleared(sent), None)
        return self._books.add(entity, body)

    def update(self, record: Record, sent: Body) -> None:
        """Change one; making it inactive frees its name."""
        if sent.get("sparse") in {True, "true"}:
            emptied = {name for name, value in sent.items() if value == ""}
            wanted = {**record.body, **cleared(sent)}
            wanted = {name: value for name, value in wanted.items() if name not in emptied}
        else:
            # Recorded: a full update keeps what the service computes and defaults.
            wanted = {"Active": True, **cleared(sent)}
        if record.body["Active"] is False and wanted.get("Active") is False:
            return
        body = self._build(record.entity, wanted, record)
        self._books.commit(record, body)
        if record.entity == "Customer":
            self._rename_children(record)

    def _build(self, entity: str, wanted: Body, old: Record | None) -> Body:
        name = self._display_name(entity, wanted)
        self._check_form(entity, wanted, name)
        active = wanted.get("Active", True) not in {False, "false"}
        name = name.removesuffix(GONE) if active else name
        if active:
            self._check_unique(self._full_name(wanted, name), name, old)
        elif not name.endswith(GONE):
            name += GONE
        kept = {key: value for key, value in wanted.items() if key not in _COMPUTED}
        body: Body = self._defaults(entity, wanted, old)
        body.update(kept)
        body.update(DisplayName=name, Active=active)
        body["PrintOnCheckName"] = (
            wanted.get("PrintOnCheckName") or wanted.get("CompanyName") or name
        )
        if old and old.body.get("PrintOnCheckName") == old.body["DisplayName"] == wanted.get(
            "PrintOnCheckName"
        ):
            body["PrintOnCheckName"] = name
        for each in _ADDRESSES:
            if isinstance(body.get(each), dict):
                body[each] = addresses.of_list(
                    self._books, body[each], old.body.get(each) if old else None
                )
        if entity == "Customer":
            self._place(body, name, wanted, old)
            for field, target in (("SalesTermRef", "Term"), ("PaymentMethodRef", "PaymentMethod")):
                if field in body:
                    record = self._books.reference(target, body[field], field)
                    body[field] = {"value": record.identity, "name": record.body["Name"]}
            tax.check_exempt(self._books, body)
        elif entity == "Employee":
            body.setdefault("SSN", "XXX-XX-XXXX")
        return body

    def _display_name(self, entity: str, wanted: Body) -> str:
        name = wanted.get("DisplayName")
        if not name:
            name = " ".join(str(wanted[part]) for part in _PARTS if wanted.get(part))
        if not name:
            detail = "At least one of Title, GivenName, MiddleName, FamilyName, DisplayName, Suffix"
            raise Refusal("6080", "No Name Provided", f"{detail} is required for {entity}")
        return str(name)

    def _check_form(self, entity: str, wanted: Body, name: str) -> None:
        for field, longest in _LENGTHS.items():
            check_length(field, wanted.get(field), longest)
        for field in ("DisplayName", *_PARTS, "PrintOnCheckName"):
            value = wanted.get(field, name if field == "DisplayName" else "")
            if any(each in str(value) for each in _FORBIDDEN):
                raise Refusal(
                    "2040", "Invalid String", f"{field} contains invalid characters: {value}"
                )
        email = mapping(wanted.get("PrimaryEmailAddr")).get("Address")
        if email and ("@" not in email or "." not in email):
            detail = f"Email address does not conform to RFC 822. Supplied value:{email}"
            raise Refusal("2210", "Invalid Email Address format", detail)
        if entity == "Customer":
            methods = ("Print", "Email", "None")
            check_choice("PreferredDeliveryMethod", wanted.get("PreferredDeliveryMethod"), methods)

    def _full_name(self, wanted: Body, name: str) -> str:
        parent = self._books.store.get(
            "Customer", str(mapping(wanted.get("ParentRef")).get("value"))
        )
        return f"{parent.body['FullyQualifiedName']}:{name}" if parent else name

    def _check_unique(self, full: str, name: str, old: Record | None) -> None:
        # Recorded: a sub-customer may share its display name with somebody under another parent.
        for entity in NAMES:
            for record in self._books.store.having(entity, "DisplayName", name) or ():
                if record is old or not record.now:
                    continue
                theirs = record.body.get("FullyQualifiedName") or record.body["DisplayName"]
                if str(theirs).casefold() == full.casefold():
                    raise refusals.duplicate_name()

    def _defaults(self, entity: str, wanted: Body, old: Record | None) -> Body:
        before = old.body if old else {}
        body: Body = {"Balance": before.get("Balance", ZERO)}
        if entity == "Customer":
            exempt = "TaxExemptionReasonId" in wanted
            body = {
                "Taxable": not exempt,
                "Job": False,
                "BillWithParent": False,
                **body,
                "BalanceWithJobs": before.get("BalanceWithJobs", ZERO),
                "CurrencyRef": before.get("CurrencyRef", HOME_CURRENCY),
                "PreferredDeliveryMethod": "Print",
            }
        elif entity == "Vendor":
            body.update(Vendor1099=False, CurrencyRef=before.get("CurrencyRef", HOME_CURRENCY))
        else:
            body = {"BillableTime": False}
        return body

    def _place(self, body: Body, name: str, wanted: Body, old: Record | None) -> None:
        parent = mapping(wanted.get("ParentRef")).get("value")
        body["FullyQualifiedName"] = name
        if not parent:
            if body["Job"]:
                raise Refusal(
                    "6150",
                    "ParentRef Required Validation Error",
                    "ParentRef is required if Job is true",
                )
            return
        above = self._books.reference("Customer", wanted["ParentRef"], "ParentRef")
        if old is above:
            raise Refusal("900", "Parent cannot be child", "A customer can not be its own parent")
        level = int(above.body.get("Level", 0)) + 1
        if level > _DEEPEST:
            raise Refusal("6180", "Sub Level Limit", "Only 5 levels of customers are supported")
        body.update(
            Job=True,
            ParentRef={"value": above.identity},
            Level=level,
            FullyQualifiedName=f"{above.body['FullyQualifiedName']}:{name}",
        )

    def _rename_children(self, parent: Record) -> None:
        for child in self._books.store.live("Customer"):
            if mapping(child.body.get("ParentRef")).get("value") != parent.identity:
                continue
            full = f"{parent.body['FullyQualifiedName']}:{child.body['DisplayName']}"
            self._books.commit(child, {**child.body, "FullyQualifiedName": full}, moves_token=False)
            self._rename_children(child)
