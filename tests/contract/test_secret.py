"""A secret with labelled versions: one set of cases for memory and for Secrets Manager."""

import itertools
from typing import Any

import pytest

from invoicesync.adapters.aws.secrets import SecretsManagerSecret
from invoicesync.errors import ConditionFailedError, MisconfiguredError, RefusedError
from invoicesync.ports import Secret, SecretVersion, Stage
from tests.fakes import FakeSecret

_numbers = itertools.count(1)
FIRST, SECOND, THIRD = ("1" * 32, "2" * 32, "3" * 32)


@pytest.fixture(params=["memory", "secretsmanager"])
def secret(request: pytest.FixtureRequest) -> Secret:
    """An empty one, as the stack makes it."""
    if request.param == "memory":
        return FakeSecret()
    client = request.getfixturevalue("aws")("secretsmanager")
    arn = client.create_secret(Name=f"token-{next(_numbers)}")["ARN"]
    return SecretsManagerSecret(client, arn)


@pytest.fixture
def connected(secret: Secret) -> Secret:
    secret.put_pending("token one", version_id=FIRST)
    secret.promote(FIRST, replacing=None)
    return secret


def test_an_empty_secret_has_no_version(secret: Secret) -> None:
    assert [secret.read(stage) for stage in Stage] == [None, None, None]


def test_the_first_version_can_be_made_current(connected: Secret) -> None:
    assert connected.read(Stage.CURRENT) == SecretVersion(FIRST, "token one")
    assert connected.read(Stage.PREVIOUS) is None


def test_a_pending_version_leaves_the_current_one_alone(connected: Secret) -> None:
    connected.put_pending("token two", version_id=SECOND)
    assert connected.read(Stage.CURRENT) == SecretVersion(FIRST, "token one")
    assert connected.read(Stage.PENDING) == SecretVersion(SECOND, "token two")


def test_a_promoted_version_is_current_and_the_one_before_is_previous(connected: Secret) -> None:
    connected.put_pending("token two", version_id=SECOND)
    connected.promote(SECOND, replacing=FIRST)
    assert connected.read(Stage.CURRENT) == SecretVersion(SECOND, "token two")
    assert connected.read(Stage.PREVIOUS) == SecretVersion(FIRST, "token one")


def test_promoting_again_changes_nothing(connected: Secret) -> None:
    connected.put_pending("token two", version_id=SECOND)
    connected.promote(SECOND, replacing=FIRST)
    connected.promote(SECOND, replacing=FIRST)
    assert connected.read(Stage.CURRENT) == SecretVersion(SECOND, "token two")
    assert connected.read(Stage.PREVIOUS) == SecretVersion(FIRST, "token one")


def test_of_two_who_replace_the_same_version_one_fails(connected: Secret) -> None:
    connected.put_pending("token two", version_id=SECOND)
    connected.put_pending("token three", version_id=THIRD)
    connected.promote(SECOND, replacing=FIRST)
    with pytest.raises(ConditionFailedError) as raised:
        connected.promote(THIRD, replacing=FIRST)
    assert raised.value.found == {"version_id": SECOND}
    assert connected.read(Stage.CURRENT) == SecretVersion(SECOND, "token two")


def test_a_version_cannot_be_made_current_over_one_that_was_not_expected(
    connected: Secret,
) -> None:
    connected.put_pending("token two", version_id=SECOND)
    with pytest.raises(ConditionFailedError):
        connected.promote(SECOND, replacing=None)
    assert connected.read(Stage.CURRENT) == SecretVersion(FIRST, "token one")


def test_storing_the_same_version_again_changes_nothing(connected: Secret) -> None:
    connected.put_pending("token two", version_id=SECOND)
    connected.put_pending("token two", version_id=SECOND)
    assert connected.read(Stage.PENDING) == SecretVersion(SECOND, "token two")


def test_one_version_cannot_have_two_values() -> None:
    # In memory alone: moto lets a pending version be overwritten.
    secret = FakeSecret("token one")
    secret.put_pending("token two", version_id=SECOND)
    with pytest.raises(RefusedError) as raised:
        secret.put_pending("token three", version_id=SECOND)
    assert raised.value.code == "ResourceExistsException"
    assert secret.read(Stage.PENDING) == SecretVersion(SECOND, "token two")


def test_a_blank_secret_is_taken_for_an_empty_one(secret: Secret) -> None:
    secret.put_pending("  ", version_id=FIRST)
    assert secret.read(Stage.PENDING) is None


def test_what_moves_between_the_look_and_the_swap_is_noticed(aws: Any) -> None:
    client = aws("secretsmanager")
    arn = client.create_secret(Name=f"token-{next(_numbers)}")["ARN"]
    secret = SecretsManagerSecret(client, arn)
    for version in (FIRST, SECOND, THIRD):
        secret.put_pending(version, version_id=version)
    secret.promote(FIRST, replacing=None)

    overtaken: Any = Overtaken(client, lambda: secret.promote(SECOND, replacing=FIRST))
    racing = SecretsManagerSecret(overtaken, arn)

    with pytest.raises(ConditionFailedError) as raised:
        racing.promote(THIRD, replacing=FIRST)
    assert raised.value.found == {"version_id": SECOND}


class Overtaken:
    """A client before whose swap somebody else's comes."""

    def __init__(self, client: Any, first: Any) -> None:
        self._client = client
        self._first = first

    def __getattr__(self, name: str) -> Any:
        if name == "update_secret_version_stage":
            self._first()
        return getattr(self._client, name)


def test_a_secret_that_does_not_exist_reads_as_none_and_takes_nothing(aws: Any) -> None:
    nowhere = SecretsManagerSecret(aws("secretsmanager"), "nowhere")
    assert nowhere.read(Stage.CURRENT) is None
    with pytest.raises(MisconfiguredError, match="ResourceNotFoundException"):
        nowhere.put_pending("value", version_id=FIRST)


def test_the_value_is_not_in_the_representation(connected: Secret) -> None:
    assert "token one" not in repr(connected.read(Stage.CURRENT))
