"""Whole answers over the wire: lists that are walked, and bodies packed badly or said twice."""

import gzip
from collections.abc import Callable, Iterable, Mapping, Sequence
from email.utils import formatdate
from random import Random
from typing import Any
from urllib.parse import parse_qs

from invoicesync.adapters.quickbooks.client import QuickBooksClient
from invoicesync.adapters.servicetrade.credentials import UserCredentials
from invoicesync.adapters.servicetrade.source import ServiceTradeSource
from invoicesync.domain.ids import RequestId
from invoicesync.errors import (
    InvoiceSyncError,
    MisconfiguredError,
    OutcomeUnknownError,
    RateLimitedError,
    RefusedError,
    RetryableError,
)
from invoicesync.ports import InvoiceFilter
from invoicesync.services.extract.pages import Pages
from invoicesync.services.extract.reader import Reader
from sandbox.http import InProcessAdapter
from tests.fakes import FakeClock, FakeDeadline, SeededRandom
from tests.fuzz import quickbooks
from tests.fuzz.certainty import may_be_refused
from tests.fuzz.mutations import damaged, dumped, mutated
from tests.fuzz.servicetrade import header

HOST = "servicetrade.test"
SOURCE = f"http://{HOST}/api"
MOST_READS = 12
ATTEMPTS = 3

type Start = Callable[[str, list[tuple[str, str]]], object]


class Lister:
    """Serves a list of invoices; ``lies`` is how often an answer is not what it should be."""

    def __init__(self, random: Random, rows: int, lies: float) -> None:
        self.rows = [{"id": number} for number in range(1, rows + 1)]
        self.calls = 0
        self._random = random
        self._lies = lies
        self._tells = random.choice(("body", "link", "nothing"))
        self._clock = FakeClock()

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        """Answer a login or a page, and see that nobody else was meant."""
        assert environ["SERVER_NAME"] == HOST, environ
        if environ["PATH_INFO"].endswith("/auth"):
            return self._send(start, 200, b'{"data": {"authToken": "abc"}}', {})
        assert environ["HTTP_COOKIE"] == "PHPSESSID=abc", environ
        self.calls += 1
        asked = parse_qs(environ["QUERY_STRING"])
        status, raw, headers = self._page(int(asked["page"][0]), int(asked["limit"][0]))
        if self._random.random() < self._lies:
            status = self._random.choice((200, 200, 200, 404, 429, 500, 503))
            if self._random.random() < 0.5:
                headers["Link"] = header(self._random)
            raw = packed(self._random, raw, headers)
        return self._send(start, status, raw, headers)

    def _page(self, number: int, limit: int) -> tuple[int, bytes, dict[str, str]]:
        random, last = self._random, -(-len(self.rows) // limit)
        data: dict[str, Any] = {"invoices": self.rows[(number - 1) * limit : number * limit]}
        headers: dict[str, str] = {}
        if self._tells == "body":
            data |= {"page": number, "totalPages": last}
        elif self._tells == "link" and last > 1:
            told = {"last": last, "next": min(number + 1, last)}
            headers["Link"] = ", ".join(
                f'<{SOURCE}/invoice?page={page}&limit={limit}>; rel="{name}"'
                for name, page in told.items()
            )
        if random.random() >= self._lies:
            return 200, dumped(random, {"data": data}), headers
        match random.randrange(4):
            case 0:
                data["invoices"] = random.choice(([], self.rows[:limit], self.rows))
            case 1:
                data |= {"page": random.randint(-1, 9), "totalPages": random.randint(-1, 10**9)}
            case 2:
                data = mutated(random, data)
            case _:
                return 200, said_twice(random, {"data": data}), headers
        return 200, dumped(random, {"data": data}), headers

    def _send(
        self, start: Start, status: int, raw: bytes, headers: dict[str, str]
    ) -> Sequence[bytes]:
        dated = {"Date": formatdate(self._clock.now(), usegmt=True), **headers}
        start(f"{status} So", list(dated.items()))
        return [raw]


def said_twice(random: Random, value: dict[str, Any]) -> bytes:
    """Write an object with some of its keys twice, the second time with something else."""
    inner = dumped(random, value)[1:-1].strip()
    other = dumped(random, mutated(random, value)) if random.random() < 0.8 else b"{}"
    parts = [inner, other.strip()[1:-1].strip() if other.lstrip()[:1] == b"{" else b""]
    random.shuffle(parts)
    return b"{" + b", ".join(part for part in parts if part) + b"}"


def packed(random: Random, raw: bytes, headers: dict[str, str]) -> bytes:
    """Compress a body or only say so; break what was compressed, or what it says."""
    headers["Content-Encoding"] = random.choice(("gzip", "gzip", "deflate", "gzip, gzip", "br"))
    match random.randrange(4):
        case 0:
            return raw
        case 1:
            return gzip.compress(raw)
        case 2:
            return gzip.compress(raw) + random.randbytes(random.randrange(9))
        case _:
            return damaged(random, gzip.compress(raw))


def walks(random: Random) -> None:
    """A walk over any list ends, gives rows that were served, and an honest list whole."""
    size, lies = random.choice((1, 2, 4, 6)), random.choice((0.0, 0.2, 0.6))
    server = Lister(random, random.randint(0, 9), lies)
    clock = FakeClock()
    source = ServiceTradeSource(
        SOURCE,
        credentials=lambda: UserCredentials("sync", "let-me-in"),
        clock=clock,
        adapter=InProcessAdapter(server),
    )
    reader = Reader(
        source=source,
        clock=clock,
        random=SeededRandom(random.randrange(99)),
        deadline=FakeDeadline(clock, 600),
        margin_seconds=60,
    )
    pages, found = Pages(reader, InvoiceFilter(updated_after=1), size), list[Any]()
    pages.start()
    for number in range(1, MOST_READS):
        before = server.calls
        try:
            page = pages.read(number)
        except InvoiceSyncError:
            if not lies:
                raise
            return
        assert server.calls - before <= ATTEMPTS * 2 * size, "a page was asked for without end"
        assert all(isinstance(row, dict) for row in page.rows)
        assert set(page.unreadable) <= set(range((number - 1) * size, number * size))
        assert lies or not page.odd, page
        found += page.rows
        if page.is_last:
            break
    assert lies or found == server.rows, (size, found)


def bodies(random: Random) -> None:
    """However an answer of QuickBooks is packed, a write that it does not refuse is unknown."""
    raw = quickbooks.body(random)
    if random.random() < 0.3:
        raw = said_twice(random, quickbooks.content(random))
    status = random.choice((200, 200, 400, 401, 403, 429, 500, 503))
    headers: dict[str, str] = {}
    sent = packed(random, raw, headers) if random.random() < 0.7 else raw

    def server(_: dict[str, Any], start: Start) -> Sequence[bytes]:
        start(f"{status} So", list(headers.items()))
        return [sent]

    client = QuickBooksClient(
        base_url="http://quickbooks.test",
        realm_id="1",
        access_token=lambda: "token",
        evidence=_Nowhere(),
        adapter=InProcessAdapter(server),
    )
    told = (status, headers, raw[:300], sent[:300])
    try:
        client.create("Customer", b"{}", request_id=RequestId("k"))
    except (RefusedError, RateLimitedError):
        assert may_be_refused(status, raw), told
    except (OutcomeUnknownError, MisconfiguredError):
        pass
    try:
        client.query("Invoice", limit=5)
    except (RetryableError, RefusedError, MisconfiguredError):
        return


class _Nowhere:
    """Evidence that nobody keeps."""

    def keep(self, name: str, record: Mapping[str, Any]) -> str:
        """Forget it."""
        del record
        return name
