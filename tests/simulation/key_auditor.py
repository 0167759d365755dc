"""Holds each new key against what became of the ones before, and each token against the store."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlsplit

from tests.fakes import FakeSecret
from tests.simulation.books_auditor import MARK
from tests.simulation.violations import Violations

LOOKS = 3
PROVED_AFTER_SECONDS = 6 * 3600
PROVES_NOTHING = frozenset({"10000", "2130", "600", "500"})
"""Codes of faults after which a write may have been done all the same."""
SUCCESS, CLIENT_ERRORS = 200, range(400, 500)


@dataclass(slots=True)
class _Sent:
    """One creation under its key: sent last, and when it last was sent without an answer."""

    number: str
    sent_at: float = 0.0
    is_under_way: bool = False
    unknown_at: float | None = None
    is_done: bool = False
    looks: list[float] = field(default_factory=list[float])

    @property
    def open_since(self) -> float | None:
        """When it was sent last without anybody knowing what came of it; None where all know."""
        if self.is_done:
            return None
        return self.sent_at if self.is_under_way else self.unknown_at


class KeyAuditor:
    """Sees every creation leave, every answer come, and every look at a number.

    A new key for an invoice whose creation had no answer needs three looks in vain, the last of
    them six hours after it was sent.
    """

    def __init__(self, now: Callable[[], float], violations: Violations) -> None:
        self._now = now
        self._violations = violations
        self._sent: defaultdict[tuple[str, str], dict[tuple[str, str], _Sent]] = defaultdict(dict)

    def sending(self, request: Any) -> None:
        """Look at one request."""
        for key, whose, number in _creations(request):
            keys = self._sent[whose]
            if key not in keys:
                for other in keys.values():
                    self._check(whose[0], other)
                keys[key] = _Sent(number)
            one = keys[key]
            # Whoever sent it before and had no answer will not hear of it any more.
            one.unknown_at = one.open_since
            one.is_under_way, one.sent_at = True, self._now()

    def _check(self, source: str, other: _Sent) -> None:
        if (since := other.open_since) is None:
            return
        looks = [at for at in other.looks if at >= since]
        if len(looks) < LOOKS or looks[-1] < since + PROVED_AFTER_SECONDS:
            waited = self._now() - since
            detail = f"{source} goes under a new key {waited:.0f} s after a creation without answer"
            self._violations.add("key_too_soon", f"{detail}, and {len(looks)} looks")

    def answered(self, request: Any, answer: Any) -> None:
        """Look at one answer that reached whoever asked."""
        sql = unquote_plus(urlsplit(request.url).query)
        if "FROM Invoice" in sql and answer is not None and answer.status_code == SUCCESS:
            for keys in self._sent.values():
                for one in keys.values():
                    if f"'{one.number}'" in sql:
                        one.looks.append(self._now())
            return
        for (requestid, bid), whose, _ in _creations(request):
            one, said = self._sent[whose][requestid, bid], _said(answer, bid)
            one.is_under_way = False
            one.is_done = one.is_done or said == "done"
            if said == "unknown":
                one.unknown_at = one.sent_at


def _creations(request: Any) -> Iterator[tuple[tuple[str, str], tuple[str, str], str]]:
    """Yield key, invoice with generation, and number of what a request is to make."""
    parts = urlsplit(request.url)
    if request.method != "POST" or not parts.path.endswith("/batch"):
        return
    requestid = parse_qs(parts.query).get("requestid", [""])[0]
    for item in json.loads(request.body)["BatchItemRequest"]:
        invoice = item.get("Invoice")
        if item.get("operation") != "create" or invoice is None:
            continue
        if mark := MARK.search(str(invoice.get("PrivateNote", ""))):
            key = requestid, str(item["bId"])
            yield key, (mark[1], mark[2]), str(invoice.get("DocNumber"))


def _said(answer: Any, bid: str) -> str:
    """Read what an answer says of one item: done, refused, or unknown."""
    if answer is None:
        return "refused"
    try:
        told = json.loads(answer.content)
    except ValueError:
        told = {}
    items = told.get("BatchItemResponse") if isinstance(told, dict) else None
    if answer.status_code == SUCCESS and isinstance(items, list):
        found: Any = next((one for one in items if str(one.get("bId")) == bid), {})
        if "Invoice" in found:
            return "done"
        return _of_fault(found.get("Fault"))
    if answer.status_code == SUCCESS:
        return _of_fault(told.get("Fault") if isinstance(told, dict) else None)
    return "refused" if answer.status_code in CLIENT_ERRORS else "unknown"


def _of_fault(fault: Any) -> str:
    errors = fault.get("Error", []) if isinstance(fault, dict) else []
    codes = {str(error.get("code")) for error in errors}
    return "refused" if codes and not codes & PROVES_NOTHING else "unknown"


class TokenAuditor:
    """Sees every bearer token leave: it stood in the secret before."""

    def __init__(self, secret: FakeSecret, violations: Violations) -> None:
        self._secret = secret
        self._violations = violations
        self._known: set[str] = set()

    def __call__(self, request: Any) -> None:
        """Look at one request."""
        kind, _, token = str(request.headers.get("Authorization", "")).partition(" ")
        if kind != "Bearer" or token in self._known:
            return
        self._known |= {json.loads(each)["access_token"] for each in self._secret.values}
        if token not in self._known:
            self._violations.add("token_unstored", "a token was sent that nobody had stored")
