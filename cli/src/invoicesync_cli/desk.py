"""The operator's desk: everything of one stack that a command may need, made when it is needed."""

import getpass
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from invoicesync.adapters.aws import clients
from invoicesync.adapters.aws.bucket import S3Bucket
from invoicesync.adapters.aws.dead_letters import SqsDeadLetterBox
from invoicesync.adapters.aws.evidence import BucketEvidence
from invoicesync.adapters.aws.invoke import LambdaExtractor, LambdaReconciler
from invoicesync.adapters.aws.runtime import SystemClock, SystemRandom
from invoicesync.adapters.aws.secrets import SecretsManagerSecret
from invoicesync.adapters.aws.table import DynamoTable
from invoicesync.adapters.quickbooks.client import QuickBooksClient
from invoicesync.adapters.servicetrade.credentials import read_credentials
from invoicesync.adapters.servicetrade.source import ServiceTradeSource
from invoicesync.bootstrap.shared import COMPANY
from invoicesync.services.looking import BehindLoaders, ReadOnlyBooks
from invoicesync.settings import REQUESTS_PER_MINUTE
from invoicesync.state.actions import Action, Actions
from invoicesync.state.ledger import Ledger
from invoicesync.state.mappings import Mappings
from invoicesync.state.realm import Realm
from invoicesync.state.tokens import current_tokens
from invoicesync_cli.stack import Outputs, Stack


class Unkept:
    """Keeps nothing of what QuickBooks refuses."""

    def keep(self, name: str, record: Mapping[str, Any]) -> str:
        """Let it go."""
        del name, record
        return ""


@dataclass
class Desk:
    """One stack, as an operator reaches it. ``clock`` is this machine's."""

    stack: Stack

    @property
    def outputs(self) -> Outputs:
        """Where everything of the stack is."""
        return self.stack.outputs

    @cached_property
    def clock(self) -> SystemClock:
        """This machine's clock."""
        return SystemClock()

    @cached_property
    def random(self) -> SystemRandom:
        """This machine's chance."""
        return SystemRandom()

    @cached_property
    def table(self) -> DynamoTable:
        """The state table."""
        return DynamoTable(clients.dynamodb(), self.outputs.state_table, self.clock)

    @cached_property
    def bucket(self) -> S3Bucket:
        """Mappings, journals, evidence and reports."""
        return S3Bucket(clients.s3(), self.outputs.bucket)

    @cached_property
    def dead_letters(self) -> SqsDeadLetterBox:
        """The invoices that need a person."""
        return SqsDeadLetterBox(clients.sqs(), self.outputs.dead_letter_queue_url)

    @cached_property
    def extractor(self) -> LambdaExtractor:
        """The one road by which anything is tried again."""
        return LambdaExtractor(clients.lambda_wait(), self.outputs.extractor_function)

    @cached_property
    def reconciler(self) -> LambdaReconciler:
        """Whoever compares both books."""
        return LambdaReconciler(clients.lambda_wait(), self.outputs.reconciler_function)

    @cached_property
    def ledger(self) -> Ledger:
        """What became of every invoice."""
        return Ledger(self.table)

    @cached_property
    def realm(self) -> Realm:
        """Pace, breaker and pause."""
        return Realm(self.table, self.clock, COMPANY)

    @cached_property
    def mappings(self) -> Mappings:
        """Every version of the mapping."""
        return Mappings(self.table, self.bucket, self.clock)

    @cached_property
    def actions(self) -> Actions:
        """What operators did."""
        return Actions(self.table, self.clock, self.random)

    @cached_property
    def books(self) -> ReadOnlyBooks:
        """QuickBooks, as a person looks at it: behind the live sync, with the token in force.

        Nothing is renewed from here, and nothing is kept of what is refused.
        """
        token = current_tokens(self.secret(self.outputs.quickbooks_token_secret_arn))
        client = QuickBooksClient(
            base_url=self.stack.quickbooks_url,
            realm_id=token.realm_id,
            access_token=lambda: token.access_token,
            evidence=Unkept(),
        )
        return ReadOnlyBooks(client, BehindLoaders(self.realm, REQUESTS_PER_MINUTE))

    @cached_property
    def source(self) -> ServiceTradeSource:
        """ServiceTrade, read with the credentials that are stored."""
        secret = self.secret(self.outputs.servicetrade_secret_arn)
        return ServiceTradeSource(
            self.stack.servicetrade_url,
            credentials=lambda: read_credentials(secret),
            clock=self.clock,
        )

    @cached_property
    def evidence(self) -> BucketEvidence:
        """What QuickBooks refused, masked."""
        return BucketEvidence(self.bucket, self.clock)

    def secret(self, arn: str) -> SecretsManagerSecret:
        """Return one of the stack's secrets."""
        return SecretsManagerSecret(clients.secretsmanager(), arn)

    @cached_property
    def actor(self) -> str:
        """Who is at the desk: AWS's word for them, and the name that this machine knows."""
        person = f"{os.environ.get('USER') or getpass.getuser()}@{socket.gethostname()}"
        try:
            return f"{clients.sts().get_caller_identity()['Arn']} ({person})"
        except (BotoCoreError, ClientError):
            return person

    def record(self, action: Action) -> None:
        """Store what was done."""
        self.actions.record(action)
