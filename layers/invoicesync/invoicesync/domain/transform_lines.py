"""The lines of a document from the items of an invoice."""

from dataclasses import replace
from decimal import Decimal
from zoneinfo import ZoneInfo

from invoicesync.domain.dates import day_of
from invoicesync.domain.document import Line, Reference
from invoicesync.domain.mapping import Mapping
from invoicesync.domain.mapping_values import key
from invoicesync.domain.money import CENT, ZERO, dollars, fixed, line_amount, total
from invoicesync.domain.problems import Problem, ProblemCode
from invoicesync.domain.source import Source, SourceInvoice, SourceItem
from invoicesync.domain.texts import cut, one_line
from invoicesync.domain.transform_tax import tax_code

_LONGEST_DESCRIPTION = 4000
_LONGEST_LABEL = 40


def transform_lines(
    source: Source, mapping: Mapping, zone: ZoneInfo
) -> tuple[tuple[Line, ...], list[Problem]]:
    """Make every line, in the order in which ServiceTrade prints them."""
    invoice, job = source.invoice, source.job
    lines: list[Line] = []
    problems: list[Problem] = []
    completed = None if job is None else job.completed_on
    for number, item in enumerate(sorted(invoice.items, key=_printed_order), start=1):
        line, wrong = _transform_line(number, item, invoice, mapping)
        worked = item.used_on or completed
        if worked is not None:
            line = replace(line, service_date=day_of(worked, zone))
        where = f"line {number}"
        if label := _label(item):
            where += f', "{label}"'
        lines.append(line)
        problems.extend(replace(problem, where=where) for problem in wrong)
    return tuple(lines), [*problems, *_sums(invoice, lines)]


def _printed_order(item: SourceItem) -> tuple[bool, Decimal]:
    return item.order_index is None, item.order_index or ZERO


def _label(item: SourceItem) -> str:
    name = item.description or (item.library_item.name if item.library_item else "")
    return cut(one_line(name), _LONGEST_LABEL)


def _transform_line(
    number: int, item: SourceItem, invoice: SourceInvoice, mapping: Mapping
) -> tuple[Line, list[Problem]]:
    line, wrong = _amounts(number, item)
    problems = [wrong] if wrong else []
    if not line.amount and line.quantity is None:
        return line, problems
    item_reference, wrong = _item(item, line.amount, mapping)
    problems += [wrong] if wrong else []
    class_name, wrong = _class(item, mapping)
    problems += [wrong] if wrong else []
    code, wrong = tax_code(invoice, item, line.amount, mapping)
    problems += [wrong] if wrong else []
    return replace(line, item=item_reference, class_name=class_name, tax_code=code), problems


def _amounts(number: int, item: SourceItem) -> tuple[Line, Problem | None]:
    """Make a line of description and money.

    QuickBooks refuses a line whose amount is not quantity times price, so where ServiceTrade's own
    amount is a cent off, quantity and price move into the description.
    """
    text = item.description or (item.library_item.name if item.library_item else "")
    line = Line(cut(text or f"Line {number}", _LONGEST_DESCRIPTION), ZERO)
    quantity, price, amount = item.quantity, item.price, item.subtotal
    if quantity is None or price is None:
        if amount is None:
            return line, Problem(
                ProblemCode.UNREADABLE_SOURCE, "the line has no amount, quantity or price"
            )
        return replace(line, amount=amount), None
    product = line_amount(quantity, price)
    terms = f"{fixed(quantity)} x {fixed(price)}"
    if amount is None or amount == product:
        if not quantity or not price:
            return line, None
        return replace(line, amount=product, quantity=quantity, unit_price=price), None
    if abs(amount - product) > CENT or not quantity or not price:
        return replace(line, amount=amount), Problem(
            ProblemCode.TOTALS_DISAGREE,
            f"{terms} is {dollars(product)}, ServiceTrade says {dollars(amount)}",
        )
    room = _LONGEST_DESCRIPTION - len(terms) - 3
    return replace(line, amount=amount, description=f"{cut(text, room)} ({terms})".strip()), None


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
