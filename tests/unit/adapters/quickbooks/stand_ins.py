"""A wire that answers what it is told to, and a drawer that keeps evidence."""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPResponse

from invoicesync.adapters.quickbooks.client import QuickBooksClient

TOKEN = "eyJ-the-access-token-0123456789"
REALM = "9130347957983146"
BASE = "https://quickbooks.api.intuit.com"
COMPANY = f"{BASE}/v3/company/{REALM}"


@dataclass
class Reply:
    """One answer of the wire."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class Wire(BaseAdapter):
    """Stands for the network: answers in turn, the last answer for ever, and remembers requests."""

    def __init__(self, *replies: Reply | BaseException) -> None:
        super().__init__()
        self.replies = list(replies)
        self.requests: list[requests.PreparedRequest] = []
        self.originals: list[requests.PreparedRequest] = []
        self.authorizations: list[str | None] = []
        self.settings: list[dict[str, Any]] = []
        self.closed = 0

    def send(  # type: ignore[override]  # the base's signature is positional
        self, request: requests.PreparedRequest, **settings: Any
    ) -> requests.Response:
        self.requests.append(request.copy())
        self.originals.append(request)
        self.authorizations.append(request.headers.get("Authorization"))
        self.settings.append(settings)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, BaseException):
            raise reply
        response = requests.Response()
        response.status_code = reply.status
        response.headers = CaseInsensitiveDict(reply.headers)
        response.raw = HTTPResponse(
            io.BytesIO(reply.body), headers=dict(reply.headers), preload_content=False
        )
        response.url = request.url or ""
        response.request = request
        return response

    def close(self) -> None:
        self.closed += 1


class Drawer:
    """Keeps evidence in memory."""

    def __init__(self) -> None:
        self.records: dict[str, Mapping[str, Any]] = {}

    def keep(self, name: str, record: Mapping[str, Any]) -> str:
        json.dumps(record)  # what cannot be written down is no record
        self.records[name] = record
        return name


def client_on(
    wire: BaseAdapter,
    *,
    drawer: Drawer | None = None,
    token: Callable[[], str] = lambda: TOKEN,
    read_timeout: float | Callable[[], float] = 125.0,
    base_url: str = BASE,
) -> QuickBooksClient:
    return QuickBooksClient(
        base_url=base_url,
        realm_id=REALM,
        access_token=token,
        evidence=drawer or Drawer(),
        adapter=wire,
        read_timeout=read_timeout,
    )


def json_reply(content: object, status: int = 200, **headers: str) -> Reply:
    return Reply(status, json.dumps(content).encode(), {"intuit_tid": "1-tid", **headers})


def fault_json(code: str, detail: str = "D", *, message: str = "M", element: str = "") -> Any:
    error = {"Message": message, "Detail": detail, "code": code, "element": element}
    return {"Fault": {"Error": [error], "type": "ValidationFault"}, "time": "2026-01-01T00:00:00Z"}


def fault_gateway(code: str, detail: str = "D") -> Any:
    error = {"message": "M", "detail": detail, "code": code, "element": None}
    return {
        "warnings": None,
        "fault": {"error": [error], "type": "SERVICE"},
        "queryResponse": None,
        "batchItemResponse": [],
        "time": 1601391072830,
    }


def fault_xml(code: str, detail: str = "D") -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        '<IntuitResponse time="2026-01-01" xmlns="http://schema.intuit.com/finance/v3">'
        f'<Fault type="SERVICE"><Error code="{code}"><Message>M</Message>'
        f"<Detail>{detail}</Detail></Error></Fault></IntuitResponse>"
    ).encode()
