"""The acknowledger's parts. It alone is given what writes to ServiceTrade."""

import os
from collections.abc import Collection
from functools import cache

from invoicesync.adapters.aws import clients
from invoicesync.adapters.aws.bus import EventBridgeBus
from invoicesync.adapters.aws.queue import SqsQueue
from invoicesync.adapters.servicetrade.credentials import read_credentials
from invoicesync.adapters.servicetrade.writer import ServiceTradeWriter
from invoicesync.bootstrap import shared
from invoicesync.ports import Queue
from invoicesync.services.acknowledge import Acknowledge, Mode
from invoicesync.services.announce import Announce
from invoicesync.services.hints import Hints
from invoicesync.services.notify import Notifier
from invoicesync.settings import AcknowledgerSettings, read_settings
from invoicesync.state.ledger import Ledger
from invoicesync.state.told import Tellings


@cache
def settings() -> AcknowledgerSettings:
    """Read the environment, once."""
    return read_settings(AcknowledgerSettings, os.environ)


@cache
def queue() -> Queue:
    """Return the queue that the hints come from."""
    return SqsQueue(clients.sqs(), settings().outcome_queue_url)


@cache
def notifier() -> Notifier:
    """Return what tells people; this function has the operator's topic alone."""
    read = settings()
    return shared.notifier(
        read.state_table, finance_arn=read.ops_topic_arn, ops_arn=read.ops_topic_arn
    )


@cache
def _writer() -> ServiceTradeWriter:
    secret = shared.secret(settings().servicetrade_secret_arn)
    return ServiceTradeWriter(
        settings().servicetrade_url,
        credentials=lambda: read_credentials(secret),
        clock=shared.clock(),
    )


def hints() -> Hints:
    """Return the use case for one invocation; a connection that slept with it is not used again."""
    read = settings()
    writer = _writer()
    writer.close()
    ledger = Ledger(shared.table(read.state_table))
    tellings = Tellings(shared.table(read.state_table), shared.clock(), shared.random())
    return Hints(
        ledger=ledger,
        tellings=tellings,
        acknowledge=Acknowledge(
            source=writer,
            ledger=ledger,
            tellings=tellings,
            notifier=notifier(),
            statuses=_statuses,
            mode=Mode(read.acknowledge),
        ),
        announce=Announce(EventBridgeBus(clients.events(), read.event_bus), tellings),
        random=shared.random(),
    )


def _statuses() -> Collection[str]:
    read = settings()
    return shared.mappings(read.state_table, read.bucket).current().mapping.dispatch.statuses
