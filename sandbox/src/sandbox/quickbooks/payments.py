"""Payments and credits: what they take off invoices, and what happens when they are undone."""

from decimal import Decimal

from sandbox.quickbooks import refusals
from sandbox.quickbooks.books import Books, check_length, cleared
from sandbox.quickbooks.preferences import HOME_CURRENCY
from sandbox.quickbooks.refusals import Refusal
from sandbox.quickbooks.store import Record
from sandbox.quickbooks.wire import ZERO, Body, mapping, money

_PAYABLE = ("Invoice", "CreditMemo")
_KEPT = ("PaymentRefNum", "PrivateNote", "PaymentMethodRef", "DepositToAccountRef", "ExchangeRate")


class Payments:
    """Applies payments and credit memos to invoices."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def create(self, sent: Body) -> Record:
        """Record a payment and lower the balance of what it pays."""
        body, uses = self._build(cleared(sent), None)
        self._books.check_open(body["TxnDate"])
        payment = self._books.add("Payment", body)
        self._apply(payment, uses)
        return payment

    def update(self, payment: Record, sent: Body) -> None:
        """Replace a payment; its lines are all or nothing."""
        wanted = cleared({**payment.body, **sent} if sent.get("sparse") else sent)
        self._release(payment)
        try:
            body, uses = self._build(wanted, payment)
            self._books.check_open(payment.body["TxnDate"], body["TxnDate"])
        except Refusal:
            self._apply(payment, _uses(payment.body))
            raise
        self._books.commit(payment, body)
        self._apply(payment, uses)

    def delete(self, payment: Record) -> None:
        """Undo a payment."""
        self._books.check_open(payment.body["TxnDate"])
        self._release(payment)
        self._books.drop(payment)

    def void(self, payment: Record) -> None:
        """Set a payment to nothing and keep it."""
        self._books.check_open(payment.body["TxnDate"])
        self._release(payment)
        note = voided_note(self._books, payment.body)
        gone = {"TotalAmt": ZERO, "UnappliedAmt": ZERO, "Line": [], "PrivateNote": note}
        self._books.commit(payment, {**payment.body, **gone}, verb="Void")

    def auto_apply(self, invoice: Record) -> None:
        """Use up the customer's open credits, as a company may have asked for."""
        customer = mapping(invoice.body["CustomerRef"]).get("value")
        for credit in self._books.store.having("CreditMemo", "CustomerRef", str(customer)) or ():
            if not credit.now or not credit.body["Balance"] or not invoice.body["Balance"]:
                continue
            amount = min(credit.body["Balance"], invoice.body["Balance"])
            lines = [_line(amount, "Invoice", invoice), _line(amount, "CreditMemo", credit)]
            self.create({"CustomerRef": {"value": customer}, "TotalAmt": ZERO, "Line": lines})

    def free(self, invoice: Record) -> None:
        """Take every payment off an invoice; they become unapplied."""
        for identity, amount in dict(invoice.kept.get("applied", {})).items():
            self._lower(invoice, identity, amount)

    def fit(self, invoice: Record, total: Decimal) -> Decimal:
        """Return what stays applied to an invoice of this total, giving back what is too much."""
        applied: dict[str, Decimal] = invoice.kept.get("applied", {})
        excess = sum(applied.values(), ZERO) - total
        for identity in reversed(list(applied)):
            if excess <= 0:
                break
            back = min(excess, applied[identity])
            self._lower(invoice, identity, back)
            excess -= back
        return sum(applied.values(), ZERO)

    def _build(self, wanted: Body, old: Record | None) -> tuple[Body, list[tuple[Record, Decimal]]]:
        books = self._books
        if not mapping(wanted.get("CustomerRef")).get("value"):
            raise refusals.missing("CustomerRef")
        if "TotalAmt" not in wanted:
            raise refusals.missing("TotalAmt")
        check_length("PaymentRefNum", wanted.get("PaymentRefNum"), 21)
        check_length("PrivateNote", wanted.get("PrivateNote"), 4000)
        customer = books.named("Customer", wanted["CustomerRef"])
        uses = [self._use(line, customer["value"]) for line in wanted.get("Line", [])]
        total = money(wanted["TotalAmt"])
        credit = sum((amount for each, amount in uses if each.entity == "CreditMemo"), ZERO)
        paid = sum((amount for each, amount in uses if each.entity == "Invoice"), ZERO)
        if total < 0 or paid > total + credit:
            raise refusals.business("The amount applied is more than the payment")
        body: Body = {
            "CustomerRef": customer,
            "TotalAmt": total,
            "UnappliedAmt": total + credit - paid,
            "ProcessPayment": False,
            "TxnDate": wanted.get("TxnDate") or books.today(),
            "CurrencyRef": HOME_CURRENCY,
            "LinkedTxn": old.body["LinkedTxn"] if old else [],
            "Line": [_line(amount, each.entity, each) for each, amount in uses],
        }
        body.update({name: wanted[name] for name in _KEPT if name in wanted})
        return body, uses

    def _use(self, line: Body, customer: str) -> tuple[Record, Decimal]:
        if "Amount" not in line:
            raise refusals.missing("Amount")
        links = line.get("LinkedTxn") or []
        if len(links) != 1:
            raise refusals.missing("Line.LinkedTxn")
        kind, identity = str(links[0].get("TxnType")), str(links[0].get("TxnId"))
        target = self._books.store.get(kind, identity) if kind in _PAYABLE else None
        if target is None or mapping(target.body.get("CustomerRef")).get("value") != customer:
            raise cannot_link(identity)
        amount = money(line["Amount"])
        if amount < 0 or amount > target.body["Balance"]:
            raise refusals.business(f"The amount is more than the balance of {kind} {identity}")
        return target, amount

    def _apply(self, payment: Record, uses: list[tuple[Record, Decimal]] | list[Body]) -> None:
        for each in uses:
            if isinstance(each, dict):
                link = each["LinkedTxn"][0]
                target = self._books.require(link["TxnType"], link["TxnId"])
                amount: Decimal = each["Amount"]
            else:
                target, amount = each
            applied = target.kept.setdefault("applied", {})
            applied[payment.identity] = applied.get(payment.identity, ZERO) + amount
            self._show(target)

    def _release(self, payment: Record) -> None:
        for line in payment.body["Line"]:
            link = line["LinkedTxn"][0]
            target = self._books.store.get(link["TxnType"], link["TxnId"])
            if target:
                target.kept.get("applied", {}).pop(payment.identity, None)
                self._show(target)

    def _lower(self, invoice: Record, payment_id: str, amount: Decimal) -> None:
        applied: dict[str, Decimal] = invoice.kept["applied"]
        applied[payment_id] -= amount
        payment = self._books.require("Payment", payment_id)
        lines = []
        for line in payment.body["Line"]:
            link = line["LinkedTxn"][0]
            mine = link["TxnType"] == "Invoice" and link["TxnId"] == invoice.identity
            left = line["Amount"] - amount if mine else line["Amount"]
            if left:
                lines.append({**line, "Amount": left})
        if not applied[payment_id]:
            del applied[payment_id]
        unapplied = payment.body["UnappliedAmt"] + amount
        self._books.commit(payment, {**payment.body, "Line": lines, "UnappliedAmt": unapplied})

    def _show(self, target: Record) -> None:
        applied: dict[str, Decimal] = target.kept["applied"]
        left = (
            target.body["TotalAmt"] - target.body.get("Deposit", ZERO) - sum(applied.values(), ZERO)
        )
        others = [each for each in target.body.get("LinkedTxn", []) if each["TxnType"] != "Payment"]
        links = [{"TxnId": each, "TxnType": "Payment"} for each in applied]
        changed: Body = {**target.body, "Balance": left, "LinkedTxn": others + links}
        if target.entity == "CreditMemo":
            changed["RemainingCredit"] = left
        moves = self._books.options.payments_move_sync_token
        self._books.commit(target, changed, moves_token=moves)


def _uses(body: Body) -> list[Body]:
    lines: list[Body] = body["Line"]
    return lines


def _line(amount: Decimal, kind: str, target: Record) -> Body:
    return {"Amount": amount, "LinkedTxn": [{"TxnId": target.identity, "TxnType": kind}]}


def voided_note(books: Books, body: Body) -> str:
    """Return the memo of a voided transaction: the word goes in front of what was there."""
    note = str(body.get("PrivateNote") or "")
    return f"Voided{books.options.void_note_separator}{note}" if note else "Voided"


def cannot_link(identity: str) -> Refusal:
    """620: this transaction cannot be linked."""
    detail = f"Txn ID {identity} cannot be linked"
    return Refusal("620", "Transaction cannot be linked", detail)
