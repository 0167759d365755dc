"""Events: one set of cases for memory and for EventBridge, read where a listener reads them."""

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from invoicesync.adapters.aws.bus import ENTRIES_A_CALL, SOURCE, EventBridgeBus
from invoicesync.domain.events import Event, EventName, event_of
from invoicesync.errors import MisconfiguredError, RateLimitedError
from invoicesync.ports import EventBus
from tests.fakes import FakeBus

_numbers = itertools.count(1)
type Heard = Callable[[], list[tuple[str, dict[str, Any]]]]


def events(count: int) -> list[Event]:
    return [
        event_of(EventName.INVOICE_HELD, number, detail={"servicetrade_id": number, "total": None})
        for number in range(count)
    ]


@pytest.fixture(params=["memory", "eventbridge"])
def bus(request: pytest.FixtureRequest) -> tuple[EventBus, Heard]:
    if request.param == "memory":
        fake = FakeBus()
        return fake, lambda: [(one.name.value, one.plain()) for one in fake.events]
    aws = request.getfixturevalue("aws")
    name = f"bus-{next(_numbers)}"
    url = aws("sqs").create_queue(QueueName=name)["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:123456789012:{name}"
    listen: dict[str, Any] = {"Name": name, "EventBusName": name}
    aws("events").create_event_bus(Name=name)
    aws("events").put_rule(**listen, EventPattern=json.dumps({"source": [SOURCE]}))
    aws("events").put_targets(Rule=name, EventBusName=name, Targets=[{"Id": "1", "Arn": arn}])

    def heard() -> list[tuple[str, dict[str, Any]]]:
        found: list[tuple[str, dict[str, Any]]] = []
        while (
            rows := aws("sqs")
            .receive_message(QueueUrl=url, MaxNumberOfMessages=10)
            .get("Messages", [])
        ):
            for row in rows:
                aws("sqs").delete_message(QueueUrl=url, ReceiptHandle=row["ReceiptHandle"])
                said = json.loads(row["Body"])
                assert said["source"] == SOURCE
                found.append((said["detail-type"], said["detail"]))
        return found

    return EventBridgeBus(aws("events"), name), heard


def test_events_reach_who_listens_more_than_a_call_carries_too(bus: tuple[EventBus, Heard]) -> None:
    on, heard = bus
    sent = events(ENTRIES_A_CALL + 2)

    assert on.publish(sent) == (True,) * len(sent)

    told = sorted(heard(), key=lambda one: one[1]["servicetrade_id"])
    assert told == [("InvoiceHeld", event.plain()) for event in sent]
    assert told[0][1] == {"schema": 1, "key": sent[0].key, "servicetrade_id": 0, "total": None}


def test_nothing_is_published_without_a_call(bus: tuple[EventBus, Heard]) -> None:
    on, heard = bus
    assert (on.publish([]), heard()) == ((), [])


class Client:
    """EventBridge that answers in turn."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)

    def put_events(self, **_: Any) -> Any:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


DONE = {"Entries": [{"EventId": "e"}] * ENTRIES_A_CALL}


def refusal(code: str) -> ClientError:
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    return ClientError(answer, "PutEvents")


def test_what_fails_within_a_call_that_went_well_is_not_confirmed() -> None:
    failed = {"ErrorCode": "ThrottlingException", "ErrorMessage": "slow down"}
    client = Client(
        {"FailedEntryCount": 1, "Entries": [{"EventId": "e"}, failed, {"EventId": "f"}]}
    )

    assert EventBridgeBus(client, "bus").publish(events(3)) == (True, False, True)


def test_an_answer_about_fewer_events_confirms_none() -> None:
    client = Client({"Entries": [{"EventId": "e"}]})

    assert EventBridgeBus(client, "bus").publish(events(2)) == (False, False)


def test_a_call_that_fails_after_one_that_went_well_leaves_the_rest_unconfirmed() -> None:
    bus = EventBridgeBus(Client(DONE, refusal("ThrottlingException")), "bus")

    assert bus.publish(events(13)) == (True,) * 10 + (False,) * 3


@pytest.mark.parametrize(
    ("code", "meant"),
    [("ThrottlingException", RateLimitedError), ("ResourceNotFoundException", MisconfiguredError)],
)
def test_a_call_that_fails_first_is_raised(code: str, meant: type[Exception]) -> None:
    with pytest.raises(meant, match="putting 1 events on bus"):
        EventBridgeBus(Client(refusal(code)), "bus").publish(events(1))
