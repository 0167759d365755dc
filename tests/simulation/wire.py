"""HTTP within the process: requests take time, get lost, and land after their sender has died."""

from collections.abc import Callable, Sequence
from typing import Any

import requests

from sandbox.http import InProcessAdapter, WsgiApp
from tests.simulation.gates import Gates

INTUIT_SECONDS = 119.0
"""A request that its sender gave up may be executed until then."""

LIST_SECONDS = 15
"""So long a look that is to be overtaken waits for a list."""

type Sending = Callable[[requests.PreparedRequest], object]
type Answered = Callable[[requests.PreparedRequest, requests.Response | None], object]
"""Hears of an answer once whoever asked has it in hand; of None where nobody took the call."""


class Wire(InProcessAdapter):
    """The way to one simulator."""

    def __init__(
        self,
        app: WsgiApp,
        name: str,
        gates: Gates,
        *,
        sending: Sequence[Sending] = (),
        answered: Sequence[Answered] = (),
    ) -> None:
        super().__init__(app)
        self._name = name
        self._gates = gates
        self._sending = sending
        self._answered = answered
        self.unknown_writes = 0
        self.in_flight = 0
        self.overtaken: Callable[[int], object] = lambda _: None
        """Hears of an invoice that is looked at only after a list has shown it."""
        self._lists = 0
        self._overtaken = 0

    def send(  # type: ignore[override]  # the base's signature is positional and untyped
        self, request: requests.PreparedRequest, *, timeout: tuple[float, float], **_: Any
    ) -> requests.Response:
        """Send, perhaps without ever hearing what came of it."""
        gates, chances = self._gates, self._gates.chances
        path = (request.url or "").split("?")[0].rpartition("/")[2]
        writes = request.method == "POST" and path not in {"query", "auth", "token"}
        gates.begin(f"{self._name} {request.method} {path}")
        for hears in self._sending:
            hears(request)
        if chances.hits("kill_in_flight"):
            self._land_later(request, writes=writes)
            gates.scheduler.kill()
        there, back = self._seconds(), self._seconds()
        is_list = path == "invoice" and request.method == "GET"
        if is_list and chances.hits("source_slow"):
            back += chances.uniform(2, 20)  # a list is long, and much happens meanwhile
        if is_list and self._overtaken:
            back += chances.uniform(45, 70)  # what the look found is loaded meanwhile
        if self._name == "source" and path.isdecimal() and chances.hits("look_overtaken"):
            self._wait_for_a_list(int(path))
        if there + back > timeout[1]:
            self._land_later(request, writes=writes, within=there)
            gates.scheduler.sleep(timeout[1])
            raise requests.exceptions.ReadTimeout(request=request)
        self.in_flight += 1
        try:
            gates.scheduler.sleep(there)
        finally:
            self.in_flight -= 1
        self._lists += is_list
        try:
            answer = super().send(request)
        except requests.exceptions.ConnectTimeout:
            self._hear(request, None)
            raise
        except requests.exceptions.ReadTimeout:
            self.unknown_writes += writes
            gates.scheduler.note("no answer")
            gates.scheduler.sleep(back)
            raise
        gates.scheduler.note(f"answered {answer.status_code}")
        gates.scheduler.sleep(back)
        gates.end()
        self._hear(request, answer)
        return answer

    def _hear(self, request: requests.PreparedRequest, answer: requests.Response | None) -> None:
        for hears in self._answered:
            hears(request, answer)

    def _wait_for_a_list(self, invoice: int) -> None:
        """Let a list that was asked for later show an invoice first, and then an older one.

        Whoever asked for the list numbered that look higher, though it is the older.
        """
        lists, scheduler = self._lists, self._gates.scheduler
        self._overtaken += 1
        try:
            for _ in range(LIST_SECONDS):
                scheduler.sleep(1)
                if self._lists > lists:
                    self.overtaken(invoice)
                    return
        finally:
            self._overtaken -= 1

    def _seconds(self) -> float:
        chances = self._gates.chances
        if chances.hits("slow"):
            return chances.uniform(5, 59)
        return float(chances.plan.knobs["http_seconds"]) * float(chances.random.random())

    def _land_later(
        self, request: requests.PreparedRequest, *, writes: bool, within: float = INTUIT_SECONDS
    ) -> None:
        """Let the request be executed though nobody waits for its answer, or get lost."""
        self.unknown_writes += writes
        if self._gates.chances.random.random() < 0.5:
            return
        copied = request.copy()

        def land() -> None:
            self._gates.scheduler.note(f"{self._name} landed late")
            try:
                super(Wire, self).send(copied)
            except requests.exceptions.RequestException:
                return

        self._gates.scheduler.after(self._gates.chances.uniform(0, within), land)
