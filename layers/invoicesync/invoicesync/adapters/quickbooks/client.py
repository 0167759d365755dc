"""QuickBooks Online's Accounting API for one company, on `requests` and nothing more."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from urllib.parse import quote

from requests.adapters import BaseAdapter

from invoicesync.adapters.quickbooks import answers
from invoicesync.adapters.quickbooks.evidence import Witness
from invoicesync.adapters.quickbooks.exchange import Answer, Call, Exchange, Seconds
from invoicesync.adapters.quickbooks.outcomes import doubt
from invoicesync.adapters.quickbooks.query import PAGE_SIZE, select
from invoicesync.adapters.transport import HostBoundTransport
from invoicesync.domain.ids import QuickBooksId, RequestId
from invoicesync.errors import MisconfiguredError
from invoicesync.ports.books import BatchAnswer, Books, Changes, Comparison, Evidence, Written
from invoicesync.ports.source import Json

MINOR_VERSION = 75
READ_TIMEOUT_SECONDS = 125.0
"""A little more than the 120 s after which Intuit itself gives up."""

_LONGEST_URL = 4_000
_LONGEST_KEY = 50
_LONGEST_BATCH_KEY = 36
_KEY = re.compile(r"[A-Za-z0-9_-]+")
_DIGITS = re.compile(r"[0-9]{1,20}")
_ENTITY = re.compile(r"[A-Z][A-Za-z]{1,40}")

_READ_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "User-Agent": "invoicesync",
}
_WRITE_HEADERS = {**_READ_HEADERS, "Content-Type": "application/json"}
_QUERY_HEADERS = {**_READ_HEADERS, "Content-Type": "application/text"}


class QuickBooksClient(Books):
    """Reads and writes one company's books; sends everything once and translates what comes back.

    Every answer but a clean success leaves masked evidence.
    """

    def __init__(
        self,
        *,
        base_url: str,
        realm_id: str,
        access_token: Callable[[], str],
        evidence: Evidence,
        adapter: BaseAdapter | None = None,
        connect_timeout: Seconds = 10.0,
        read_timeout: Seconds = READ_TIMEOUT_SECONDS,
    ) -> None:
        """Bind the client to one host and company.

        ``access_token`` is asked before each request and never kept. ``adapter`` replaces the
        network. A time-out that is a callable says how long may still be waited; where that is
        nothing, nothing is sent.
        """
        if not _DIGITS.fullmatch(realm_id):
            raise MisconfiguredError("the realm id is not a row of digits; connect again")
        self._exchange = Exchange(
            HostBoundTransport(base_url, of="QuickBooks", adapter=adapter),
            lambda: f"Bearer {access_token()}",
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
        )
        self._company = f"{base_url.rstrip('/')}/v3/company/{realm_id}"
        self._witness = Witness(evidence)

    def batch(self, body: bytes, *, request_id: RequestId) -> BatchAnswer:
        """POST /batch with exactly these bytes."""
        if len(request_id) > _LONGEST_BATCH_KEY:
            raise ValueError(f"a batch's requestid has at most {_LONGEST_BATCH_KEY} characters")
        call = self._writing("batch", body, request_id)
        return answers.batch_answer(self._witnessed(call, request_id))

    def void(self, body: bytes, *, request_id: RequestId) -> tuple[Written, str]:
        """POST /invoice?operation=void with exactly these bytes."""
        call = self._writing("invoice", body, request_id, operation="void")
        return self._written(call, "Invoice", request_id)

    def create(self, entity: str, body: bytes, *, request_id: RequestId) -> tuple[Written, str]:
        """POST one new entity with exactly these bytes."""
        if not _ENTITY.fullmatch(entity):
            raise ValueError(f"{entity!r} is no entity name, such as Customer")
        call = self._writing(entity.lower(), body, request_id)
        return self._written(call, entity, request_id)

    def read_invoice(self, invoice_id: QuickBooksId) -> Json | None:
        """Read one invoice; None where QuickBooks has none under that Id (610)."""
        if not _DIGITS.fullmatch(invoice_id):
            raise ValueError(f"{invoice_id!r} is no QuickBooks Id")
        answer = self._read(f"invoice/{invoice_id}")
        if answers.is_absent(answer):
            return None
        invoice = answers.one(answer, "Invoice")
        if invoice.get("Id") != invoice_id:
            raise doubt(answer.attempt, "another invoice than the one asked for")
        return invoice

    def query(
        self,
        entity: str,
        *,
        where: Sequence[Comparison] = (),
        order_by: str = "Id",
        start: int = 1,
        limit: int = PAGE_SIZE,
    ) -> list[Json]:
        """Run one SELECT; more than a page of rows takes several, each object once.

        Rows may be skipped where objects are deleted between two pages.
        """
        found: dict[object, Json] = {}
        while limit > 0:
            size = min(limit, PAGE_SIZE)
            statement = select(entity, where, order_by=order_by, start=start, limit=size)
            page = answers.rows(self._select(entity, statement), entity)
            found.update((row.get("Id", f"{start}+{at}"), row) for at, row in enumerate(page))
            if len(page) < size:
                break
            start, limit = start + size, limit - size
        return list(found.values())

    def changes(self, entity: str, *, since: float) -> Changes:
        """Ask for what changed since a time; one answer, which cannot be turned over."""
        if not _ENTITY.fullmatch(entity):
            raise ValueError(f"{entity!r} is no entity name, such as Invoice")
        moment = f"{datetime.fromtimestamp(since, UTC):%Y-%m-%dT%H:%M:%SZ}"
        asked = f"entities={entity}&changedSince={quote(moment, safe='')}"
        url = f"{self._company}/cdc?{asked}&minorversion={MINOR_VERSION}"
        answer = self._ask(Call(f"GET /cdc of {entity}", "GET", url, _READ_HEADERS))
        return answers.changes(answer, entity, cap=PAGE_SIZE)

    def transaction_list(self, first: date, last: date) -> Json:
        """Read QuickBooks' own report of the invoices dated within these days."""
        asked = f"start_date={first}&end_date={last}&transaction_type=Invoice"
        url = f"{self._company}/reports/TransactionList?{asked}&minorversion={MINOR_VERSION}"
        answer = self._ask(Call("report TransactionList", "GET", url, _READ_HEADERS))
        return {"Columns": answers.one(answer, "Columns"), "Rows": answers.one(answer, "Rows")}

    def preferences(self) -> Json:
        """Read the company's preferences."""
        return answers.one(self._read("preferences"), "Preferences")

    def close(self) -> None:
        """Drop pooled connections.

        To be called when an invocation begins: a connection that slept with the function may be
        dead, and a write sent down a dead one has an unknown outcome.
        """
        self._exchange.close()

    def _writing(
        self, path: str, body: bytes, request_id: RequestId, *, operation: str = ""
    ) -> Call:
        if not _KEY.fullmatch(request_id) or len(request_id) > _LONGEST_KEY:
            raise ValueError(f"{request_id!r} is no requestid")
        operating = f"operation={operation}&" if operation else ""
        return Call(
            what=f"POST /{path} {operation}{' ' if operation else ''}requestid {request_id}",
            method="POST",
            url=(
                f"{self._company}/{path}?{operating}requestid={request_id}"
                f"&minorversion={MINOR_VERSION}"
            ),
            headers=_WRITE_HEADERS,
            body=body,
            writing=True,
        )

    def _written(self, call: Call, entity: str, request_id: RequestId) -> tuple[Written, str]:
        answer = self._witnessed(call, request_id)
        return answers.written(answer, entity), answer.attempt.tid

    def _read(self, path: str) -> Answer:
        url = f"{self._company}/{path}?minorversion={MINOR_VERSION}"
        return self._ask(Call(f"GET /{path}", "GET", url, _READ_HEADERS))

    def _select(self, entity: str, statement: str) -> Answer:
        url = f"{self._company}/query?minorversion={MINOR_VERSION}"
        what = f"query of {entity}"
        whole = f"{url}&query={quote(statement, safe='')}"
        if len(whole) <= _LONGEST_URL:
            return self._ask(Call(what, "GET", whole, _READ_HEADERS), statement)
        body = statement.encode()
        return self._ask(Call(what, "POST", url, _QUERY_HEADERS, body), statement)

    def _ask(self, call: Call, statement: str = "") -> Answer:
        return self._witnessed(call, "", statement)

    def _witnessed(self, call: Call, request_id: str, statement: str = "") -> Answer:
        """Send, keep what was no plain success, and note in the answer where that lies."""
        answer = self._exchange.send(call)
        kept = self._witness.keep(call, answer, request_id, statement)
        return replace(answer, attempt=replace(answer.attempt, evidence=kept)) if kept else answer
