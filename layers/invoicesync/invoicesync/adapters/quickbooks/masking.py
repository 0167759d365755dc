"""Hide what concerns people in what is kept as evidence; keep ids, amounts, dates and codes."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from invoicesync.adapters.quickbooks.faults import Body, Encoding, ParsedFault

_HIDDEN = "***"
_LEVELS = 50  # QuickBooks' own objects have ten; a hostile answer must not exhaust the stack

_TELLING = frozenset(
    {
        *("id", "synctoken", "value", "bid", "operation", "sparse", "domain", "status", "active"),
        *("type", "code", "element", "detailtype", "linenum", "txnid", "txntype", "time"),
        *("docnumber", "txndate", "duedate", "servicedate", "createtime", "lastupdatedtime"),
        *("startposition", "maxresults", "totalcount", "globaltaxcalculation", "requestid"),
    }
)
"""Keys whose texts are ids, codes or dates; the text under any other key is hidden."""

_REFERENCE = re.compile(r"[A-Za-z0-9.-]{1,20}")
_MESSAGES = frozenset({"message"})
_DETAILS = frozenset({"detail"})

# These details name a person, a customer or the token that was refused, or repeat a query.
_NAMING_CODES = frozenset({"3200", "3201", "3202", "4000", "4001", "4002", "5010", "6240"})

_NAMING_TEXT = re.compile(r"at the same time|finished before", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s@,;:<>]+@[^\s@,;:<>]+")
_OPAQUE = re.compile(r"\b(?=[\w-]*\d)[\w-]{25,}")
_TITLE = re.compile(rb"<title[^>]*>([^<]{1,80})", re.IGNORECASE)


def masked_body(raw: bytes, body: Body) -> dict[str, Any]:
    """Render a request's or an answer's body for people, masked."""
    if body.encoding is Encoding.EMPTY:
        return {"bytes": len(raw)}
    if body.content is not None:
        return {"bytes": len(raw), "json": masked(body.content)}
    return {"bytes": len(raw), "sha256": hashlib.sha256(raw).hexdigest(), **_outline(raw, body)}


def masked(value: object, *, levels: int = _LEVELS) -> Any:  # noqa: ANN401  (JSON in, JSON out)
    """Mask one JSON value; numbers and booleans stay, decimals become text."""
    if isinstance(value, Mapping | list) and not levels:
        return _HIDDEN
    if isinstance(value, Mapping):
        secretive = _is_naming(value)
        return {
            str(key): _masked_text(str(key).lower(), part, secretive=secretive)
            if isinstance(part, str)
            else masked(part, levels=levels - 1)
            for key, part in value.items()
        }
    if isinstance(value, list):
        return [masked(part, levels=levels - 1) for part in value]
    if isinstance(value, str):
        return _HIDDEN if value else value
    return value if value is None or isinstance(value, bool | int) else str(value)


def masked_text(text: str) -> str:
    """Hide e-mail addresses and whatever looks like a token in a sentence of the service."""
    return _OPAQUE.sub(_HIDDEN, _ADDRESS.sub(_HIDDEN, text))


def _masked_text(key: str, value: str, *, secretive: bool) -> str:
    if key in _TELLING:
        # A custom field's text stands under a key of its own, but a reference may be anything.
        return value if key != "value" or _REFERENCE.fullmatch(value) else _HIDDEN
    if key in _MESSAGES or (key in _DETAILS and not secretive and not _NAMING_TEXT.search(value)):
        return masked_text(value)
    return _HIDDEN if value else value


def _is_naming(fields: Mapping[Any, object]) -> bool:
    code = next((part for key, part in fields.items() if str(key).lower() == "code"), "")
    return str(code).lstrip("0") in _NAMING_CODES


def _outline(raw: bytes, body: Body) -> dict[str, Any]:
    if body.encoding is Encoding.HTML and (title := _TITLE.search(raw)):
        return {"encoding": "html", "title": masked_text(title[1].decode("utf-8", "replace"))}
    faults = [masked(_fault_fields(fault)) for fault in body.faults]
    return {"encoding": body.encoding.value, **({"faults": faults} if faults else {})}


def _fault_fields(fault: ParsedFault) -> dict[str, str]:
    return {
        "code": fault.code,
        "message": fault.message,
        "detail": fault.detail,
        "element": fault.element,
        "type": fault.type,
    }
