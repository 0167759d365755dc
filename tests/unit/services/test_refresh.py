"""Tokens: one writer, stored before they are used, whatever dies in between."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from invoicesync.errors import AuthenticationError, BusyError, MisconfiguredError, RetryableError
from invoicesync.ports import Tokens
from invoicesync.services.notify import Notifier
from invoicesync.services.refresh import Refresh, RefreshResult
from invoicesync.state.realm import Realm
from invoicesync.state.tokens import LEASE_SECONDS, StoredTokens, TokenLease, current_tokens
from tests.fakes import (
    FakeClock,
    FakeDeadline,
    FakeSecret,
    FakeTable,
    FakeTopic,
    SeededRandom,
)


class Killed(BaseException):
    """The process is gone: nothing after this runs, not even a `finally` that has an effect."""


class Mortal:
    """Stands before a port and kills the process before or after its n-th call."""

    def __init__(self, inner: Any, life: "Life") -> None:
        self._inner = inner
        self._life = life

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = getattr(self._inner, name)

        def mortal(*args: Any, **kwargs: Any) -> Any:
            self._life.step()
            answer = call(*args, **kwargs)
            self._life.step()
            return answer

        return mortal


class Life:
    """Counts steps; at the last one, and at every one after it, the process is dead."""

    def __init__(self, steps: int | None = None) -> None:
        self.steps = 0
        self._last = steps

    def step(self) -> None:
        self.steps += 1
        if self._last is not None and self.steps > self._last:
            raise Killed


class Intuit:
    """A token endpoint that spends a refresh token with its first use."""

    def __init__(self, valid: str = "refresh-0") -> None:
        self.valid = valid
        self.given = 0
        self.in_flight = 0

    def refresh(self, refresh_token: str) -> Tokens:
        if refresh_token != self.valid:
            raise AuthenticationError("invalid_grant")
        self.given += 1
        self.valid = f"refresh-{self.given}"
        return Tokens(f"access-{self.given}", self.valid, 3600, 8_640_000)


class World:
    """One company whose token was obtained at the clock's start."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.table = FakeTable(self.clock)
        self.secret = FakeSecret(
            StoredTokens("123", "access-0", "refresh-0", int(self.clock.now())).encode()
        )
        self.intuit = Intuit()
        self.ops = FakeTopic()
        self.random = SeededRandom()

    def refresh(self, *, was_refused: bool = False, life: Life | None = None) -> RefreshResult:
        life = life or Life()
        table: Any = Mortal(self.table, life)
        topic: Any = Mortal(self.ops, life)
        secret: Any = Mortal(self.secret, life)
        endpoint: Any = Mortal(self.intuit, life)
        clock = self.clock
        use_case = Refresh(
            secret=secret,
            endpoint=endpoint,
            lease=TokenLease(table, clock, "company"),
            realm=Realm(table, clock, "company"),
            notifier=Notifier(table, clock, finance=topic, ops=topic),
            clock=clock,
            random=self.random,
        )
        return use_case(FakeDeadline(clock, 90), was_refused=was_refused)

    @property
    def current(self) -> StoredTokens:
        return current_tokens(self.secret)


def test_a_young_token_is_left_alone() -> None:
    world = World()
    world.clock.advance(600)

    result = world.refresh()

    assert not result.renewed
    assert world.intuit.given == 0


def test_a_token_near_its_end_is_renewed_and_put_in_force() -> None:
    world = World()
    world.clock.advance(2500)

    result = world.refresh()

    assert result.renewed
    assert world.current.access_token == "access-1"
    assert world.current.refresh_token == world.intuit.valid
    assert result.days_left == pytest.approx(100, abs=0.01)


def test_a_refused_token_is_renewed_though_it_is_young() -> None:
    world = World()
    world.clock.advance(120)

    assert world.refresh(was_refused=True).renewed


def test_a_refusal_right_after_a_renewal_does_not_renew_again() -> None:
    world = World()
    world.clock.advance(120)
    world.refresh(was_refused=True)
    world.clock.advance(5)

    assert not world.refresh(was_refused=True).renewed
    assert world.intuit.given == 1


def test_a_second_run_is_turned_away_while_one_renews() -> None:
    world = World()
    TokenLease(world.table, world.clock, "company").take("somebody else")

    with pytest.raises(BusyError):
        world.refresh(was_refused=True)


def test_a_lease_that_was_never_given_back_ends_by_itself() -> None:
    world = World()
    TokenLease(world.table, world.clock, "company").take("a dead run")
    world.clock.advance(LEASE_SECONDS + 2500)

    assert world.refresh().renewed


def test_what_was_stored_and_not_promoted_is_promoted_first() -> None:
    world = World()
    newer = StoredTokens("123", "access-9", "refresh-9", int(world.clock.now()) + 50)
    world.secret.put_pending(newer.encode(), version_id="v9")
    world.clock.advance(60)

    result = world.refresh()

    assert not result.renewed
    assert world.current.access_token == "access-9"


def test_an_older_pending_version_is_not_promoted() -> None:
    world = World()
    older = StoredTokens("123", "access-x", "refresh-x", 1)
    world.secret.put_pending(older.encode(), version_id="vx")
    world.clock.advance(60)

    world.refresh()

    assert world.current.access_token == "access-0"


def test_an_unreadable_pending_version_counts_as_old() -> None:
    world = World()
    world.secret.put_pending("[]", version_id="vx")

    assert not world.refresh().renewed


def test_a_spent_token_is_tried_again_from_the_pending_and_the_previous_version() -> None:
    world = World()
    world.intuit.valid = "refresh-p"
    older = StoredTokens("123", "access-p", "refresh-p", 1)
    world.secret.put_pending(older.encode(), version_id="vp")
    world.clock.advance(2500)

    assert world.refresh().renewed
    assert world.current.refresh_token == world.intuit.valid


def test_when_nothing_is_accepted_a_person_is_asked_once_and_the_breaker_opens() -> None:
    world = World()
    world.intuit.valid = "nobody has it"
    world.clock.advance(2500)

    for _ in range(2):
        with pytest.raises(AuthenticationError, match="connect again"):
            world.refresh()

    assert [mail.subject for mail in world.ops.mails] == [
        "InvoiceSync: QuickBooks must be connected again"
    ]
    assert Realm(world.table, world.clock, "company").gate().opened_at > 0


def test_without_tokens_it_says_to_connect() -> None:
    world = World()
    world.secret = FakeSecret()

    with pytest.raises(MisconfiguredError, match="run connect quickbooks"):
        world.refresh()


def test_an_unreadable_secret_is_named_and_not_shown() -> None:
    world = World()
    world.secret = FakeSecret(json.dumps({"refresh_token": "s3cret-token"}))

    with pytest.raises(MisconfiguredError) as caught:
        world.refresh()

    assert "s3cret-token" not in str(caught.value)


class SlowToStore(FakeSecret):
    """A secret that is throttled for a while."""

    def __init__(self, value: str, refusals: int) -> None:
        super().__init__(value)
        self.refusals = refusals

    def put_pending(self, value: str, *, version_id: str) -> None:
        if self.refusals:
            self.refusals -= 1
            raise RetryableError("throttled")
        super().put_pending(value, version_id=version_id)


def test_storing_is_tried_for_as_long_as_the_run_lives() -> None:
    world = World()
    world.secret = SlowToStore(world.current.encode(), refusals=20)
    world.clock.advance(2500)

    assert world.refresh().renewed
    assert world.current.access_token == "access-1"


def test_storing_gives_up_only_when_the_time_is_over() -> None:
    world = World()
    world.secret = SlowToStore(world.current.encode(), refusals=10_000)
    world.clock.advance(2500)

    with pytest.raises(RetryableError):
        world.refresh()


class Overtaken(FakeSecret):
    """A secret that somebody connects anew just as we promote."""

    def promote(self, version_id: str, *, replacing: str | None) -> None:
        other = StoredTokens("123", "access-new", "refresh-new", 2_000_000_000)
        self.put_current(other.encode(), version_id="theirs")
        super().promote(version_id, replacing=replacing)


def test_a_fresh_consent_is_not_overwritten() -> None:
    world = World()
    world.secret = Overtaken(world.current.encode())
    world.clock.advance(2500)

    with pytest.raises(BusyError):
        world.refresh()

    assert world.current.access_token == "access-new"


def _steps() -> int:
    world, life = World(), Life()
    world.clock.advance(2500)
    world.refresh(life=life)
    return life.steps


def test_killed_anywhere_the_next_run_recovers_but_for_the_stated_window() -> None:
    """Kill before and after every call of a renewal, then run again once the lease has ended."""
    total = _steps()
    windows: list[int] = []
    for steps in range(total):
        world = World()
        world.clock.advance(2500)
        with pytest.raises(Killed):
            world.refresh(life=Life(steps))
        world.clock.advance(LEASE_SECONDS + 1)
        try:
            world.refresh(was_refused=True)
        except AuthenticationError:
            windows.append(steps)
            continue
        assert world.current.refresh_token == world.intuit.valid, f"killed after step {steps}"

    # Answer received, not yet stored: from after the trade until before the store has happened.
    assert len(windows) == 2, f"of {total} kill points, {windows} need a new consent"
    assert windows[1] == windows[0] + 1


def test_tokens_never_show_themselves() -> None:
    stored = StoredTokens("123", "access-0", "refresh-0", 1)

    assert "access-0" not in repr(stored)
    assert "refresh-0" not in repr(stored)


def test_giving_back_a_lease_that_ended_leaves_the_next_holder_alone() -> None:
    world = World()
    lease = TokenLease(world.table, world.clock, "company")
    lease.take("first")
    world.clock.advance(LEASE_SECONDS + 1)
    lease.take("second")

    lease.give_back("first")

    assert not lease.take("third")
