"""Mail: one set of cases for memory and for SNS, read where a subscriber would read it."""

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicesync.adapters.aws.topic import SnsTopic, fitting, subject_line
from invoicesync.errors import MisconfiguredError
from invoicesync.ports import Topic
from tests.fakes import FakeTopic

_numbers = itertools.count(1)
type Inbox = Callable[[], list[tuple[str, str]]]


@pytest.fixture(params=["memory", "sns"])
def mail(request: pytest.FixtureRequest) -> tuple[Topic, Inbox]:
    if request.param == "memory":
        topic = FakeTopic()
        return topic, lambda: [(mail.subject, mail.text) for mail in topic.mails]
    aws = request.getfixturevalue("aws")
    number = next(_numbers)
    arn = aws("sns").create_topic(Name=f"finance-{number}")["TopicArn"]
    url = aws("sqs").create_queue(QueueName=f"inbox-{number}")["QueueUrl"]
    aws("sns").subscribe(
        TopicArn=arn, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:123456789012:inbox-{number}"
    )

    def inbox() -> list[tuple[str, str]]:
        rows = aws("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        bodies = [json.loads(row["Body"]) for row in rows]
        return [(body["Subject"], body["Message"]) for body in bodies]

    return SnsTopic(aws("sns"), arn), inbox


def test_a_message_reaches_its_readers(mail: tuple[Topic, Inbox]) -> None:
    topic, inbox = mail
    topic.publish("3 invoices are held", "1001: no such customer “Müller”\n1002: …")
    assert inbox() == [("3 invoices are held", "1001: no such customer “Müller”\n1002: …")]


def test_a_subject_is_made_fit_for_mail(mail: tuple[Topic, Inbox]) -> None:
    topic, inbox = mail
    topic.publish("Café:\r\nheld à " + "x" * 200, "text")
    [(subject, _)] = inbox()
    assert subject.startswith("Cafe: held a x")
    assert len(subject) == 99


@given(st.text())
def test_any_subject_becomes_one_short_line_of_ascii(text: str) -> None:
    subject = subject_line(text)
    assert 1 <= len(subject) < 100
    assert subject.isascii()
    assert subject.isprintable()
    assert subject == subject.strip()


def test_a_text_too_long_for_mail_is_cut_and_says_so() -> None:
    text = fitting("ü" * 200_000)
    assert 262_140 <= len(text.encode()) <= 262_144
    assert text.endswith("(cut here: too long for one message)")
    assert fitting("short") == "short"


def test_a_topic_that_does_not_exist_is_a_misconfiguration(aws: Any) -> None:
    nowhere = SnsTopic(aws("sns"), "arn:aws:sns:us-east-1:123456789012:nowhere")
    with pytest.raises(MisconfiguredError, match="NotFound"):
        nowhere.publish("subject", "text")
