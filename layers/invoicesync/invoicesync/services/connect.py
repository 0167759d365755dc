"""Store what a person brought from the desk: a consent's tokens, or credentials.

Tokens are written under the lease of the one writer of tokens, and stored before anything uses
them. Nothing of a secret is ever logged or shown.
"""

from dataclasses import dataclass

from invoicesync.errors import BusyError, ConditionFailedError, MisconfiguredError
from invoicesync.ports import Clock, Random, Secret, Stage, Tokens
from invoicesync.state.realm import Realm
from invoicesync.state.tokens import StoredTokens, TokenLease, read_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect:
    """Connects one stack to one QuickBooks company."""

    secret: Secret
    lease: TokenLease
    realm: Realm
    clock: Clock
    random: Random

    def connected_realm(self) -> str | None:
        """Say which company the stack is connected to; None where it never was."""
        try:
            tokens = read_tokens(self.secret)
        except MisconfiguredError:
            return None  # what cannot be read connects to nothing
        return None if tokens is None else tokens.realm_id

    def __call__(self, tokens: Tokens, *, realm_id: str, environment: str) -> StoredTokens:
        """Store the tokens of a consent, and let loading go on.

        Raises `BusyError` while the refresher is at work, `MisconfiguredError` where the stack
        belongs to another company: its ledger would be held against the wrong books.
        """
        before = self.connected_realm()
        if before not in {None, realm_id}:
            raise MisconfiguredError(
                f"this stack belongs to the QuickBooks company {before}, the consent is for "
                f"{realm_id}: deploy another stack for another company"
            )
        stored = StoredTokens(
            realm_id=realm_id,
            access_token=tokens.access_token,
            refresh_token=tokens.refresh_token,
            obtained_at=int(self.clock.now()),
            expires_in=tokens.expires_in_seconds,
            refresh_expires_in=tokens.refresh_expires_in_seconds,
            environment=environment,
        )
        nonce = self.random.token()
        if not self.lease.take(nonce):
            raise BusyError("the tokens are being renewed just now: try again in a minute")
        try:
            put_in_force(self.secret, stored.encode(), version_id=self.random.token())
        finally:
            self.lease.give_back(nonce)
        self.realm.succeeded()
        return stored


def put_in_force(secret: Secret, value: str, *, version_id: str) -> None:
    """Store a new version of a secret and let it be the one in force.

    Raises `BusyError` where somebody else stored another one meanwhile.
    """
    current = secret.read(Stage.CURRENT)
    secret.put_pending(value, version_id=version_id)
    try:
        secret.promote(version_id, replacing=None if current is None else current.version_id)
    except ConditionFailedError as failed:
        raise BusyError("somebody else stored another version just now: try again") from failed
