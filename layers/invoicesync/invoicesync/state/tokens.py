"""QuickBooks' tokens as the secret holds them, and the lease under which they are renewed."""

import json
from dataclasses import asdict, dataclass, field

from invoicesync.conditions import Absent, Equals, Less, Update, any_of
from invoicesync.errors import ConditionFailedError, MisconfiguredError
from invoicesync.ports import Clock, Secret, Stage, Table, Tokens
from invoicesync.state import keys

LEASE_SECONDS = 100
"""Above the refresher's timeout: its request cannot outlive its lease."""


@dataclass(frozen=True, slots=True)
class StoredTokens:
    """One version of the token secret."""

    realm_id: str
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    obtained_at: int = 0
    expires_in: int = 3600
    refresh_expires_in: int = 8_640_000
    environment: str = "production"

    @property
    def expires_at(self) -> int:
        """When the access token ends."""
        return self.obtained_at + self.expires_in

    def days_left(self, now: float) -> float:
        """Return the days until the refresh token ends if nobody uses it."""
        return (self.obtained_at + self.refresh_expires_in - now) / 86_400

    def renewed(self, tokens: Tokens, now: float) -> "StoredTokens":
        """Return what is to be stored after a refresh."""
        return StoredTokens(
            realm_id=self.realm_id,
            access_token=tokens.access_token,
            refresh_token=tokens.refresh_token,
            obtained_at=int(now),
            expires_in=tokens.expires_in_seconds,
            refresh_expires_in=tokens.refresh_expires_in_seconds,
            environment=self.environment,
        )

    def encode(self) -> str:
        """Write for the secret."""
        return json.dumps(asdict(self))


def read_tokens(secret: Secret, stage: Stage = Stage.CURRENT) -> StoredTokens | None:
    """Read one version; None where there is none. What is there must be readable."""
    version = secret.read(stage)
    return None if version is None else parse_tokens(version.value)


def parse_tokens(value: str) -> StoredTokens:
    """Read the secret's JSON, or raise `MisconfiguredError` without showing any of it."""
    try:
        return StoredTokens(**json.loads(value))
    except (ValueError, TypeError):
        raise MisconfiguredError(
            "QuickBooks' token secret cannot be read; run connect quickbooks"
        ) from None


def current_tokens(secret: Secret) -> StoredTokens:
    """Read the tokens in force; raise `MisconfiguredError` where nobody has connected yet."""
    tokens = read_tokens(secret)
    if tokens is None:
        raise MisconfiguredError("QuickBooks was never connected; run connect quickbooks")
    return tokens


class TokenLease:
    """One renewal at a time."""

    def __init__(self, table: Table, clock: Clock, realm_id: str) -> None:
        self._table = table
        self._clock = clock
        self._key = keys.realm(realm_id, "TOKEN")

    def take(self, nonce: str) -> bool:
        """Take the lease; False while somebody else holds it."""
        now = int(self._clock.now())
        try:
            self._table.write(
                Update(
                    self._key,
                    set={"nonce": nonce, "lease_until": now + LEASE_SECONDS},
                    condition=any_of(
                        Absent("lease_until"), Less("lease_until", now), Equals("nonce", nonce)
                    ),
                )
            )
        except ConditionFailedError:
            return False
        return True

    def give_back(self, nonce: str) -> None:
        """End the lease if it is still ours."""
        try:
            self._table.write(
                Update(self._key, set={"lease_until": 0}, condition=Equals("nonce", nonce))
            )
        except ConditionFailedError:
            return  # it had ended, and somebody else renews now
