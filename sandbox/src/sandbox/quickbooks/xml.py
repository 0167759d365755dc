"""Answers as XML: what a client gets that does not ask for JSON."""

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from sandbox.quickbooks import wire
from sandbox.quickbooks.wire import Body, Rendered

_NAMESPACE = "http://schema.intuit.com/finance/v3"
_ATTRIBUTES = {
    "domain",
    "sparse",
    "name",
    "type",
    "code",
    "element",
    "bId",
    "startPosition",
    "maxResults",
    "totalCount",
    "status",
}


def render(answer: Body) -> bytes:
    """Write an answer's envelope as ``IntuitResponse``."""
    plain = wire.mapping(wire.parse(wire.render(answer).encode()))
    when = plain.pop("time", "")
    inner = "".join(part for name, value in plain.items() for part in _parts(name, value))
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    root = f'<IntuitResponse xmlns="{_NAMESPACE}" time="{when}">'
    return f"{head}{root}{inner}</IntuitResponse>".encode()


def _parts(name: str, value: object) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _parts(name, each)
    elif isinstance(value, dict):
        held = {
            key: each
            for key, each in value.items()
            if key in _ATTRIBUTES and not isinstance(each, (dict, list))
        }
        marks = "".join(f" {key}={quoteattr(_text(each))}" for key, each in held.items())
        if "value" in value:
            yield f"<{name}{marks}>{escape(_text(value['value']))}</{name}>"
            return
        rest = {key: each for key, each in value.items() if key not in held}
        inner = "".join(part for key, each in rest.items() for part in _parts(key, each))
        yield f"<{name}{marks}>{inner}</{name}>"
    else:
        yield f"<{name}>{escape(_text(value))}</{name}>"


def _text(value: object) -> str:
    if isinstance(value, (bool, Rendered)) or not isinstance(value, str):
        return wire.render(value)
    return value
