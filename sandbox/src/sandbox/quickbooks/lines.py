"""The lines of a sales document: their ids, their defaults, their sums."""

from decimal import Decimal

from sandbox.quickbooks import refusals
from sandbox.quickbooks.books import Books, check_length, cleared
from sandbox.quickbooks.refusals import Refusal
from sandbox.quickbooks.store import Record
from sandbox.quickbooks.wire import CENT, ZERO, Body, decimal_of, mapping, money, rate

_KINDS = (
    "SalesItemLineDetail",
    "GroupLineDetail",
    "DescriptionOnly",
    "DiscountLineDetail",
    "SubTotalLineDetail",
)
_SPECIAL_ITEMS = {"SHIPPING_ITEM_ID": "Shipping", "GRATUITY_ITEM_ID": "Gratuity"}
_LONGEST_DESCRIPTION = 4000
_MOST_LINES = 10_000
_MOST_TAXABLE_LINES = 750
_MOST_DIGITS = 15


class Lines:
    """Turns the lines that a client sent into those that the service keeps."""

    def __init__(
        self, books: Books, customer: Body | None, old: Record | None, first_id: int
    ) -> None:
        self._books = books
        self._customer = customer
        before = old.body.get("Line", []) if old else []
        self._old_ids = {str(line["Id"]) for line in before if "Id" in line}
        self._uses_tax = bool(books.preference("TaxPrefs", "UsingSalesTax"))
        self.next_id = first_id

    def build(self, sent: list[Body]) -> list[Body]:
        """Return all lines with the subtotal, and the discount where the service puts it: after."""
        kept = [line for line in sent if line.get("DetailType") != "SubTotalLineDetail"]
        if len(kept) > _MOST_LINES:
            raise refusals.business(f"A transaction holds at most {_MOST_LINES} lines")
        built = [self._line(line) for line in kept]
        discounts = [line for line in built if line["DetailType"] == "DiscountLineDetail"]
        if len(discounts) > 1:
            raise refusals.business("Only one discount line is allowed on a transaction")
        rows = [line for line in built if line["DetailType"] != "DiscountLineDetail"]
        for number, line in enumerate(rows, 1):
            line["LineNum"] = number
        subtotal = sum((line.get("Amount", ZERO) for line in rows), ZERO)
        for line in discounts:
            self._price_discount(line, subtotal)
        if self._uses_tax and len(rows) > _MOST_TAXABLE_LINES and any(map(is_taxable, rows)):
            raise refusals.business(
                f"A taxable transaction holds at most {_MOST_TAXABLE_LINES} lines"
            )
        total = {
            "Amount": money(subtotal),
            "DetailType": "SubTotalLineDetail",
            "SubTotalLineDetail": {},
        }
        return [*rows, total, *discounts]

    def _line(self, sent: Body) -> Body:
        line = cleared(sent)
        kind = line.get("DetailType")
        if kind is None:
            raise refusals.missing("Line.DetailType")
        if kind not in _KINDS:
            raise refusals.invalid_choice("DetailType", kind)
        check_length("Description", line.get("Description"), _LONGEST_DESCRIPTION)
        made: Body = {"Id": self._line_id(line), "LineNum": 0}
        if "Description" in line:
            made["Description"] = line["Description"]
        if line.get("LinkedTxn"):
            made["LinkedTxn"] = line["LinkedTxn"]
        detail = cleared(mapping(line.get(kind)))
        if kind == "SalesItemLineDetail" and not mapping(detail.get("ItemRef")).get("value"):
            kind = "DescriptionOnly"
        if kind == "DescriptionOnly":
            detail = cleared(mapping(line.get("DescriptionLineDetail")))
            return {**made, "DetailType": kind, "DescriptionLineDetail": detail}
        if kind == "GroupLineDetail":
            return self._group(made, line, detail)
        if kind == "DiscountLineDetail":
            return self._discount(made, line, detail)
        made["Amount"] = self._amount(line, detail)
        made["DetailType"] = kind
        made[kind] = self._item_detail(detail)
        return made

    def _line_id(self, line: Body) -> str:
        if str(line.get("Id")) in self._old_ids:
            self._old_ids.discard(str(line["Id"]))
            return str(line["Id"])
        self.next_id += 1
        return str(self.next_id - 1)

    def _amount(self, line: Body, detail: Body) -> Decimal:
        if "Amount" not in line:
            raise refusals.missing("Amount")
        amount = decimal_of(line["Amount"])
        if len(amount.as_tuple().digits) > _MOST_DIGITS:
            raise refusals.invalid_number("Amount", amount)
        rounded = money(amount)
        if rounded != amount and self._books.options.excess_precision == "refuse":
            raise refusals.business(
                f"Amount has more precision than allowed. Supplied value:{amount}"
            )
        if "Qty" in detail and "UnitPrice" in detail:
            due = money(decimal_of(detail["Qty"]) * decimal_of(detail["UnitPrice"]))
            if due != rounded:
                raise Refusal(
                    "6070",
                    "Amount calculation incorrect in the request",
                    "Amount calculation incorrect in the request: Amount is not equal to "
                    f"UnitPrice * Qty. Supplied value:{amount:,}",
                )
        return rounded

    def _item_detail(self, detail: Body) -> Body:
        identity = str(mapping(detail["ItemRef"])["value"])
        item: Body = {}
        if identity in _SPECIAL_ITEMS:
            made: Body = {"ItemRef": {"value": identity, "name": _SPECIAL_ITEMS[identity]}}
        else:
            item = self._books.reference("Item", detail["ItemRef"]).body
            if item.get("Type") == "Category":
                detail_text = (
                    "Invalid Reference Id : The item you chose has been set up as a category"
                )
                raise Refusal("2500", "Invalid Reference Id", detail_text)
            made = {"ItemRef": {"value": identity, "name": item["FullyQualifiedName"]}}
        if "ClassRef" in detail and self._books.preference(
            "AccountingInfoPrefs", "ClassTrackingPerTxnLine"
        ):
            made["ClassRef"] = self._books.named("Class", detail["ClassRef"])
        for name in ("UnitPrice", "Qty", "RatePercent", "DiscountRate", "DiscountAmt"):
            if name in detail:
                made[name] = rate(detail[name])
        if "ServiceDate" in detail:
            made["ServiceDate"] = detail["ServiceDate"]
        made["TaxCodeRef"] = {"value": self._tax_code(detail, item)}
        return made

    def _tax_code(self, detail: Body, item: Body) -> str:
        code = mapping(detail.get("TaxCodeRef")).get("value")
        if self._books.options.country != "US":
            if not code or not str(code).isdigit():
                raise refusals.business(
                    "Make sure all your transactions have a GST/HST rate before you save."
                )
            return self._books.reference("TaxCode", detail["TaxCodeRef"]).identity
        if code is None:
            buyer = self._customer is None or self._customer.get("Taxable", True)
            return "TAX" if self._uses_tax and item.get("Taxable") and buyer else "NON"
        if code not in {"TAX", "NON"}:
            raise Refusal(
                "6100",
                "Invalid Line TaxCode in the request",
                f"Invalid Line TaxCode in the request : Specify TAX or NON. Supplied value:{code}",
            )
        return str(code)

    def _group(self, made: Body, line: Body, detail: Body) -> Body:
        bundle = self._books.reference("Item", detail.get("GroupItemRef"), "GroupItemRef")
        quantity = decimal_of(detail.get("Quantity", 1))
        inner = [self._line(each) for each in detail.get("Line", [])]
        for number, each in enumerate(inner, 1):
            each["LineNum"] = number
        amount = money(sum((each.get("Amount", ZERO) for each in inner), ZERO))
        if "Amount" in line and not inner:
            amount = money(line["Amount"])
        group: Body = {
            "GroupItemRef": {"value": bundle.identity, "name": bundle.body["FullyQualifiedName"]},
            "Quantity": rate(quantity),
            "Line": inner,
        }
        return {**made, "Amount": amount, "DetailType": "GroupLineDetail", "GroupLineDetail": group}

    def _discount(self, made: Body, line: Body, detail: Body) -> Body:
        if not self._books.preference("SalesFormsPrefs", "AllowDiscount"):
            raise refusals.business("Discounts are turned off in the company's preferences")
        percent = detail.get("PercentBased") in {True, "true"}
        if (percent and "DiscountPercent" not in detail) or (not percent and "Amount" not in line):
            message = "Discount Line missing required info"
            raise Refusal("6090", message, f"{message} : amount or percent is required")
        kept: Body = {**detail, "PercentBased": percent}
        if percent:
            kept["DiscountPercent"] = rate(detail["DiscountPercent"])
        made["Amount"] = ZERO if percent else money(line["Amount"])
        return {**made, "DetailType": "DiscountLineDetail", "DiscountLineDetail": kept}

    def _price_discount(self, line: Body, subtotal: Decimal) -> None:
        del line["LineNum"]
        detail = line["DiscountLineDetail"]
        if detail["PercentBased"]:
            line["Amount"] = money(subtotal * detail["DiscountPercent"] / 100)


def is_taxable(line: Body) -> bool:
    """Say whether sales tax is due on a line."""
    code = mapping(mapping(line.get("SalesItemLineDetail")).get("TaxCodeRef")).get("value")
    return code is not None and code != "NON"


def taxable_amount(lines: list[Body]) -> Decimal:
    """Add up what sales tax is due on; bundles count by their inner lines."""
    total = ZERO
    for line in lines:
        inner = mapping(line.get("GroupLineDetail")).get("Line")
        if inner:
            total += taxable_amount(inner)
        elif is_taxable(line):
            total += line.get("Amount", ZERO)
    return total.quantize(CENT)


def amount_of(lines: list[Body], kind: str) -> Decimal:
    """Return the sum of the lines of one kind."""
    return sum((line["Amount"] for line in lines if line["DetailType"] == kind), ZERO)
