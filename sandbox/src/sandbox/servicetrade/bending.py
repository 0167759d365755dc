"""The faults that this simulator can commit, and how each bends a request or its answer."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.faults import Rule
from sandbox.http import AnswerLostError, ConnectRefusedError
from sandbox.servicetrade.account import Account
from sandbox.servicetrade.messages import Answer, Request, refusal
from sandbox.servicetrade.wire import text_of

# Happen instead of the request, or after it with ``"with": {"after": true}``.
_INSTEAD = frozenset(
    {"throttle_429", "error_500", "bad_gateway_502_html", "redirect_302", "not_json"}
)
# Bend what came out.
_BEND = frozenset(
    {
        *("error_body_200", "truncated_json", "hostile_link", "wrong_total_pages", "empty_page"),
        *("nan_values", "unknown_enum"),
    }
)
# Bend how the request is served.
_AROUND = frozenset({"late_visibility", "repeated_page", "rows_move", "dead_session", "slow"})

FAULTS = _INSTEAD | _BEND | _AROUND | {"answer_lost", "request_lost"}

_HTML_502 = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    b"<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
)
_HTML_NOTICE = b"<!doctype html><html><body><h1>Down for maintenance</h1></body></html>"
_REDIRECTS = 300
_ELSEWHERE = "https://elsewhere.example"

type Serve = Callable[..., Answer]


class Bender:
    """Commits one fault on one request."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def serve(self, rule: Rule | None, request: Request, serve: Serve) -> Answer:
        """Serve a request with the fault of ``rule``, if any."""
        if rule is None:
            return serve()
        settings = rule.settings
        if rule.fault == "request_lost":
            raise ConnectRefusedError
        if rule.fault == "answer_lost":
            serve()
            raise AnswerLostError
        if rule.fault in _INSTEAD:
            if settings.get("after"):
                serve()
            return self._instead(rule.fault, settings, request)
        if rule.fault == "late_visibility":
            return serve(late_seconds=float(settings.get("seconds", 60)))
        if rule.fault == "repeated_page":
            return serve(shift=-1)
        answer = serve()
        if rule.fault == "rows_move":
            self._move_a_row(answer, settings)
        elif rule.fault in _BEND and answer.data is not None and answer.status < _REDIRECTS:
            self._bend(rule.fault, settings, request, answer)
        return answer

    def _instead(self, fault: str, settings: Mapping[str, Any], request: Request) -> Answer:
        options = self._account.options
        html = {"Content-Type": "text/html; charset=UTF-8"}
        match fault:
            case "throttle_429":
                answer = refusal(429, "Too much server time was used.", options=options)
                answer.headers["Retry-After"] = str(settings.get("seconds", 15))
                return answer
            case "error_500":
                return refusal(500, "An unexpected error has occurred.", options=options)
            case "bad_gateway_502_html":
                return Answer(status=502, plain=_HTML_502, headers=html)
            case "redirect_302":
                to = str(settings.get("to", f"{_ELSEWHERE}{request.path}"))
                return Answer(status=302, plain=b"", headers={"Location": to})
            case _:
                return Answer(plain=_HTML_NOTICE, headers=html)

    def _bend(
        self, fault: str, settings: Mapping[str, Any], request: Request, answer: Answer
    ) -> None:
        match fault:
            case "error_body_200":
                answer.data = None
                answer.messages = {"error": ["An unexpected error has occurred."]}
            case "truncated_json":
                whole = answer.body({})
                answer.plain = whole[: int(settings.get("bytes", len(whole) // 2))]
            case "hostile_link":
                usual = f'<{_ELSEWHERE}{request.path}?page=2&limit=200>; rel="next"'
                answer.headers["Link"] = str(settings.get("link", usual))
            case _:
                shown = json.loads(answer.data or "{}")
                _bend_rows(fault, settings, shown)
                answer.data = text_of(shown)

    def _move_a_row(self, answer: Answer, settings: Mapping[str, Any]) -> None:
        """Let an edit land after a page was read that takes one of its rows to the very end."""
        shown = json.loads(answer.data or "{}")
        rows = shown.get("invoices") or []
        chosen = settings.get("id") or (rows[0]["id"] if rows else None)
        if chosen is None:
            return
        row = self._account.row("invoice", int(chosen))
        usual = {"name": f"~ {row['name']}"}
        self._account.edit("invoice", int(chosen), settings.get("changes", usual))


def _bend_rows(fault: str, settings: Mapping[str, Any], shown: dict[str, Any]) -> None:
    plural = next((key for key, value in shown.items() if isinstance(value, list)), None)
    rows: list[dict[str, Any]] = [shown] if "id" in shown else shown.get(plural or "", [])
    match fault:
        case "wrong_total_pages":
            usual = max(int(shown.get("totalPages", 1)) - 1, 0)
            shown["totalPages"] = settings.get("pages", usual)
        case "empty_page":
            shown[plural or "rows"] = []
        case "nan_values":
            number = float(settings.get("value", "nan"))
            for row in rows[: int(settings.get("rows", 1))]:
                row["totalPrice"] = number
        case "unknown_enum":
            for row in rows[: int(settings.get("rows", 1))]:
                row["status"] = settings.get("status", "awaiting_ratification")
        case _:
            raise ValueError(f"{fault} does not bend rows")
