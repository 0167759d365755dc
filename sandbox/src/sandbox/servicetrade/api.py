"""The API: who may do what, and which code answers it."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from sandbox.servicetrade.account import Account
from sandbox.servicetrade.authentication import Authentication
from sandbox.servicetrade.kinds import Kind
from sandbox.servicetrade.messages import PREFIX, Answer, Request, UnreadableBodyError, refusal
from sandbox.servicetrade.nested import NESTED, Nested
from sandbox.servicetrade.search import NoSuchPageError, Page, RefusedParameterError, Search
from sandbox.servicetrade.sessions import Doorman, NoSessionError
from sandbox.servicetrade.store import Row
from sandbox.servicetrade.wire import text_of
from sandbox.servicetrade.writes import RefusedError, Writer, kind_named

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_VERBS = ("GET", "POST", "PUT", "DELETE")


class Api:
    """Answers requests under ``/api/``."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.doorman = Doorman(account)
        self.authentication = Authentication(account, self.doorman)
        self.search = Search(account)
        self._writer = Writer(account)
        self._nested = Nested(account, self.search)

    def caller(self, request: Request) -> Row | None:
        """Return the user who sends this, or None."""
        try:
            return self.doorman.user_of(bearer=request.bearer, cookie=request.session_token)
        except NoSessionError:
            return None

    def answer(self, request: Request, *, late_seconds: float = 0.0, shift: float = 0) -> Answer:
        """Answer one request; the keywords make a list lag or serve another page's rows."""
        options = self.account.options
        try:
            return self._answer(request, late_seconds, int(shift))
        except RefusedError as error:
            return refusal(
                error.status, *error.reasons, validation=error.validation, options=options
            )
        except RefusedParameterError as error:
            return refusal(400, validation={error.name: str(error)}, options=options)
        except UnreadableBodyError as error:
            return refusal(400, f"The request could not be read: {error}.", options=options)
        except NoSuchPageError:
            return refusal(404, "There is no such page.", options=options)

    def _answer(self, request: Request, late_seconds: float, shift: int) -> Answer:
        if not request.path.startswith(PREFIX):
            raise RefusedError(404, "Nothing lives here.")
        open_answer = self.authentication.answer(request)
        if open_answer is not None:
            return open_answer
        user = self.caller(request)
        if user is None:
            raise RefusedError(401, "There is no active session; log in first.")
        if request.segments == ["oauth2", "userinfo"]:
            return self.authentication.userinfo(user)
        if request.segments == ["account"]:
            return self._account_list()
        kind = kind_named(request.segments[0])
        if kind.name == "webhook" and "admin.account" not in user["permissions"]:
            raise RefusedError(403, "You do not have permission to manage webhooks.")
        return self._resource(kind, request, user, late_seconds, shift)

    def _resource(
        self, kind: Kind, request: Request, user: Row, late_seconds: float, shift: int
    ) -> Answer:
        match request.segments[1:]:
            case []:
                allowed = kind.verbs & {"GET", "POST"}
                steps: Mapping[str, Callable[[], Answer]] = {
                    "GET": lambda: self._list(kind, request, late_seconds, shift),
                    "POST": lambda: self._created(kind, request, user),
                }
            case [text] if text.isdigit():
                row_id = int(text)
                allowed = kind.verbs - {"POST"}
                steps = {
                    "GET": lambda: self._one(kind, row_id, late_seconds),
                    "PUT": lambda: self._updated(kind, row_id, request, user),
                    "DELETE": lambda: self._deleted(kind, row_id),
                }
            case [text, below] if text.isdigit() and (kind.name, below) in NESTED:
                verb, serve = NESTED[kind.name, below]
                allowed = frozenset({verb})
                row_id = int(text)
                steps = {verb: lambda: serve(self._nested, row_id, request, user)}
            case _:
                raise RefusedError(404, f"There is nothing at {request.path}.")
        if request.method not in allowed:
            refused = refusal(
                405,
                f"{request.method} is not allowed here.",
                options=self.account.options,
            )
            refused.headers["Allow"] = ", ".join(verb for verb in _VERBS if verb in allowed)
            return refused
        return steps[request.method]()

    def _list(self, kind: Kind, request: Request, late_seconds: float, shift: int) -> Answer:
        page = self.search.page(kind, request.query, late_seconds=late_seconds, shift=shift)
        text = self.account.renderer.text
        rows = ",".join([text(kind.name, row) for row in page.rows])
        return self._paged(kind.plural, rows, page, request)

    def _paged(self, plural: str, rows: str, page: Page, request: Request) -> Answer:
        options = self.account.options
        keys: dict[str, Any] = {"page": page.page}
        if options.total_pages:
            keys["totalPages"] = page.total_pages
        if options.total_count:
            keys |= {"totalCount": page.total_rows, "pageSize": page.limit}
        answer = self._good(f'{text_of(keys)[:-1]},"{plural}":[{rows}]}}')
        answer.rows = len(page.rows)
        if options.link_header == "honest":
            links = _links(request, page)
            if links:
                answer.headers["Link"] = links
        return answer

    def _good(self, data: str, status: int = 200) -> Answer:
        answer = Answer(status=status, data=data)
        if self.account.options.success_messages:
            answer.messages = {"success": [], "error": []}
        return answer

    def _one(self, kind: Kind, row_id: int, late_seconds: float) -> Answer:
        options = self.account.options
        late = max(late_seconds, options.late_visibility_seconds)
        if options.late_reads == "lists":
            late = 0.0
        as_of = self.account.clock() - late if late else None
        row = self.account.store.get(kind.name, row_id, as_of=as_of)
        if row is None:
            raise RefusedError(404, f"No {kind.name} with id {row_id} was found.")
        answer = self._good(self.account.renderer.text(kind.name, row))
        answer.rows = 1
        return answer

    def _created(self, kind: Kind, request: Request, user: Row) -> Answer:
        shown = self._writer.create(kind, request.fields(), user)
        return self._good(text_of(shown), self.account.options.post_status)

    def _updated(self, kind: Kind, row_id: int, request: Request, user: Row) -> Answer:
        return self._good(text_of(self._writer.update(kind, row_id, request.fields(), user)))

    def _deleted(self, kind: Kind, row_id: int) -> Answer:
        self._writer.delete(kind, row_id)
        return Answer(status=204)

    def _account_list(self) -> Answer:
        account = self.account
        contractor = account.row("company", account.contractor_id)
        shown = {
            "id": account.id,
            "name": contractor["name"],
            "timezone": account.options.timezone,
            "primeCompany": {"id": contractor["id"], "name": contractor["name"]},
            "features": [],
        }
        return self._good(text_of({"accounts": [shown]}))


def _links(request: Request, page: Page) -> str:
    """Write the Link header that the marketing text speaks of."""
    wanted = {}
    if page.page < page.total_pages:
        wanted["next"] = page.page + 1
    if page.page > 1:
        wanted["prev"] = page.page - 1
    if page.total_pages > 0:
        wanted |= {"first": 1, "last": page.total_pages}
    links = []
    for relation, number in wanted.items():
        query = urlencode({**request.query, "page": number, "limit": page.limit})
        links.append(f'<{request.base_url}{request.path}?{query}>; rel="{relation}"')
    return ", ".join(links)
