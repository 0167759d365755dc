"""The extractor's parts."""

import os
from functools import cache

from invoicesync.adapters.aws import clients
from invoicesync.adapters.aws.bucket import S3Bucket
from invoicesync.adapters.aws.dead_letters import SqsDeadLetterBox
from invoicesync.adapters.aws.queue import SqsQueue
from invoicesync.adapters.aws.runtime import LambdaContext, LambdaDeadline, ThreadParallel
from invoicesync.adapters.aws.switch import EventSourceMappingSwitch
from invoicesync.bootstrap import servicetrade, shared
from invoicesync.services.extract import Extract
from invoicesync.services.follow_up import FollowUp
from invoicesync.services.notify import Notifier
from invoicesync.services.sweep import Sweep
from invoicesync.services.vitals import Vitals, read_vitals
from invoicesync.settings import ExtractorSettings, read_settings

WORKERS = 4


@cache
def settings() -> ExtractorSettings:
    """Read the environment, once."""
    return read_settings(ExtractorSettings, os.environ)


def extract(context: LambdaContext) -> Extract:
    """Return the use case for one invocation."""
    read = settings()
    source = servicetrade.source(read.servicetrade_url, read.servicetrade_secret_arn)
    return Extract(
        source=source,
        table=shared.table(read.state_table),
        queue=SqsQueue(clients.sqs(), read.invoice_queue_url),
        bucket=S3Bucket(clients.s3(), read.bucket),
        clock=shared.clock(),
        random=shared.random(),
        parallel=ThreadParallel(WORKERS),
        deadline=LambdaDeadline(context),
        switch=EventSourceMappingSwitch(clients.lambda_control(), read.loader_mapping_id),
        mappings=shared.mappings(read.state_table, read.bucket),
        realm=shared.realm(read.state_table),
        spent=source.spent,
        page_size=read.page_size,
    )


def sweep() -> Sweep:
    """Return the use case that explains dead letters."""
    read = settings()
    box = SqsDeadLetterBox(clients.sqs(), read.dead_letter_queue_url)
    return Sweep(box, shared.table(read.state_table), shared.clock())


def follow_up() -> FollowUp:
    """Return the use case that follows up what people were told."""
    read = settings()
    return FollowUp(
        shared.table(read.state_table),
        shared.clock(),
        shared.topic(read.finance_topic_arn),
        shared.mail_settings(read),
    )


def vitals() -> Vitals:
    """Read how the stack is doing."""
    name = settings().state_table
    return read_vitals(shared.table(name), shared.realm(name), shared.clock())


def notifier() -> Notifier:
    """Return what tells people."""
    read = settings()
    return shared.notifier(
        read.state_table,
        finance_arn=read.finance_topic_arn,
        ops_arn=read.ops_topic_arn,
        settings=shared.mail_settings(read),
    )
