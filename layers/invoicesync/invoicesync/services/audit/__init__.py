"""Read both books anew and compare them; nothing is written anywhere.

`Audit` is the whole of it; `SourceReading` and `BooksReading` read one side each.
"""

from invoicesync.services.audit.audit import Audit, Audited, rules_of
from invoicesync.services.audit.reading import (
    BooksReading,
    ListNeverWholeError,
    SourceReading,
)

__all__ = [
    "Audit",
    "Audited",
    "BooksReading",
    "ListNeverWholeError",
    "SourceReading",
    "rules_of",
]
