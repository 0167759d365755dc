"""A state table that tells auditors of every change."""

from collections.abc import Callable

from invoicesync.conditions import Item, Key
from tests.fakes import FakeTable


class WatchedTable(FakeTable):
    """A table that tells of every change."""

    watch: Callable[[Key, Item | None, Item | None], None] | None = None

    def _store(self, key: Key, item: Item | None) -> None:
        before = self._items.get(key)
        super()._store(key, item)
        if self.watch is not None:
            self.watch(key, before, item)
