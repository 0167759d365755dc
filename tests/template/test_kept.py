"""What outlives a deployment, a mistake and the stack; and what must not outlive its time."""

from typing import Any

import pytest

from invoicesync.adapters.aws.table import BY_STATE
from tests.template.conftest import Stack

KEPT = [
    "StateTable",
    "Bucket",
    "ServiceTradeSecret",
    "QuickBooksClientSecret",
    "QuickBooksTokenSecret",
]


@pytest.mark.parametrize("name", KEPT)
def test_what_cannot_be_had_again_stays_when_the_stack_goes(stack: Stack, name: str) -> None:
    written = stack.document["Resources"][name]
    assert written["DeletionPolicy"] == "Retain"
    assert written["UpdateReplacePolicy"] == "Retain"


def test_the_table_can_be_brought_back_and_not_be_deleted(stack: Stack) -> None:
    table = stack["StateTable"]
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["DeletionProtectionEnabled"] is True
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_the_table_has_the_keys_that_the_code_uses(stack: Stack) -> None:
    table = stack["StateTable"]
    [index] = table["GlobalSecondaryIndexes"]
    assert index["IndexName"] == BY_STATE
    assert keys(table) == {"HASH": "pk", "RANGE": "sk"}
    assert keys(index) == {"HASH": "open_state", "RANGE": "open_since"}
    assert index["Projection"] == {"ProjectionType": "KEYS_ONLY"}
    types = {d["AttributeName"]: d["AttributeType"] for d in table["AttributeDefinitions"]}
    assert types == {"pk": "S", "sk": "S", "open_state": "S", "open_since": "N"}


def keys(table: dict[str, Any]) -> dict[str, str]:
    return {key["KeyType"]: key["AttributeName"] for key in table["KeySchema"]}


def test_no_deployment_can_write_into_a_secret(stack: Stack) -> None:
    for secret in stack.of("SecretsManager::Secret"):
        assert secret.properties.keys() <= {"Description", "Tags"}, secret.name


def test_no_parameter_asks_for_a_secret(stack: Stack) -> None:
    for name, parameter in stack.document["Parameters"].items():
        assert "Default" in parameter, name
        assert not parameter.get("NoEcho"), name


def test_the_bucket_is_private_encrypted_and_versioned(stack: Stack) -> None:
    bucket = stack["Bucket"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["BucketEncryption"]
    [rule] = bucket["OwnershipControls"]["Rules"]
    assert rule == {"ObjectOwnership": "BucketOwnerEnforced"}


def test_what_holds_names_is_forgotten_in_time_in_every_version(stack: Stack) -> None:
    rules = [r for r in stack["Bucket"]["LifecycleConfiguration"]["Rules"] if "Prefix" in r]
    assert {r["Prefix"]: r["ExpirationInDays"] for r in rules} == {
        "claims/": 90,
        "journal/": 120,
        "evidence/": 30,
    }
    for rule in rules:
        assert rule["Status"] == "Enabled"
        assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}


def test_mappings_and_reports_are_kept(stack: Stack) -> None:
    rules = stack["Bucket"]["LifecycleConfiguration"]["Rules"]
    expiring = [rule for rule in rules if "ExpirationInDays" in rule]
    assert all(rule["Prefix"] not in ("mapping/", "reports/", "") for rule in expiring)
