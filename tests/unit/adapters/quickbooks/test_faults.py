import json
import time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invoicesync.adapters.quickbooks.faults import (
    Encoding,
    ParsedFault,
    judge,
    parse_json,
    read_body,
)
from invoicesync.ports.books import FaultKind
from tests.unit.adapters.quickbooks.stand_ins import fault_gateway, fault_json, fault_xml

_GATEWAY_THROTTLE = b"""<IntuitResponse time="2016-10-06T01:14:40.519-07:00"
 xmlns="http://schema.intuit.com/finance/v3"><Fault type="SERVICE"><Error code="3001">
<Message>message=ThrottleExceeded; errorCode=003001; statusCode=429</Message>
<Detail>The request limit was reached.  Try again later</Detail></Error></Fault>
</IntuitResponse>"""


def test_the_service_s_own_json_is_read() -> None:
    raw = json.dumps(fault_json("2050", "too long", message="Length", element="DocNumber")).encode()

    assert read_body(raw).faults == (
        ParsedFault("2050", "Length", "too long", "DocNumber", "ValidationFault"),
    )


def test_the_gateway_s_json_is_read() -> None:
    raw = json.dumps(fault_gateway("3200", "expired")).encode()

    assert read_body(raw).faults == (ParsedFault("3200", "M", "expired", "", "SERVICE"),)


def test_xml_is_read_whatever_was_asked_for() -> None:
    body = read_body(_GATEWAY_THROTTLE)

    assert body.encoding is Encoding.XML
    (fault,) = body.faults
    assert (fault.code, fault.type) == ("3001", "SERVICE")
    assert fault.detail == "The request limit was reached.  Try again later"


def test_xml_without_a_namespace_and_with_comments_is_read() -> None:
    raw = (
        b'<?xml version="1.0"?><!-- x --><R><Fault><Error code="610"><!-- y --></Error></Fault></R>'
    )

    assert [fault.code for fault in read_body(raw).faults] == ["610"]


_ITEM_REFUSED = (
    b'<BatchItemResponse bId="b0"><Fault><Error code="2010"/></Fault></BatchItemResponse>'
)
_STORED = b"<Invoice><Id>12</Id></Invoice>"


@pytest.mark.parametrize(
    "inside",
    [
        _ITEM_REFUSED + b'<BatchItemResponse bId="b1">' + _STORED + b"</BatchItemResponse>",
        b'<Fault><Error code="2010"/></Fault>' + _STORED,
        _STORED + b'<Fault><Error code="2010"/></Fault>',
    ],
)
def test_xml_with_a_result_beside_its_fault_refuses_nothing(inside: bytes) -> None:
    assert read_body(b"<IntuitResponse>" + inside + b"</IntuitResponse>").faults == ()


@pytest.mark.parametrize("count", [100, 101])
def test_errors_too_many_to_read_are_a_doubt(count: int) -> None:
    error = b'<Error code="2010"/>'
    in_xml = read_body(b"<Fault>" + error * count + b"</Fault>")
    in_json = read_body(json.dumps({"Fault": {"Error": [{"code": "2010"}] * count}}).encode())

    expected = FaultKind.REFUSED if count == 100 else FaultKind.UNKNOWN
    assert [judge(body.faults).kind for body in (in_xml, in_json)] == [expected, expected]


@pytest.mark.parametrize("gateway", ["3001", "3200", "3201", "3202"])
def test_a_gateway_s_code_beside_one_that_proves_nothing_is_a_doubt(gateway: str) -> None:
    faults = (ParsedFault(gateway), ParsedFault("10000"))

    assert judge(faults).code == "10000"
    assert judge(faults[::-1]).code == "10000"
    assert judge(faults[:1]).code == gateway


@pytest.mark.parametrize(
    "raw",
    [
        b'<!DOCTYPE x [<!ENTITY a "b">]><Fault><Error code="2050"/></Fault>',
        b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY l "l">]><Fault>&l;</Fault>',
        b'<?xml version="1.0" encoding="nowhere"?><Fault/>',
        b"<Fault><Error code='2050'></Fault>",
        b"<" * 1000,
        b'<?xml version="1.0"?><!DOCTYPE x SYSTEM "x.dtd"><x><Fault><Error code="1"/></Fault></x>',
        b'<x><Fault><Error code="2050"/></Fault><!-- ' + b"x" * 1_000_000 + b" --></x>",
    ],
)
def test_xml_that_is_broken_hostile_or_huge_says_nothing(raw: bytes) -> None:
    body = read_body(raw)

    assert body.faults == ()
    assert body.content is None


@pytest.mark.parametrize(
    "raw",
    [b"<html><body>502</body></html>", b"<!DOCTYPE html><html/>", b"  <HTML>\n<Fault/></HTML>"],
)
def test_html_says_nothing(raw: bytes) -> None:
    assert read_body(raw).encoding is Encoding.HTML
    assert read_body(raw).faults == ()


@pytest.mark.parametrize(
    ("code", "read"),
    [("003001", "3001"), (610, "610"), (True, ""), (None, ""), (6.1, ""), ("٣", "٣"), ([], "")],
)
def test_a_code_is_read_as_text_without_leading_zeros(code: object, read: str) -> None:
    raw = json.dumps({"Fault": {"Error": [{"code": code}]}}).encode()

    assert [fault.code for fault in read_body(raw).faults] == [read]


@pytest.mark.parametrize(
    "fault", ["2050", [], {}, {"Error": []}, {"Error": None}, {"Error": ["2050"]}, 1, False]
)
def test_a_fault_of_no_known_shape_is_still_a_fault(fault: object) -> None:
    (read,) = read_body(json.dumps({"Fault": fault}).encode()).faults

    assert read.code == ""
    assert judge((read,)).kind is FaultKind.UNKNOWN


def test_a_single_error_without_a_list_is_read() -> None:
    assert [f.code for f in read_body(b'{"Fault":{"Error":{"code":"610"}}}').faults] == ["610"]


def test_no_fault_is_none() -> None:
    assert read_body(b'{"fault":null,"Fault":null,"Invoice":{}}').faults == ()


@pytest.mark.parametrize(
    ("codes", "kind", "code"),
    [
        (["2500", "6070"], FaultKind.INVALID_REFERENCE, "2500"),
        (["6070", "6000"], FaultKind.UNKNOWN, "6000"),
        (["6070", "6190"], FaultKind.BLOCKED, "6190"),
        (["6190", "10000"], FaultKind.UNKNOWN, "10000"),
    ],
)
def test_of_several_faults_the_most_doubtful_decides(
    codes: list[str], kind: FaultKind, code: str
) -> None:
    fault = judge(tuple(ParsedFault(each) for each in codes))

    assert (fault.kind, fault.code) == (kind, code)


def test_numbers_with_a_fraction_are_decimals() -> None:
    assert parse_json(b'{"a":100.10,"b":75,"c":1e2}') == {
        "a": Decimal("100.10"),
        "b": 75,
        "c": Decimal("1e2"),
    }


@pytest.mark.parametrize(
    "raw",
    [
        b"NaN",
        b"[Infinity]",
        b'{"a":-Infinity}',
        b'"\xff"',
        b"[" * 200_000,
        b'{"a":1e99999999999999999999999}',
        b"1" * 5000,
        "{}".encode("utf-16"),
        b"\xef\xbb\xbf{}",
    ],
)
def test_what_is_not_json_is_told_as_one_kind_of_error(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_json(raw)


def test_half_an_emoji_becomes_a_mark_that_can_be_written_down() -> None:
    content = parse_json(rb'{"a\ud83d":["cut \ud83d", "whole \ud83d\ude00"]}')

    assert content == {"a\ufffd": ["cut \ufffd", "whole \U0001f600"]}


_WORDS = st.one_of(st.text(max_size=8), st.sampled_from(["code", "Error", "Fault", "6140"]))
_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), _WORDS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(_WORDS, inner, max_size=4)
    ),
    max_leaves=12,
)
_SAMPLES = [
    json.dumps(fault_json("6140", "d")).encode(),
    json.dumps(fault_gateway("3200")).encode(),
    fault_xml("6190"),
    _GATEWAY_THROTTLE,
    b'{"Invoice":{"Id":"12","TotalAmt":10.25},"time":"x"}',
    b"<html><title>504</title></html>",
]


def _reads(raw: bytes) -> None:
    started = time.process_time()
    body = read_body(raw)

    assert time.process_time() - started < 1
    if body.faults:
        judge(body.faults)
        str(body.faults).encode()


@settings(max_examples=600)
@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_fail(raw: bytes) -> None:
    _reads(raw)


@settings(max_examples=300)
@given(_JSON)
def test_no_json_makes_the_reader_fail(content: object) -> None:
    _reads(json.dumps({"Fault": content}).encode())
    _reads(json.dumps(content).encode())


@settings(max_examples=600)
@given(
    st.sampled_from(_SAMPLES),
    st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=3)), max_size=4),
    st.integers(0, 500),
)
def test_no_damage_to_a_real_answer_makes_the_reader_fail(
    sample: bytes, changes: list[tuple[int, bytes]], length: int
) -> None:
    damaged = bytearray(sample)
    for at, piece in changes:
        damaged[at : at + len(piece)] = piece

    _reads(bytes(damaged[:length]))
    _reads(bytes(damaged))


def test_a_cut_answer_is_never_read_as_less_than_it_was() -> None:
    for sample in _SAMPLES:
        for length in range(len(sample)):
            body = read_body(sample[:length])

            assert body.content is None
            assert body.faults == ()
