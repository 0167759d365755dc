"""Read a fault out of any body that QuickBooks or what stands before it may send.

Five encodings were seen on the wire: JSON in the service's casing, JSON in the gateway's, XML
(whatever was asked for), HTML from proxies, and nothing at all. Reading never fails: a body that
cannot be read has no faults and no content, and proves nothing.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, NoReturn
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from invoicesync.adapters.quickbooks.fault_codes import KINDS, THROTTLED, UNAUTHENTICATED, kind_of
from invoicesync.ports.books import Fault, FaultKind

_LONGEST_XML = 1_000_000
_LONGEST_TEXT = 2_000
_MOST_FAULTS = 100
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class Encoding(StrEnum):
    """How a body was encoded."""

    JSON = "json"
    XML = "xml"
    HTML = "html"
    EMPTY = "empty"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class ParsedFault:
    """One error of a fault as it was sent; ``code`` without leading zeros."""

    code: str
    message: str = ""
    detail: str = ""
    element: str = ""
    type: str = ""


_UNREAD = ParsedFault("")
"""Stands for the errors beyond those that are read: whatever they say, it is a doubt."""


@dataclass(frozen=True, slots=True)
class Body:
    """A body as far as it could be read; ``content`` is the JSON object, if it was one."""

    encoding: Encoding
    faults: tuple[ParsedFault, ...] = ()
    content: dict[str, Any] | None = None


def read_body(raw: bytes) -> Body:
    """Read a whole answer, whatever it claims to be."""
    text = raw.strip()
    if not text:
        return Body(Encoding.EMPTY)
    if text.startswith(b"<"):
        return _read_markup(text)
    try:
        content = parse_json(text)
    except ValueError:
        return Body(Encoding.UNREADABLE)
    if not isinstance(content, dict):
        return Body(Encoding.UNREADABLE)
    return Body(Encoding.JSON, tuple(faults_in(content)), content)


def parse_json(raw: bytes) -> object:
    """Parse JSON with Decimal for fractions; raise `ValueError` for whatever is not JSON."""
    try:
        content = _DECODE(raw.decode("utf-8"))
        return _without_lone_surrogates(content) if _SURROGATE.search(raw) else content
    except (RecursionError, ArithmeticError) as error:
        raise ValueError(f"JSON beyond reading: {type(error).__name__}") from None


def faults_in(content: dict[str, Any]) -> Iterator[ParsedFault]:
    """Find the faults of one JSON object, in either casing; a fault without errors is one too."""
    for key in ("Fault", "fault"):
        fault = content.get(key)
        if fault is None:
            continue
        fields = _lowered(fault)
        errors = fields.get("error")
        listed = errors if isinstance(errors, list) else [errors]
        for error in listed[:_MOST_FAULTS] or [None]:
            yield _from_fields(_lowered(error), _text(fields.get("type")))
        if len(listed) > _MOST_FAULTS:
            yield _UNREAD


def judge(faults: tuple[ParsedFault, ...]) -> Fault:
    """Make one fault of several: any doubt outweighs, then a blocked company, then the first."""
    judged = [
        Fault(
            kind=kind_of(fault.code, f"{fault.message} {fault.detail}"),
            code=fault.code,
            message=fault.message,
            detail=fault.detail,
            element=fault.element,
            is_documented=fault.code in KINDS,
        )
        for fault in faults
    ]
    # A gateway's code refuses the whole request, but not beside one that proves nothing at all.
    doubts = [fault for fault in judged if fault.kind is FaultKind.UNKNOWN]
    doubts.sort(key=lambda fault: fault.code in THROTTLED | UNAUTHENTICATED)
    blocked = [fault for fault in judged if fault.kind is FaultKind.BLOCKED]
    return (doubts or blocked or judged)[0]


def _read_markup(text: bytes) -> Body:
    start = text[:200].lower()
    if b"<html" in start or start.startswith(b"<!doctype"):
        return Body(Encoding.HTML)
    if len(text) > _LONGEST_XML:
        return Body(Encoding.UNREADABLE)
    try:
        root: Element = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return Body(Encoding.UNREADABLE)
    faults = tuple(_xml_faults(root))
    unread = (_UNREAD,) if len(faults) > _MOST_FAULTS else ()
    return Body(Encoding.XML, faults[:_MOST_FAULTS] + unread)


def _xml_faults(root: Element) -> Iterator[ParsedFault]:
    faults = [root] if _local_name(root) == "fault" else list(root)
    # A fault of one item, or beside a result, is not the whole request's: it refuses nothing.
    if any(_local_name(fault) != "fault" for fault in faults):
        return
    for fault in faults:
        attributes = _lowered(dict(fault.attrib))
        errors = [child for child in fault if _local_name(child) == "error"]
        for error in errors:
            children = {_local_name(child): child.text for child in error}
            yield _from_fields({**_lowered(dict(error.attrib)), **children}, attributes.get("type"))
        if not errors:
            yield _from_fields({}, attributes.get("type"))


def _from_fields(fields: dict[str, Any], fault_type: object) -> ParsedFault:
    return ParsedFault(
        code=_code(fields.get("code")),
        message=_text(fields.get("message")),
        detail=_text(fields.get("detail")),
        element=_text(fields.get("element")),
        type=_text(fault_type),
    )


def _code(value: object) -> str:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else _text(value)
    text = text.strip()[:20]
    return text.lstrip("0") if text.isascii() and text.isdigit() else text


def _text(value: object) -> str:
    return value[:_LONGEST_TEXT] if isinstance(value, str) else ""


def _lowered(value: object) -> dict[str, Any]:
    fields = value if isinstance(value, dict) else {}
    return {str(key).lower(): part for key, part in fields.items()}


def _local_name(element: Element) -> str:
    return element.tag.rpartition("}")[2].lower()


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODE = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse_constant).decode


def _without_lone_surrogates(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {
            _without_lone_surrogates(key): _without_lone_surrogates(part)
            for key, part in value.items()
        }
    if isinstance(value, list):
        return [_without_lone_surrogates(part) for part in value]
    return value
