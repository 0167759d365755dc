"""Change data capture: objects that changed since a time, and what is left of deleted ones."""

from sandbox.quickbooks import refusals, times
from sandbox.quickbooks.books import Books
from sandbox.quickbooks.queries import ENTITIES
from sandbox.quickbooks.refusals import Refusal
from sandbox.quickbooks.wire import Body, Rendered

_LEFT_OUT = {
    "TimeActivity",
    "TaxAgency",
    "TaxCode",
    "TaxRate",
    "JournalCode",
    "Preferences",
    "CompanyInfo",
}
_DAY = 86400


def changed_since(books: Books, entities: str, since: str) -> list[Body]:
    """Return one query response for each entity asked for.

    The oldest changes come first and the rest is cut off at the cap; there is no second page.
    """
    if not entities.strip():
        raise refusals.missing("entities")
    if not since.strip():
        raise refusals.missing("changedSince")
    try:
        start = times.seconds_of(since)
    except ValueError as error:
        raise refusals.invalid_date("changedSince", since) from error
    days = books.options.cdc_days
    if days is not None and start < books.clock() - days * _DAY:
        raise refusals.unsupported(f"changedSince can not be more than {days} days ago: it")
    left = books.options.cdc_cap
    answers: list[Body] = []
    for word in entities.split(","):
        entity = _entity(word.strip())
        rows = _changes(books, entity, start)
        cap = books.options.cdc_cap if books.options.cdc_cap_per_entity else left
        rows = rows[:cap]
        left -= len(rows)
        if rows:
            answers.append({entity: rows, "startPosition": 1, "maxResults": len(rows)})
        else:
            answers.append({})
    return answers


def _entity(word: str) -> str:
    for entity in ENTITIES:
        if entity.lower() == word.lower() and entity not in _LEFT_OUT:
            return entity
    raise Refusal(
        "2000", "Invalid or unsupported object name", f"Object Name: {word} is not supported"
    )


def _changes(books: Books, entity: str, start: float) -> list[Rendered | Body]:
    store = books.store
    found: list[tuple[int, Rendered | Body]] = []
    for record in store.every(entity):
        gone = store.tombstones.get((entity, record.identity))
        if record.now is None and gone is not None:
            if gone >= start:
                found.append((gone, _tombstone(record.identity, gone)))
        elif (row := store.visible(record)) and row.updated >= start:
            found.append((row.updated, row.text))
    found.sort(key=lambda each: each[0])
    return [each for _, each in found]


def _tombstone(identity: str, second: int) -> Body:
    when = {"LastUpdatedTime": times.stamp(second)}
    return {"domain": "QBO", "status": "Deleted", "Id": identity, "MetaData": when}
