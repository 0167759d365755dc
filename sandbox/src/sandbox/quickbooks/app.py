"""The simulator as a WSGI app: gateway, faults, routes, and a log of it all."""

import hashlib
import threading
from collections.abc import Callable, Iterable
from typing import Any

from sandbox.faults import FaultScript, Rule
from sandbox.http import WsgiApp
from sandbox.quickbooks import control, gateway, routes, tokens
from sandbox.quickbooks.batch import Meddling
from sandbox.quickbooks.calls import Call
from sandbox.quickbooks.company import Company
from sandbox.quickbooks.exchange import Answer, Request
from sandbox.quickbooks.injection import FAULTS
from sandbox.quickbooks.meeting import Meeting

KNOWN_FAULTS = frozenset(FAULTS)


def create_app(
    company: Company,
    *,
    faults: FaultScript | None = None,
    sleep: Callable[[float], None] | None = None,
) -> WsgiApp:
    """Serve a company.

    ``sleep`` is used for slow answers and realistic latency; without it nothing waits.
    """
    return _App(company, faults or FaultScript(KNOWN_FAULTS), sleep)


class _App:
    def __init__(
        self, company: Company, faults: FaultScript, sleep: Callable[[float], None] | None
    ) -> None:
        self._company = company
        self._faults = faults
        self._sleep = sleep
        self._served = 0
        # One request at a time: a company's books change as a whole or not at all.
        self._lock = threading.RLock()

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        request = Request.read(environ)
        if request.path.startswith("/_"):
            with self._lock:
                answer = control.answer(self._company, self._faults, request)
            return _send(answer, {}, start_response)
        with self._lock:
            self._served += 1
            tid = self._tid()
            refusal, rule = self._meet(request)
        self._wait(request, rule)
        status, name = 0, rule.fault if rule else ""
        with self._lock:
            try:
                answer = refusal or self._answer(request, rule)
                status = answer.status
            finally:
                self._log(request, status, tid, name)
        return _send(answer, self._headers(request, answer, tid), start_response)

    def _meet(self, request: Request) -> tuple[Answer | None, Rule | None]:
        self._company.settle()
        if not tokens.is_ours(request.path):
            if not request.path.startswith("/v3/company/"):
                return gateway.no_such_page(), None
            refusal = gateway.refuse(self._company, request)
            if refusal:
                return refusal, None
        return None, self._faults.draw(request.method, request.route)

    def _answer(self, request: Request, rule: Rule | None) -> Answer:
        def act(meddling: Meddling | None) -> Answer:
            if tokens.is_ours(request.path):
                return tokens.perform(self._company, request)
            return routes.perform(self._company, request, meddling)

        # A wait may have passed meanwhile, and with it the moment of a late commit.
        self._company.settle()
        if rule is None:
            return act(None)
        return FAULTS[rule.fault](Meeting(self._company, request, rule.settings, act))

    def _wait(self, request: Request, rule: Rule | None) -> None:
        if self._sleep is None:
            return
        seconds = 0.0
        latency = self._company.options.latency
        if latency:
            items = len(request.json().get("BatchItemRequest", [])) if request.is_batch else 0
            seconds = latency.base_seconds + latency.seconds_per_item * items
            if self._served % latency.slow_every == 0:
                seconds = latency.slow_seconds
        if rule and rule.fault == "slow":
            seconds = float(rule.settings.get("seconds", 30))
        if seconds:
            self._sleep(min(seconds, self._company.options.cut_off_seconds))

    def _tid(self) -> str:
        serial = hashlib.sha256(f"{self._company.realm_id} {self._served}".encode()).hexdigest()
        return f"1-{int(self._company.clock()):08x}-{serial[:24]}"

    def _headers(self, request: Request, answer: Answer, tid: str) -> dict[str, str]:
        headers = {
            "intuit_tid": tid,
            "x-spanid": f"{tid[11:19]}-{tid[19:23]}-{tid[23:27]}-{tid[27:31]}-{tid[11:23]}",
            "x-amzn-trace-id": f"Root={tid}",
            "Server": "istio-envoy",
            "Strict-Transport-Security": "max-age=31536000",
        }
        if answer.status == 200 and not tokens.is_ours(request.path):  # noqa: PLR2004
            headers |= {
                "Qbo-Version": "1988.128",
                "Service-Time": "total=85, db=57",
                "Expires": "0",
                "Cache-Control": "max-age=0, no-cache, no-store, must-revalidate, private",
            }
        return headers

    def _log(self, request: Request, status: int, tid: str, fault: str) -> None:
        call = Call(
            time=self._company.clock(),
            method=request.method,
            path=request.path,
            operation=request.operation,
            requestid=request.query.get("requestid", ""),
            status=status,
            tid=tid,
            fault=fault,
        )
        self._company.calls.add(call, _kind(request))


def _kind(request: Request) -> str:
    if tokens.is_ours(request.path):
        return "token"
    tail = request.path.rsplit("/", 1)[-1]
    if tail in {"batch", "query", "cdc"}:
        return tail
    if "/reports/" in request.path:
        return "report"
    if request.method == "GET":
        return "read"
    return request.operation or "write"


def _send(
    answer: Answer, headers: dict[str, str], start_response: Callable[..., Any]
) -> Iterable[bytes]:
    own = {"Content-Type": answer.content_type, "Content-Length": str(len(answer.body))}
    start_response(answer.line, list({**headers, **answer.headers, **own}.items()))
    return [answer.body]
