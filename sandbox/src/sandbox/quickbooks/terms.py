"""When an invoice is due."""

from datetime import date, timedelta

from sandbox.quickbooks.books import Books
from sandbox.quickbooks.wire import Body, reference_of

_LONGER_THAN_A_MONTH = timedelta(days=32)


def due_date(books: Books, body: Body) -> str:
    """Return the due date that an invoice's term makes, or the company's default."""
    term = books.store.get("Term", str(reference_of(body, "SalesTermRef")))
    day = date.fromisoformat(body["TxnDate"])
    if term and "DueDays" in term.body:
        return (day + timedelta(days=int(term.body["DueDays"]))).isoformat()
    if term and "DayOfMonthDue" in term.body:
        return _day_of_month(day, term.body)
    return (day + timedelta(days=books.options.default_due_days)).isoformat()


def _day_of_month(day: date, term: Body) -> str:
    due = int(term["DayOfMonthDue"])
    is_too_close = day.day + int(term.get("DueNextMonthDays", 0)) > due
    first = day.replace(day=1)
    if is_too_close:
        first = (first + _LONGER_THAN_A_MONTH).replace(day=1)
    after = (first + _LONGER_THAN_A_MONTH).replace(day=1)
    return min(first + timedelta(days=due - 1), after - timedelta(days=1)).isoformat()
