"""Who else is at work: users in ServiceTrade, staff in QuickBooks, operators of the sync."""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sandbox.quickbooks.company import Company
from sandbox.quickbooks.people import People
from sandbox.quickbooks.refusals import Refusal
from sandbox.servicetrade import Account
from tests.simulation.gates import Chances

ADDRESS = {"street": "1 Mill Road", "city": "Pittsburgh", "state": "PA", "postalCode": "15201"}
CUSTOMERS = ("Keystone Foods", "Acme Cold Storage", "Riverside School")
FIRST_NUMBER = 10_001
PRICE = 120
MOVED_TO = "2026-12-24"
"""The day to which staff move an invoice; nothing in ServiceTrade is dated so."""


@dataclass(slots=True)
class Told:
    """What the users know of one invoice; the auditors hold the books against it."""

    id: int
    job: int
    number: str
    version: int = 0
    changed_at: int = 0
    total: int = 0
    is_removed: bool = False
    customer: str = ""
    numbers: set[str] = field(default_factory=set[str])
    totals: set[int] = field(default_factory=set[int])


class Users:
    """People who write invoices in ServiceTrade; every edit of one gives it a higher revision.

    The revision stands in the text of its line, so that anybody can tell which one QuickBooks has.
    """

    def __init__(self, account: Account, chances: Chances) -> None:
        self._account = account
        self._chances = chances
        self.invoices: dict[int, Told] = {}
        account.edit("location", account.office_id, {"address": ADDRESS})
        self._places = []
        for name in CUSTOMERS:
            company = account.add("company", {"name": name})
            place = {"name": f"{name} plant", "companyId": company["id"], "address": ADDRESS}
            self._places.append(account.add("location", place)["id"])

    def write(self, status: str = "completed", number: str = "") -> Told:
        """Do a job and write its invoice."""
        account, random = self._account, self._chances.random
        place = random.choice(self._places)
        job = account.add(
            "job",
            {
                "locationId": place,
                "assignedOfficeId": account.office_id,
                "type": "inspection",
                "contract": "Standard",
                "status": status,
            },
        )
        number = number or str(FIRST_NUMBER + len(self.invoices))
        values = {"jobId": job["id"], "status": "pending_accounting", "invoiceNumber": number}
        if random.random() < 0.5:
            values["dueDate"] = account.now + 30 * 86_400
        hours = random.randint(1, 9)
        row = account.add("invoice", {**values, "items": [line_of(1, hours)]})
        told = Told(
            int(row["id"]), int(job["id"]), number, 1, account.now, hours * PRICE, numbers={number}
        )
        told.customer = CUSTOMERS[self._places.index(place)]
        told.totals.add(told.total)
        self.invoices[told.id] = told
        return told

    def edit(self) -> None:
        """Change the line of an invoice, or write another one."""
        if self._chances.random.random() < 0.2:
            self.write("scheduled" if self._chances.random.random() < 0.3 else "completed")
        else:
            self._revise(self._any())

    def burst(self) -> None:
        """Change one invoice several times within a second."""
        told = self._any()
        for _ in range(3):
            self._revise(told)

    def change(self, invoice: int) -> None:
        """Change one invoice, if it is one of theirs."""
        if invoice in self.invoices:
            self._revise(self.invoices[invoice])

    def twin(self) -> None:
        """Write two invoices under one number: no loader has seen either of them before."""
        self.write(number=self.write().number)

    def edit_around(self, later: Callable[[Callable[[], None]], None]) -> int:
        """Change an invoice before something, and once more after it; return which."""
        told = self._any()
        self._revise(told)
        later(lambda: self._revise(told))
        return told.id

    def order(self) -> None:
        """Give an invoice its customer's purchase order."""
        told = self._any()
        self._revise(told, customerPo=f"PO-{told.version}")

    def void(self) -> None:
        """Void an invoice; half the time nothing else of it changes, so that only this tells."""
        told = self._any()
        if self.is_final(told):
            return
        if self._chances.random.random() < 0.5:
            self._revise(told, status="void")
        else:
            told.changed_at = self._account.now
            self._account.edit("invoice", told.id, {"status": "void"})

    def renumber(self) -> None:
        """Give an invoice another number, now and then that of another one."""
        told, other = self._any(), self._any()
        if told.is_removed:
            return
        is_new = self._chances.random.random() < 0.7
        told.number = f"{told.number}-A"[-12:] if is_new else other.number
        told.numbers.add(told.number)
        self._revise(told, invoiceNumber=told.number)

    def remove(self) -> None:
        """Delete an invoice altogether."""
        told = self._any()
        if not told.is_removed:
            told.is_removed = True
            self._account.remove("invoice", told.id)

    def tag(self) -> None:
        """Leave an invoice out by its tag."""
        told = self._any()
        if not told.is_removed:
            self._account.tag("invoice", told.id, "do-not-sync")
            self._revise(told)

    def reopen(self) -> None:
        """Reopen a job, or close one that is open; half the time one for which an invoice waits."""
        told = self._any()
        waiting = [one for one in self.invoices.values() if self._is_open(one)]
        if waiting and self._chances.random.random() < 0.5:
            told = self._chances.random.choice(waiting)
        if self._is_open(told):
            self._account.close_job(told.job)
        else:
            self._account.reopen_job(told.job)

    def is_final(self, told: Told) -> bool:
        """Say whether it was voided or deleted: nobody changes it any more."""
        return told.is_removed or bool(self._account.row("invoice", told.id)["status"] == "void")

    def _is_open(self, told: Told) -> bool:
        return bool(self._account.row("job", told.job)["status"] == "scheduled")

    def _any(self) -> Told:
        told: Told = self._chances.random.choice(list(self.invoices.values()))
        return told

    def _revise(self, told: Told, **changes: Any) -> None:
        if self.is_final(told):
            return
        told.version += 1
        told.changed_at = self._account.now
        hours = self._chances.random.randint(1, 9)
        told.total = hours * PRICE
        told.totals.add(told.total)
        changes["items"] = [line_of(told.version, hours)]
        self._account.edit("invoice", told.id, changes)


def line_of(version: int, hours: int) -> dict[str, Any]:
    """Write the line of a revision."""
    return {"description": f"Labor rev-{version}.", "quantity": str(hours), "price": str(PRICE)}


class Staff:
    """People in QuickBooks, who look after the invoices that they find there."""

    def __init__(self, company: Company, chances: Chances, live: Callable[[], list[str]]) -> None:
        self._company = company
        self._people = People(company)
        self._chances = chances
        self._live = live
        self._notes = 0
        self.deeds: dict[str, set[str]] = {}

    def act(self, deed: str) -> None:
        """Do something with any of the invoices, if the books allow it."""
        if live := self._live():
            self.act_on(self._chances.random.choice(live), deed)

    def act_on(self, identity: str, deed: str) -> None:
        """Do something with an invoice, if it is still there and the books allow it."""
        if identity not in self._live():
            return
        try:
            getattr(self, f"_{deed}")(identity)
        except Refusal:
            return
        self.deeds.setdefault(identity, set()).add(deed)

    def _note(self, identity: str) -> None:
        self._notes += 1
        note = self._company.read("Invoice", identity).get("PrivateNote", "")
        self._people.edit("Invoice", identity, {"PrivateNote": f"{note}\nseen {self._notes} ok"})

    def _edit(self, identity: str) -> None:
        changes: list[dict[str, Any]] = [
            {"CustomerMemo": {"value": "As agreed by telephone"}},
            {"DueDate": "2027-03-01"},
            {"TxnDate": MOVED_TO},
            {"DocNumber": f"P-{identity}"},
        ]
        self._people.edit("Invoice", identity, self._chances.random.choice(changes))

    def _void(self, identity: str) -> None:
        self._people.void("Invoice", identity)

    def _delete(self, identity: str) -> None:
        self._people.delete("Invoice", identity)

    def _copy(self, identity: str) -> None:
        number = f"C-{identity}" if self._chances.random.random() < 0.5 else None
        self._people.copy(identity, number)

    def _pay(self, identity: str) -> None:
        amount = None if self._chances.random.random() < 0.5 else 10
        self._people.pay(identity, amount)

    def _type(self, identity: str) -> None:
        customer = self._company.read("Invoice", identity)["CustomerRef"]["value"]
        number = str(FIRST_NUMBER + self._chances.random.randint(0, 40))
        self._people.type_invoice(customer, number)

    def tidy(self) -> None:
        """Make products active again that somebody made inactive."""
        for item in list(self._company.books.store.every("Item")):
            if item.now is not None and item.body.get("Active") is False:
                with suppress(Refusal):
                    self._people.activate("Item", item.identity)


def item_of(serial: int) -> str:
    """Name the item that a mapping sells under."""
    return ("Services", "Repairs")[serial % 2]


def mapping_text(serial: int, *, create_missing: bool) -> str:
    """Write a mapping; each serial sells under another item."""
    item = item_of(serial)
    return json.dumps(
        {
            "go_live": "2026-11-01",
            "mode": "auto",
            "items": {"default": item},
            "customers": {"create_missing": create_missing},
            "tax": {"rules": [{"taxable": False, "code": "NON"}]},
            "dispatch": {"exclude_tags": ["do-not-sync"]},
        }
    )


def open_lists(company: Company, *, with_customers: bool) -> None:
    """Fill the lists that the mapping names."""
    company.create("Account", {"Name": "Sales", "AccountType": "Income"})
    for name in ("Services", "Repairs"):
        made = {"Name": name, "Type": "Service", "IncomeAccountRef": {"value": "1"}}
        company.create("Item", made)
    for name in CUSTOMERS if with_customers else CUSTOMERS[:1]:
        company.create("Customer", {"DisplayName": name})


REVISION = re.compile(r"rev-(\d+)\.")
_LARGE_ENOUGH = 4096


@lru_cache(maxsize=_LARGE_ENOUGH)
def invoice_in(body: str) -> int:
    """Read which invoice a message is about; auditors meet each message many times."""
    return int(json.loads(body)["source"]["invoice"]["id"])


def revision_in(body: Any) -> int:
    """Read which revision of a line stands in an invoice of QuickBooks, or in a message."""
    found = REVISION.findall(body if isinstance(body, str) else _SHOWN(body))
    return max(map(int, found), default=0)


_SHOWN = json.JSONEncoder(default=str).encode
