"""The reconciler's parts."""

import os
from functools import cache

from invoicesync.adapters.aws import clients
from invoicesync.adapters.aws.bucket import S3Bucket
from invoicesync.adapters.aws.evidence import BucketEvidence
from invoicesync.adapters.aws.invoke import LambdaTokenRefresher
from invoicesync.adapters.quickbooks.client import QuickBooksClient
from invoicesync.bootstrap import shared
from invoicesync.bootstrap.quickbooks import CurrentToken, ForgettingRefresher, Patience
from invoicesync.ports import Deadline
from invoicesync.services.load.paced import PacedBooks, Paces
from invoicesync.services.notify import Notifier
from invoicesync.services.observe import Observe
from invoicesync.settings import ReconcilerSettings, read_settings
from invoicesync.state.pace import Pace


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
