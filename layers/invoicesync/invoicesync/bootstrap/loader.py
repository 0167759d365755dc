"""The loader's parts."""

import os
from dataclasses import dataclass
from functools import cache

from invoicesync.adapters.aws import clients
from invoicesync.adapters.aws.bucket import S3Bucket
from invoicesync.adapters.aws.evidence import BucketEvidence
from invoicesync.adapters.aws.invoke import LambdaTokenRefresher
from invoicesync.adapters.aws.queue import SqsQueue
from invoicesync.adapters.quickbooks.client import READ_TIMEOUT_SECONDS, QuickBooksClient
from invoicesync.bootstrap import shared
from invoicesync.ports import Clock, Deadline, Queue, Secret
from invoicesync.services.load import Load, LoadPorts, LoadSettings
from invoicesync.services.load.paced import Paces
from invoicesync.services.notify import Notifier
from invoicesync.settings import LoaderSettings, read_settings
from invoicesync.state.pace import Pace
from invoicesync.state.tokens import StoredTokens, current_tokens

TOKEN_SECONDS = 60
RECORD_SECONDS = 10
"""Kept back from a request's time for recording what came of it."""


class CurrentToken:
    """The access token in force, read from AWSCURRENT and remembered for a minute."""

    def __init__(self, secret: Secret, clock: Clock) -> None:
        self._secret = secret
        self._clock = clock
        self._read_at = 0.0
        self._tokens: StoredTokens | None = None

    def __call__(self) -> str:
        """Return the token for the next request."""
        return self.tokens().access_token

    def tokens(self) -> StoredTokens:
        """Return what the secret holds, no older than a minute."""
        now = self._clock.now()
        if self._tokens is None or now - self._read_at > TOKEN_SECONDS:
            self._tokens, self._read_at = current_tokens(self._secret), now
        return self._tokens

    def forget(self) -> None:
        """Read the secret again at the next request."""
        self._tokens = None


class ForgettingRefresher:
    """Asks the token refresher, then lets go of the token that was refused."""

    def __init__(self, refresher: LambdaTokenRefresher, token: CurrentToken) -> None:
        self._refresher = refresher
        self._token = token

    def refresh(self) -> None:
        """Return once the next request will bear a newer token."""
        self._refresher.refresh()
        self._token.forget()


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
        read.state_table, finance_arn=read.finance_topic_arn, ops_arn=read.ops_topic_arn
    )


class Patience:
    """How long QuickBooks may still be waited for in this invocation."""

    def __init__(self) -> None:
        self._deadline: Deadline | None = None

    def begin(self, deadline: Deadline) -> None:
        """Wait no longer than ``deadline`` allows, with time left to record what came."""
        self._deadline = deadline

    def __call__(self) -> float:
        """Return the seconds that a request may still take; nothing is sent at zero or less."""
        if self._deadline is None:
            return READ_TIMEOUT_SECONDS
        return min(READ_TIMEOUT_SECONDS, self._deadline.remaining_seconds() - RECORD_SECONDS)


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
