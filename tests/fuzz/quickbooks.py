"""Answers of QuickBooks and of what stands before it, mutated; judged against `certainty`."""

import json
import os
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from invoicesync.adapters.quickbooks.answers import batch_answer, is_absent, one, rows, written
from invoicesync.adapters.quickbooks.exchange import Answer
from invoicesync.adapters.quickbooks.faults import read_body
from invoicesync.adapters.quickbooks.outcomes import Attempt
from invoicesync.errors import (
    InvoiceSyncError,
    OutcomeUnknownError,
    RateLimitedError,
    RefusedError,
    TransientReadError,
)
from invoicesync.ports.books import FaultKind
from tests.fuzz.certainty import REFUSING_CODES, may_be_refused, refuses
from tests.fuzz.mutations import damaged, dumped, mutated, nested

_CODES = (
    *sorted(REFUSING_CODES),
    *(
        "500",
        "600",
        "2130",
        "6000",
        "6002",
        "10000",
        "",
        "x",
        "9999",
        "003001",
        "0",
        "-610",
        "6_140",
    ),
)
_STATUSES = (
    200,
    200,
    200,
    400,
    400,
    400,
    401,
    403,
    404,
    409,
    413,
    429,
    201,
    204,
    302,
    500,
    503,
    999,
)
_INVOICE = {
    "Id": "12",
    "SyncToken": "0",
    "DocNumber": "10482",
    "TotalAmt": 513.6,
    "Line": [{"Id": "1"}],
}
_MARKUP = (
    b"<html><body>Bad Gateway</body></html>",
    b"<!DOCTYPE html><title>x</title>",
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><Fault>&b;</Fault>',
    b'<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd"><Fault/>',
    b"",
    b"Response stream null",
)


def _error(random: Random) -> dict[str, Any]:
    names = random.choice((("Message", "Detail", "code"), ("message", "detail", "code")))
    text = random.choice(
        ("Invalid", "Business Validation Error: try again", "unexpected internal error")
    )
    return dict(zip(names, (text, text, random.choice(_CODES)), strict=True))


def _fault(random: Random) -> dict[str, Any]:
    upper = random.random() < 0.7
    errors = [_error(random) for _ in range(random.choice((1, 1, 1, 2, 3)))]
    return {("Fault" if upper else "fault"): {("Error" if upper else "error"): errors, "type": "x"}}


def _item(random: Random, number: int) -> dict[str, Any]:
    result = _fault(random) if random.random() < 0.5 else {"Invoice": _INVOICE}
    if random.random() < 0.1:
        result |= {"Invoice": _INVOICE}
    return {"bId": f"b{number}", **result}


def content(random: Random) -> dict[str, Any]:
    """Make what a JSON answer may hold."""
    match random.randrange(6):
        case 0 | 1:
            return _fault(random) | {"time": "2026-01-01T00:00:00Z"}
        case 2:
            return {"Invoice": _INVOICE, "time": "2026-01-01T00:00:00Z"}
        case 3:
            return {"QueryResponse": {"Invoice": [_INVOICE] * 3, "maxResults": 3}}
        case 4:
            return _fault(random) | {"Invoice": _INVOICE}
        case _:
            return {"BatchItemResponse": [_item(random, number) for number in range(3)]}


def _xml(random: Random) -> bytes:
    def fault() -> str:
        errors = "".join(
            f'<Error code="{random.choice(_CODES)}"><Message>M</Message></Error>'
            for _ in range(random.choice((0, 1, 1, 2)))
        )
        return f'<Fault type="SERVICE">{errors}</Fault>'

    stored = "<Invoice><Id>12</Id></Invoice>"
    items = "".join(
        f'<BatchItemResponse bId="b{number}">{inside}</BatchItemResponse>'
        for number, inside in enumerate((fault(), stored))
    )
    inside = random.choice((fault(), fault(), fault() + stored, items))
    space = random.choice(("", ' xmlns="http://schema.intuit.com/finance/v3"'))
    return f'<?xml version="1.0"?><IntuitResponse{space}>{inside}</IntuitResponse>'.encode()


@cache
def _recorded() -> tuple[bytes, ...]:
    folder = os.environ.get("QUICKBOOKS_RECORDINGS")
    paths = sorted(Path(folder).rglob("*.json")) if folder else []
    return tuple(raw for path in paths if len(raw := path.read_bytes()) < 50_000)


def body(random: Random) -> bytes:
    """Make an answer of any kind."""
    match random.randrange(20):
        case 0:
            return random.choice(_MARKUP)
        case 1:
            return (
                nested(random) if random.random() < 0.1 else random.randbytes(random.randrange(80))
            )
        case 2 | 3 | 4:
            return _xml(random)
        case 5 | 6:
            return damaged(random, _xml(random))
        case 7 | 8 if recorded := _recorded():
            return damaged(random, random.choice(recorded))
        case 7 | 8 | 9:
            return damaged(random, dumped(random, content(random)))
        case 10 | 11 | 12 | 13:
            return dumped(random, mutated(random, content(random)))
        case _:
            return dumped(random, content(random))


def answers(random: Random) -> None:
    """A write's answer refuses only what `certainty` lets it refuse; a read's raises our errors."""
    raw, status = body(random), random.choice(_STATUSES)
    said = read_body(raw)
    write = Answer(Attempt("POST invoice", writing=True, status=status, tid="t"), raw, said)
    read = Answer(Attempt("GET invoice", writing=False, status=status, tid="t"), raw, said)
    told = (status, raw[:400])
    for take in (lambda: written(write, "Invoice"), lambda: batch_answer(write)):
        try:
            result = take()
        except OutcomeUnknownError:
            continue
        except (RefusedError, RateLimitedError):
            assert may_be_refused(status, raw), told
            continue
        if fault := getattr(result, "fault", None):
            assert fault.kind is not FaultKind.UNKNOWN, told
            assert may_be_refused(status, raw), told
        for name, item in getattr(result, "items", {}).items():
            if item.fault and item.fault.kind is not FaultKind.UNKNOWN:
                assert _item_refused(raw, name), told
    for look in (
        lambda: one(read, "Invoice"),
        lambda: rows(read, "Invoice"),
        lambda: is_absent(read),
    ):
        try:
            look()
        except (TransientReadError, RateLimitedError, RefusedError):
            continue
        except InvoiceSyncError as error:
            raise AssertionError(told) from error


def _item_refused(raw: bytes, name: str) -> bool:
    items = json.loads(raw)["BatchItemResponse"]
    return any(
        item.get("bId") == name and refuses(item) for item in items if isinstance(item, dict)
    )
