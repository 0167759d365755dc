"""What an answer must say before a write counts as certainly not done, stated without the product.

The codes are written out a second time, so that a change of the product's table has to be made
here too. Where the two differ, the product may doubt more than this, but never less.
"""

import json
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

REFUSING_STATUSES = frozenset({401, 403, 413, 429})

REFUSING_CODES = frozenset(
    {
        *("610", "620", "700", "800", "900", "1040", "1050"),
        *("2000", "2010", "2020", "2030", "2040", "2050", "2060", "2070"),
        *("2080", "2090", "2100", "2110", "2120", "2140", "2150", "2160"),
        *("2170", "2180", "2190"),
        *("2200", "2210", "2220", "2230", "2240", "2250", "2260", "2270"),
        *("2280", "2290", "2300", "2500", "2600"),
        *("3000", "3001", "3100", "3200", "3201", "3202", "4000", "4001"),
        *("4002", "5000", "5010", "5020", "5030"),
        *("6070", "6080", "6090", "6100", "6130", "6140", "6150", "6160"),
        *("6170", "6180", "6190", "6200", "6210", "6230", "6240", "6250"),
        *("6270",),
        *("6420", "6430", "6440", "6450", "6460", "6470", "6480", "6520"),
        *("6540", "10100", "10200"),
    }
)


def may_be_refused(status: int, raw: bytes) -> bool:
    """Say whether an answer to a whole write can prove that nothing of it was done."""
    if status in REFUSING_STATUSES:
        return True
    if status != 200 and not 400 <= status < 500:
        return False
    if raw.strip().startswith(b"<"):
        return _xml_refuses(raw.strip())
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict) and refuses(content)


def refuses(content: dict[str, Any]) -> bool:
    """Say whether all faults of an object are listed ones, and no result stands beside them."""
    if any(isinstance(part, dict) and part.get("Id") for part in content.values()):
        return False
    codes = list(_codes(content))
    return bool(codes) and all(code in REFUSING_CODES for code in codes)


def _codes(content: dict[str, Any]) -> Iterator[str]:
    for name in ("Fault", "fault"):
        fault = content.get(name)
        if fault is None:
            continue
        errors = _any_case(fault, "error")
        for error in errors if isinstance(errors, list) and errors else [errors]:
            yield str(_any_case(error, "code")).strip().lstrip("0")


def _any_case(fields: object, name: str) -> object:
    found = (
        [part for key, part in fields.items() if key.lower() == name]
        if isinstance(fields, dict)
        else []
    )
    return found[-1] if found else None


def _xml_refuses(raw: bytes) -> bool:
    try:
        root: Element = fromstring(raw, forbid_dtd=True)
    except Exception:  # noqa: BLE001 - whatever it is, no parser here could read it
        return False
    faults = [part for part in (root, *root) if _name(part) == "fault"]
    others = (
        [part for part in root if part not in faults and part not in list(faults[0])]
        if faults
        else []
    )
    codes = [
        next((text for key, text in error.attrib.items() if key.lower() == "code"), None)
        or next((part.text for part in error if _name(part) == "code"), "")
        for fault in faults
        for error in fault
        if _name(error) == "error"
    ]
    return (
        bool(codes)
        and not others
        and all(str(code).strip().lstrip("0") in REFUSING_CODES for code in codes)
    )


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2].lower()
