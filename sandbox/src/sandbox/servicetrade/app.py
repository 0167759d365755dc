"""Serve an account over WSGI, with faults on demand and control routes for this machine."""

import json
import math
from collections import Counter, deque
from collections.abc import Callable, Iterable
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from threading import RLock
from typing import Any

import requests

from sandbox.faults import FaultScript, Rule, UnknownFaultError
from sandbox.http import AnswerLostError, ConnectRefusedError, WsgiApp
from sandbox.servicetrade.account import Account, UnknownRowError
from sandbox.servicetrade.api import Api
from sandbox.servicetrade.bending import FAULTS, Bender
from sandbox.servicetrade.budget import Budget
from sandbox.servicetrade.messages import Answer, Request, plain_json, refusal
from sandbox.servicetrade.people import act
from sandbox.servicetrade.store import Row
from sandbox.servicetrade.webhooks import over_http

_LOOPBACK = frozenset({"127.0.0.1", "::1"})
_CALLS_KEPT = 10_000


def create_app(
    account: Account,
    *,
    faults: FaultScript | None = None,
    sleep: Callable[[float], None] | None = None,
) -> WsgiApp:
    """Return the WSGI app of an account.

    ``sleep`` is how a slow answer waits; without it only the duration in ``meta.stats`` grows.
    """
    return _App(account, FaultScript(FAULTS) if faults is None else faults, sleep)


@lru_cache(maxsize=1024)
def _dated(second: int) -> str:
    return formatdate(second, usegmt=True)


class _App:
    def __init__(
        self, account: Account, faults: FaultScript, sleep: Callable[[float], None] | None
    ) -> None:
        self._account = account
        self._faults = faults
        self._sleep = sleep
        self._api = Api(account)
        self._bender = Bender(account)
        self._budget = Budget(clock=account.clock, options=account.options)
        self._lock = RLock()
        self._calls: deque[dict[str, Any]] = deque(maxlen=_CALLS_KEPT)
        self._counts: Counter[str] = Counter()

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        request = Request.read(environ)
        if request.path.startswith("/_"):
            with self._lock:
                answer, body, wait = self._control(request), None, 0.0
        else:
            with self._lock:
                answer, body, wait = self._serve(request)
        if wait and self._sleep is not None:
            self._sleep(wait)
        sent = answer.body(None) if body is None else body
        status = HTTPStatus(answer.status)
        headers = {
            "Content-Type": "application/json; charset=UTF-8",
            "Date": _dated(math.floor(self._account.clock())),
            "Content-Length": str(len(sent)),
            **answer.headers,
        }
        start_response(f"{status.value} {status.phrase}", list(headers.items()))
        return [sent]

    def _serve(self, request: Request) -> tuple[Answer, bytes, float]:
        rule = self._faults.draw(request.method, request.path)
        if rule is not None and rule.fault == "dead_session":
            self._api.doorman.end(bearer=request.bearer, cookie=request.session_token)
        user = self._api.caller(request)
        wait = float(rule.settings.get("seconds", 30)) if rule and rule.fault == "slow" else 0.0
        try:
            answer = self._bent(request, rule, user)
        except (AnswerLostError, ConnectRefusedError) as lost:
            self._log(request, user, type(lost).__name__, 0, rule)
            raise
        body = answer.body(self._stats(user, answer, wait))
        self._log(request, user, answer.status, len(body), rule)
        return answer, body, wait

    def _bent(self, request: Request, rule: Rule | None, user: Row | None) -> Answer:
        def serve(**around: float) -> Answer:
            seconds = None if user is None else self._budget.wait_seconds(user["id"])
            if seconds is not None:
                options = self._account.options
                answer = refusal(429, "Too much server time was used.", options=options)
                answer.headers["Retry-After"] = str(seconds)
                return answer
            return self._api.answer(request, **around)

        return self._bender.serve(rule, request, serve)

    def _stats(self, user: Row | None, answer: Answer, wait: float) -> dict[str, int]:
        options = self._account.options
        usage = options.cost_ms + answer.rows * options.cost_ms_a_row
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            usage = 0.0
        left = float(options.budget_ms)
        if user is not None:
            left = self._budget.spend(user["id"], usage)
        return {
            "requestDurationMs": round(usage * 6 + wait * 1000),
            "resourceUsageMs": round(usage),
            "resourceBalanceMs": max(round(left), 0),
        }

    def _log(
        self, request: Request, user: Row | None, status: int | str, size: int, rule: Rule | None
    ) -> None:
        self._counts[f"{request.method} {request.segments[0]}"] += 1
        self._calls.append(
            {
                "time": self._account.clock(),
                "method": request.method,
                "path": request.path,
                "query": dict(request.query),
                "user": None if user is None else user["id"],
                "status": status,
                "bytes": size,
                "fault": None if rule is None else rule.fault,
            }
        )

    def _control(self, request: Request) -> Answer:
        if request.environ.get("REMOTE_ADDR") not in _LOOPBACK:
            return plain_json(403, {"error": "control routes answer on this machine only"})
        try:
            return plain_json(200, self._controlled(request))
        except (ValueError, KeyError, TypeError, UnknownFaultError, UnknownRowError) as error:
            return plain_json(400, {"error": f"{type(error).__name__}: {error}"})

    def _controlled(self, request: Request) -> object:
        match (request.method, request.path):
            case ("POST", "/_faults"):
                rules = json.loads(request.body)
                self._faults.add(rules if isinstance(rules, list) else [rules])
                return {"added": len(rules) if isinstance(rules, list) else 1}
            case ("DELETE", "/_faults"):
                self._faults.clear()
                return {"cleared": True}
            case ("POST", "/_people"):
                return act(self._account, request.fields())
            case ("POST", "/_deliver"):
                return self._deliver()
            case ("GET", "/_state"):
                return self._state()
            case ("GET", "/_calls"):
                return {"calls": list(self._calls)}
            case _:
                raise ValueError(f"no control route {request.method} {request.path}")

    def _deliver(self) -> object:
        outbox = self._account.outbox
        with requests.Session() as session:
            tries = outbox.pump(list(self._account.store.rows("webhook")), over_http(session))
        return {"tries": tries, "delivered": outbox.delivered, "dropped": outbox.dropped}

    def _state(self) -> object:
        return {
            "now": self._account.clock(),
            "invoices": list(self._account.all("invoice")),
            "jobs": list(self._account.all("job")),
            "comments": list(self._account.all("comment")),
            "calls": dict(self._counts),
        }
