"""Objects: one set of cases for memory and for S3, and the evidence that is kept in them."""

import itertools
import json
from decimal import Decimal
from typing import Any

import pytest

from invoicesync.adapters.aws.bucket import S3Bucket
from invoicesync.adapters.aws.evidence import BucketEvidence
from invoicesync.errors import MisconfiguredError
from invoicesync.ports import Bucket
from tests.contract.conftest import S3_PAGE
from tests.fakes import FakeBucket, FakeClock

_numbers = itertools.count(1)


@pytest.fixture(params=["memory", "s3"])
def bucket(request: pytest.FixtureRequest) -> Bucket:
    if request.param == "memory":
        return FakeBucket()
    client = request.getfixturevalue("aws")("s3")
    name = f"bucket-{next(_numbers)}"
    client.create_bucket(Bucket=name)
    return S3Bucket(client, name)


def test_an_object_comes_back_byte_for_byte(bucket: Bucket) -> None:
    body = bytes(range(256)) * 100
    bucket.put("journal/a b/ü.json", body)
    assert bucket.get("journal/a b/ü.json") == body


def test_an_object_is_replaced(bucket: Bucket) -> None:
    bucket.put("key", b"one")
    bucket.put("key", b"")
    assert bucket.get("key") == b""


def test_an_object_that_is_not_there_is_none(bucket: Bucket) -> None:
    bucket.put("claims/1", b"")
    assert bucket.get("claims/10") is None


def test_an_object_that_is_written_once_stays_as_it_was(bucket: Bucket) -> None:
    assert bucket.put_new("reports/1", b"one")
    assert not bucket.put_new("reports/1", b"two")
    assert bucket.get("reports/1") == b"one"


def test_keys_are_listed_by_how_they_begin(aws: Any) -> None:
    client = aws("s3")
    client.create_bucket(Bucket="listed")
    bucket = S3Bucket(client, "listed")
    for number in range(2 * S3_PAGE + 2):
        bucket.put(f"evidence/2026-11-27/{number:04}.json", b"")
    bucket.put("evidence/2026-11-28/1.json", b"")
    found = list(bucket.keys("evidence/2026-11-27/"))
    assert found == [f"evidence/2026-11-27/{number:04}.json" for number in range(2 * S3_PAGE + 2)]
    assert list(bucket.keys("nothing/")) == []


def test_a_bucket_that_does_not_exist_is_a_misconfiguration(aws: Any) -> None:
    with pytest.raises(MisconfiguredError, match="NoSuchBucket"):
        S3Bucket(aws("s3"), "nowhere-at-all").get("key")


def test_evidence_is_filed_by_day_under_a_harmless_name(bucket: Bucket) -> None:
    evidence = BucketEvidence(bucket, FakeClock(1_790_000_000))
    record = {"status": 400, "total": Decimal("12.50"), "said": "naïve"}

    key = evidence.keep("r/../1 2", record)

    assert key == "evidence/2026-09-21/r-..-1-2.json"
    kept = bucket.get(key)
    assert kept is not None
    assert json.loads(kept) == {"status": 400, "total": "12.50", "said": "naïve"}
