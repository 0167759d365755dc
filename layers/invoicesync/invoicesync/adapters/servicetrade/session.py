"""One login, one budget and one origin: how calls reach ServiceTrade, whatever they ask."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from urllib.parse import quote_plus

from requests.adapters import BaseAdapter

from invoicesync.adapters.servicetrade.budget import RESERVE_MS, ServerTime
from invoicesync.adapters.servicetrade.credentials import Credentials
from invoicesync.adapters.servicetrade.envelope import Listed, listed
from invoicesync.adapters.servicetrade.exchange import Answer, Call, Exchange, Timeouts
from invoicesync.adapters.servicetrade.login import Login
from invoicesync.adapters.transport import HostBoundTransport
from invoicesync.ports.runtime import Clock
from invoicesync.ports.source import Json, Spent


class Session:
    """Sends calls as one ServiceTrade user, and reads lists page by page."""

    def __init__(
        self,
        base_url: str,
        *,
        credentials: Callable[[], Credentials],
        clock: Clock,
        adapter: BaseAdapter | None = None,
        timeouts: Timeouts | None = None,
        reserve_ms: int = RESERVE_MS,
    ) -> None:
        """Bind to ``base_url``, such as ``https://api.servicetrade.com/api``."""
        self._base_url = base_url.rstrip("/")
        transport = HostBoundTransport(self._base_url, of="ServiceTrade", adapter=adapter)
        self._exchange = Exchange(transport, clock=clock, timeouts=timeouts or Timeouts())
        self._login = Login(
            self._exchange, base_url=self._base_url, credentials=credentials, clock=clock
        )
        self._server_time = ServerTime(clock, reserve_ms=reserve_ms)

    def close(self) -> None:
        """Drop pooled connections."""
        self._exchange.close()

    def spent(self) -> Spent:
        """Say what the calls since this was asked last have taken."""
        return self._server_time.spent()

    def get(self, what: str, path: str, parameters: Mapping[str, str]) -> Answer:
        """Read what is at ``path``; the names of parameters are ours and need no quoting."""
        query = "&".join([f"{name}={quote_plus(value)}" for name, value in parameters.items()])
        return self.send(Call(what, f"{self._base_url}{path}{query and '?'}{query}"))

    def put(self, what: str, path: str, body: Mapping[str, str]) -> Answer:
        """Change what is at ``path``."""
        return self.send(Call(what, f"{self._base_url}{path}", method="PUT", json=body))

    def post(self, what: str, path: str, body: Mapping[str, str | int]) -> Answer:
        """Make something new at ``path``."""
        return self.send(Call(what, f"{self._base_url}{path}", method="POST", json=body))

    def send(self, call: Call) -> Answer:
        """Send a call; one that meets a dead session, and was not done, once more in a new one."""
        self._server_time.check(call.what)
        credential = self._login.credential()
        answer = self._exchange.send(call, credential)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            # Sessions die for reasons of their own; a login that worked is tried once more.
            self._login.forget(credential)
            answer = self._exchange.send(call, self._login.credential())
        self._server_time.note(answer.body)
        return answer

    def page(
        self, kind: str, plural: str, parameters: Mapping[str, str], *, page: int, limit: int
    ) -> tuple[Answer, Listed]:
        """Read one page of a list."""
        what = f"list {plural}, page {page} of {limit}"
        asked = {**parameters, "page": str(page), "limit": str(limit)}
        answer = self.get(what, f"/{kind}", asked)
        # Past the last page some servers say that there is no such page.
        if answer.is_not_found and page > 1:
            return answer, Listed(rows=(), page=page, total_pages=None)
        url = f"{self._base_url}/{kind}"
        return answer, listed(answer, plural, page=page, limit=limit, asked=url)

    def every(
        self, kind: str, plural: str, parameters: Mapping[str, str], *, limit: int
    ) -> list[Json]:
        """Read all rows of a list, each once."""
        found: dict[str, Json] = {}
        page = 1
        while True:
            _, shown = self.page(kind, plural, parameters, page=page, limit=limit)
            fresh = {str(row.get("id", f"{page}+{at}")): row for at, row in enumerate(shown.rows)}
            is_last = shown.total_pages is not None and page >= shown.total_pages
            # A server that knows no pages serves the first one for ever.
            is_idle = fresh.keys() <= found.keys()
            found |= fresh
            if is_last or is_idle:
                return list(found.values())
            page += 1
