"""What the checks look at, each read once and only when a check asks. Nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from itertools import batched
from typing import Any
from zoneinfo import ZoneInfo

from invoicesync.adapters.aws import clients
from invoicesync.adapters.aws.failures import translated
from invoicesync.adapters.aws.switch import EventSourceMappingSwitch
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.source import SourceInvoice, parse_source
from invoicesync.errors import InvoiceSyncError
from invoicesync.ports import Comparison, InvoiceFilter, Json, SourceList
from invoicesync.services.looking import ReadOnlyBooks
from invoicesync.services.prove import Proof, prove
from invoicesync.state.mappings import Published
from invoicesync.state.tokens import StoredTokens, current_tokens
from invoicesync_cli.desk import Desk
from invoicesync_cli.doctor.cloud import list_alarms, list_schedules, list_subscriptions
from invoicesync_cli.doctor.finding import Once
from invoicesync_cli.doctor.lists import Lists, lists_of
from invoicesync_cli.doctor.source import number_of
from invoicesync_cli.doctor.upkeep import Alarm, Schedule, Subscription
from invoicesync_cli.phrases import DAY
from invoicesync_cli.survey import Survey, survey

SAMPLE = 500
SAMPLE_DAYS = 90
_PAGE = 200
_NUMBERS_A_QUERY = 100


@dataclass(frozen=True, slots=True)
class Sample:
    """Invoices of ServiceTrade, and its clock beside ours when it gave them."""

    invoices: Sequence[SourceInvoice]
    source_time: int
    here: float


class Facts:
    """Everything of one stack that a check may ask for."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.now = desk.clock.now()
        self.survey: Once[Survey] = Once("the state table or a queue", lambda: survey(desk))
        self.tokens: Once[StoredTokens] = Once("QuickBooks' tokens", self._tokens)
        self.preferences: Once[Json] = Once(
            "QuickBooks' preferences", lambda: self._books().preferences()
        )
        self.published: Once[Published] = Once("the mapping in force", desk.mappings.current)
        self.proofs: Once[list[Proof]] = Once("QuickBooks' lists", self._proofs)
        self.sample: Once[Sample] = Once("ServiceTrade", self._sample)
        self.lists: Once[Lists] = Once("ServiceTrade's lists", self._lists)
        self.there: Once[list[Json]] = Once("QuickBooks' invoices", self._there)
        self.ours: Once[dict[ServiceTradeId, str]] = Once("the ledger", self._ours)
        self._books: Once[ReadOnlyBooks] = Once("QuickBooks' tokens", self._client)

    def _tokens(self) -> StoredTokens:
        return current_tokens(self.desk.secret(self.desk.outputs.quickbooks_token_secret_arn))

    def _client(self) -> ReadOnlyBooks:
        self.tokens()  # where these cannot be read, that was told
        return self.desk.books

    def _proofs(self) -> list[Proof]:
        self.preferences()  # where these cannot be read, that was told
        return prove(self.published().mapping, self._books())

    def _sample(self) -> Sample:
        source = self.desk.source
        bounds = InvoiceFilter(updated_after=int(self.now) - SAMPLE_DAYS * DAY)
        rows: list[Json] = []
        while True:
            page = source.invoices(bounds, page=len(rows) // _PAGE + 1, limit=_PAGE)
            rows += page.rows
            if len(page.rows) < _PAGE or len(rows) >= SAMPLE:
                break
        found = [parse_source(row, None).invoice for row in rows[:SAMPLE]]
        return Sample(found, page.source_time, self.desk.clock.now())

    def _lists(self) -> Lists:
        """Read the lists that the mapping takes names from; one that is not shown is told of."""
        self.sample()  # where ServiceTrade cannot be read at all, that was told
        rows: dict[SourceList, list[Json]] = {}
        unread: dict[SourceList, str] = {}
        for wanted in sorted(lists_of(self.published().mapping)):
            try:
                rows[wanted] = self.desk.source.everything(wanted)
            except InvoiceSyncError as error:
                unread[wanted] = str(error)
        return Lists(rows, unread)

    def _there(self) -> list[Json]:
        self.preferences()
        mapping = self.published().mapping
        numbers = sorted({number_of(each, mapping) for each in self.sample().invoices} - {""})
        return [
            row
            for some in batched(numbers, _NUMBERS_A_QUERY, strict=False)
            for row in self._books().query("Invoice", where=[Comparison("DocNumber", "IN", some)])
        ]

    def _ours(self) -> dict[ServiceTradeId, str]:
        entries = self.desk.ledger.get_many(each.id for each in self.sample().invoices)
        return {id_: each.qbo_id for id_, each in entries.items() if each.qbo_id is not None}

    def today(self) -> date:
        """Say which day it is where the company is."""
        zone = ZoneInfo(self.published().mapping.timezone)
        return datetime.fromtimestamp(self.now, zone).date()

    # The cloud

    def aws_time(self) -> float:
        """Read AWS's clock."""
        with translated("asking the queue"):
            answer: Any = clients.sqs().get_queue_attributes(
                QueueUrl=self.desk.outputs.invoice_queue_url, AttributeNames=["QueueArn"]
            )
        told = answer["ResponseMetadata"]["HTTPHeaders"]["date"]
        return parsedate_to_datetime(told).timestamp()

    def loader_is_on(self) -> bool:
        """Ask whether messages are given to the loader."""
        mapping = self.desk.outputs.loader_mapping_id
        return EventSourceMappingSwitch(clients.lambda_control(), mapping).is_on()

    def schedules(self) -> list[Schedule]:
        """List the schedules that start the stack's functions."""
        return list_schedules(clients.scheduler(), set(self.started.values()))

    def alarms(self) -> list[Alarm]:
        """List the stack's alarms."""
        return list_alarms(clients.cloudwatch(), self.desk.stack.name)

    def subscriptions(self) -> list[Subscription]:
        """List who hears from the stack."""
        return list_subscriptions(clients.sns(), self.topics)

    @property
    def started(self) -> dict[str, str]:
        """Name the functions that a schedule starts, by what they do."""
        outputs = self.desk.outputs
        return {
            "reading ServiceTrade": outputs.extractor_function,
            "renewing QuickBooks' tokens": outputs.token_refresher_function,
        }

    @property
    def topics(self) -> list[str]:
        """Name the topics by which the stack tells people."""
        return [self.desk.outputs.finance_topic_arn, self.desk.outputs.ops_topic_arn]
