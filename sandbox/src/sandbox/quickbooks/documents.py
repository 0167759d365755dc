"""The life of a sales document: create, update in part or whole, void, delete, send."""

from sandbox.quickbooks import refusals, times
from sandbox.quickbooks.books import Books, cleared
from sandbox.quickbooks.numbering import Numbering
from sandbox.quickbooks.payments import Payments, cannot_link, voided_note
from sandbox.quickbooks.sales import Sales
from sandbox.quickbooks.store import Record
from sandbox.quickbooks.wire import ZERO, Body, mapping

_VOIDABLE = ("Invoice", "SalesReceipt", "CreditMemo", "RefundReceipt")


class Documents:
    """Sales documents of one company."""

    def __init__(self, books: Books, payments: Payments) -> None:
        self._books = books
        self._payments = payments
        self._sales = Sales(books, Numbering(books))

    def create(self, entity: str, sent: Body, *, allow_duplicate: bool = False) -> Record:
        """Make a document."""
        wanted = cleared(sent)
        self._sales.check_form(entity, wanted)
        body, next_line, place = self._sales.build(
            entity, sent, wanted, None, allow_duplicate=allow_duplicate
        )
        self._books.check_open(body["TxnDate"])
        links = self._links(entity, wanted)
        if links:
            body["LinkedTxn"] = [{"TxnId": each.identity, "TxnType": each.entity} for each in links]
        record = self._books.add(entity, body)
        record.next_line = next_line
        record.kept.update(place=place, tax_sent=mapping(wanted.get("TxnTaxDetail")))
        for each in links:
            self._close(each, record)
        if entity == "Invoice" and self._books.preference("SalesFormsPrefs", "AutoApplyCredit"):
            self._payments.auto_apply(record)
        return record

    def update(self, record: Record, sent: Body, *, allow_duplicate: bool = False) -> None:
        """Change a document: with ``sparse`` what was sent, else the whole of it."""
        wanted = self._merged(record, sent)
        self._sales.check_form(record.entity, wanted)
        body, next_line, place = self._sales.build(
            record.entity, cleared(sent), wanted, record, allow_duplicate=allow_duplicate
        )
        self._books.check_open(record.body["TxnDate"], body["TxnDate"])
        applied = record.kept.get("applied", {})
        if applied and body.get("CustomerRef") != record.body.get("CustomerRef"):
            raise refusals.business("The customer of a paid transaction can not be changed")
        if record.entity == "Invoice":
            kept = self._payments.fit(record, body["TotalAmt"])
            body["Balance"] -= kept
            payments = record.kept.get("applied", {})
            body["LinkedTxn"] = [
                each
                for each in record.body["LinkedTxn"]
                if each["TxnType"] != "Payment" or each["TxnId"] in payments
            ]
        elif "LinkedTxn" in record.body:
            body["LinkedTxn"] = record.body["LinkedTxn"]
        record.next_line = next_line
        record.kept["place"] = place
        if "TxnTaxDetail" in sent:
            record.kept["tax_sent"] = mapping(sent["TxnTaxDetail"])
        self._books.commit(record, body)

    def void(self, record: Record) -> None:
        """Bring a document to zero: its number stays used, its payments become unapplied."""
        if record.entity not in _VOIDABLE:
            raise refusals.unsupported(f"void of {record.entity}")
        self._books.check_open(record.body["TxnDate"])
        if is_voided(record.body):
            return
        self._payments.free(record)
        body = record.body
        gone: Body = {
            "PrivateNote": voided_note(self._books, body),
            "Line": [_zeroed(line) for line in body["Line"]],
            "TxnTaxDetail": _no_tax(body["TxnTaxDetail"]),
            "TotalAmt": ZERO,
            "Balance": ZERO,
        }
        if "LinkedTxn" in body:
            gone["LinkedTxn"] = []
        if "RemainingCredit" in body:
            gone["RemainingCredit"] = ZERO
        kept = {name: value for name, value in body.items() if name != "Deposit"}
        self._books.commit(record, {**kept, **gone}, verb="Void")

    def delete(self, record: Record) -> None:
        """Delete a document that nothing is linked to."""
        self._books.check_open(record.body["TxnDate"])
        if record.kept.get("applied"):
            raise refusals.business("Undo the payments that are linked to it before you delete it")
        self._books.drop(record)

    def send(self, record: Record, address: str | None) -> None:
        """Mail a document: to the address given, else to the one it has."""
        to = address or mapping(record.body.get("BillEmail")).get("Address")
        if not to:
            raise refusals.missing("BillEmail")
        sent: Body = {
            "BillEmail": {"Address": to},
            "EmailStatus": "EmailSent",
            "DeliveryInfo": {
                "DeliveryType": "Email",
                "DeliveryTime": times.stamp(int(self._books.clock())),
            },
        }
        self._books.commit(record, {**record.body, **sent}, verb="Emailed")

    def _merged(self, record: Record, sent: Body) -> Body:
        old = record.body
        if sent.get("sparse") in {True, "true"}:
            emptied = {name for name, value in sent.items() if value == ""}
            wanted = {**old, **cleared(sent)}
            wanted = {name: value for name, value in wanted.items() if name not in emptied}
        else:
            # Recorded: a full update that leaves the number out does not lose it.
            kept: Body = {name: old[name] for name in ("DocNumber", "CustomField") if name in old}
            wanted = {**kept, **cleared(sent)}
        if "TxnTaxDetail" not in sent:
            memory = dict(record.kept.get("tax_sent") or {})
            if "Line" in sent:
                memory.pop("TotalTax", None)
            wanted["TxnTaxDetail"] = memory
        return wanted

    def _links(self, entity: str, wanted: Body) -> list[Record]:
        found = []
        for link in wanted.get("LinkedTxn") or [] if entity == "Invoice" else []:
            kind, identity = str(link.get("TxnType")), str(link.get("TxnId"))
            if kind not in {"Estimate", "TimeActivity"}:
                continue
            record = self._books.store.get(kind, identity)
            if record is None or record.body.get("BillableStatus") == "HasBeenBilled":
                raise cannot_link(identity)
            found.append(record)
        if sum(each.entity == "Estimate" for each in found) > 1:
            raise cannot_link(found[-1].identity)
        return found

    def _close(self, record: Record, invoice: Record) -> None:
        body = dict(record.body)
        if record.entity == "Estimate":
            body["TxnStatus"] = "Closed"
            body["LinkedTxn"] = [{"TxnId": invoice.identity, "TxnType": "Invoice"}]
        else:
            body["BillableStatus"] = "HasBeenBilled"
        self._books.commit(record, body, moves_token=False)


def is_voided(body: Body) -> bool:
    """Say whether a document looks voided; there is no field that says so."""
    return not body["TotalAmt"] and str(body.get("PrivateNote", "")).startswith("Voided")


def _zeroed(line: Body) -> Body:
    made = {**line, "Amount": ZERO} if "Amount" in line else dict(line)
    for name in ("SalesItemLineDetail", "GroupLineDetail"):
        detail = mapping(line.get(name))
        if not detail:
            continue
        changed: Body = {
            key: ZERO if key in {"Qty", "Quantity"} else value for key, value in detail.items()
        }
        if "Line" in changed:
            changed["Line"] = [_zeroed(each) for each in changed["Line"]]
        made[name] = changed
    return made


def _no_tax(detail: Body) -> Body:
    made: Body = {**detail, "TotalTax": ZERO}
    if "TaxLine" in detail:
        made["TaxLine"] = [
            {
                **each,
                "Amount": ZERO,
                "TaxLineDetail": {**each["TaxLineDetail"], "NetAmountTaxable": ZERO},
            }
            for each in detail["TaxLine"]
        ]
    return made
