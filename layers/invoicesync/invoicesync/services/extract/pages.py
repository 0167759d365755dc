"""Fetches the pages of one list, and does not believe everything that a page says of itself."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from invoicesync.errors import TransientReadError
from invoicesync.ports import InvoiceFilter, Json, SourcePage
from invoicesync.services.extract.reader import Reader

MOST_PAGES = 10_000


class OddPageError(TransientReadError):
    """A page that contradicts itself: empty or a repeat, while more are promised."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one page. ``unreadable`` are their places in the list that nobody can read.

    ``odd`` says why the list ends here although more was promised.
    """

    rows: Sequence[Json]
    is_last: bool
    source_time: int | None = None
    bytes_read: int = 0
    unreadable: Sequence[int] = ()
    odd: str = ""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A page of a smaller size, somewhere within a page."""

    first: int
    size: int

    def split(self) -> "list[_Piece]":
        """Split into pages: their size must divide the place of the first row."""
        parts = next((n for n in range(2, self.size + 1) if self.size % n == 0), 1)
        if parts == 1:
            return []
        size = self.size // parts
        return [_Piece(self.first + size * part, size) for part in range(parts)]


class Pages:
    """The pages of one list, read in order within a pass."""

    def __init__(self, reader: Reader, bounds: InvoiceFilter, size: int) -> None:
        self._reader = reader
        self._bounds = bounds
        self._size = size
        self._previous: Sequence[Json] = ()

    def start(self) -> None:
        """Begin a pass: its first page repeats none."""
        self._previous = ()

    def read(self, number: int) -> Rows:
        """Read a page; one that fails three times is read in ever smaller parts."""
        try:
            page = self._reader.patiently(lambda: self._believable(number))
        except OddPageError as odd:
            # It stays so: the pass ends here, and the count will tell whether rows are missing.
            return Rows((), is_last=True, odd=str(odd))
        except TransientReadError:
            if self._size == 1:
                raise
            return self._in_parts(number)
        if page.rows:
            self._previous = page.rows
        return Rows(
            page.rows,
            is_last=_is_last(page, number),
            source_time=page.source_time,
            bytes_read=page.bytes_read,
        )

    def _believable(self, number: int) -> SourcePage:
        if number > MOST_PAGES:
            raise OddPageError(f"more than {MOST_PAGES} pages of {self._size}")
        page = self._reader.page(self._bounds, number, self._size)
        promised = page.total_pages or 0
        is_repeat = bool(page.rows) and (page.page != number or page.rows == self._previous)
        if is_repeat and promised >= number:
            raise OddPageError(f"page {number} of {promised} repeats another")
        # One empty page may be how a list of nothing is told.
        if not page.rows and promised >= max(number, 2):
            raise OddPageError(f"page {number} of {promised} is empty")
        # Without a promise there is no telling what stands beyond the last page: nothing, or the
        # last page once more.
        return replace(page, rows=()) if is_repeat else page

    def _in_parts(self, number: int) -> Rows:
        whole = _Piece((number - 1) * self._size, self._size)
        done, failed = self._reader.apart(whole.split(), self._read_piece, _Piece.split)
        rows = [row for _, page in done for row in page.rows]
        total = max((page.total_pages or 0) * piece.size for piece, page in done)
        self._previous = rows or self._previous
        return Rows(
            rows,
            is_last=whole.first + whole.size >= total if total else not rows,
            source_time=min(page.source_time for _, page in done),
            bytes_read=sum(page.bytes_read for _, page in done),
            unreadable=tuple(piece.first for piece in failed),
        )

    def _read_piece(self, piece: _Piece) -> SourcePage:
        return self._reader.page(self._bounds, piece.first // piece.size + 1, piece.size)


def _is_last(page: SourcePage, number: int) -> bool:
    promised = page.total_pages or 0
    return promised == number if promised >= number else not page.rows
