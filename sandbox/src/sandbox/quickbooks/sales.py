"""Sales documents: invoices above all, and the receipts, credits and estimates of their kind."""

from decimal import Decimal

from sandbox.quickbooks import addresses, refusals, tax, terms
from sandbox.quickbooks.books import Books, check_choice, check_length, cleared, given
from sandbox.quickbooks.lines import Lines, amount_of, taxable_amount
from sandbox.quickbooks.numbering import Numbering
from sandbox.quickbooks.preferences import HOME_CURRENCY
from sandbox.quickbooks.store import Record
from sandbox.quickbooks.wire import ZERO, Body, mapping, money

SALES = ("Invoice", "SalesReceipt", "CreditMemo", "RefundReceipt", "Estimate")
NEEDS_CUSTOMER = ("Invoice", "CreditMemo", "Estimate")
_ONLINE = {
    "AllowIPNPayment": False,
    "AllowOnlinePayment": False,
    "AllowOnlineCreditCardPayment": False,
    "AllowOnlineACHPayment": False,
}
_PLAIN = (
    "PrivateNote",
    "ExchangeRate",
    "TrackingNum",
    "ShipDate",
    "BillEmailCc",
    "BillEmailBcc",
    "PaymentRefNum",
    "PONumber",
    "FOB",
    "FreeFormAddress",
    "ExpirationDate",
    "AcceptedBy",
    "AcceptedDate",
    "TransactionLocationType",
    "GlobalTaxCalculation",
    "DeliveryInfo",
    "ProjectRef",
    "ShipMethodRef",
    "TemplateRef",
    "InvoiceRef",
)
_EMAIL = ("NotSet", "NeedToSend", "EmailSent")
_PRINT = ("NotSet", "NeedToPrint", "PrintComplete")
_TAX_MODES = ("TaxExcluded", "TaxInclusive", "NotApplicable")
_LONGEST = {"PrivateNote": 4000, "PONumber": 25, "TrackingNum": 31, "PaymentRefNum": 21}
_LONGEST_MEMO = 1000
_LONGEST_EMAIL = 100


class Sales:
    """Builds the body of a sales document out of what was sent and what was there."""

    def __init__(self, books: Books, numbering: Numbering) -> None:
        self._books = books
        self._numbering = numbering

    def check_form(self, entity: str, wanted: Body) -> None:
        """Refuse what is missing or malformed, before any reference is looked at."""
        if entity in NEEDS_CUSTOMER and not mapping(wanted.get("CustomerRef")).get("value"):
            raise refusals.missing("CustomerRef")
        lines = wanted.get("Line")
        if not lines or all(line.get("DetailType") == "SubTotalLineDetail" for line in lines):
            raise refusals.missing("Line")
        check_length("DocNumber", wanted.get("DocNumber"), 21)
        for name, longest in _LONGEST.items():
            check_length(name, wanted.get(name), longest)
        memo = mapping(wanted.get("CustomerMemo")).get("value")
        check_length("Customer Memo", memo, _LONGEST_MEMO)
        for name in ("BillEmail", "BillEmailCc", "BillEmailBcc"):
            check_length(name, mapping(wanted.get(name)).get("Address"), _LONGEST_EMAIL)
        check_choice("EmailStatus", wanted.get("EmailStatus"), _EMAIL)
        check_choice("PrintStatus", wanted.get("PrintStatus"), _PRINT)
        check_choice("GlobalTaxCalculation", wanted.get("GlobalTaxCalculation"), _TAX_MODES)
        email = mapping(wanted.get("BillEmail")).get("Address")
        if wanted.get("EmailStatus") == "NeedToSend" and not email:
            raise refusals.missing("BillEmail")

    def build(
        self, entity: str, sent: Body, wanted: Body, old: Record | None, *, allow_duplicate: bool
    ) -> tuple[Body, int, Body | None]:
        """Return the body, the next line id, and the place that taxes it.

        ``sent`` is what this request brought, ``wanted`` that with what it left alone.
        """
        books = self._books
        customer = self._customer(sent, wanted, old)
        body: Body = dict(_ONLINE) if entity == "Invoice" else {}
        body.update(
            {name: wanted[name] in {True, "true"} for name in _ONLINE if name in wanted and body}
        )
        body["CustomField"] = self._custom_fields(wanted)
        number = self._number(entity, sent, wanted, old, allow_duplicate=allow_duplicate)
        if number:
            body["DocNumber"] = number
        body["TxnDate"] = wanted.get("TxnDate") or books.today()
        body["CurrencyRef"] = self._currency(wanted, customer)
        body.update({name: wanted[name] for name in _PLAIN if name in wanted})
        body.update(self._references(entity, sent, wanted, customer))
        lines = self._lines(sent, wanted, old, customer)
        body["Line"] = lines[0]
        if customer:
            body["CustomerRef"] = {
                "value": str(wanted["CustomerRef"]["value"]),
                "name": customer["FullyQualifiedName"],
            }
        place = self._addresses(sent, wanted, customer, body, old)
        body.update(self._totals(entity, wanted, body["Line"], place))
        self._finish(entity, wanted, body)
        return body, lines[1], place

    def _customer(self, sent: Body, wanted: Body, old: Record | None) -> Body | None:
        reference = wanted.get("CustomerRef")
        if not mapping(reference).get("value"):
            return None
        if "CustomerRef" in sent or old is None:
            return self._books.reference("Customer", reference).body
        record = self._books.store.get("Customer", str(mapping(reference)["value"]))
        return record.body if record else None

    def _number(
        self, entity: str, sent: Body, wanted: Body, old: Record | None, *, allow_duplicate: bool
    ) -> str | None:
        if old is None:
            return self._numbering.number_new(entity, given(sent), allow_duplicate=allow_duplicate)
        number = wanted.get("DocNumber")
        if number and number != old.body.get("DocNumber"):
            self._numbering.check_free(
                entity, str(number), identity=old.identity, allow_duplicate=allow_duplicate
            )
        return str(number) if number else None

    def _custom_fields(self, wanted: Body) -> list[Body]:
        values = {
            str(each.get("DefinitionId")): each.get("StringValue")
            for each in wanted.get("CustomField") or []
        }
        fields = []
        for identity, name in self._books.options.custom_fields:
            field: Body = {"DefinitionId": identity, "Name": name, "Type": "StringType"}
            if values.get(identity):
                check_length(name, values[identity], 31)
                field["StringValue"] = values[identity]
            fields.append(field)
        return fields

    def _currency(self, wanted: Body, customer: Body | None) -> Body:
        own = (customer or {}).get("CurrencyRef") or HOME_CURRENCY
        sent = mapping(wanted.get("CurrencyRef")).get("value")
        if self._books.preference("CurrencyPrefs", "MultiCurrencyEnabled") and not sent:
            raise refusals.missing("CurrencyRef")
        if sent and sent != own["value"]:
            raise refusals.business("The currency of the transaction is not the customer's")
        return dict(own)

    def _references(self, entity: str, sent: Body, wanted: Body, customer: Body | None) -> Body:
        found: Body = {}
        prefs = self._books.preference
        tracked = (
            ("DepartmentRef", "Department", prefs("AccountingInfoPrefs", "TrackDepartments")),
            ("ClassRef", "Class", prefs("AccountingInfoPrefs", "ClassTrackingPerTxn")),
            ("SalesTermRef", "Term", entity == "Invoice"),
            ("PaymentMethodRef", "PaymentMethod", True),
            ("DepositToAccountRef", "Account", True),
        )
        for name, target, used in tracked:
            if not used or name not in wanted:
                continue
            found[name] = self._books.named(target, wanted[name]) if name in sent else wanted[name]
        if (
            entity == "Invoice"
            and "SalesTermRef" not in wanted
            and (customer or {}).get("SalesTermRef")
        ):
            found["SalesTermRef"] = (customer or {})["SalesTermRef"]
        return found

    def _lines(
        self, sent: Body, wanted: Body, old: Record | None, customer: Body | None
    ) -> tuple[list[Body], int]:
        if old is not None and "Line" not in sent:
            return list(old.body["Line"]), old.next_line
        lines = Lines(self._books, customer, old, old.next_line if old else 1)
        return lines.build(wanted["Line"]), lines.next_id

    def _addresses(
        self, sent: Body, wanted: Body, customer: Body | None, body: Body, old: Record | None
    ) -> Body | None:
        moved = (
            old is not None
            and "CustomerRef" in sent
            and (
                mapping(sent["CustomerRef"]).get("value")
                != mapping(old.body.get("CustomerRef")).get("value")
            )
        )
        place: Body | None = old.kept.get("place") if old and not moved else None
        for name in ("BillAddr", "ShipAddr", "ShipFromAddr"):
            default = (customer or {}).get(name)
            before = old.body.get(name) if old else None
            if before and not moved and addresses.is_same(mapping(wanted.get(name)), before):
                # A client that sends back the lines it read has not moved the place.
                body[name] = before
            elif name in sent and cleared(mapping(sent[name])):
                body[name] = addresses.of_document(self._books, sent[name], default)
                if name == "ShipAddr":
                    place = sent[name]
            elif name in wanted and not moved:
                body[name] = wanted[name]
            elif default and (old is None or moved):
                body[name] = default
        if place is None:
            place = (customer or {}).get("ShipAddr")
        return place

    def _totals(self, entity: str, wanted: Body, lines: list[Body], place: Body | None) -> Body:
        subtotal = amount_of(lines, "SubTotalLineDetail")
        discount = amount_of(lines, "DiscountLineDetail")
        taxable = taxable_amount(lines)
        if discount and subtotal and wanted.get("ApplyTaxAfterDiscount") in {True, "true"}:
            taxable = money(taxable * (subtotal - discount) / subtotal)
        detail = tax.detail_of(self._books, mapping(wanted.get("TxnTaxDetail")), taxable, place)
        total: Decimal = money(subtotal - discount + detail["TotalTax"])
        if total < 0:
            raise refusals.business(f"The total of a {entity} can not be negative")
        return {"TxnTaxDetail": detail, "TotalAmt": total}

    def _finish(self, entity: str, wanted: Body, body: Body) -> None:
        if mapping(wanted.get("CustomerMemo")).get("value"):
            body["CustomerMemo"] = {"value": wanted["CustomerMemo"]["value"]}
        if mapping(wanted.get("BillEmail")).get("Address"):
            body["BillEmail"] = {"Address": wanted["BillEmail"]["Address"]}
        body["ApplyTaxAfterDiscount"] = wanted.get("ApplyTaxAfterDiscount") in {True, "true"}
        body["PrintStatus"] = wanted.get("PrintStatus", "NeedToPrint")
        body["EmailStatus"] = wanted.get("EmailStatus", "NotSet")
        if entity == "Invoice":
            body["LinkedTxn"] = []
            body["DueDate"] = wanted.get("DueDate") or terms.due_date(self._books, body)
            deposit = money(wanted.get("Deposit", 0))
            if deposit:
                body["Deposit"] = deposit
            body["Balance"] = body["TotalAmt"] - deposit
        elif entity == "SalesReceipt":
            body["Balance"] = ZERO
            body.setdefault("DepositToAccountRef", {"value": "4", "name": "Undeposited Funds"})
        elif entity == "CreditMemo":
            body["Balance"] = body["RemainingCredit"] = body["TotalAmt"]
        elif entity == "Estimate":
            body["TxnStatus"] = wanted.get("TxnStatus", "Pending")
