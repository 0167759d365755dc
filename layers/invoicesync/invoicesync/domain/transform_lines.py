"""The lines of a document from the items of an invoice."""

from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from invoicesync.domain.dates import day_of
from invoicesync.domain.document import Line, Reference
from invoicesync.domain.mapping import Mapping
from invoicesync.domain.mapping_values import key
from invoicesync.domain.money import CENT, ZERO, dollars, fixed, line_amount, total
from invoicesync.domain.problems import Problem, ProblemCode
from invoicesync.domain.source import Source, SourceInvoice, SourceItem
from invoicesync.domain.texts import cut, length, one_line
from invoicesync.domain.transform_tax import tax_code

_LONGEST_DESCRIPTION = 4000
_LONGEST_LABEL = 40


class _Amounts(NamedTuple):
    """The money of a line; ``aside`` is what QuickBooks shall only read of quantity and price."""

    amount: Decimal
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    aside: str = ""


def transform_lines(
    source: Source, mapping: Mapping, zone: ZoneInfo
) -> tuple[tuple[Line, ...], list[Problem]]:
    """Make every line, in the order in which ServiceTrade prints them."""
    lines: list[Line] = []
    problems: list[Problem] = []
    for number, item in enumerate(sorted(source.invoice.items, key=_printed_order), start=1):
        line, wrong = _transform_line(number, item, source, mapping, zone)
        lines.append(line)
        problems += [replace(problem, where=_where(number, item)) for problem in wrong]
    return tuple(lines), [*problems, *_sums(source.invoice, lines)]


def _printed_order(item: SourceItem) -> tuple[bool, Decimal]:
    return item.order_index is None, item.order_index or ZERO


def _where(number: int, item: SourceItem) -> str:
    label = cut(one_line(_text(item)), _LONGEST_LABEL)
    return f'line {number}, "{label}"' if label else f"line {number}"


def _text(item: SourceItem) -> str:
    return item.description or (item.library_item.name if item.library_item else "")


def _transform_line(
    number: int, item: SourceItem, source: Source, mapping: Mapping, zone: ZoneInfo
) -> tuple[Line, list[Problem]]:
    invoice, job = source.invoice, source.job
    (amount, quantity, unit_price, aside), wrong = _amounts(item)
    problems = [wrong] if wrong else []
    reference = class_name = code = None
    if amount or quantity is not None:
        reference, wrong = _item(item, amount, mapping)
        problems += [wrong] if wrong else []
        class_name, wrong = _class(item, mapping)
        problems += [wrong] if wrong else []
        code, wrong = tax_code(invoice, item, amount, mapping)
        problems += [wrong] if wrong else []
    worked = item.used_on or (job.completed_on if job else None)
    line = Line(
        description=_description(number, item, aside),
        amount=amount,
        item=reference,
        quantity=quantity,
        unit_price=unit_price,
        tax_code=code,
        class_name=class_name,
        service_date=None if worked is None else day_of(worked, zone),
    )
    return line, problems


def _description(number: int, item: SourceItem, aside: str) -> str:
    text = _text(item)
    if not aside:
        return cut(text or f"Line {number}", _LONGEST_DESCRIPTION)
    room = _LONGEST_DESCRIPTION - length(aside) - 3
    return f"{cut(text, room)} ({aside})".strip()


def _amounts(item: SourceItem) -> tuple[_Amounts, Problem | None]:
    """Find the money of a line.

    QuickBooks refuses a line whose amount is not quantity times price, so where ServiceTrade's own
    amount is a cent off, quantity and price move into the description.
    """
    quantity, price, amount = item.quantity, item.price, item.subtotal
    if quantity is None or price is None:
        if amount is None:
            detail = "the line has no amount, quantity or price"
            return _Amounts(ZERO), Problem(ProblemCode.UNREADABLE_SOURCE, detail)
        return _Amounts(amount), None
    product = line_amount(quantity, price)
    if amount is None or amount == product:
        is_nothing = not quantity or not price
        return (_Amounts(ZERO) if is_nothing else _Amounts(product, quantity, price)), None
    terms = f"{fixed(quantity)} x {fixed(price)}"
    if abs(amount - product) > CENT or not quantity or not price:
        detail = f"{terms} is {dollars(product)}, ServiceTrade says {dollars(amount)}"
        return _Amounts(amount), Problem(ProblemCode.TOTALS_DISAGREE, detail)
    return _Amounts(amount, aside=terms), None


def _item(
    item: SourceItem, amount: Decimal, mapping: Mapping
) -> tuple[Reference | None, Problem | None]:
    sold, line = item.library_item, item.service_line
    if sold is not None and sold.quickbooks_id:
        return Reference(id=sold.quickbooks_id), None
    code, name, kind = (sold.code, sold.name, sold.type) if sold else ("", "", "")
    own, shared = mapping.items.own, mapping.items.shared
    found = own[0].get(key(code)) or own[1].get(key(name))
    # Retainage, deposits and discounts must not hide among what is sold.
    if found is None and amount >= 0:
        found = shared[0].get(key(kind)) or shared[1].get(key(line.name if line else ""))
        found = found or mapping.items.default
    if found is not None:
        return Reference(name=found), None
    named = ", ".join(
        f'{what} "{value}"'
        for what, value in (("code", code), ("name", name), ("type", kind))
        if value
    )
    detail = f"no QuickBooks product or service is mapped for {named or 'a line without an item'}"
    if amount < 0:
        detail += "; a negative line needs one of its own, by code or name"
    return None, Problem(ProblemCode.UNMAPPED_ITEM, detail)


def _class(item: SourceItem, mapping: Mapping) -> tuple[str | None, Problem | None]:
    classes = mapping.classes
    name = item.service_line.name if item.service_line else ""
    found = classes.by_key.get(key(name)) or classes.default
    if found is not None or not classes.by_key:
        return found, None
    what = f'the service line "{name}"' if name else "a line without a service line"
    return None, Problem(ProblemCode.UNMAPPED_CLASS, f"no class is mapped for {what}")


def _sums(invoice: SourceInvoice, lines: list[Line]) -> list[Problem]:
    subtotal, amount = invoice.subtotal, invoice.total_price
    if subtotal is None or amount is None:
        return []  # reported as unreadable
    problems = []
    by_line = total(line.amount for line in lines)
    if by_line != subtotal:
        problems.append(
            f"the lines add up to {dollars(by_line)}, the invoice's subtotal is {dollars(subtotal)}"
        )
    tax = invoice.tax_amount or ZERO
    if subtotal + tax != amount:
        problems.append(f"{dollars(subtotal)} and {dollars(tax)} of tax are not {dollars(amount)}")
    return [Problem(ProblemCode.TOTALS_DISAGREE, problem, "totals") for problem in problems]
