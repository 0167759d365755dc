"""What stands around QuickBooks' client, whoever uses it: its token and its time."""

from invoicesync.adapters.aws.invoke import LambdaTokenRefresher
from invoicesync.adapters.quickbooks.client import READ_TIMEOUT_SECONDS
from invoicesync.ports import Clock, Deadline, Secret
from invoicesync.state.tokens import StoredTokens, current_tokens

TOKEN_SECONDS = 60
RECORD_SECONDS = 10
"""Kept back from a request's time for recording what came of it."""


class CurrentToken:
    """The access token in force, read from AWSCURRENT and remembered for a minute."""

    def __init__(self, secret: Secret, clock: Clock) -> None:
        self._secret = secret
        self._clock = clock
        self._read_at = 0.0
        self._tokens: StoredTokens | None = None

    def __call__(self) -> str:
        """Return the token for the next request."""
        return self.tokens().access_token

    def tokens(self) -> StoredTokens:
        """Return what the secret holds, no older than a minute."""
        now = self._clock.now()
        if self._tokens is None or now - self._read_at > TOKEN_SECONDS:
            self._tokens, self._read_at = current_tokens(self._secret), now
        return self._tokens

    def forget(self) -> None:
        """Read the secret again at the next request."""
        self._tokens = None


class ForgettingRefresher:
    """Asks the token refresher, then lets go of the token that was refused."""

    def __init__(self, refresher: LambdaTokenRefresher, token: CurrentToken) -> None:
        self._refresher = refresher
        self._token = token

    def refresh(self) -> None:
        """Return once the next request will bear a newer token."""
        self._refresher.refresh()
        self._token.forget()


class Patience:
    """How long QuickBooks may still be waited for in this invocation."""

    def __init__(self) -> None:
        self._deadline: Deadline | None = None

    def begin(self, deadline: Deadline) -> None:
        """Wait no longer than ``deadline`` allows, with time left to record what came."""
        self._deadline = deadline

    def __call__(self) -> float:
        """Return the seconds that a request may still take; nothing is sent at zero or less."""
        if self._deadline is None:
            return READ_TIMEOUT_SECONDS
        return min(READ_TIMEOUT_SECONDS, self._deadline.remaining_seconds() - RECORD_SECONDS)
