"""Log in to ServiceTrade, by session or by OAuth2, and keep what it gave until it dies."""

from collections.abc import Callable
from http import HTTPStatus

from invoicesync.adapters.servicetrade.credentials import ClientCredentials, Credentials
from invoicesync.adapters.servicetrade.exchange import Answer, Call, Exchange
from invoicesync.adapters.transport import Credential
from invoicesync.errors import MisconfiguredError
from invoicesync.ports.runtime import Clock

_EARLY_SECONDS = 300
"""A bearer token is given up this long before it ends, as ServiceTrade's own clients do."""

_REFUSED = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
    }
)


class Login:
    """Gives the header that proves who we are, logging in when there is none."""

    def __init__(
        self,
        exchange: Exchange,
        *,
        base_url: str,
        credentials: Callable[[], Credentials],
        clock: Clock,
    ) -> None:
        """Take ``credentials`` as a callable: a changed secret counts from the next login on."""
        self._exchange = exchange
        self._base_url = base_url
        self._credentials = credentials
        self._clock = clock
        self._credential: Credential | None = None
        self._ends = float("inf")

    def credential(self) -> Credential:
        """Return a live credential, logging in if need be."""
        if self._credential is None or self._clock.now() >= self._ends:
            credentials = self._credentials()
            if isinstance(credentials, ClientCredentials):
                self._credential, self._ends = self._token(credentials)
            else:
                form = {"username": credentials.username, "password": credentials.password}
                self._credential, self._ends = self._session(form), float("inf")
        return self._credential

    def forget(self, credential: Credential) -> None:
        """Give up a credential that was refused; one that somebody renewed meanwhile stays."""
        if self._credential == credential:
            self._credential = None

    def _session(self, form: dict[str, str]) -> Credential:
        answer = self._exchange.send(
            Call("log in to ServiceTrade", f"{self._base_url}/auth", method="POST", json=form)
        )
        _raise_refusal(answer)
        shown = (answer.body or {}).get("data")
        token = shown.get("authToken") if isinstance(shown, dict) else None
        if not isinstance(token, str) or not token:
            raise answer.unusable("without an authToken")
        # Anything else in a Cookie header would be read as further cookies.
        if not token.isascii() or not token.replace("-", "").replace("_", "").isalnum():
            raise answer.unusable("with an authToken that no cookie can carry")
        return Credential("Cookie", f"PHPSESSID={token}")

    def _token(self, client: ClientCredentials) -> tuple[Credential, float]:
        form = {
            "grant_type": "client_credentials",
            "client_id": client.client_id,
            "client_secret": client.client_secret,
        }
        asked = self._clock.now()
        answer = self._exchange.send(
            Call(
                "ask ServiceTrade for a token",
                f"{self._base_url}/oauth2/token",
                method="POST",
                form=form,
            )
        )
        _raise_refusal(answer)
        body = answer.body or {}
        token, life = body.get("access_token"), body.get("expires_in")
        if not isinstance(token, str) or not token:
            raise answer.unusable("without an access_token")
        # Without a stated life a 401 tells that the token has ended.
        ends = float("inf")
        if isinstance(life, int) and life > 0:
            ends = asked + max(life - _EARLY_SECONDS, life // 2)
        return Credential("Authorization", f"Bearer {token}"), ends


def _raise_refusal(answer: Answer) -> None:
    if answer.status in _REFUSED:
        raise MisconfiguredError(
            f"{answer.what} was refused ({answer.status}); run connect servicetrade with "
            "credentials that work"
        )
    error = answer.error()
    if error is not None:
        raise error
