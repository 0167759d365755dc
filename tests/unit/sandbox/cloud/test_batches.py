"""What a function's answer means for the messages of its batch."""

import pytest

from sandbox.cloud.batches import failed_messages, within_payload
from sandbox.cloud.functions import Answer

RECORDS = [{"messageId": "a"}, {"messageId": "b"}]


def answered(payload: object, *, failed: bool = False) -> Answer:
    return Answer("request", payload, failed=failed)


@pytest.mark.parametrize(
    "payload", [None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}, {"other": 1}]
)
def test_no_list_of_failures_means_that_all_went_well(payload: object) -> None:
    assert failed_messages(answered(payload), RECORDS, reports=True) == set()


def test_the_messages_named_have_failed_and_no_others() -> None:
    payload = {"batchItemFailures": [{"itemIdentifier": "b"}]}

    assert failed_messages(answered(payload), RECORDS, reports=True) == {"b"}


@pytest.mark.parametrize(
    "payload",
    [
        {"batchItemFailures": [{"itemIdentifier": ""}]},
        {"batchItemFailures": [{"itemIdentifier": None}]},
        {"batchItemFailures": [{"itemIdentifier": ["a"]}]},
        {"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "stranger"}]},
        {"batchItemFailures": [{"identifier": "a"}]},
        {"batchItemFailures": ["a"]},
        {"batchItemFailures": "a"},
        "done",
    ],
)
def test_an_answer_that_cannot_be_read_fails_the_whole_batch(payload: object) -> None:
    assert failed_messages(answered(payload), RECORDS, reports=True) == {"a", "b"}


def test_an_error_of_the_function_fails_the_whole_batch() -> None:
    answer = answered({"errorType": "ValueError"}, failed=True)

    assert failed_messages(answer, RECORDS, reports=True) == {"a", "b"}


def test_without_failure_reports_the_answer_is_not_read() -> None:
    payload = {"batchItemFailures": [{"itemIdentifier": "a"}]}

    assert failed_messages(answered(payload), RECORDS, reports=False) == set()


def test_a_batch_too_large_for_one_invocation_goes_in_several() -> None:
    megabyte = "x" * 1_000_000
    batch = [{"Body": megabyte} for _ in range(13)]

    parts = within_payload(batch)

    assert [len(part) for part in parts] == [6, 6, 1]
