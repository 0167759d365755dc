"""What every function is made of."""

from functools import cache

from invoicesync.adapters.aws import clients
from invoicesync.adapters.aws.bucket import S3Bucket
from invoicesync.adapters.aws.runtime import SystemClock, SystemRandom
from invoicesync.adapters.aws.secrets import SecretsManagerSecret
from invoicesync.adapters.aws.table import DynamoTable
from invoicesync.adapters.aws.topic import SnsTopic
from invoicesync.services.held import MailSettings
from invoicesync.services.notify import PLAIN, Notifier
from invoicesync.settings import ExtractorSettings, LoaderSettings
from invoicesync.state.mappings import Mappings
from invoicesync.state.realm import Realm

COMPANY = "company"
"""A stack serves one company; its pace, breaker and token lease need not say which, and the
extractor, which may not read QuickBooks' secrets, could not."""


@cache
def clock() -> SystemClock:
    """Return the machine's clock."""
    return SystemClock()


@cache
def random() -> SystemRandom:
    """Return the machine's chance."""
    return SystemRandom()


def table(name: str) -> DynamoTable:
    """Return the state table."""
    return DynamoTable(clients.dynamodb(), name, clock())


@cache
def mappings(table_name: str, bucket: str) -> Mappings:
    """Return every version of the mapping; the one in force is read again when it has changed."""
    return Mappings(table(table_name), S3Bucket(clients.s3(), bucket), clock())


def realm(name: str) -> Realm:
    """Return what all loaders of the company share."""
    return Realm(table(name), clock(), COMPANY)


def secret(arn: str) -> SecretsManagerSecret:
    """Return a secret."""
    return SecretsManagerSecret(clients.secretsmanager(), arn)


def topic(arn: str) -> SnsTopic:
    """Return where mail goes."""
    return SnsTopic(clients.sns(), arn)


def mail_settings(read: ExtractorSettings | LoaderSettings) -> MailSettings:
    """Return what mails need to know of the company."""
    return MailSettings(link=read.invoice_link, close_day=read.books_close_day)


def notifier(
    table_name: str, *, finance_arn: str, ops_arn: str, settings: MailSettings = PLAIN
) -> Notifier:
    """Return what tells people."""
    return Notifier(
        table(table_name),
        clock(),
        finance=topic(finance_arn),
        ops=topic(ops_arn),
        settings=settings,
    )
