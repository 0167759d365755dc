"""Works out from both simulators alone what a reconciliation must find, and what may remain."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from invoicesync.conditions import Key
from sandbox.quickbooks.company import Company
from sandbox.servicetrade import CLOSED, Account
from tests.fakes import FakeTable
from tests.simulation.books_auditor import MARK, BooksAuditor
from tests.simulation.comparing import Compared
from tests.simulation.people import MOVED_TO, Staff, Told, Users

DEEDS = {
    "differing": {"edit", "pay"},
    "double": {"copy", "type"},
    "voided": {"void"},
    "missing": {"delete", "void"},
    "unreversed": {"copy"},
}
"""What people do in QuickBooks that leaves a difference which only a person can settle."""
SAME = {"deleted": "missing", "stale": "differing", "ambiguous": "double"}
"""Kinds that are told apart by what the simulators do not say."""


class ComparingAuditor:
    """Holds what a reconciliation found, while nothing moves, against what is to be found.

    Invoices that share a number, or customer and money, with what people typed are left to the
    examples of the comparison: whose they are is a question of rules, not of what happened. What
    people dated into the future is found in the night whose window holds that day.
    """

    def __init__(
        self,
        *,
        account: Account,
        company: Company,
        table: FakeTable,
        books: BooksAuditor,
        people: tuple[Users, Staff],
    ) -> None:
        self._account = account
        self._company = company
        self._table = table
        self._books = books
        self._users, self._staff = people
        self.differences = 0
        """How many there were to be found."""

    def expected(self) -> dict[str, str]:
        """Say of every invoice whether the books differ about it, and how."""
        typed = [one for one in self._live() if self._mark(one) is None]
        there: dict[int, list[Any]] = {}
        for one in self._company.objects("Invoice"):
            if (source := self._mark(one)) is not None:
                there.setdefault(source, []).append(one)
        found: dict[str, str] = {}
        for told in self._users.invoices.values():
            mine = there.pop(told.id, [])
            if told.is_removed:
                found |= {f"books {one['Id']}": "untraceable" for one in mine if _is_within(one)}
            elif self._is_entangled(told, typed):
                found[f"source {told.id}"] = "entangled"
            elif kind := self._of_one(told, mine):
                found[f"source {told.id}"] = kind
        return found

    def _of_one(self, told: Told, mine: list[Any]) -> str:
        live = [one for one in mine if not _is_void(one)]
        row = self._account.row("invoice", told.id)
        if len(live) > 1:
            return "double" if all(map(_is_within, live)) else "entangled"
        if not live:
            if row["status"] == "void" or not self._is_due(row):
                return ""
            return "voided" if mine else "missing"
        if row["status"] == "void":
            return "unreversed"
        is_same = live[0]["TotalAmt"] == told.total and _is_within(live[0])
        return "" if is_same else "differing"

    def _is_due(self, row: Any) -> bool:
        shown = self._account.show("invoice", row["id"])
        tags = {tag["name"] for tag in shown.get("tags") or []}
        job = self._account.row("job", row["jobId"])
        return "do-not-sync" not in tags and job["status"] in CLOSED

    def _is_entangled(self, told: Told, typed: list[Any]) -> bool:
        return any(
            str(one.get("DocNumber")) in told.numbers
            or (one["TotalAmt"] == told.total and one["CustomerRef"].get("name") == told.customer)
            for one in typed
        ) or any(
            told.numbers & other.numbers
            for other in self._users.invoices.values()
            if other is not told
        )

    def _live(self) -> Iterator[Any]:
        return (one for one in self._company.objects("Invoice") if not _is_void(one))

    def _mark(self, body: Any) -> int | None:
        mark = MARK.search(str(body.get("PrivateNote", "")))
        return None if mark is None else int(mark[1])

    def judged(self, compared: Compared) -> Iterator[tuple[str, str]]:
        """Yield what was missed, invented, or left though nobody needs to decide about it."""
        expected, reported = self.expected(), _reported(compared)
        self.differences += len([kind for kind in expected.values() if kind != "entangled"])
        for name, kind in expected.items():
            if kind != "entangled" and name not in reported:
                yield "difference_missed", f"{name} is {kind}, and was not found"
            elif kind != "entangled" and SAME.get(reported[name], reported[name]) != kind:
                yield "difference_mistaken", f"{name} is {kind}, and was called {reported[name]}"
        for name, kind in reported.items():
            if name not in expected:
                yield "difference_invented", f"{name} is said to be {kind}"
            elif not self._needs_somebody(name, SAME.get(kind, kind)):
                yield "difference_left", f"{name} is {kind}, and nobody has to decide about it"
        yield from self._bridge(compared.material.bridge)

    def _needs_somebody(self, name: str, kind: str) -> bool:
        """Say whether somebody removed, changed or was told of it, or typed something like it."""
        side, _, identity = name.partition(" ")
        if side == "books":
            return kind == "untraceable"
        ledger: Any = self._table.get(Key(f"INVOICE#{identity}", "LEDGER")) or {}
        if ledger.get("state") in {"HELD", "RESOLVED", "ADOPTED"}:
            return True
        ours = [one for one, source in self._books.made.items() if source == int(identity)]
        done = {deed for one in ours for deed in self._deeds(one)}
        return bool(done & DEEDS.get(kind, set())) or self.expected().get(name) == "entangled"

    def _deeds(self, identity: str) -> set[str]:
        both = (self._staff.deeds, self._books.deeds)
        return set[str]().union(*(deeds.get(identity, set()) for deeds in both))

    def _bridge(self, bridge: Any) -> Iterator[tuple[str, str]]:
        """Hold both ends of the bridge against the simulators, and see that it closes."""
        there = [one for one in self._live() if _is_within(one)]
        ends = bridge.source.amount, bridge.sales.amount
        sums = (
            sum(
                (
                    Decimal(told.total)
                    for told in self._users.invoices.values()
                    if not told.is_removed
                ),
                Decimal(0),
            ),
            sum((Decimal(one["TotalAmt"]) for one in there), Decimal(0)),
        )
        if ends != sums:
            yield "bridge_wrong", f"its ends are {ends}, the books hold {sums}"
        if not bridge.closes:
            yield "bridge_open", f"{bridge.unexplained} are unexplained"


def _reported(compared: Compared) -> dict[str, str]:
    """Read every difference that was found, by its invoice."""
    found: dict[str, str] = {}
    for each in compared.material.comparison.findings:
        if str(each.kind) in _AGREE:
            continue
        for one in each.sources:
            found[f"source {one.id}"] = str(each.kind)
        if not each.sources:
            found |= {f"books {one.id}": str(each.kind) for one in each.books}
    return found


_AGREE = frozenset({"matched", "foreign", "absent", "outside", "unsettled"})


def _is_within(body: Any) -> bool:
    """Say whether the window that is compared holds an invoice, as people left its date."""
    return bool(body["TxnDate"] != MOVED_TO)


def _is_void(body: Any) -> bool:
    return body["TotalAmt"] == 0 and str(body.get("PrivateNote", "")).startswith("Voided")
