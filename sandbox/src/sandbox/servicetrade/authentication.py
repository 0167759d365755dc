"""The routes that are open to strangers: log in, ask for tokens, log out."""

from typing import TYPE_CHECKING, Any

from sandbox.servicetrade.account import Account
from sandbox.servicetrade.messages import Answer, Request, plain_json, refusal
from sandbox.servicetrade.sessions import Doorman, NoSessionError, TokenRefusedError
from sandbox.servicetrade.store import Row
from sandbox.servicetrade.wire import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Authentication:
    """Answers ``/auth`` and ``/oauth2``."""

    def __init__(self, account: Account, doorman: Doorman) -> None:
        self._account = account
        self._doorman = doorman
        self._routes: Mapping[str, Mapping[str, Callable[[Request], Answer]]] = {
            "auth": {"POST": self._log_in, "GET": self._check, "DELETE": self._log_out},
            "oauth2/token": {"POST": self._token},
            "oauth2/revoke": {"POST": self._revoke},
        }

    def answer(self, request: Request) -> Answer | None:
        """Answer a request that needs no session, or return None."""
        path = "/".join(request.segments)
        if path not in self._routes:
            return None
        serve = self._routes[path].get(request.method)
        if serve is None:
            refused = f"{request.method} is not allowed here."
            return refusal(405, refused, options=self._account.options)
        return serve(request)

    def _revoke(self, request: Request) -> Answer:
        self._doorman.revoke(request.fields())
        return plain_json(200, {})

    def _log_in(self, request: Request) -> Answer:
        options = self._account.options
        # JSON is the rule; a form and even query parameters are known to work as well.
        given = {**request.query, **request.fields()}
        missing = {
            name: f"{name} is required" for name in ("username", "password") if not given.get(name)
        }
        if missing:
            return refusal(400, validation=missing, options=options)
        opened = self._doorman.log_in(str(given["username"]), str(given["password"]))
        if opened is None:
            return refusal(403, "The credentials are invalid.", options=options)
        token, user = opened
        answer = Answer(data=text_of(self._session(token, user)))
        answer.headers["Set-Cookie"] = f"PHPSESSID={token}; path=/; HttpOnly"
        return answer

    def _session(self, token: str, user: Row) -> dict[str, Any]:
        return {
            "authenticated": True,
            "authToken": token,
            "eulaNeeded": False,
            "user": self._account.renderer.shown("user", user),
        }

    def _check(self, request: Request) -> Answer:
        token = request.session_token
        try:
            user = self._doorman.session_user(token)
        except NoSessionError:
            dead = refusal(
                404,
                "There is no active session for this auth token.",
                options=self._account.options,
            )
            dead.data = text_of({"authenticated": False, "authToken": None})
            return dead
        return Answer(data=text_of(self._session(token or "", user)))

    def _log_out(self, request: Request) -> Answer:
        if self._doorman.log_out(request.session_token):
            return Answer(status=204)
        return refusal(404, "There is no active session.", options=self._account.options)

    def _token(self, request: Request) -> Answer:
        try:
            return plain_json(200, self._doorman.grant(request.fields()))
        except TokenRefusedError as error:
            body = {"error": error.code, "error_description": error.description}
            return plain_json(error.status, body)

    def userinfo(self, user: Row) -> Answer:
        """Return whose token this is."""
        account = self._account
        shown = {
            "id": user["id"],
            "username": user["username"],
            "account": {
                "id": account.id,
                "name": account.row("company", account.contractor_id)["name"],
            },
        }
        return Answer(data=text_of(shown))
