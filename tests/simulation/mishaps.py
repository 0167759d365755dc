"""Which request goes wrong at the simulators, and how: drawn, not scripted."""

from collections.abc import Callable, Sequence
from typing import Any

from sandbox.faults import FaultScript, Rule
from sandbox.quickbooks.app import KNOWN_FAULTS
from sandbox.quickbooks.company import Company
from sandbox.servicetrade import FAULTS
from tests.simulation.gates import Chances

OUT = ("error_500", "bad_gateway_502_html", "request_lost")
"""What an outage answers."""
BETWEEN: list[tuple[str, dict[str, Any]]] = [
    ("stale_by_human", {}),
    ("stale_by_human", {"change": {"CustomerMemo": {"value": "As agreed"}}}),
    ("duplicate_number_by_other", {}),
    ("closed_period", {}),
    ("inactive_reference", {}),
]
"""What people do in QuickBooks while a request is on its way."""


class Drawn(FaultScript):
    """A script that is written while it is played."""

    def __init__(self, known: Any, chances: Chances) -> None:
        super().__init__(known)
        self._chances = chances
        self.is_out = False

    def _pick(self, name: str, faults: Sequence[tuple[str, dict[str, Any]]]) -> Rule | None:
        if not self._chances.hits(name):
            return None
        fault, settings = self._chances.random.choice(list(faults))
        return Rule(fault, settings=settings)


class BooksMishaps(Drawn):
    """What goes wrong at QuickBooks."""

    def __init__(self, chances: Chances, company: Company) -> None:
        super().__init__(KNOWN_FAULTS, chances)
        self._company = company

    def draw(self, method: str, path: str) -> Rule | None:
        """Draw for one request; what was scripted comes first."""
        if (scripted := super().draw(method, path)) is not None:
            return scripted
        if self.is_out:
            return Rule(self._chances.random.choice(OUT))
        if "/tokens/" in path:
            return self._token()
        if method == "GET" or path.endswith("/query"):
            return self._read()
        return self._write(is_batch=path.endswith("/batch"))

    def _token(self) -> Rule | None:
        return self._pick(
            "token_endpoint",
            [("answer_lost", {}), ("request_lost", {}), ("error_500", {}), ("empty_200", {})],
        )

    def _read(self) -> Rule | None:
        return (
            self._pick(
                "read_fails",
                [
                    ("answer_lost", {}),
                    ("request_lost", {}),
                    ("error_500", {}),
                    ("bad_gateway_502_html", {}),
                    ("empty_200", {}),
                    ("truncated_200", {}),
                    ("fault_in_200", {"code": "10000"}),
                ],
            )
            or self._shared()
        )

    def _between(self) -> Rule | None:
        # Nobody works in books whose subscription has lapsed.
        is_open = self._company.books.subscription == "active"
        return self._pick("people_between", BETWEEN) if is_open else None

    def _shared(self) -> Rule | None:
        return self._pick(
            "throttled",
            [("throttle_xml", {}), ("throttle_json", {"retry_after": 30})],
        ) or self._pick("token_refused", [("unauthorized_401", {}), ("expire_tokens", {})])

    def _write(self, *, is_batch: bool) -> Rule | None:
        uniform = self._chances.uniform
        some = [int(uniform(0, 3)), int(uniform(0, 30))]
        found = (
            self._pick(
                "answer_lost",
                [
                    ("answer_lost", {}),
                    ("timeout_504_xml", {}),
                    ("timeout_504_xml", {"commit": False}),
                    ("request_lost", {}),
                    ("request_lost", {"refused": True}),
                ],
            )
            or self._pick(
                "commit_late",
                [
                    ("commit_late", {"seconds": uniform(1, 119)}),
                    ("commit_late", {"seconds": uniform(1, 119), "unavailable": True}),
                ],
            )
            or self._pick(
                "server_error",
                [
                    ("error_500", {"commit": True}),
                    ("error_500", {}),
                    ("bad_gateway_502_html", {"commit": True}),
                    ("bad_gateway_502_html", {}),
                ],
            )
            or self._pick(
                "odd_answer",
                [
                    ("empty_200", {}),
                    ("empty_200", {"commit": False}),
                    ("truncated_200", {}),
                    ("fault_in_200", {"code": "10000"}),
                ],
            )
            or self._between()
            or self._pick("index_late", [("late_visibility", {"seconds": uniform(1, 55)})])
            or self._shared()
        )
        if found is not None or not is_batch:
            return found
        return self._pick(
            "item_unanswered",
            [
                ("batch_item_missing", {"items": some}),
                ("batch_item_missing", {"items": some, "commit": False}),
            ],
        ) or self._pick(
            "item_fault",
            [("batch_item_fault", {"items": some, "code": code}) for code in ("10000", "2130")],
        )


class SourceMishaps(Drawn):
    """What goes wrong at ServiceTrade."""

    def __init__(
        self, chances: Chances, edit_around: Callable[[], object], remove: Callable[[], object]
    ) -> None:
        super().__init__(FAULTS, chances)
        self._edit_around = edit_around
        self._remove = remove

    def draw(self, method: str, path: str) -> Rule | None:
        """Draw for one request."""
        if self.is_out:
            return Rule(self._chances.random.choice(OUT))
        if method == "GET" and path.endswith("/invoice"):
            if self._chances.hits("edit_between"):
                self._edit_around()
            if self._chances.hits("remove_between"):
                self._remove()
            moved = self._pick("rows_move", [("rows_move", {})])
            if moved is not None:
                return moved
        found = self._pick(
            "source_fails",
            [
                ("error_500", {}),
                ("bad_gateway_502_html", {}),
                ("answer_lost", {}),
                ("request_lost", {}),
                ("throttle_429", {"seconds": 15}),
                ("not_json", {}),
                ("truncated_json", {}),
                ("error_body_200", {}),
            ],
        ) or self._pick("source_session", [("dead_session", {})])
        if found is not None or method != "GET" or not path.endswith("/invoice"):
            return found
        return self._pick(
            "source_lies",
            [
                ("empty_page", {}),
                ("repeated_page", {}),
                ("wrong_total_pages", {}),
                ("hostile_link", {}),
                ("late_visibility", {"seconds": 60}),
            ],
        )
