import json
from dataclasses import replace
from typing import Any

import pytest

from invoicesync.domain.message import (
    SCHEMA,
    Message,
    NewerSchemaError,
    UnreadableMessageError,
    decode,
)
from invoicesync.domain.problems import Problem, ProblemCode
from invoicesync.domain.revision import Disposition, Revision
from invoicesync.domain.transform import transform
from tests.unit.domain.invoices import a_job, a_mapping, a_source, an_item, of_lines


def a_message() -> Message:
    source = a_source()
    return Message(
        told=source,
        revision=Revision(1_796_000_000, 3, 4, Disposition.DISPATCH, "1:abc"),
        reason="job_closed",
        document=transform(source, a_mapping()).document,
        problems=(Problem(ProblemCode.AWAITING_RELEASE, "it waits", "here"),),
        mapping_serial=7,
    )


def test_a_message_is_read_back_as_it_was() -> None:
    message = a_message()

    assert decode(message.encode()) == message
    assert message.servicetrade_id == 2_100_000_000_000_101


def test_a_message_without_a_document_is_read_back_as_it_was() -> None:
    source = a_source(transactionDate=None)
    message = Message(
        told=source,
        revision=Revision(0, 0, 0, Disposition.VOID, ""),
        reason="void",
        document=None,
        problems=transform(source, a_mapping()).problems,
        mapping_serial=0,
    )

    assert decode(message.encode()) == message


def test_a_line_without_an_item_is_read_back_as_it_was() -> None:
    nothing = an_item(quantity=0, subtotal=0, taxAmount=0, orderIndex=1, jobItem=None)
    source = a_source(**of_lines(an_item(), nothing, tax="33.60"))
    bill_to = {"street": "2 Way", "city": "Erie", "state": "PA", "postal_code": "16501"}
    mapping = a_mapping(
        tax={"authority": "servicetrade"},
        customers={"level": "location", "bill_to": {"Keystone Foods": {"address": bill_to}}},
        custom_fields={"PO": "customerPo"},
    )
    message = Message(
        told=source,
        revision=Revision(1, 2, 3, Disposition.DISPATCH, "1:a"),
        reason="job_closed",
        document=transform(source, mapping).document,
        problems=(),
        mapping_serial=1,
    )

    assert message.document is not None
    assert decode(message.encode()) == message


def test_a_newer_schema_is_left_for_the_release_that_wrote_it() -> None:
    with pytest.raises(NewerSchemaError):
        decode(json.dumps({"schema": SCHEMA + 1}))


@pytest.mark.parametrize("body", ["", "x", "[]", "5", "{}", '{"schema": "1"}', '{"schema": null}'])
def test_what_is_no_message_is_refused(body: str) -> None:
    with pytest.raises(UnreadableMessageError):
        decode(body)


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("source", None),
        ("source", {}),
        ("source", {"invoice": 7, "job": None}),
        ("revision", {}),
        ("revision", 5),
        ("document", {}),
        ("document", "x"),
        ("problems", [{"code": "unheard_of", "detail": "", "where": ""}]),
        ("problems", 5),
        ("mapping_serial", "x"),
        ("mapping_serial", None),
    ],
)
def test_a_message_with_an_unreadable_part_is_refused(part: str, value: Any) -> None:
    plain = json.loads(a_message().encode())

    with pytest.raises(UnreadableMessageError):
        decode(json.dumps(plain | {part: value}))


@pytest.mark.parametrize("opening", ["[", '{"schema":1,"a":'])
def test_a_body_deeper_than_the_stack_is_no_message(opening: str) -> None:
    with pytest.raises(UnreadableMessageError):
        decode(opening * 100_000)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_of_json_is_no_part_of_a_message(number: float) -> None:
    plain = json.loads(a_message().encode())
    plain["document"]["department"] = number

    with pytest.raises(UnreadableMessageError):
        decode(json.dumps(plain))


def test_half_a_character_in_a_document_is_refused_and_a_whole_one_is_read() -> None:
    plain = json.loads(a_message().encode())
    plain["document"]["department"] = "\ud83d"
    with pytest.raises(UnreadableMessageError):
        decode(json.dumps(plain))

    plain["document"]["department"] = "\U0001f600"
    document = decode(json.dumps(plain)).document

    assert document is not None
    assert document.department == "\U0001f600"


@pytest.mark.parametrize("name", ["subtotal", "tax", "total", "tax_tolerance", "tax_override"])
@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_an_amount_that_is_no_number_is_refused(name: str, amount: str) -> None:
    plain = json.loads(a_message().encode())
    plain["document"][name] = amount

    with pytest.raises(UnreadableMessageError):
        decode(json.dumps(plain))


@pytest.mark.parametrize("name", ["amount", "quantity", "unit_price"])
def test_a_line_s_amount_that_is_no_number_is_refused(name: str) -> None:
    plain = json.loads(a_message().encode())
    plain["document"]["lines"][0][name] = "NaN"

    with pytest.raises(UnreadableMessageError):
        decode(json.dumps(plain))


def test_a_message_with_a_mangled_document_is_refused() -> None:
    plain = json.loads(a_message().encode())
    plain["document"]["total"] = "a lot"

    with pytest.raises(UnreadableMessageError):
        decode(json.dumps(plain))


@pytest.mark.parametrize(
    ("job", "second"),
    [(a_job(completedOn=1_790_000_000), 1_790_000_000), (a_job(completedOn=None), 0)],
)
def test_the_end_of_the_job_is_told_by_a_message_read_and_by_one_that_came(
    job: dict[str, Any], second: int
) -> None:
    made = replace(a_message(), told=a_source(job))

    assert made.completed_on == decode(made.encode()).completed_on == second


def test_without_a_job_nothing_ended() -> None:
    made = replace(a_message(), told=replace(a_source(), job=None))

    assert made.completed_on == decode(made.encode()).completed_on == 0
