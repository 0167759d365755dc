"""Answer a list request: filter, sort, cut a page."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sandbox.servicetrade.account import Account
from sandbox.servicetrade.filters import BadParameterError
from sandbox.servicetrade.kinds import Kind
from sandbox.servicetrade.store import Row

_PAGING = frozenset({"page", "limit", "sort", "sortOrder"})
_KEPT_RESULTS = 8


class NoSuchPageError(Exception):
    """The page is past the last and the account says so with a 404."""


class RefusedParameterError(Exception):
    """A parameter is wrong; ``name`` says which."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(reason)
        self.name = name


@dataclass(frozen=True)
class Page:
    """One page of rows."""

    rows: list[Row]
    page: int
    limit: int
    total_pages: int
    total_rows: int


class Search:
    """Finds rows, and keeps the last few results while nothing changes."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._results: OrderedDict[tuple[object, ...], list[Row]] = OrderedDict()
        self._asked = 0

    def page(
        self,
        kind: Kind,
        parameters: Mapping[str, str],
        *,
        late_seconds: float = 0.0,
        shift: int = 0,
    ) -> Page:
        """Return the page that ``parameters`` ask for.

        ``late_seconds`` makes this reader lag; ``shift`` serves another page under this one's name.
        """
        number, limit = self._page_and_limit(kind, parameters)
        rows = self._rows(kind, parameters, late_seconds)
        total_pages = -(-len(rows) // limit)
        served = number + shift
        if number > max(total_pages, 1):
            if self._account.options.page_past_last == "not_found":
                raise NoSuchPageError
            if self._account.options.page_past_last == "last":
                number = served = max(total_pages, 1)
        start = (max(served, 1) - 1) * limit
        return Page(
            rows=rows[start : start + limit],
            page=number,
            limit=limit,
            total_pages=total_pages or self._account.options.zero_rows_total_pages,
            total_rows=len(rows),
        )

    def _page_and_limit(self, kind: Kind, parameters: Mapping[str, str]) -> tuple[int, int]:
        options = self._account.options
        usual = (kind.default_limit, kind.max_limit)
        default, most = options.limits.get(kind.name, usual)
        number = _positive(parameters, "page", 1)
        limit = _positive(parameters, "limit", default)
        if limit > most and options.limit_over_max == "reject":
            raise RefusedParameterError("limit", f"may not be greater than {most}")
        if options.limit_over_max == "clamp":
            limit = min(limit, most)
        return number, limit

    def _rows(self, kind: Kind, parameters: Mapping[str, str], late: float) -> list[Row]:
        options = self._account.options
        late = max(late, options.late_visibility_seconds)
        self._asked += 1
        asked = frozenset(item for item in parameters.items() if item[0] not in {"page", "limit"})
        moment = self._account.clock() if late else None
        ties = self._asked if options.sort_ties == "shuffled" else None
        key = (kind.name, asked, self._account.store.serial, moment, late, ties)
        if key not in self._results:
            self._results[key] = self._found(kind, parameters, late)
            while len(self._results) > _KEPT_RESULTS:
                self._results.popitem(last=False)
        return self._results[key]

    def _found(self, kind: Kind, parameters: Mapping[str, str], late: float) -> list[Row]:
        store = self._account.store
        tests = []
        for name, text in self._with_defaults(kind, parameters).items():
            read = kind.filters.get(name)
            if read is None:
                self._refuse_unknown(name)
                continue
            self._refuse_unknown_words(kind, name, text)
            try:
                tests.append(read(text, store))
            except BadParameterError as error:
                raise RefusedParameterError(name, str(error)) from error
        as_of = self._account.clock() - late if late else None
        rows = [
            row for row in self._candidates(kind, parameters, as_of) if all(t(row) for t in tests)
        ]
        return self._sorted(kind, parameters, rows)

    def _candidates(
        self, kind: Kind, parameters: Mapping[str, str], as_of: float | None
    ) -> Iterator[Row]:
        """Yield the rows worth testing: a list of ids spares walking through all of them."""
        ids = parameters.get(kind.ids_parameter or "", "")
        if not ids:
            return self._account.store.rows(kind.name, as_of=as_of)
        wanted = sorted({int(part) for part in ids.split(",") if part.strip()})
        found = (self._account.store.get(kind.name, row_id, as_of=as_of) for row_id in wanted)
        return (row for row in found if row is not None)

    @staticmethod
    def _with_defaults(kind: Kind, parameters: Mapping[str, str]) -> dict[str, str]:
        wanted = {k: v for k, v in parameters.items() if k not in _PAGING and v != ""}
        # Asking for jobs by id does not lift this; only a status or a number does.
        if kind.name == "job" and not {"status", "number"} & wanted.keys():
            wanted["status"] = "scheduled"
        return wanted

    def _refuse_unknown(self, name: str) -> None:
        if self._account.options.unknown_parameters == "reject":
            raise RefusedParameterError(name, "is not a parameter of this resource")

    def _refuse_unknown_words(self, kind: Kind, name: str, text: str) -> None:
        if self._account.options.unknown_values == "ignore" or name not in kind.words:
            return
        known = {*kind.words[name], self._account.options.draft_status}
        if unknown := sorted({part.strip() for part in text.split(",")} - known):
            raise RefusedParameterError(name, f"does not know {', '.join(unknown)}")

    def _sorted(self, kind: Kind, parameters: Mapping[str, str], rows: list[Row]) -> list[Row]:
        column = parameters.get("sort") or kind.sorts[0]
        if column not in kind.sorts:
            if self._account.options.unknown_values == "reject":
                raise RefusedParameterError("sort", f"must be one of {', '.join(kind.sorts)}")
            column = kind.sorts[0]
        match self._account.options.sort_ties:
            case "id":
                rows.sort(key=lambda row: row["id"])
            case "newest":
                rows.sort(key=lambda row: -row["id"])
            case "shuffled":
                rows.sort(key=lambda row: self._account.noise(self._asked, row["id"]))
        backwards = parameters.get("sortOrder", "").lower() == "desc"
        # None sorts first: a job that was never scheduled has no date to compare.
        rows.sort(key=lambda row: (row[column] is not None, row[column]), reverse=backwards)
        return rows


def _positive(parameters: Mapping[str, str], name: str, default: int) -> int:
    text = parameters.get(name, "")
    if not text:
        return default
    try:
        number = int(text)
    except ValueError:
        raise RefusedParameterError(name, f"{text!r} is not a whole number") from None
    if number < 1:
        raise RefusedParameterError(name, "must be 1 or more")
    return number
