"""What holds for every invoice, mapped or malformed."""

import json
from copy import deepcopy
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from invoicesync.domain.dispatch import decide
from invoicesync.domain.document import from_plain
from invoicesync.domain.fingerprint import fingerprint
from invoicesync.domain.message import Message, decode
from invoicesync.domain.money import line_amount
from invoicesync.domain.problems import Problem, ProblemCode
from invoicesync.domain.revision import Disposition, Revision
from invoicesync.domain.source import Source, parse_source
from invoicesync.domain.transform import Transformed, transform
from tests.unit.domain.invoices import a_job, a_mapping, an_invoice, an_item, of_lines

MAPPING = a_mapping(items={"default": "Misc"}, classes={"default": "Other"})
REVIEW = a_mapping(mode="review", customers={"level": "job"}, tax={"authority": "servicetrade"})

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.decimals(allow_nan=True)
    | st.text(st.characters(exclude_categories=[]))
    | st.sampled_from(["void", "invoice", "-1", "1,000.00", "2026-11-01", 10**12, 10**19])
)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12
)


def paths_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    below: list[tuple[Any, ...]] = []
    if isinstance(value, dict):
        below = [path_ for key in value for path_ in paths_of(value[key], (*path, key))]
    elif isinstance(value, list):
        below = [path_ for i, row in enumerate(value) for path_ in paths_of(row, (*path, i))]
    return [path, *below] if path else below


def with_at(whole: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = deepcopy(whole)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return changed


VALID = {"invoice": an_invoice(items=[an_item(), an_item()]), "job": a_job()}
PATHS = [path for path in paths_of(VALID) if len(path) > 1]


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    """Make an invoice and its job of which up to three parts are replaced by anything."""
    whole = VALID
    for path in draw(st.lists(st.sampled_from(PATHS), min_size=1, max_size=3)):
        try:
            whole = with_at(whole, path, draw(anything))
        except (IndexError, KeyError, TypeError):
            continue  # an earlier change took the place away
    return whole


money = st.decimals(Decimal("0.01"), 10_000, places=2)
quantities = st.decimals(Decimal("0.01"), 500, places=2)


@st.composite
def sound(draw: st.DrawFn) -> Source:
    """Make an invoice that adds up: products, cents off, nothings, discounts, any text."""
    items: list[dict[str, Any]] = []
    kinds = st.sampled_from(["product", "cent", "lump", "nothing", "discount"])
    for kind in [draw(st.just("lump")), *draw(st.lists(kinds, max_size=6))]:
        quantity, price = draw(quantities), draw(money)
        amount = line_amount(quantity, price)
        item = an_item(quantity=quantity, price=price, subtotal=amount)
        item["description"] = draw(st.text(max_size=30))
        item["orderIndex"] = draw(st.none() | st.integers(0, 5))
        if kind == "cent":
            item["subtotal"] = amount + Decimal("0.01")
        elif kind == "lump":
            item |= {"quantity": None, "subtotal": amount + 10_000_000}
        elif kind == "nothing":
            item |= {"price": 0, "subtotal": draw(st.sampled_from([0, None, "0.00"]))}
        elif kind == "discount":
            item |= {"quantity": -1, "price": price, "subtotal": -price}
        item["taxAmount"] = line_amount(Decimal(str(item["subtotal"] or 0)), Decimal("0.07"))
        items.append(item)
    tax = sum((item["taxAmount"] for item in items), Decimal(0))
    changes = of_lines(*[item | {"subtotal": item["subtotal"] or 0} for item in items])
    changes |= {"items": items, "taxAmount": tax, "totalPrice": changes["subtotal"] + tax}
    invoice = an_invoice(**changes, notes=draw(st.text(max_size=50)))
    return parse_source(invoice, a_job())


def assert_it_adds_up(made: Transformed) -> None:
    if made.document is None:
        assert made.problems
        return
    document = made.document
    assert {problem.code for problem in made.problems} <= {ProblemCode.AWAITING_RELEASE}
    assert sum(line.amount for line in document.lines) == document.subtotal
    assert document.subtotal + document.tax == document.total
    for line in document.lines:
        if line.quantity is not None and line.unit_price is not None:
            assert line.amount == line_amount(line.quantity, line.unit_price)
        if line.item is None:
            assert line.amount == 0
        assert line.amount == round(line.amount, 2)


@given(sound())
def test_a_sound_invoice_makes_a_document_that_adds_up(source: Source) -> None:
    made = transform(source, MAPPING)

    assert made.problems == ()
    assert made.document is not None
    assert_it_adds_up(made)


@given(sound())
def test_the_same_input_makes_the_same_bytes(source: Source) -> None:
    plain = json.loads(json.dumps(source.plain()))
    again = parse_source(plain["invoice"], plain["job"])
    first, second = transform(source, MAPPING), transform(again, MAPPING)

    assert first.document is not None
    assert second.document is not None
    assert first.document.canonical() == second.document.canonical()
    assert fingerprint(source) == fingerprint(again)


@given(sound(), st.sampled_from([MAPPING, REVIEW]))
def test_a_document_is_read_back_as_it_was(source: Source, mapping: Any) -> None:
    document = transform(source, mapping).document

    assert document is not None
    assert from_plain(json.loads(document.canonical())) == document


def assert_nothing_is_lost(source: Source) -> None:
    plain = json.loads(json.dumps(source.plain()))
    assert parse_source(plain["invoice"], plain["job"]) == source
    fingerprint(source)
    for mapping in (MAPPING, REVIEW):
        decision = decide(source, mapping)
        made = transform(source, mapping)
        assert_it_adds_up(made)
        if source.unreadable:
            assert made.document is None
        message = Message(
            told=source,
            revision=Revision(1_796_000_000, 3, 4, decision.disposition, fingerprint(source)),
            reason=decision.reason,
            document=made.document,
            problems=made.problems,
            mapping_serial=7,
        )
        assert decode(message.encode()) == message


@given(mutated())
@settings(max_examples=200)
def test_an_invoice_with_broken_parts_breaks_nothing(whole: dict[str, Any]) -> None:
    assert_nothing_is_lost(parse_source(whole["invoice"], whole["job"]))


@given(anything, st.none() | anything)
def test_no_json_whatever_breaks_anything(invoice: Any, job: Any) -> None:
    assert_nothing_is_lost(parse_source(invoice, job))


FAULTS: dict[str, tuple[tuple[Any, ...], Any]] = {
    "unreadable_source": (("invoice", "dueDate"), "soon"),
    "missing_job": (("invoice", "job"), None),
    "number_missing": (("invoice", "invoiceNumber"), ""),
    "date_missing": (("invoice", "transactionDate"), None),
    "customer_missing": (("invoice", "customer"), None),
    "unmapped_department": (("invoice", "assignedOffice", "name"), "Erie"),
    "unmapped_item": (("invoice", "items", 1, "libItem"), None),
    "unmapped_class": (("invoice", "items", 0, "serviceLine"), None),
    "unmapped_tax": (("invoice", "location", "address", "state"), "OH"),
    "taxability_differs": (("invoice", "location", "taxable"), False),
    "address_missing": (("invoice", "assignedOffice", "address"), None),
    "totals_disagree": (("invoice", "totalPrice"), 1),
    "currency_unsupported": (("invoice", "currency"), "CAD"),
}


def two_lines() -> dict[str, Any]:
    second = an_item(orderIndex=1)
    return {"invoice": an_invoice(**of_lines(an_item(), second, tax="67.20")), "job": a_job()}


@given(st.sets(st.sampled_from(sorted(FAULTS))))
def test_every_problem_is_told_and_not_only_the_first(faults: set[str]) -> None:
    whole = two_lines()
    if "number_missing" in faults:
        whole["invoice"]["refNumber"] = ""
    for fault in sorted(faults):
        whole = with_at(whole, *FAULTS[fault])
    source = parse_source(whole["invoice"], whole["job"])
    mapping = a_mapping()

    found = (*decide(source, mapping).problems, *transform(source, mapping).problems)

    assert {problem.code.value for problem in found} == faults
    assert len(found) == len(set(found))


@given(st.text(), st.text(), st.sampled_from(ProblemCode), st.sampled_from(Disposition))
def test_a_message_is_read_back_as_it_was(
    detail: str, where: str, code: ProblemCode, disposition: Disposition
) -> None:
    message = Message(
        told=parse_source(an_invoice(), None),
        revision=Revision(1_796_000_000, 3, 4, disposition, "1:abc"),
        reason="job_closed",
        document=None,
        problems=(Problem(code, detail, where),),
        mapping_serial=7,
    )

    assert decode(message.encode()) == message
