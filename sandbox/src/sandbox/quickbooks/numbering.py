"""Numbers of documents: who gives them, what comes next, and when a double is refused."""

import re

from sandbox.quickbooks import refusals
from sandbox.quickbooks.books import Books, check_length
from sandbox.quickbooks.wire import Body

LONGEST = 21
_TAIL = re.compile(r"^(.*?)(\d+)$", re.DOTALL)


class Numbering:
    """The sequence of each kind of document in one company."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._last: dict[str, str] = {}

    def number_new(self, entity: str, body: Body, *, allow_duplicate: bool) -> str | None:
        """Return a new document's number; None where callers give them and this one did not."""
        sent = body.get("DocNumber")
        check_length("DocNumber", sent, LONGEST)
        custom = bool(self._books.preference("SalesFormsPrefs", "CustomTxnNumbers"))
        automatic = sent == "AUTO_GENERATE" or body.get("AutoDocNumber") in {True, "true"}
        if automatic or (sent is None and not custom):
            number = self._next(entity)
        elif not sent:
            return None
        else:
            number = str(sent)
            self.check_free(entity, number, identity=None, allow_duplicate=allow_duplicate)
        # A person's own number moves the sequence too: App_1000 is followed by App_1001.
        self._last[entity] = number
        return number

    def check_free(
        self, entity: str, number: str, *, identity: str | None, allow_duplicate: bool
    ) -> None:
        """Refuse a number that another document of this kind has, where the company is warned."""
        options = self._books.options
        custom = bool(self._books.preference("SalesFormsPrefs", "CustomTxnNumbers"))
        warned = options.warn_duplicate_number and (custom or options.warn_without_custom_numbers)
        if not warned or allow_duplicate:
            return
        for record in self._books.store.having(entity, "DocNumber", number) or ():
            if (
                record.now
                and record.identity != identity
                and record.body.get("DocNumber") == number
            ):
                raise refusals.duplicate_number(number, entity, record.identity)

    def _next(self, entity: str) -> str:
        last = self._last.get(entity)
        if last is None:
            return self._books.options.first_number
        match = _TAIL.match(last)
        if match is None:
            return f"{last}1"
        head, digits = match.groups()
        return f"{head}{int(digits) + 1:0{len(digits)}d}"
