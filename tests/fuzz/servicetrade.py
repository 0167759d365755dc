"""Rows, pages and links as ServiceTrade might send them, and as nobody should."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from invoicesync.adapters.origin import address_of
from invoicesync.adapters.servicetrade.envelope import listed
from invoicesync.adapters.servicetrade.exchange import Answer
from invoicesync.adapters.servicetrade.links import linked_page, linked_pages
from invoicesync.domain.mapping import parse_mapping
from invoicesync.domain.message import NewerSchemaError, UnreadableMessageError, decode
from invoicesync.domain.source import parse_source
from invoicesync.errors import MisconfiguredError, TransientReadError
from tests.fuzz.mutations import damaged, dumped, mutated, nested

ROOT = Path(__file__).parents[2]
EVENT = json.loads((ROOT / "events/loader-sqs.json").read_bytes())
MESSAGE = json.loads(EVENT["Records"][0]["body"])
MAPPING = (ROOT / "sandbox/src/sandbox/demo/mapping.yaml").read_bytes()
HOSTILE: Sequence[str] = [
    line.encode("latin-1", "backslashreplace").decode("unicode_escape")
    for line in (ROOT / "tests/unit/adapters/servicetrade/hostile_urls.txt")
    .read_text(encoding="utf-8")
    .splitlines()
    if line.strip() and not line.startswith("#")
]
ASKED = "https://api.servicetrade.com/api/invoice?page=1&limit=200"
_PIECES = (
    *("https", "http", ":", "//", "/", "\\", "@", "#", "?", ".", "api.servicetrade.com", "[::1]"),
    *("evil.example", "127.0.0.1", ":443", ":8443", "%40", "\t", "\n", "\u3002", "user:pass"),
    *("/api/invoice", "page=2", "&limit=200", "\x00", "xn--pi-6kc", " ", "API.", "٤"),
)


def sources(random: Random) -> None:
    """Whatever JSON came is read, and what was read travels and is read back equal."""
    told = mutated(random, MESSAGE["source"])
    told = told if isinstance(told, dict) else {"invoice": told}
    source = parse_source(told.get("invoice"), told.get("job"))  # type: ignore[arg-type]
    plain = source.plain()
    assert parse_source(plain["invoice"], plain["job"]) == source, told


def messages(random: Random) -> None:
    """A body is a message, of a newer schema, or unreadable; and a message encodes again."""
    match random.randrange(8):
        case 0:
            raw = damaged(random, dumped(random, MESSAGE))
        case 1 if random.random() < 0.1:
            raw = nested(random)
        case _:
            raw = dumped(random, mutated(random, MESSAGE))
    try:
        message = decode(raw.decode("utf-8", "replace"))
    except (UnreadableMessageError, NewerSchemaError):
        return
    assert decode(message.encode()) == message, raw[:400]
    assert message.servicetrade_id >= 0


def mappings(random: Random) -> None:
    """A mapping is read or refused in words."""
    raw = damaged(random, MAPPING)
    if random.random() < 0.05:
        raw = nested(random)
    told = "the mapping"
    try:
        parse_mapping(raw.decode("utf-8", "replace"))
    except MisconfiguredError as refused:
        told = str(refused)
    assert told.startswith("the mapping"), raw[-200:]


def pages(random: Random) -> None:
    """A page is read with numbers that make sense, or is to be read again."""
    content = {"data": {"invoices": [{"id": 1}, {"id": 2}], "page": 2, "totalPages": 3}}
    body: Any = mutated(random, content) if random.random() < 0.8 else content
    if isinstance(body, dict) and isinstance(body.get("data"), dict) and random.random() < 0.5:
        body["data"].pop("totalPages", None)
    headers: Mapping[str, str] = {"Link": header(random)}
    known = body if isinstance(body, dict) else None
    try:
        page = listed(
            Answer("GET invoice", 200, headers, known, 9),
            "invoices",
            page=2,
            limit=200,
            asked=ASKED,
        )
    except TransientReadError:
        return
    assert all(isinstance(row, dict) for row in page.rows)
    assert type(page.page) is int
    assert page.page >= 0
    assert page.total_pages is None or (type(page.total_pages) is int and page.total_pages >= 0)


def header(random: Random) -> str:
    """Make a Link header of addresses of any kind."""
    relations = ("next", "last", "prev", "self", "NEXT", "")
    return random.choice((",", ", ", ",,")).join(
        f"<{url(random)}>; rel={random.choice(('', chr(34)))}{random.choice(relations)}"
        for _ in range(random.randint(0, 3))
    )


def url(random: Random) -> str:
    """Make an address: a good one, a hostile one, a damaged one, or pieces of some."""
    match random.randrange(4):
        case 0:
            return f"https://api.servicetrade.com/api/invoice?page={random.randint(0, 12)}"
        case 1:
            return random.choice(HOSTILE)
        case 2:
            base = random.choice((ASKED, *HOSTILE)).encode("utf-8", "surrogatepass")
            return damaged(random, base).decode("utf-8", "replace")
        case _:
            return "".join(random.choice(_PIECES) for _ in range(random.randint(1, 9)))


def addresses(random: Random) -> None:
    """What the guards let pass leads, as `requests` itself reads it, to the one host."""
    address = url(random)
    linked_pages(f'<{address}>; rel="next"', asked=ASKED)
    if linked_page(address, asked=ASKED) is not None:
        _leads_home(address)
        assert urlsplit(address).path == "/api/invoice", address
    known = address_of(address)
    if known is not None and known.origin == ("https", "api.servicetrade.com", 443):
        _leads_home(address)
    try:
        prepared = requests.Request("GET", address).prepare().url or ""
    except (requests.RequestException, ValueError):
        return
    known = address_of(prepared)
    if known is not None and known.origin == ("https", "api.servicetrade.com", 443):
        _leads_home(prepared)


def _leads_home(address: str) -> None:
    """Ask the readers that open the connection, not ours."""
    prepared = requests.Request("GET", address).prepare().url or ""
    pool = HTTPAdapter().build_connection_pool_key_attributes(
        requests.Request("GET", address).prepare(), verify=True
    )[0]
    assert (pool["scheme"], pool["host"]) == ("https", "api.servicetrade.com"), address
    assert pool["port"] in {None, 443}, address
    assert urlsplit(prepared).hostname == "api.servicetrade.com", address
