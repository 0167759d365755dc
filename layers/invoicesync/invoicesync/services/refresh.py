"""Renew QuickBooks' tokens: one writer, and every token stored before anybody uses it.

Intuit treats a refresh token as spent once it has been traded, so the order is fixed:

    lease -> promote what an earlier run stored and did not promote -> trade -> store as AWSPENDING
          -> compare-and-swap AWSCURRENT

One window cannot be closed: the answer was received and the process died before it was stored. The
next run then finds the old token; most trades return the same refresh token, so it usually works.
"""

import json
from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5

from invoicesync.errors import (
    AuthenticationError,
    BusyError,
    ConditionFailedError,
    RetryableError,
)
from invoicesync.ports import (
    Clock,
    Deadline,
    Random,
    Secret,
    SecretVersion,
    Stage,
    TokenEndpoint,
)
from invoicesync.services.notify import Notifier
from invoicesync.state.realm import Realm
from invoicesync.state.tokens import StoredTokens, TokenLease, current_tokens, parse_tokens

YOUNG_SECONDS = 1200
"""A token with more than this left is not renewed by the schedule."""
JUST_RENEWED_SECONDS = 60
"""A token younger than this answers a refusal by itself: somebody renewed it meanwhile."""
STORE_MARGIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class RefreshResult:
    """What a run found or did; ``days_left`` is how long the refresh token still lives."""

    renewed: bool
    days_left: float


class Refresh:
    """Renews the tokens of one company."""

    def __init__(
        self,
        *,
        secret: Secret,
        endpoint: TokenEndpoint,
        lease: TokenLease,
        realm: Realm,
        notifier: Notifier,
        clock: Clock,
        random: Random,
    ) -> None:
        self._secret = secret
        self._endpoint = endpoint
        self._lease = lease
        self._realm = realm
        self._notifier = notifier
        self._clock = clock
        self._random = random

    def __call__(self, deadline: Deadline, *, was_refused: bool = False) -> RefreshResult:
        """Renew if it is time, or if QuickBooks refused the token in force.

        Raises `BusyError` while another run renews, `AuthenticationError` where only a person can
        connect again, `MisconfiguredError` where nobody ever did.
        """
        nonce = self._random.token()
        if not self._lease.take(nonce):
            raise BusyError("another run is renewing the tokens", delay_seconds=10)
        try:
            return self._renew(deadline, was_refused=was_refused)
        finally:
            self._lease.give_back(nonce)

    def _renew(self, deadline: Deadline, *, was_refused: bool) -> RefreshResult:
        self._promote_pending()
        tokens = current_tokens(self._secret)
        now = self._clock.now()
        age, left = now - tokens.obtained_at, tokens.expires_at - now
        if (age < JUST_RENEWED_SECONDS) if was_refused else (left > YOUNG_SECONDS):
            return RefreshResult(renewed=False, days_left=tokens.days_left(now))
        renewed = self._trade(deadline)
        return RefreshResult(renewed=True, days_left=renewed.days_left(self._clock.now()))

    def _promote_pending(self) -> None:
        """Finish what an earlier run stored and did not promote."""
        pending, current = self._secret.read(Stage.PENDING), self._secret.read(Stage.CURRENT)
        if pending is None or (current is not None and pending.version_id == current.version_id):
            return
        if current is not None and _obtained(pending) <= _obtained(current):
            return
        self._promote(pending.version_id, current)

    def _trade(self, deadline: Deadline) -> StoredTokens:
        """Trade the newest refresh token that Intuit still accepts."""
        refused: AuthenticationError | None = None
        # Whose place the new token takes is fixed before the trade: a consent that a person gives
        # meanwhile is newer than ours.
        before = self._secret.read(Stage.CURRENT)
        for version in self._candidates():
            stored = parse_tokens(version.value)
            try:
                answer = self._endpoint.refresh(stored.refresh_token)
            except AuthenticationError as error:
                refused = error
                continue
            renewed = stored.renewed(answer, self._clock.now())
            self._store(renewed, before, deadline)
            return renewed
        raise self._reconnect_needed() from refused

    def _candidates(self) -> list[SecretVersion]:
        """Read the versions to try, each read anew: current, pending, previous."""
        tried: set[str] = set()
        found: list[SecretVersion] = []
        for stage in (Stage.CURRENT, Stage.PENDING, Stage.PREVIOUS):
            version = self._secret.read(stage)
            if version is None or version.version_id in tried:
                continue
            tried.add(version.version_id)
            found.append(version)
        return found

    def _store(
        self, tokens: StoredTokens, before: SecretVersion | None, deadline: Deadline
    ) -> None:
        """Store what Intuit gave, as long as this run lives: the old token may be spent."""
        value = tokens.encode()
        version_id = str(uuid5(NAMESPACE_URL, value))
        while True:
            try:
                self._secret.put_pending(value, version_id=version_id)
                break
            except RetryableError:
                if deadline.remaining_seconds() < STORE_MARGIN_SECONDS:
                    raise
                self._clock.sleep(self._random.uniform(0.1, 1.0))
        self._promote(version_id, before)

    def _promote(self, version_id: str, current: SecretVersion | None) -> None:
        replacing = None if current is None else current.version_id
        try:
            self._secret.promote(version_id, replacing=replacing)
        except ConditionFailedError as failed:
            # Somebody connected again in this very moment: theirs is the newer consent.
            raise BusyError("the token secret was changed by somebody else") from failed

    def _reconnect_needed(self) -> AuthenticationError:
        self._realm.open("QuickBooks must be connected again")
        self._notifier.ops(
            "QuickBooks must be connected again",
            "Intuit accepts none of the stored refresh tokens. Nothing is lost: invoices wait in "
            "the queue.\n\nWhat to do: run `invoicesync connect quickbooks --reconnect`.",
            cause="reconnect",
        )
        return AuthenticationError("no stored refresh token is accepted; connect again")


def _obtained(version: SecretVersion) -> int:
    try:
        return int(json.loads(version.value).get("obtained_at", 0))
    except (ValueError, TypeError, AttributeError):
        return 0
