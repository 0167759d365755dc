"""Read one query parameter into a test on rows, as the published parameter tables have it."""

from collections.abc import Callable
from typing import Any

from sandbox.servicetrade.store import Row, Store

type Test = Callable[[Row], bool]
type Filter = Callable[[str, Store], Test]


class BadParameterError(ValueError):
    """A query parameter has a value that cannot be read."""


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise BadParameterError(f"{text!r} is not a whole number") from None


def _wholes(text: str) -> frozenset[int]:
    return frozenset(_whole(part) for part in text.split(",") if part.strip())


def equals(column: str) -> Filter:
    """Keep rows whose ``column`` is exactly this id."""

    def read(text: str, _: Store) -> Test:
        wanted = _whole(text)
        return lambda row: row.get(column) == wanted

    return read


def equals_text(column: str) -> Filter:
    """Keep rows whose ``column`` is exactly this text."""

    def read(text: str, _: Store) -> Test:
        return lambda row: str(row.get(column)) == text

    return read


def contains_text(column: str) -> Filter:
    """Keep rows whose ``column`` has this text in it, in either case."""

    def read(text: str, _: Store) -> Test:
        wanted = text.casefold()
        return lambda row: wanted in str(row.get(column) or "").casefold()

    return read


def in_ids(column: str) -> Filter:
    """Keep rows whose ``column`` is one of these ids, or, where it is a list, has one of them."""

    def read(text: str, _: Store) -> Test:
        wanted = _wholes(text)

        def meets(row: Row) -> bool:
            value: Any = row.get(column)
            return bool(wanted.intersection(value)) if isinstance(value, list) else value in wanted

        return meets

    return read


def in_words(column: str) -> Filter:
    """Keep rows whose ``column`` is one of these words."""

    def read(text: str, _: Store) -> Test:
        wanted = frozenset(part.strip() for part in text.split(","))
        return lambda row: row.get(column) in wanted

    return read


def job_status(text: str, _: Store) -> Test:
    """Keep jobs in one of these statuses; ``all`` means all but canceled, ``*`` all."""
    wanted = frozenset(part.strip() for part in text.split(","))
    if "*" in wanted:
        return lambda _row: True
    if "all" in wanted:
        return lambda row: row["status"] != "canceled"
    return lambda row: row["status"] in wanted


def since(column: str) -> Filter:
    """Keep rows at or after this second."""

    def read(text: str, _: Store) -> Test:
        least = _whole(text)
        return lambda row: row.get(column) is not None and row[column] >= least

    return read


def until(column: str) -> Filter:
    """Keep rows at or before this second."""

    def read(text: str, _: Store) -> Test:
        most = _whole(text)
        return lambda row: row.get(column) is not None and row[column] <= most

    return read


def flag(column: str) -> Filter:
    """Keep rows by a boolean."""

    def read(text: str, _: Store) -> Test:
        if text.lower() not in {"true", "false", "1", "0"}:
            raise BadParameterError(f"{text!r} is neither true nor false")
        wanted = text.lower() in {"true", "1"}
        return lambda row: bool(row.get(column)) is wanted

    return read


def tagged(text: str, store: Store) -> Test:
    """Keep rows that carry every one of these tags, given by name or id."""
    known = {str(row["id"]): row["id"] for row in store.rows("tag")}
    known |= {row["name"].casefold(): row["id"] for row in store.rows("tag")}
    wanted = {known.get(part.strip().casefold(), 0) for part in text.split(",")}
    return lambda row: wanted.issubset(row["tags"])


def invoiced(text: str, store: Store) -> Test:
    """Keep jobs that have, or lack, a final invoice that is not void."""
    done = {
        row["jobId"]
        for row in store.rows("invoice")
        if row["status"] != "void" and not row["partial"]
    }
    wanted = flag("done")(text, store)
    return lambda row: wanted({"done": row["id"] in done})


def between_updates() -> dict[str, Filter]:
    """Return the four filters that nearly every resource has."""
    return {
        "createdAfter": since("created"),
        "createdBefore": until("created"),
        "updatedAfter": since("updated"),
        "updatedBefore": until("updated"),
    }
