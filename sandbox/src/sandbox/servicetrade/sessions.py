"""Who is calling: sessions with a cookie, and OAuth2 tokens.

Passwords fail with 403 and clients with 401, a dead session is 404 to `GET /auth` and 401 to
everything else; all of it as observed.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.servicetrade.account import Account
from sandbox.servicetrade.store import Row

SOFT_LIMIT = 100
HARD_LIMIT = 200


class NoSessionError(Exception):
    """Nobody is logged in under this token."""


class TokenRefusedError(Exception):
    """The token endpoint says no."""

    def __init__(self, status: int, code: str, description: str) -> None:
        super().__init__(description)
        self.status, self.code, self.description = status, code, description


@dataclass
class _Session:
    token: str
    user_id: int
    last_used: float


class Doorman:
    """Lets users in and remembers them."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._sessions: dict[str, _Session] = {}
        self._bearers: dict[str, tuple[int, float]] = {}
        self._refreshers: dict[str, int] = {}
        self._made = 0
        self.clients: dict[str, tuple[str, int]] = {
            account.login.client_id: (account.login.client_secret, account.user_id)
        }

    def _secret(self, purpose: str) -> str:
        self._made += 1
        text = f"{self._account.options.seed}:{purpose}:{self._made}"
        return hashlib.sha256(text.encode()).hexdigest()

    # Sessions

    def log_in(self, username: str, password: str) -> tuple[str, Row] | None:
        """Open a session, or return None where name and password do not go together."""
        for user in self._account.store.rows("user"):
            if user["username"] == username and user["password"] == password:
                break
        else:
            return None
        token = self._secret("session")[:32]
        self._sessions[token] = _Session(token, user["id"], self._account.clock())
        self._prune(user["id"])
        return token, user

    def _prune(self, user_id: int) -> None:
        mine = [session for session in self._sessions.values() if session.user_id == user_id]
        if len(mine) > HARD_LIMIT:
            for session in mine[:-SOFT_LIMIT]:
                del self._sessions[session.token]

    def session_user(self, token: str | None) -> Row:
        """Return the user of a live session and keep it alive, or raise `NoSessionError`."""
        session = self._sessions.get(token or "")
        now = self._account.clock()
        if session is None:
            raise NoSessionError
        if now - session.last_used > self._account.options.session_idle_seconds:
            del self._sessions[session.token]
            raise NoSessionError
        session.last_used = now
        return self._account.row("user", session.user_id)

    def log_out(self, token: str | None) -> bool:
        """End a session; say whether there was one."""
        return self._sessions.pop(token or "", None) is not None

    # Either way

    def user_of(self, *, bearer: str | None, cookie: str | None) -> Row:
        """Return who is calling, or raise `NoSessionError`."""
        if bearer is None:
            return self.session_user(cookie)
        user_id, expires = self._bearers.get(bearer, (0, 0.0))
        if self._account.clock() >= expires:
            raise NoSessionError
        return self._account.row("user", user_id)

    def end(self, *, bearer: str | None, cookie: str | None) -> None:
        """Kill the session or token in use, as the server does for reasons of its own."""
        self._sessions.pop(cookie or "", None)
        self._bearers.pop(bearer or "", None)

    # OAuth2

    def grant(self, form: Mapping[str, Any]) -> dict[str, Any]:
        """Answer the token endpoint, or raise `TokenRefusedError`."""
        grant_type = form.get("grant_type")
        if grant_type == "client_credentials":
            return self._tokens(self._client_user(form))
        if grant_type == "refresh_token":
            return self._refreshed(form)
        if not grant_type:
            raise TokenRefusedError(400, "invalid_request", "grant_type is missing")
        raise TokenRefusedError(400, "unsupported_grant_type", f"{grant_type} is not offered")

    def _client_user(self, form: Mapping[str, Any]) -> int:
        if not form.get("client_id") or not form.get("client_secret"):
            raise TokenRefusedError(400, "invalid_request", "client_id and client_secret needed")
        secret, user_id = self.clients.get(str(form["client_id"]), ("", 0))
        if not secret or not hmac.compare_digest(secret, str(form["client_secret"])):
            raise TokenRefusedError(401, "invalid_client", "client authentication failed")
        return user_id

    def _refreshed(self, form: Mapping[str, Any]) -> dict[str, Any]:
        # The official client sends a refresh token alone; a client that names itself must match.
        if form.get("client_id"):
            self._client_user(form)
        old = str(form.get("refresh_token", ""))
        if not old:
            raise TokenRefusedError(400, "invalid_request", "refresh_token is missing")
        if old not in self._refreshers:
            raise TokenRefusedError(400, "invalid_grant", "the refresh token is not valid")
        user_id = self._refreshers[old]
        if self._account.options.refresh_rotation:
            del self._refreshers[old]
            return self._tokens(user_id)
        return {**self._tokens(user_id, with_refresh=False), "refresh_token": old}

    def _tokens(self, user_id: int, *, with_refresh: bool = True) -> dict[str, Any]:
        options = self._account.options
        expires = self._account.clock() + options.access_token_seconds
        bearer = self._jwt(user_id, expires)
        self._bearers[bearer] = (user_id, expires)
        answer: dict[str, Any] = {"access_token": bearer, "token_type": "Bearer"}
        if options.expires_in:
            answer["expires_in"] = options.access_token_seconds
        if options.refresh_tokens and with_refresh:
            answer["refresh_token"] = self._secret("refresh")
            self._refreshers[answer["refresh_token"]] = user_id
        return answer

    def _jwt(self, user_id: int, expires: float) -> str:
        claims = {"sub": str(user_id), "exp": int(expires), "jti": self._secret("token")[:16]}
        parts = [_base64(json.dumps(part)) for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
        key = str(self._account.options.seed).encode()
        mark = hmac.new(key, ".".join(parts).encode(), hashlib.sha256).hexdigest()
        return ".".join([*parts, _base64(mark)])

    def revoke(self, form: Mapping[str, Any]) -> None:
        """Make a refresh token worthless; a token that is none already is fine too."""
        self._refreshers.pop(str(form.get("refresh_token") or form.get("token") or ""), None)


def _base64(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
