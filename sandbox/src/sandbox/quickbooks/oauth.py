"""OAuth 2.0: codes, access tokens, refresh tokens that rotate, and their revocation."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.quickbooks.options import Options
from sandbox.quickbooks.wire import Body

CLIENT_ID = "simulated-client"
CLIENT_SECRET = "simulated-secret"
_HARD_LIFE_SECONDS = 157_680_000


class OAuthError(Exception):
    """What the token endpoint says no with; ``error`` is the field of that name."""

    def __init__(self, error: str, description: str = "", status: int = 400) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
        self.status = status


@dataclass(slots=True)
class _Grant:
    """What a person allowed: one chain of refresh tokens, of which the newest counts."""

    refresh: str
    refresh_until: float
    hard_until: float
    previous: str = ""
    previous_until: float = 0.0


class Authority:
    """Issues and checks the tokens of one realm."""

    def __init__(self, clock: Callable[[], float], options: Options, realm_id: str) -> None:
        self._clock = clock
        self._options = options
        self._realm_id = realm_id
        self._serial = 0
        self._codes: dict[str, str] = {}
        self._access: dict[str, float] = {}
        self._grants: list[_Grant] = []
        self.client_id = CLIENT_ID
        self.client_secret = CLIENT_SECRET
        self.refreshes = 0

    def authorize(self, redirect_uri: str) -> str:
        """Let a person say yes: return the code that the redirect carries."""
        code = self._make("AB1-code")
        self._codes[code] = redirect_uri
        return code

    def connect(self) -> Body:
        """Connect at once, without a browser: return a fresh pair of tokens."""
        now = self._clock()
        refresh = self._make("RT1-")
        self._grants.append(
            _Grant(refresh, now + self._options.refresh_seconds, now + _HARD_LIFE_SECONDS)
        )
        return self._answer(self._grants[-1])

    def exchange(self, code: str, redirect_uri: str) -> Body:
        """Turn a code into tokens, once."""
        if self._codes.pop(code, None) != redirect_uri:
            raise OAuthError("invalid_grant", "Invalid authorization code")
        return self.connect()

    def refresh(self, token: str) -> Body:
        """Turn a refresh token into a new pair.

        Whether the value changes, and how long the old one still works, are switches.
        """
        self.refreshes += 1
        grant = self._grant_of(token)
        now = self._clock()
        if self._options.open_to_all and grant is None:
            return self.connect()
        if grant is None or now >= min(grant.refresh_until, grant.hard_until):
            raise OAuthError("invalid_grant", "Incorrect or invalid refresh token")
        if self._options.refresh_rotation == "new":
            self._rotate(grant)
        grant.refresh_until = now + self._options.refresh_seconds
        return self._answer(grant)

    def rotate_behind(self, token: str) -> None:
        """Act as another worker that has just refreshed with the same token."""
        grant = self._grant_of(token)
        if grant:
            self._rotate(grant)

    def revoke(self, token: str) -> None:
        """End a grant, or one access token."""
        if token in self._access:
            del self._access[token]
            return
        grant = self._grant_of(token)
        if grant is None:
            raise OAuthError("invalid_request", "Unknown token")
        self._grants.remove(grant)
        self._access.clear()

    def disconnect(self) -> None:
        """Act as a person who disconnects the app inside the product."""
        self._grants.clear()
        self._access.clear()

    def expire(self) -> None:
        """End every access token now."""
        self._access.clear()

    def admits(self, authorization: str) -> str | None:
        """Return None for a good ``Authorization`` header, else why it is refused."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            return "Malformed bearer token: too short or too long"
        if self._options.open_to_all:
            return None
        if self._access.get(token, 0.0) <= self._clock():
            return f"Token expired: {token[:4]}..."
        return None

    def check_client(self, client_id: str, secret: str) -> None:
        """Refuse a client that is not ours."""
        ours = (client_id, secret) == (self.client_id, self.client_secret)
        if not ours and not self._options.open_to_all:
            raise OAuthError("invalid_client", "", 401)

    def _grant_of(self, token: str) -> _Grant | None:
        now = self._clock()
        for grant in self._grants:
            old = token == grant.previous and now < grant.previous_until
            if token == grant.refresh or old:
                return grant
        return None

    def _rotate(self, grant: _Grant) -> None:
        grant.previous = grant.refresh
        grant.previous_until = self._clock() + self._options.old_refresh_grace_seconds
        grant.refresh = self._make("RT1-")

    def _answer(self, grant: _Grant) -> Body:
        now = self._clock()
        access = self._make("eyJ")
        self._access = {token: until for token, until in self._access.items() if until > now}
        self._access[access] = now + self._options.access_seconds
        return {
            "token_type": "bearer",
            "access_token": access,
            "expires_in": self._options.access_seconds,
            "refresh_token": grant.refresh,
            "x_refresh_token_expires_in": int(grant.refresh_until - now),
            "x_refresh_token_hard_expires_in": int(grant.hard_until - now),
        }

    def _make(self, head: str) -> str:
        self._serial += 1
        text = f"{self._realm_id} {self._serial}"
        return head + hashlib.sha256(text.encode()).hexdigest()[:40]


def discovery(base: str) -> Body:
    """Return the OpenID discovery document, its addresses on this server."""
    return {
        "issuer": f"{base}/op/v1",
        "authorization_endpoint": f"{base}/connect/oauth2",
        "token_endpoint": f"{base}/oauth2/v1/tokens/bearer",
        "userinfo_endpoint": f"{base}/v1/openid_connect/userinfo",
        "revocation_endpoint": f"{base}/v2/oauth2/tokens/revoke",
        "jwks_uri": f"{base}/op/v1/jwks",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "com.intuit.quickbooks.accounting"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "claims_supported": ["aud", "exp", "iat", "iss", "realmid", "sub"],
    }
