"""The one place that writes to ServiceTrade: a status of an invoice, a comment on a job.

Only the acknowledger is given it. A write whose answer does not come, or proves nothing, has an
unknown outcome; nothing is sent twice from here but what a dead session kept from being done.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from requests.adapters import BaseAdapter

from invoicesync.adapters.servicetrade.credentials import Credentials
from invoicesync.adapters.servicetrade.envelope import content_of
from invoicesync.adapters.servicetrade.exchange import Answer, Call, Timeouts
from invoicesync.adapters.servicetrade.failures import pause_of, throttled
from invoicesync.adapters.servicetrade.session import Session
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.errors import OutcomeUnknownError, RefusedError, TransientReadError
from invoicesync.ports.runtime import Clock
from invoicesync.ports.source import Json

JOB = 3
"""How a comment says that it is on a job; by which number it would name an invoice is not known."""

RESERVE_MS = 20_000
"""Server time that is left to the extractor, which works as the same user, and to people."""

_COMMENTS_A_PAGE = 100
_DONE = frozenset({HTTPStatus.OK, HTTPStatus.CREATED})
_REFUSED = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.METHOD_NOT_ALLOWED,
        HTTPStatus.CONFLICT,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)


class ServiceTradeWriter:
    """ServiceTrade, as far as the acknowledger may change it."""

    def __init__(
        self,
        base_url: str,
        *,
        credentials: Callable[[], Credentials],
        clock: Clock,
        adapter: BaseAdapter | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        """Bind to ``base_url``, such as ``https://api.servicetrade.com/api``."""
        self._base_url = base_url.rstrip("/")
        self._session = Session(
            base_url,
            credentials=credentials,
            clock=clock,
            adapter=adapter,
            timeouts=timeouts,
            reserve_ms=RESERVE_MS,
        )

    def close(self) -> None:
        """Drop pooled connections."""
        self._session.close()

    def invoice(self, invoice_id: ServiceTradeId) -> Json | None:
        """Fetch one invoice; None where it does not exist."""
        answer = self._session.get(f"read invoice {invoice_id}", f"/invoice/{int(invoice_id)}", {})
        if answer.is_not_found:
            return None
        row = content_of(answer)
        if str(row.get("id")) != str(invoice_id):
            raise answer.unusable("with another invoice")
        return row

    def set_status(self, invoice_id: ServiceTradeId, status: str) -> None:
        """Give an invoice a status, and see that it has it."""
        what = f"set invoice {invoice_id} to {status}"
        shown = self._write(what, "PUT", f"/invoice/{int(invoice_id)}", {"status": status})
        if shown.get("status") != status:
            raise RefusedError(f"{what} was answered 200, and the status stays another", status=200)

    def comments(self, job_id: ServiceTradeId) -> list[str]:
        """Fetch the texts of all comments on a job."""
        on_job = {"entityType": str(JOB), "entityId": str(int(job_id))}
        rows = self._session.every("comment", "comments", on_job, limit=_COMMENTS_A_PAGE)
        return [str(row.get("content", "")) for row in rows]

    def comment(self, job_id: ServiceTradeId, text: str) -> None:
        """Write a comment on a job."""
        body: dict[str, str | int] = {"entityType": JOB, "entityId": int(job_id), "content": text}
        self._write(f"comment on job {job_id}", "POST", "/comment", body)

    def _write(
        self, what: str, method: str, path: str, body: Mapping[str, str | int]
    ) -> Mapping[str, Any]:
        try:
            answer = self._session.send(
                Call(what, f"{self._base_url}{path}", method=method, json=body)
            )
            return _done(answer)
        except TransientReadError as error:
            raise OutcomeUnknownError(f"{error}; it may have been done") from error


def _done(answer: Answer) -> Mapping[str, Any]:
    """Return what was stored, or raise what the answer to a write means."""
    status, what = answer.status, answer.what
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise throttled(what, pause_of(answer.headers))
    # What a gateway answers in ServiceTrade's place has no JSON in it, and proves nothing.
    if answer.body is None:
        raise answer.unusable("without a JSON object")
    if status in _REFUSED:
        raise RefusedError(f"{what} was refused ({status})", code=str(status), status=status)
    stored = answer.body.get("data")
    if status not in _DONE or not isinstance(stored, dict):
        raise answer.unusable("without what was stored")
    return stored
