"""How far a scan has come, and how that survives the end of an invocation."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.source import SourceInvoice
from invoicesync.ports import Bucket, InvoiceFilter
from invoicesync.services.extract.pages import Rows
from invoicesync.state.checkpoint import Checkpoint, Hint


@dataclass(frozen=True, slots=True)
class Window:
    """What a scan is about: everything updated since ``lower``, or created from there to ``upper``.

    There is no upper bound on the server: rows that leave a list while it is read move the others,
    and one that moves to an earlier page is missed. What is above ``upper`` is dropped here.
    """

    lower: int
    upper: int | None = None

    @property
    def bounds(self) -> InvoiceFilter:
        """The bounds that ServiceTrade applies."""
        if self.upper is None:
            return InvoiceFilter(updated_after=self.lower)
        return InvoiceFilter(created_after=self.lower)

    def drops(self, created: int | None) -> bool:
        """Say whether a row is none of this scan's; one without a readable time is."""
        return self.upper is not None and created is not None and created > self.upper


@dataclass(slots=True)
class Progress:
    """Where a scan stands. ``ids`` is the union over all passes; ``page`` 0 ends a pass.

    A row that is removed while pages are read shifts the others: one of them is missed, and what
    was removed stands in ``ids`` in its place. So a pass of several pages begins with
    ``count_before``, at ``began`` by ServiceTrade's clock: nothing went if its end counts that
    many and, besides, its ``newcomers``.
    """

    window: Window
    page_size: int
    source_time: int | None = None
    largest_updated: int | None = None
    ids: set[ServiceTradeId] = field(default_factory=set[ServiceTradeId])
    ids_before_pass: int = 0
    passes: int = 1
    page: int = 1
    unnamed: int = 0
    is_odd: bool = False
    count_before: int | None = None
    began: int | None = None
    newcomers: int = 0

    def count_first(self, count: int | None, source_time: int | None) -> None:
        """Note how many rows there are before the first page, once others are known to follow."""
        self.count_before = count
        self.began = source_time or 0

    def has_lost_rows(self, count: int) -> bool:
        """Say whether rows may have gone since the pass began, now that there are ``count``."""
        if self.began is None:
            return False  # one page, read at once
        return self.count_before is None or count < self.count_before + self.newcomers

    def begin(self, page: Rows) -> None:
        """Note ServiceTrade's clock if it is seen for the first time, and a page that is odd."""
        if self.source_time is None:
            self.source_time = page.source_time
        self.is_odd = self.is_odd or bool(page.odd)

    def take(self, invoices: Sequence[SourceInvoice]) -> None:
        """Note the rows of a page, once all that must be sent of it is sent."""
        for invoice in invoices:
            if invoice.id and invoice.id not in self.ids:
                self.ids.add(invoice.id)
                self.newcomers += self.began is not None and (invoice.created or 0) > self.began
        times = (*(invoice.updated for invoice in invoices), self.largest_updated)
        self.largest_updated = max((time for time in times if time is not None), default=None)

    def next_pass(self) -> None:
        """Go back to the first page."""
        self.ids_before_pass = len(self.ids)
        self.passes += 1
        self.page = 1
        self.unnamed = 0
        self.is_odd = False
        self.count_before = self.began = None
        self.newcomers = 0

    def hint(self, bucket: Bucket, held: Checkpoint) -> Hint | None:
        """Store the ids and return the hint; None where nothing was read yet."""
        if self.source_time is None:
            return None
        # Below claims/, because what lies there is cleared away by itself after 90 days.
        key = f"claims/scans/{held.key.sk.replace('#', '-')}-{held.epoch}.json"
        bucket.put(key, json.dumps(sorted(self.ids)).encode())
        return Hint(
            lower=self.window.lower,
            upper=self.window.upper,
            source_time=self.source_time,
            largest_updated=self.largest_updated,
            ids_key=key,
            ids_before_pass=self.ids_before_pass,
            passes=self.passes,
            page=self.page,
            page_size=self.page_size,
            unnamed=self.unnamed,
            is_odd=self.is_odd,
            count_before=self.count_before,
            began=self.began,
            newcomers=self.newcomers,
        )


def resume(bucket: Bucket, hint: Hint | None, window: Window, page_size: int) -> Progress:
    """Take up a hint; start afresh where there is none that fits."""
    fresh = Progress(window, page_size)
    if hint is None or (hint.lower, hint.upper) != (window.lower, window.upper):
        return fresh
    stored = bucket.get(hint.ids_key)
    if stored is None:
        return fresh
    # Pages of another size are other pages; what was seen stays seen.
    is_same_paging = hint.page_size == page_size and hint.began is not None
    return Progress(
        window=window,
        page_size=page_size,
        source_time=hint.source_time,
        largest_updated=hint.largest_updated,
        ids={ServiceTradeId(id_) for id_ in json.loads(stored)},
        ids_before_pass=hint.ids_before_pass,
        passes=hint.passes,
        page=hint.page if is_same_paging else 1,
        unnamed=hint.unnamed if is_same_paging else 0,
        is_odd=hint.is_odd,
        count_before=hint.count_before if is_same_paging else None,
        began=hint.began if is_same_paging else None,
        newcomers=hint.newcomers if is_same_paging else 0,
    )
