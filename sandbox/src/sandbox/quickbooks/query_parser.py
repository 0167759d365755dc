"""The query language: what is accepted, and how it is refused when it is not.

``SELECT * | COUNT(*) FROM Entity [WHERE a AND b] [ORDERBY f [ASC|DESC], …] [STARTPOSITION n]
[MAXRESULTS m]``. No OR, no NOT, no joins, no columns; values stand in single quotes, even numbers.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from sandbox.quickbooks.refusals import Refusal

DEFAULT_RESULTS = 100
MOST_RESULTS = 1000
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:\\.|[^'\\])*')|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<word>[A-Za-z_][\w.]*)|(?P<mark><=|>=|!=|[=<>(),*]))"
)
_OPERATORS = {"=", "<", ">", "<=", ">=", "!="}


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison; ``None`` among the values stands for NULL."""

    field: str
    operator: str
    values: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A statement that was understood."""

    entity: str
    counts: bool
    conditions: tuple[Condition, ...]
    order: tuple[tuple[str, bool], ...]
    start: int
    most: int


@dataclass(slots=True)
class _Token:
    kind: str
    text: str
    column: int


@lru_cache(maxsize=256)
def parse(statement: str) -> Query:
    """Understand a statement, or refuse it with 4000."""
    return _Parser(_tokens(statement)).query()


def _tokens(statement: str) -> list[_Token]:
    tokens, at = [], 0
    end = len(statement.rstrip().rstrip(";"))
    while at < end:
        match = _TOKEN.match(statement, at)
        if match is None or match.end() > end + 1:
            column = at + 1 + len(statement[at:]) - len(statement[at:].lstrip())
            shown = statement[column - 1 : column]
            raise _refused(f'Lexical error at line 1, column {column}. Encountered: "{shown}"')
        kind = str(match.lastgroup)
        tokens.append(_Token(kind, match[kind], match.start(kind) + 1))
        at = match.end()
    return [*tokens, _Token("end", "<EOF>", end + 1)]


def _refused(detail: str) -> Refusal:
    return Refusal("4000", "Error parsing query", f"QueryParserError: {detail}")


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def query(self) -> Query:
        self._keyword("select")
        counts = self._select()
        self._keyword("from")
        entity = self._take("word").text
        conditions: list[Condition] = []
        if self._is("where"):
            self._next()
            conditions.append(self._condition())
            while self._is("and"):
                self._next()
                conditions.append(self._condition())
        order = self._order()
        start = self._number("startposition", 1)
        most = self._number("maxresults", DEFAULT_RESULTS)
        if self._now.kind != "end":
            raise self._encountered()
        return Query(
            entity, counts, tuple(conditions), tuple(order), start, min(most, MOST_RESULTS)
        )

    @property
    def _now(self) -> _Token:
        return self._tokens[self._at]

    def _next(self) -> _Token:
        token = self._now
        self._at += 1
        return token

    def _is(self, word: str) -> bool:
        return self._now.kind == "word" and self._now.text.lower() == word

    def _keyword(self, word: str) -> None:
        if not self._is(word):
            raise self._encountered()
        self._next()

    def _take(self, kind: str, text: str | None = None) -> _Token:
        if self._now.kind != kind or (text is not None and self._now.text != text):
            raise self._encountered()
        return self._next()

    def _encountered(self) -> Refusal:
        token = self._now
        name = {"word": "<IDENTIFIER> ", "number": "<INTEGER> ", "text": "<QUOTED_STRING> "}
        shown = f'{name.get(token.kind, "")}"{token.text} "'
        return _refused(f'Encountered " {shown}" at line 1, column {token.column}.')

    def _select(self) -> bool:
        if self._is("count"):
            self._next()
            for mark in "(*)":
                self._take("mark", mark)
            return True
        self._take("mark", "*")
        return False

    def _condition(self) -> Condition:
        name = self._take("word").text
        if self._is("in"):
            self._next()
            self._take("mark", "(")
            values = [self._value()]
            while self._now.text == "," and self._now.kind == "mark":
                self._next()
                values.append(self._value())
            self._take("mark", ")")
            return Condition(name, "in", tuple(values))
        if self._is("like"):
            self._next()
            return Condition(name, "like", (self._value(),))
        if self._now.kind != "mark" or self._now.text not in _OPERATORS:
            raise self._encountered()
        operator = self._next().text
        return Condition(name, operator, (self._value(),))

    def _value(self) -> str | None:
        token = self._now
        if token.kind == "text":
            self._next()
            text = re.sub(r"\\(.)", r"\1", token.text[1:-1])
            return text if text.strip() else None
        if token.kind == "word" and token.text.lower() in {"true", "false", "current_date"}:
            self._next()
            return token.text.lower()
        raise self._encountered()

    def _order(self) -> list[tuple[str, bool]]:
        if self._is("order"):
            self._next()
            self._keyword("by")
        elif self._is("orderby"):
            self._next()
        else:
            return []
        order = [self._ordered()]
        while self._now.kind == "mark" and self._now.text == ",":
            self._next()
            order.append(self._ordered())
        return order

    def _ordered(self) -> tuple[str, bool]:
        name = self._take("word").text
        if self._is("asc") or self._is("desc"):
            return name, self._next().text.lower() == "desc"
        return name, False

    def _number(self, keyword: str, default: int) -> int:
        if not self._is(keyword):
            return default
        self._next()
        token = self._take("number")
        if not token.text.isdigit() or (keyword == "startposition" and token.text == "0"):
            raise _refused(f"{keyword.upper()} should be a positive number, not {token.text}")
        return int(token.text)
