"""The functions as they are deployed: use cases and real adapters, over ports that misbehave."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from invoicesync.adapters.aws.evidence import BucketEvidence
from invoicesync.adapters.quickbooks.client import QuickBooksClient
from invoicesync.adapters.quickbooks.oauth import IntuitTokenEndpoint
from invoicesync.adapters.servicetrade.credentials import UserCredentials
from invoicesync.adapters.servicetrade.source import ServiceTradeSource
from invoicesync.bootstrap.quickbooks import CurrentToken, ForgettingRefresher, Patience
from invoicesync.bootstrap.shared import COMPANY
from invoicesync.errors import AuthenticationError, MisconfiguredError, RetryableError
from invoicesync.ports import Outgoing, Received
from invoicesync.services.extract import Extract
from invoicesync.services.follow_up import FollowUp
from invoicesync.services.held import MailSettings
from invoicesync.services.load import Load, LoadPorts, LoadSettings
from invoicesync.services.load.paced import PacedBooks, Paces
from invoicesync.services.notify import Notifier
from invoicesync.services.refresh import Refresh
from invoicesync.services.sweep import Sweep
from invoicesync.state.mappings import Mappings
from invoicesync.state.pace import Pace
from invoicesync.state.realm import Realm
from invoicesync.state.tokens import TokenLease
from sandbox.quickbooks.oauth import CLIENT_ID, CLIENT_SECRET
from tests.fakes import FakeQueue
from tests.simulation.cloud import Cloud
from tests.simulation.gates import Clock, Deadline, Parallel
from tests.simulation.scheduler import Process
from tests.simulation.wire import Wire

BOOKS = "http://quickbooks.test"
SOURCE = "http://servicetrade.test/api"
LOADER_SECONDS = 180
EXTRACTOR_SECONDS = 900
REFRESHER_SECONDS = 90
COLD = 0.1
MAIL = MailSettings(link="https://servicetrade.test/jobs/{job}", close_day=5)
"""How often an invocation starts an environment though a warm one is there."""


class Chance:
    """The product's own chance, from the one source."""

    def __init__(self, random: Any) -> None:
        self._random = random

    def uniform(self, low: float, high: float) -> float:
        """Draw a number."""
        return float(self._random.uniform(low, high))

    def token(self) -> str:
        """Draw 32 hexadecimal digits."""
        return f"{self._random.getrandbits(128):032x}"


@dataclass(slots=True)
class Environment:
    """One warm execution environment of the loader."""

    load: Load
    client: QuickBooksClient
    patience: Patience


class Invoked:
    """The token refresher as the loader reaches it: another function, waited for."""

    def __init__(self, functions: "Functions") -> None:
        self._functions = functions

    def refresh(self) -> None:
        """Return once a newer token is stored; fail as an invocation fails."""
        invoke(self._functions.cloud, lambda: self._functions.refresh(was_refused=True))


def invoke(cloud: Cloud, start: Callable[[], Process]) -> None:
    """Start another function and wait for it; fail as an invocation fails."""
    gates = cloud.gates
    gates.begin("lambda.invoke")
    process = start()
    while not process.is_over:
        gates.scheduler.sleep(0.5)
    gates.end()
    if isinstance(process.error, AuthenticationError | MisconfiguredError):
        raise type(process.error)(f"{process.name} says so")
    if process.error is not None or process.is_dead:
        raise RetryableError(f"{process.name} failed")


def reconciler_books(
    cloud: Cloud, books: Wire, invoked: Invoked, realm_id: str, clock: Clock
) -> PacedBooks:
    """Make QuickBooks as one invocation of the reconciler reaches it, at a pace of its own."""
    token, patience = CurrentToken(cloud.secret, clock), Patience()
    patience.begin(Deadline(cloud.scheduler, cloud.scheduler.process))
    client = QuickBooksClient(
        base_url=BOOKS,
        realm_id=realm_id,
        access_token=token,
        evidence=BucketEvidence(cloud.bucket, clock),
        adapter=books,
        read_timeout=patience,
    )
    pace = Pace("reconciler", per_minute=60, burst=2)
    refresher = ForgettingRefresher(invoked, token)  # type: ignore[arg-type]  # stands for the invocation
    realm = Realm(cloud.table, clock, COMPANY)
    return PacedBooks(client, realm, refresher, Paces(requests=pace, batches=pace))


class DeadLetterBox:
    """The dead-letter queue as the sweep reads it."""

    def __init__(self, queue: FakeQueue) -> None:
        self._queue = queue

    def receive(self, limit: int) -> list[Received]:
        """Take messages out of sight for a while."""
        return self._queue.receive(limit)

    def send(self, message: Outgoing) -> bool:
        """Put a message in."""
        return all(self._queue.send([message]))

    def delete(self, receipt: str) -> None:
        """Delete a message that was received."""
        self._queue.delete(receipt)


@dataclass(slots=True)
class Extractor:
    """One warm execution environment of the extractor."""

    source: ServiceTradeSource
    mappings: Mappings
    clock: Clock


class Functions:
    """Makes every function over the ports of one cloud."""

    def __init__(self, cloud: Cloud, *, books: Wire, source: Wire, realm_id: str) -> None:
        self.cloud = cloud
        self._books = books
        self._source = source
        self._realm_id = realm_id
        self._warm: list[Extractor] = []

    def _clock(self) -> Clock:
        most = float(self.cloud.knobs["skew_seconds"])
        return Clock(self.cloud.scheduler, self.cloud.chances.uniform(-most, most))

    def loader(self) -> Environment:
        """Start an environment of the loader."""
        cloud, clock = self.cloud, self._clock()
        token = CurrentToken(cloud.secret, clock)
        patience = Patience()
        client = QuickBooksClient(
            base_url=BOOKS,
            realm_id=self._realm_id,
            access_token=token,
            evidence=BucketEvidence(cloud.bucket, clock),
            adapter=self._books,
            read_timeout=patience,
        )
        knobs = cloud.knobs
        load = Load(
            LoadPorts(
                books=client,
                refresher=ForgettingRefresher(Invoked(self), token),  # type: ignore[arg-type]  # stands for the invocation
                table=cloud.table,
                bucket=cloud.bucket,
                dead_letters=cloud.dead,
                outcomes=cloud.outcomes,
                notify=self._notifier(clock),
                clock=clock,
                random=Chance(cloud.chances.random),
            ),
            LoadSettings(
                realm_id=self._realm_id,
                company=COMPANY,
                timeout_seconds=LOADER_SECONDS,
                paces=Paces(
                    requests=Pace("requests", per_minute=knobs["requests_per_minute"], burst=2),
                    batches=Pace("batches", per_minute=knobs["batches_per_minute"], burst=2),
                ),
            ),
        )
        return Environment(load, client, patience)

    def _extractor(self) -> Extractor:
        """Start an environment of the extractor, or take one that an earlier invocation left."""
        if self._warm and self.cloud.chances.random.random() >= COLD:
            return self._warm.pop()
        clock = self._clock()
        source = ServiceTradeSource(
            SOURCE,
            credentials=lambda: UserCredentials("sync@example.test", "let-me-in"),
            clock=clock,
            adapter=self._source,
        )
        return Extractor(source, Mappings(self.cloud.table, self.cloud.bucket, clock), clock)

    def extract(self, process: Process, act: Callable[[Extract], object]) -> None:
        """Run the extractor for one invocation."""
        environment = self._extractor()
        act(self._extract(process, environment))
        self._warm.append(environment)

    def _extract(self, process: Process, environment: Extractor) -> Extract:
        cloud, clock = self.cloud, environment.clock
        return Extract(
            source=environment.source,
            table=cloud.table,
            queue=cloud.queue,
            bucket=cloud.bucket,
            clock=clock,
            random=Chance(cloud.chances.random),
            parallel=Parallel(cloud.scheduler),
            deadline=Deadline(cloud.scheduler, process),
            switch=cloud.switch,
            mappings=environment.mappings,
            realm=Realm(cloud.table, clock, COMPANY),
            page_size=cloud.knobs["page_size"],
        )

    def tick(self) -> Process:
        """Let the schedule invoke the extractor."""

        def work() -> None:
            self.extract(self.cloud.scheduler.process, lambda extract: extract.tick())
            clock = self._clock()
            Sweep(DeadLetterBox(self.cloud.dead), self.cloud.table, clock)()
            FollowUp(self.cloud.table, clock, self.cloud.finance, MAIL)()

        return self.cloud.spawn("extractor", work, EXTRACTOR_SECONDS)

    def by_id(self, ids: Sequence[int]) -> Process:
        """Let an operator ask for some invoices."""

        def work() -> None:
            made: Any = ids
            process = self.cloud.scheduler.process
            self.extract(process, lambda extract: extract.by_id(made, actor="operator"))

        return self.cloud.spawn("by_id", work, EXTRACTOR_SECONDS)

    def backfill(self, name: str, start: int, end: int) -> Process:
        """Let an operator scan the past."""

        def work() -> None:
            process = self.cloud.scheduler.process
            self.extract(process, lambda extract: extract.backfill(name, start, end))

        return self.cloud.spawn("backfill", work, EXTRACTOR_SECONDS)

    def refresh(self, *, was_refused: bool = False) -> Process:
        """Invoke the token refresher."""
        cloud = self.cloud

        def work() -> None:
            clock = self._clock()
            refresh = Refresh(
                secret=cloud.secret,
                endpoint=IntuitTokenEndpoint(
                    client_id=CLIENT_ID,
                    client_secret=CLIENT_SECRET,
                    url=f"{BOOKS}/oauth2/v1/tokens/bearer",
                    adapter=self._books,
                ),
                lease=TokenLease(cloud.table, clock, COMPANY),
                realm=Realm(cloud.table, clock, COMPANY),
                notifier=self._notifier(clock),
                clock=clock,
                random=Chance(cloud.chances.random),
            )
            refresh(Deadline(cloud.scheduler, cloud.scheduler.process), was_refused=was_refused)

        return cloud.spawn("refresher", work, REFRESHER_SECONDS)

    def _notifier(self, clock: Clock) -> Notifier:
        cloud = self.cloud
        return Notifier(cloud.table, clock, finance=cloud.finance, ops=cloud.ops, settings=MAIL)


def stored_tokens(realm_id: str, answer: Any, at: float) -> str:
    """Write what a consent gave as the secret holds it."""
    return json.dumps(
        {
            "realm_id": realm_id,
            "access_token": answer["access_token"],
            "refresh_token": answer["refresh_token"],
            "obtained_at": int(at),
            "expires_in": answer["expires_in"],
        }
    )
