"""What a person brought is stored before it is used, and never for another company."""

import json

import pytest

from invoicesync.errors import BusyError, MisconfiguredError
from invoicesync.ports import Stage, Tokens
from invoicesync.services.connect import Connect, put_in_force
from invoicesync.state.realm import Realm
from invoicesync.state.tokens import TokenLease, current_tokens
from tests.fakes import FakeClock, FakeSecret, FakeTable, SeededRandom

REALM = "9130350000000001"
TOKENS = Tokens("access-1", "refresh-1", 3600, 8_640_000)


class Desk:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.table = FakeTable(self.clock)
        self.secret = FakeSecret()
        self.lease = TokenLease(self.table, self.clock, "company")
        self.realm = Realm(self.table, self.clock, "company")
        self.connect = Connect(
            secret=self.secret,
            lease=self.lease,
            realm=self.realm,
            clock=self.clock,
            random=SeededRandom(1),
        )

    def store(self, tokens: Tokens = TOKENS, realm_id: str = REALM) -> None:
        self.connect(tokens, realm_id=realm_id, environment="production")


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_first_consent_is_in_force_at_once(desk: Desk) -> None:
    assert desk.connect.connected_realm() is None

    desk.store()

    stored = current_tokens(desk.secret)
    assert (stored.access_token, stored.refresh_token) == ("access-1", "refresh-1")
    assert stored.obtained_at == int(desk.clock.time)
    assert desk.connect.connected_realm() == REALM


def test_a_new_consent_replaces_the_old_one_and_closes_the_breaker(desk: Desk) -> None:
    desk.store()
    desk.realm.open("disconnected")

    desk.store(Tokens("access-2", "refresh-2", 3600, 8_640_000))

    assert current_tokens(desk.secret).refresh_token == "refresh-2"
    assert desk.realm.gate().opened_at == 0


def test_a_stack_never_changes_its_company(desk: Desk) -> None:
    desk.store()

    with pytest.raises(MisconfiguredError, match=f"belongs to the QuickBooks company {REALM}"):
        desk.store(realm_id="42")

    assert current_tokens(desk.secret).realm_id == REALM


def test_nothing_is_stored_while_the_refresher_is_at_work(desk: Desk) -> None:
    desk.lease.take("somebody")

    with pytest.raises(BusyError, match="renewed just now"):
        desk.store()

    assert desk.secret.read(Stage.CURRENT) is None


def test_the_lease_is_given_back(desk: Desk) -> None:
    desk.store()

    assert desk.lease.take("the refresher")


def test_a_secret_that_nobody_can_read_connects_to_nothing(desk: Desk) -> None:
    desk.secret.put_current(json.dumps({"strange": True}))

    assert desk.connect.connected_realm() is None


def test_who_stores_at_the_same_moment_is_told() -> None:
    class Racing(FakeSecret):
        def put_pending(self, value: str, *, version_id: str) -> None:
            super().put_pending(value, version_id=version_id)
            self.put_current("another")

    with pytest.raises(BusyError, match="somebody else"):
        put_in_force(Racing(), "mine", version_id="v1")
