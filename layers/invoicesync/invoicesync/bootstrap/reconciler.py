"""The reconciler's parts."""

import os
from functools import cache

from invoicesync.adapters.aws import clients
from invoicesync.adapters.aws.bucket import S3Bucket
from invoicesync.adapters.aws.bus import EventBridgeBus
from invoicesync.adapters.aws.evidence import BucketEvidence
from invoicesync.adapters.aws.invoke import LambdaExtractor, LambdaTokenRefresher
from invoicesync.adapters.aws.topic import SnsTopic
from invoicesync.adapters.quickbooks.client import QuickBooksClient
from invoicesync.adapters.quickbooks.population import QuickBooksInvoices
from invoicesync.bootstrap import servicetrade, shared
from invoicesync.bootstrap.quickbooks import CurrentToken, ForgettingRefresher, Patience
from invoicesync.domain.comparison import BooksRecord, Rules, books_record
from invoicesync.domain.ids import QuickBooksId
from invoicesync.ports import Deadline
from invoicesync.services.audit import Audit, BooksReading, SourceReading, rules_of
from invoicesync.services.extract.reader import Reader
from invoicesync.services.load.paced import PacedBooks, Paces
from invoicesync.services.load.preferences import PreferencesReader
from invoicesync.services.notify import Notifier
from invoicesync.services.observe import Observe
from invoicesync.services.reconcile import Reconcile
from invoicesync.services.reconcile.announcement import announced
from invoicesync.services.reconcile.publish import Publish
from invoicesync.services.reconcile.request import Request
from invoicesync.services.reconcile.result import Outcome
from invoicesync.settings import ReconcilerSettings, read_settings
from invoicesync.state.mappings import Published
from invoicesync.state.pace import Pace

MARGIN_SECONDS = 120
"""Kept for comparing and reporting when everything was read."""


@cache
def settings() -> ReconcilerSettings:
    """Read the environment, once."""
    return read_settings(ReconcilerSettings, os.environ)


@cache
def notifier() -> Notifier:
    """Return what tells people."""
    read = settings()
    return shared.notifier(
        read.state_table, finance_arn=read.finance_topic_arn, ops_arn=read.ops_topic_arn
    )


def books(deadline: Deadline) -> PacedBooks:
    """Return QuickBooks for one invocation: at a slow pace of its own, beside the loaders'."""
    read = settings()
    token = CurrentToken(shared.secret(read.quickbooks_token_secret_arn), shared.clock())
    patience = Patience()
    patience.begin(deadline)
    client = QuickBooksClient(
        base_url=read.quickbooks_url,
        realm_id=token.tokens().realm_id,
        access_token=token,
        evidence=BucketEvidence(S3Bucket(clients.s3(), read.bucket), shared.clock()),
        read_timeout=patience,
    )
    refresher = LambdaTokenRefresher(clients.lambda_invoke(), read.token_refresher_function)
    pace = Pace("reconciler", per_minute=read.requests_per_minute, burst=2)
    return PacedBooks(
        client,
        shared.realm(read.state_table),
        ForgettingRefresher(refresher, token),
        Paces(requests=pace, batches=pace),
    )


def _audit(deadline: Deadline, quickbooks: PacedBooks, published: Published, rules: Rules) -> Audit:
    read, clock = settings(), shared.clock()
    source = servicetrade.source(read.servicetrade_url, read.servicetrade_secret_arn)
    source.close()  # a connection that slept with the environment may be dead
    reader = Reader(
        source=source,
        clock=clock,
        random=shared.random(),
        deadline=deadline,
        margin_seconds=MARGIN_SECONDS,
    )
    return Audit(
        source=SourceReading(reader=reader, mapping=published.mapping, clock=clock),
        books=BooksReading(books=QuickBooksInvoices(quickbooks), clock=clock),
        rules=rules,
        jobs=source,
    )


def reconcile(deadline: Deadline, asked: Request) -> Reconcile:
    """Return the use case for one invocation."""
    read, clock, random = settings(), shared.clock(), shared.random()
    table, bucket = shared.table(read.state_table), S3Bucket(clients.s3(), read.bucket)
    published = shared.mappings(read.state_table, read.bucket).current()
    quickbooks = books(deadline)
    closed_on = PreferencesReader(clock).read(quickbooks).closed_on
    rules = rules_of(
        published.mapping, closed_through=closed_on, settle_seconds=asked.settle_seconds
    )

    def look(id_: QuickBooksId) -> BooksRecord | None:
        found = quickbooks.read_invoice(id_)
        return None if found is None else books_record(found)

    return Reconcile(
        read=_audit(deadline, quickbooks, published, rules),
        look=look,
        report=quickbooks.transaction_list,
        reads=lambda: quickbooks.calls,
        rules=rules,
        published=published,
        table=table,
        extractor=LambdaExtractor(clients.lambda_wait(), read.extractor_function),
        clock=clock,
        usage=shared.realm(read.state_table).usage,
        publish=Publish(
            table=table,
            bucket=bucket,
            finance=SnsTopic(clients.sns(), read.finance_topic_arn),
            clock=clock,
            random=random,
            company=read.company,
            place=f"s3://{read.bucket}",
        ),
    )


def announce(outcome: Outcome) -> bool:
    """Tell other programs what a reconciliation came to."""
    return announced(EventBridgeBus(clients.events(), settings().event_bus), outcome)


def observe(deadline: Deadline) -> Observe:
    """Return the use case for one invocation."""
    read = settings()
    return Observe(
        books=books(deadline),
        realm=shared.realm(read.state_table),
        table=shared.table(read.state_table),
        clock=shared.clock(),
        tell=notifier().finance,
    )
