"""People at the operator's command: they link a typed-in past, apply a mapping and undo one."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Any

from invoicesync.adapters.quickbooks.client import QuickBooksClient
from invoicesync.adapters.quickbooks.population import QuickBooksInvoices
from invoicesync.adapters.servicetrade.credentials import UserCredentials
from invoicesync.adapters.servicetrade.source import ServiceTradeSource
from invoicesync.bootstrap.shared import COMPANY
from invoicesync.domain.comparison import Window
from invoicesync.errors import InvoiceSyncError
from invoicesync.services.adopt import Adopt, pairs_of
from invoicesync.services.audit import Audit, BooksReading, SourceReading, rules_of
from invoicesync.services.extract.reader import Reader
from invoicesync.services.load.preferences import PreferencesReader
from invoicesync.services.looking import BehindLoaders, ReadOnlyBooks
from invoicesync.services.preview import Preview
from invoicesync.services.remap import Compare, Remap
from invoicesync.services.rollback import Rollback
from invoicesync.services.wishes import Wishes
from invoicesync.state.actions import Actions
from invoicesync.state.ledger import Ledger
from invoicesync.state.mappings import Mappings, Published
from invoicesync.state.realm import Realm
from invoicesync.state.references import References
from invoicesync.state.tokens import current_tokens
from sandbox.quickbooks.company import Company
from sandbox.servicetrade import Account
from tests.simulation.cloud import Cloud
from tests.simulation.comparing import AskedExtractor
from tests.simulation.functions import BOOKS, SOURCE, Chance, Functions
from tests.simulation.gates import Clock, Deadline
from tests.simulation.people import Told, Users
from tests.simulation.scheduler import Process
from tests.simulation.wire import Wire

COMMAND_SECONDS = 6 * 3600
TRIES = 3
"""How often somebody enters a command whose machine went down."""
AGAIN_SECONDS = 240.0
LONG_AGO_SECONDS = 5 * 86_400
ANY_DAY = date(2000, 1, 1)


class Unkept:
    """Keeps nothing of what QuickBooks refuses, as at a desk."""

    def keep(self, name: str, record: Mapping[str, Any]) -> str:
        """Let it go."""
        del name, record
        return ""


class Desk:
    """The operator's commands; each is a process of its own, which may die at any call.

    ``remapped`` and ``rolled_back`` tell auditors what was asked for: invoice and mapping.
    """

    def __init__(
        self, cloud: Cloud, functions: Functions, *, books: Wire, source: Wire, realm_id: str
    ) -> None:
        self._cloud = cloud
        self._functions = functions
        self._books_wire = books
        self._source_wire = source
        self._realm_id = realm_id
        self._clock = Clock(cloud.scheduler)
        self._random = Chance(cloud.chances.random)
        self.remapped: dict[int, int] = {}
        self.rolled_back: dict[int, set[int]] = {}
        self.done: list[str] = []

    def adopt(self) -> None:
        """Link what was typed into QuickBooks."""
        self._enter("adopt", self._adopt)

    def remap(self) -> None:
        """Apply the mapping in force to what is loaded."""
        self._enter("remap", self._remap)

    def rollback(self) -> None:
        """Undo what a mapping of the past made, if there is one."""
        current = Mappings(self._cloud.raw_table, self._cloud.raw_bucket, self._clock).current()
        if current.serial > 1:
            self.undo(self._cloud.chances.stream("rollback").randint(1, current.serial - 1))

    def undo(self, serial: int) -> None:
        """Undo what a mapping made."""
        self._enter("rollback", partial(self._rollback, serial))

    def _enter(self, name: str, act: Callable[[], object], tries: int = TRIES) -> None:
        """Run a command; where its machine goes down or it fails, somebody enters it again."""

        def work() -> None:
            act()
            self.done.append(name)

        def ended(process: Process) -> None:
            failed = isinstance(process.error, InvoiceSyncError)
            if not failed:
                self._cloud._ended(process)
            if (failed or process.is_dead) and tries > 1:
                again = partial(self._enter, name, act, tries - 1)
                self._cloud.scheduler.after(AGAIN_SECONDS, again)

        self._cloud.scheduler.spawn(f"desk {name}", work, seconds=COMMAND_SECONDS, ended=ended)

    def _adopt(self) -> None:
        cloud, clock = self._cloud, self._clock
        mapping = self._current().mapping.model_copy(update={"go_live": ANY_DAY})
        reader = Reader(
            source=self._source(),
            clock=clock,
            random=self._random,
            deadline=Deadline(cloud.scheduler, cloud.scheduler.process),
            margin_seconds=0,
        )
        audit = Audit(
            source=SourceReading(reader=reader, mapping=mapping, clock=clock),
            books=BooksReading(books=QuickBooksInvoices(self._books()), clock=clock),
            rules=rules_of(mapping, closed_through=None, settle_seconds=0),
        )
        found = audit(Window(ANY_DAY, ANY_DAY.replace(year=2030)))
        use_case = Adopt(
            table=cloud.table, clock=clock, random=self._random, actions=self._actions()
        )
        use_case(pairs_of(found.comparison), actor="operator")

    def _remap(self) -> None:
        cloud, published, books = self._cloud, self._current(), self._books()
        preview = Preview(
            source=self._source(),
            books=books,
            ledger=Ledger(cloud.table),
            references=References(cloud.table, self._clock, self._realm_id),
            published=published,
            clock=self._clock,
            random=self._random,
            as_approved=True,
        )
        compare = Compare(
            ledger=Ledger(cloud.table),
            preview=preview,
            books=books,
            preferences=PreferencesReader(self._clock),
            serial=published.serial,
        )
        compared = compare.since(published.mapping.go_live)
        if compared.differences:
            self.remapped |= dict.fromkeys(map(int, compared.ids), compared.serial)
            Remap(wishes=self._wishes(), actions=self._actions())(compared, actor="operator")

    def _rollback(self, serial: int) -> None:
        use_case = Rollback(
            ledger=Ledger(self._cloud.table),
            books=self._books(),
            preferences=PreferencesReader(self._clock),
            mappings=Mappings(self._cloud.table, self._cloud.bucket, self._clock),
            wishes=self._wishes(),
            actions=self._actions(),
        )
        made = use_case.find(serial)
        if made.voidable:
            for id_ in made.ids:
                self.rolled_back.setdefault(int(id_), set()).add(serial)
            use_case(made, actor="operator")

    def _current(self) -> Published:
        return Mappings(self._cloud.table, self._cloud.bucket, self._clock).current()

    def _actions(self) -> Actions:
        return Actions(self._cloud.table, self._clock, self._random)

    def _wishes(self) -> Wishes:
        return Wishes(
            table=self._cloud.table,
            realm=Realm(self._cloud.table, self._clock, COMPANY),
            extractor=AskedExtractor(self._functions),  # type: ignore[arg-type]  # asked by id alone
            clock=self._clock,
        )

    def _source(self) -> ServiceTradeSource:
        return ServiceTradeSource(
            SOURCE,
            credentials=lambda: UserCredentials("sync@example.test", "let-me-in"),
            clock=self._clock,
            adapter=self._source_wire,
        )

    def _books(self) -> ReadOnlyBooks:
        token = current_tokens(self._cloud.secret)
        client = QuickBooksClient(
            base_url=BOOKS,
            realm_id=self._realm_id,
            access_token=lambda: token.access_token,
            evidence=Unkept(),
            adapter=self._books_wire,
        )
        realm = Realm(self._cloud.table, self._clock, COMPANY)
        per_minute = int(self._cloud.knobs["requests_per_minute"])
        return ReadOnlyBooks(client, BehindLoaders(realm, per_minute))


class Past:
    """What people typed into QuickBooks before the sync began, well and badly."""

    HOW = ("same", "same", "other_number", "other_total", "twice", "not_at_all")

    def __init__(self, users: Users, company: Company, chance: Any) -> None:
        self._users = users
        self._company = company
        self._chance = chance

    def write(self) -> None:
        """Write some invoices in ServiceTrade, and type each of them into QuickBooks somehow."""
        for number in range(self._chance.randint(4, 7)):
            told = self._users.write()
            how = self._chance.choice(self.HOW)
            total = told.total + (7 if how == "other_total" else 0)
            typed = f"T-{number}" if how == "other_number" else told.number
            for _ in range({"twice": 2, "not_at_all": 0}.get(how, 1)):
                self.type(self._company, told.customer, typed, total)

    @staticmethod
    def type(company: Company, customer: str, number: str, total: int) -> None:
        """Type an invoice into QuickBooks by hand."""
        rows = [one for one in company.objects("Customer") if one["DisplayName"] == customer]
        found = rows[0] if rows else company.create("Customer", {"DisplayName": customer})
        item = next(company.objects("Item"))["Id"]
        line = {
            "Amount": total,
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {"ItemRef": {"value": item}},
        }
        body = {"CustomerRef": {"value": found["Id"]}, "DocNumber": number, "Line": [line]}
        company.create("Invoice", body, allow_duplicate=True)


def unseen(users: Users, account: Account, chance: Any) -> None:
    """Write or void an invoice with a time of long ago, as an import does: no scan shows it.

    Only whoever compares the books by the dates of invoices comes upon it.
    """
    if chance.random() < 0.5:
        write_unseen(users, account)
        return
    told = chance.choice(list(users.invoices.values()))
    if not users.is_final(told):
        _hide(account, told, status="void")


def write_unseen(users: Users, account: Account) -> None:
    """Write an invoice that no scan shows."""
    _hide(account, users.write())


def _hide(account: Account, told: Told, **changes: Any) -> None:
    told.changed_at = 0  # no scan is to blame for it
    account.edit("invoice", told.id, {**changes, "updated": account.now - LONG_AGO_SECONDS})
