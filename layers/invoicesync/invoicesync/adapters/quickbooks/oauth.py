"""Trade refresh tokens at Intuit's token endpoint.

Nothing of an answer or of a request is ever part of a message here, and no evidence is kept.
"""

import base64
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from requests.adapters import BaseAdapter

from invoicesync.adapters.quickbooks.exchange import Answer, Call, Exchange, Seconds
from invoicesync.adapters.quickbooks.outcomes import doubt, from_status
from invoicesync.adapters.transport import HostBoundTransport
from invoicesync.errors import AuthenticationError, MisconfiguredError, RateLimitedError
from invoicesync.ports.books import TokenEndpoint, Tokens

TOKEN_URL = "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"  # noqa: S105  (an address)

_ACCESS_SECONDS = 3_600
_REFRESH_SECONDS = 8_640_000
_HEADERS = {
    "Accept": "application/json",
    "Content-Type": "application/x-www-form-urlencoded",
    "User-Agent": "invoicesync",
}

# RFC 6749, section 5.2: what is wrong is the client or how it asks, never the refresh token.
_OURS_TO_MEND = frozenset(
    {
        "invalid_client",
        "invalid_request",
        "invalid_scope",
        "unauthorized_client",
        "unsupported_grant_type",
    }
)


class IntuitTokenEndpoint(TokenEndpoint):
    """Intuit's token endpoint; one refresh is one request, never repeated here."""

    def __init__(
        self,
        *,
        client_id: str,
        client_secret: str,
        url: str = TOKEN_URL,
        adapter: BaseAdapter | None = None,
        connect_timeout: Seconds = 10.0,
        read_timeout: Seconds = 30.0,
    ) -> None:
        """Bind the credentials of the app to the host of ``url``."""
        pair = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
        self._exchange = Exchange(
            HostBoundTransport(url, of="Intuit's token endpoint", adapter=adapter),
            lambda: f"Basic {pair}",
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
        )
        self._url = url

    def refresh(self, refresh_token: str) -> Tokens:
        """Trade a refresh token for new tokens; persist them before they are used."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self._trade("the refresh of QuickBooks' tokens", form, refresh_token)

    def exchange(self, code: str, *, redirect_uri: str) -> Tokens:
        """Trade the code of a consent, once, for the first tokens."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        return self._trade("the trade of a consent for tokens", form, "")

    def _trade(self, what: str, form: Mapping[str, str], refresh_token: str) -> Tokens:
        call = Call(
            what=what,
            method="POST",
            url=self._url,
            headers=_HEADERS,
            body=urlencode(form).encode(),
            writing=True,
        )
        answer = self._exchange.send(call)
        if answer.status != HTTPStatus.OK:
            raise _refusal(answer)
        return _tokens(answer, refresh_token)


def _refusal(answer: Answer) -> Exception:
    attempt = answer.attempt
    told = (answer.body.content or {}).get("error")
    said = told if isinstance(told, str) else ""
    if attempt.status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED}:
        if said == "invalid_grant":
            return AuthenticationError(
                attempt.told("invalid_grant; if no newer token is stored, connect again"),
                code="invalid_grant",
                tid=attempt.tid,
                status=attempt.status,
            )
        if said in _OURS_TO_MEND:
            return MisconfiguredError(
                attempt.told(f"{said}; compare the client id and secret with Intuit's portal")
            )
    limited = from_status(attempt)
    if isinstance(limited, RateLimitedError):
        return limited
    return doubt(attempt, "no answer that the token endpoint documents")


def _tokens(answer: Answer, refresh_token: str) -> Tokens:
    content = answer.body.content or {}
    access = content.get("access_token")
    if not isinstance(access, str) or not access:
        raise doubt(answer.attempt, "no access token in it")
    # From here on the old token may be spent: whatever else is odd, what came must be stored.
    renewed = content.get("refresh_token")
    return Tokens(
        access_token=access,
        refresh_token=renewed if isinstance(renewed, str) and renewed else refresh_token,
        expires_in_seconds=_seconds(content, "expires_in", _ACCESS_SECONDS),
        refresh_expires_in_seconds=_seconds(
            content, "x_refresh_token_expires_in", _REFRESH_SECONDS
        ),
    )


def _seconds(content: Mapping[str, Any], key: str, usual: int) -> int:
    value = content.get(key)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:12])
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else usual
