"""Everything of one seed, joined, and the course of its events."""

import gc
import random
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from sandbox.quickbooks.app import create_app as create_books
from sandbox.quickbooks.company import Company
from sandbox.quickbooks.options import Options as BooksOptions
from sandbox.quickbooks.options import RateLimits
from sandbox.servicetrade import Account
from sandbox.servicetrade import Options as SourceOptions
from sandbox.servicetrade import create_app as create_source
from tests.fakes import FakeClock
from tests.simulation.books_auditor import BooksAuditor, JournalAuditor, NumberAuditor
from tests.simulation.bound import HELD, Bound
from tests.simulation.closing import FIRST_SECONDS, SEEN_SECONDS, Closing
from tests.simulation.cloud import Cloud, Poller
from tests.simulation.comparing import Reconcilers
from tests.simulation.comparing_auditor import ComparingAuditor
from tests.simulation.correcting import Desk, Past, unseen
from tests.simulation.correcting_auditor import CorrectingAuditor, HandsOff
from tests.simulation.functions import (
    LOADER_SECONDS,
    SOURCE,
    Functions,
    Invoked,
    stored_tokens,
)
from tests.simulation.gates import Chances, Clock
from tests.simulation.judge import BY_DESIGN, Judge
from tests.simulation.key_auditor import KeyAuditor, TokenAuditor
from tests.simulation.knobs import books_knobs, source_knobs
from tests.simulation.mishaps import BooksMishaps, Drawn, SourceMishaps
from tests.simulation.operators import Operators
from tests.simulation.people import Staff, Users, open_lists
from tests.simulation.plan import Plan, draw
from tests.simulation.releases import Releases, enter
from tests.simulation.report import Report
from tests.simulation.scheduler import Scheduler
from tests.simulation.state_auditor import StateAuditor
from tests.simulation.telling import Acknowledgers, Observers
from tests.simulation.telling_auditor import TellingAuditor
from tests.simulation.traffic_auditor import HostAuditor, TrafficAuditor
from tests.simulation.violations import Violations
from tests.simulation.wire import Wire

START = 1_796_209_200.0
"""2026-12-02, early in the morning of Pittsburgh."""
HOUR = 3600.0
CALM_HOURS = 9
LOOK_SECONDS = 20.0
FIRST_ADOPTION = 900.0
"""Seconds within which a typed-in past is linked for the first time."""
BUSY = 0.6
"""The share of the time under faults within which people work: what they did meets faults too."""
RUSH = 30.0
"""Seconds within which a whole month end is written."""
DEEDS = {
    "staff_note": "note",
    "staff_edit": "edit",
    "staff_void": "void",
    "staff_delete": "delete",
    "staff_copy": "copy",
    "staff_pay": "pay",
    "staff_type": "type",
}


class World:
    """One seed."""

    def __init__(
        self,
        seed: int,
        off: frozenset[str] = frozenset(),
        *,
        log: bool = False,
        plan: Plan | None = None,
    ) -> None:
        chance = random.Random(seed)
        self.plan = plan or draw(seed, chance, off)
        self.clock = FakeClock(START)
        self.scheduler = Scheduler(self.clock, chance)
        if log:
            self.scheduler.log = []
        self.chances = self._chances(chance)
        self.violations = Violations(lambda: self.scheduler.now, self.scheduler.note)
        self.cloud = Cloud(self.scheduler, self.chances)
        self._simulators(chance)
        self._functions()
        self._auditors()
        self._correctors()
        self.calm_at = 0.0
        self.settled_at: float | None = None
        self.is_over = self.is_closing = False
        self.late: tuple[str, ...] = ()

    def _chances(self, chance: random.Random) -> Chances:
        return Chances(self.plan, chance)

    def _unknowns(self, chance: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
        """Draw how the two services behave where nobody knows."""
        return books_knobs(chance), source_knobs(chance)

    def _mishaps(self) -> tuple[BooksMishaps, SourceMishaps]:
        edit_around = partial(self.users.edit_around, partial(self.scheduler.after, 0.0))
        source = SourceMishaps(self.chances, edit_around, self.users.remove)
        return BooksMishaps(self.chances, self.company), source

    def _simulators(self, chance: random.Random) -> None:
        clock, knobs = self.clock, self.plan.knobs
        limits = RateLimits(batches_per_minute=max(40, knobs["batches_per_minute"]))
        of_books, of_source = self._unknowns(chance)
        options = BooksOptions(limits=limits, **of_books)
        self.company = Company(clock=clock.now, options=options)
        later = self.company.later

        def later_and_settle(at: float, act: Callable[[], None]) -> None:
            later(at, act)
            self.scheduler.at(at, self.company.settle)

        self.company.later = later_and_settle  # type: ignore[method-assign]
        open_lists(self.company, with_customers=not knobs["create_missing"])
        skew = knobs["source_skew_seconds"]
        source_options = SourceOptions(
            late_visibility_seconds=knobs["late_visibility_seconds"], **of_source
        )
        self.account = Account(lambda: clock.time + skew, source_options)
        self.users = Users(self.account, self.chances)

    def _functions(self) -> None:
        cloud = self.cloud
        self.books_mishaps, self.source_mishaps = self._mishaps()
        books = create_books(self.company, faults=self.books_mishaps)
        source = create_source(self.account, faults=self.source_mishaps)
        journal = JournalAuditor(cloud.raw_table, cloud.raw_bucket, self.violations)
        traffic = TrafficAuditor(self.scheduler, self.plan.knobs, self.violations)
        self.books = BooksAuditor(self.company, self.violations, self.scheduler.note)
        numbers = NumberAuditor(self.books, cloud.raw_table, self.violations)
        keys = KeyAuditor(self.clock.now, self.violations)
        tokens = TokenAuditor(cloud.raw_secret, self.violations)
        hands = HandsOff(lambda: self.scheduler.process.name, self.violations)
        sending = (journal, traffic, numbers, keys.sending, tokens, hands)
        self.books_wire = Wire(
            books, "books", cloud.gates, sending=sending, answered=(keys.answered,)
        )
        home = HostAuditor(SOURCE, self.violations)
        self.source_wire = Wire(source, "source", cloud.gates, sending=(home,))
        self.source_wire.overtaken = self.users.change
        self.functions = Functions(
            cloud, books=self.books_wire, source=self.source_wire, realm_id=self.company.realm_id
        )
        cloud.raw_secret.put_current(
            stored_tokens(self.company.realm_id, self.company.oauth.connect(), START)
        )

    def _auditors(self) -> None:
        cloud = self.cloud
        self.books.was_made = self._made
        self.state = StateAuditor(cloud.raw_table, cloud.raw_queue, self.users, self.violations)
        self.state.gone_at = self.books.gone_at
        self.state.process = lambda: self.scheduler.process if self.scheduler.is_inside else None
        self.staff = Staff(
            self.company, self.chances, lambda: [i for ids in self.books.live.values() for i in ids]
        )
        self.poller = Poller(
            cloud,
            self.functions.loader,
            seconds=LOADER_SECONDS,
            decided=self.state.decided,
            deleting=self.state.deleting,
        )
        self.operators = Operators(
            cloud, self.functions, self.company, create_missing=self.plan.knobs["create_missing"]
        )
        self.judge = Judge(
            self.account,
            self.company,
            cloud.raw_table,
            cloud.raw_queue,
            cloud.raw_dead,
            cloud.raw_finance,
            self.users,
            self.staff,
            self.books,
        )

    def _correctors(self) -> None:
        """Bring in who compares both books, and who works at the operator's command."""
        wires: dict[str, Any] = {"books": self.books_wire, "source": self.source_wire}
        wires["realm_id"] = self.company.realm_id
        self.reconcilers = Reconcilers(self.cloud, self.functions, **wires)
        self.desk = Desk(self.cloud, self.functions, **wires)
        self.judge.rolled_back = self.desk.rolled_back
        given: dict[str, Any] = {
            "account": self.account,
            "company": self.company,
            "table": self.cloud.raw_table,
            "books": self.books,
            "people": (self.users, self.staff),
        }
        self.comparing = ComparingAuditor(**given)
        self.correcting = CorrectingAuditor(**given, desk=self.desk, violations=self.violations)

    def _tellers(self) -> None:
        """Start what tells ServiceTrade and what watches QuickBooks, where the seed has them."""
        self.telling: TellingAuditor | None = None
        observers: Observers | None = None
        cloud, clock = self.cloud, Clock(self.scheduler)
        if self.plan.rate("acknowledge"):
            self.telling = TellingAuditor(
                self.account,
                cloud.raw_table,
                cloud.raw_outcomes,
                self.books,
                self.company,
                (self.users, self.staff),
                self.violations,
            )
            Acknowledgers(cloud, self.source_wire, clock).poll()
        if self.plan.rate("observe"):
            invoked = Invoked(self.functions)
            realm_id = self.company.realm_id
            observers = Observers(cloud, self.books_wire, clock, invoked, realm_id)
            self.scheduler.after(HOUR / 2, observers.look)
        self.closing = Closing(
            self.scheduler,
            reconcilers=self.reconcilers if self.plan.rate("reconcile") else None,
            heals=bool(self.plan.rate("unseen")),
            auditor=self.comparing,
            observe=observers.once if observers else None,
            violations=self.violations,
        )

    def _unsettled(self) -> Iterator[tuple[str, str]]:
        yield from self.judge.unsettled()
        yield from self.correcting.unsettled()
        if self.telling is not None:
            yield from self.telling.unsettled()

    def run(self) -> Report:
        """Play the seed to its end."""
        scheduler, knobs = self.scheduler, self.plan.knobs
        self.operators.publish()
        for _ in range(3):
            self.users.write()
        if self.plan.rate("typed_past"):
            chance = self.chances.stream("typed_past")
            Past(self.users, self.company, chance).write()
            if chance.random() < 0.5:  # who is careful links the past before anything is loaded
                self.operators.pause(FIRST_ADOPTION)
            scheduler.after(chance.uniform(0, FIRST_ADOPTION), self.desk.adopt)
        spread = RUSH if self.plan.rate("rush") else knobs["active_hours"] * HOUR * BUSY
        for _ in range(knobs["invoices"]):
            scheduler.after(self.chances.uniform(0, spread), self.users.write)
        self.calm_at = START + knobs["active_hours"] * HOUR
        self._outages()
        self._people()
        self._deployment()
        return self._played()

    def _played(self) -> Report:
        """Let everything take its course until all is settled, or it is too late for that."""
        scheduler = self.scheduler
        self._tick()
        self._refresh()
        self._read_mail()
        self._tellers()
        scheduler.at(self.calm_at, self._calm)
        until = self.calm_at + CALM_HOURS * HOUR
        # It ends long before its garbage matters; looking for that took a quarter of the time.
        gc.disable()
        try:
            scheduler.run(until, stop=lambda: self.is_over)
        finally:
            gc.enable()
            enter()
        if not self.is_over:
            for kind, detail in self._unsettled():
                self.violations.add(kind, detail)
            if (self.settled_at or until) < until - HOUR:
                self.violations.add("not_closed", "the books were not compared to the end")
        if self.telling is not None:
            noticed = self.telling.unnoticed() if self.plan.rate("observe") else ()
            for kind, detail in (*self.telling.observed(), *noticed):
                self.violations.add(kind, detail)
        for text in self.cloud.unexpected:
            self.violations.add("unexpected", text)
        scheduler.end()
        return self._report()

    def _calm(self) -> None:
        self.chances.is_calm = True
        self.books_mishaps.is_out = self.source_mishaps.is_out = False
        self.scheduler.note("calm")
        self.scheduler.after(FIRST_SECONDS, self.closing.heal)
        cloud, tick_seconds = self.cloud, self.plan.knobs["tick_seconds"]
        self.bound = Bound(cloud.raw_table, cloud.raw_queue, tick_seconds)
        within = self.bound.seconds(unseen=SEEN_SECONDS if self.plan.rate("unseen") else 0.0)
        self.scheduler.after(within, self._look_at_the_clock)

    def _look_at_the_clock(self, *, again: bool = True) -> None:
        """Tell what is late by the bound that the guarantee states."""
        if self.settled_at is not None:
            return
        late = [found for found in self.judge.unsettled() if found[0] not in BY_DESIGN]
        if late and again and self.bound.is_held([detail for _, detail in late]):
            self.scheduler.after(HELD, partial(self._look_at_the_clock, again=False))
            return
        self.late = tuple(f"{kind}: {detail}" for kind, detail in late)
        if late:
            self.violations.add("late", "; ".join(self.late))

    def _tick(self) -> None:
        if self.chances.is_calm and not any(self._unsettled()):
            if self.settled_at is None:
                self.settled_at = self.scheduler.now
            if self._is_closed():
                return
        self.functions.tick()
        if self.chances.hits("double_tick"):
            self.scheduler.after(self.chances.uniform(0, 60), self.functions.tick)
        self.scheduler.after(self.plan.knobs["tick_seconds"], self._tick)

    def _is_closed(self) -> bool:
        """Go on with the last acts; say whether all is over."""
        self.is_over = self.closing.is_over() and not any(self._unsettled())
        if not self.is_over and not self.is_closing:
            self.is_closing = True
            self.scheduler.after(LOOK_SECONDS, self._look_whether_closed)
        return self.is_over

    def _look_whether_closed(self) -> None:
        self.is_closing = False
        if not any(self._unsettled()):
            self._is_closed()

    def _refresh(self) -> None:
        self.functions.refresh()
        if self.chances.hits("double_refresh"):
            self.scheduler.after(self.chances.uniform(0, 5), self.functions.refresh)
        self.scheduler.after(1800, self._refresh)

    def _read_mail(self) -> None:
        self.operators.read_mail()
        self.staff.tidy()
        self.scheduler.after(1800, self._read_mail)

    def _in_haste(self) -> None:
        """Let somebody mend an invoice, ask for it, and mend it once more meanwhile."""
        seconds = self.chances.uniform(0, 5)
        invoice = self.users.edit_around(partial(self.scheduler.after, seconds))
        self.operators.ask_and_tick(invoice)

    def _made(self, identity: str) -> None:
        """Let somebody in the office look at a new invoice before anybody expects it."""
        if self.chances.hits("staff_hasty"):
            deed = self.chances.random.choice(("edit", "void", "delete"))
            seconds = self.chances.uniform(1, 400)
            self.scheduler.after(seconds, lambda: self.staff.act_on(identity, deed))

    def _outages(self) -> None:
        both = {"outage_books": self.books_mishaps, "outage_source": self.source_mishaps}
        for name, mishaps in both.items():
            if self.plan.rate(name):
                self._outage(mishaps, self.chances.uniform(300, HOUR / 2))
        if self.plan.rate("outage_of_days"):
            mishaps = self.chances.random.choice(list(both.values()))
            self._outage(mishaps, self.chances.uniform(24 * HOUR, 72 * HOUR))

    def _outage(self, mishaps: Drawn, seconds: float) -> None:
        begin = START + self.chances.uniform(0, self.plan.knobs["active_hours"] * HOUR)
        self.calm_at = max(self.calm_at, begin + seconds)
        self._switch(mishaps, begin, begin + seconds)

    def _switch(self, mishaps: Drawn, begin: float, end: float) -> None:
        def out() -> None:
            mishaps.is_out = True

        def back() -> None:
            mishaps.is_out = False

        self.scheduler.at(begin, out)
        self.scheduler.at(end, back)

    def _deployment(self) -> None:
        if self.plan.rate("deploy"):
            end = START + self.plan.knobs["active_hours"] * HOUR
            done = Releases(self.scheduler, self.chances).plan(START, end)
            self.calm_at = max(self.calm_at, done)

    def _people(self) -> None:
        acts: dict[str, Callable[[], object]] = {
            "user_edit": self.users.edit,
            "user_void": self.users.void,
            "user_renumber": self.users.renumber,
            "user_tag": self.users.tag,
            "user_reopen": self.users.reopen,
            "user_burst": self.users.burst,
            "mapping_change": self.operators.publish,
            "user_remove": self.users.remove,
            "user_order": self.users.order,
            "user_twin": self.users.twin,
            "purge": self.operators.purge,
            "ask_and_tick": self._in_haste,
            "backfill": self.operators.look_back,
            "pause_loading": lambda: self.operators.pause(self.chances.uniform(60, HOUR / 4)),
            "disconnect": self.operators.disconnect,
            "suspend": lambda: self.operators.suspend(self.chances.uniform(60, HOUR / 4)),
            "redrive": self.operators.redrive,
            "reconcile": self.reconcilers.compare,
            "adopt": self.desk.adopt,
            "remap": partial(self._correct, self.desk.remap),
            "rollback": partial(self._correct, self.desk.rollback),
            "unseen": self._unseen,
            "redrive_by_id": lambda: self.operators.ask_again(list(self.users.invoices)),
        }
        acts |= {name: partial(self.staff.act, deed) for name, deed in DEEDS.items()}
        for name, act in acts.items():
            rate = self.plan.rate(name)
            seconds = self.plan.knobs["active_hours"] * HOUR * BUSY
            at, end = START, START + seconds
            chance = self.chances.stream(name)
            while rate and (at := at + chance.expovariate(rate / seconds)) < end:
                self.scheduler.at(at, act)

    def _correct(self, command: Callable[[], object]) -> None:
        """Publish a better mapping, and apply it to what is loaded or undo what was before."""
        self.operators.publish()
        self.scheduler.after(self.chances.stream("remap").uniform(1, 900), command)

    def _unseen(self) -> None:
        """Let something happen in ServiceTrade that no scan shows, where somebody compares."""
        if self.plan.rate("reconcile"):
            unseen(self.users, self.account, self.chances.stream("unseen"))

    def _report(self) -> Report:
        ledger: list[Any] = list(self.cloud.raw_table.items.values())
        return Report(
            seed=self.plan.seed,
            off=tuple(sorted(self.plan.off)),
            trace=self.scheduler.trace,
            violations=tuple(self.violations.found),
            calls=self.cloud.gates.calls,
            kills=self.scheduler.kills,
            unknown=self.books_wire.unknown_writes,
            invoices=len(self.users.invoices),
            writes=self.books.writes,
            held=sum(1 for item in ledger if item.get("state") == "HELD"),
            hours=(self.scheduler.now - START) / HOUR,
            settled_seconds=(self.settled_at or self.scheduler.now) - self.calm_at,
            late=self.late,
            counts=dict(self.chances.counts),
        )
