"""The loader's parts."""

import os
from dataclasses import dataclass
from functools import cache

from invoicesync.adapters.aws import clients
from invoicesync.adapters.aws.bucket import S3Bucket
from invoicesync.adapters.aws.evidence import BucketEvidence
from invoicesync.adapters.aws.invoke import LambdaTokenRefresher
from invoicesync.adapters.aws.queue import SqsQueue
from invoicesync.adapters.quickbooks.client import QuickBooksClient
from invoicesync.bootstrap import shared
from invoicesync.bootstrap.quickbooks import CurrentToken, ForgettingRefresher, Patience
from invoicesync.ports import Deadline, Queue
from invoicesync.services.load import Load, LoadPorts, LoadSettings
from invoicesync.services.load.paced import Paces
from invoicesync.services.notify import Notifier
from invoicesync.settings import LoaderSettings, read_settings
from invoicesync.state.pace import Pace


@cache
def settings() -> LoaderSettings:
    """Read the environment, once."""
    return read_settings(LoaderSettings, os.environ)


@cache
def queue() -> Queue:
    """Return the queue whose messages are loaded."""
    return SqsQueue(clients.sqs(), settings().invoice_queue_url)


@cache
def notifier() -> Notifier:
    """Return what tells people."""
    read = settings()
    return shared.notifier(
        read.state_table,
        finance_arn=read.finance_topic_arn,
        ops_arn=read.ops_topic_arn,
        settings=shared.mail_settings(read),
    )


@dataclass(frozen=True, slots=True)
class _Parts:
    load: Load
    client: QuickBooksClient
    patience: Patience


def load(deadline: Deadline) -> Load:
    """Return the use case for one invocation; what it caches outlives it.

    Connections do not: one that slept with the environment may be dead, and a write on it would
    have an unknown outcome.
    """
    parts = _parts()
    parts.client.close()
    parts.patience.begin(deadline)
    return parts.load


@cache
def _parts() -> _Parts:
    read = settings()
    token = CurrentToken(shared.secret(read.quickbooks_token_secret_arn), shared.clock())
    realm_id = token.tokens().realm_id
    bucket = S3Bucket(clients.s3(), read.bucket)
    patience = Patience()
    client = QuickBooksClient(
        base_url=read.quickbooks_url,
        realm_id=realm_id,
        access_token=token,
        evidence=BucketEvidence(bucket, shared.clock()),
        read_timeout=patience,
    )
    refresher = LambdaTokenRefresher(clients.lambda_invoke(), read.token_refresher_function)
    load_ = Load(
        LoadPorts(
            books=client,
            refresher=ForgettingRefresher(refresher, token),
            table=shared.table(read.state_table),
            bucket=bucket,
            dead_letters=SqsQueue(clients.sqs(), read.dead_letter_queue_url),
            outcomes=SqsQueue(clients.sqs(), read.outcome_queue_url),
            notify=notifier(),
            clock=shared.clock(),
            random=shared.random(),
        ),
        LoadSettings(
            realm_id=realm_id,
            company=shared.COMPANY,
            paces=Paces(
                requests=Pace("requests", per_minute=read.requests_per_minute, burst=2),
                batches=Pace("batches", per_minute=read.batches_per_minute, burst=2),
            ),
        ),
    )
    return _Parts(load_, client, patience)
