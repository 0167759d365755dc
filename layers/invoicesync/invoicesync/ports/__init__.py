"""What the use cases need from the outside, as roles. Adapters and fakes fill them.

Times are UTC epoch seconds unless named otherwise; every error is from `invoicesync.errors`.
"""

from invoicesync.ports.books import (
    BatchAnswer,
    Books,
    Changes,
    Comparison,
    Evidence,
    Fault,
    FaultKind,
    TokenEndpoint,
    TokenRefresher,
    Tokens,
    Written,
)
from invoicesync.ports.cloud import (
    Bucket,
    EventBus,
    LoaderSwitch,
    Outgoing,
    Queue,
    Received,
    Secret,
    SecretVersion,
    Stage,
    Table,
    Topic,
)
from invoicesync.ports.extraction import Extractor
from invoicesync.ports.populations import BooksInvoices, UnbilledJobs
from invoicesync.ports.runtime import (
    Clock,
    Deadline,
    Parallel,
    Random,
)
from invoicesync.ports.source import (
    InvoiceFilter,
    Json,
    Source,
    SourceList,
    SourceLists,
    SourcePage,
    SourceWriter,
    Spent,
)

__all__ = [
    "BatchAnswer",
    "Books",
    "BooksInvoices",
    "Bucket",
    "Changes",
    "Clock",
    "Comparison",
    "Deadline",
    "EventBus",
    "Evidence",
    "Extractor",
    "Fault",
    "FaultKind",
    "InvoiceFilter",
    "Json",
    "LoaderSwitch",
    "Outgoing",
    "Parallel",
    "Queue",
    "Random",
    "Received",
    "Secret",
    "SecretVersion",
    "Source",
    "SourceList",
    "SourceLists",
    "SourcePage",
    "SourceWriter",
    "Spent",
    "Stage",
    "Table",
    "TokenEndpoint",
    "TokenRefresher",
    "Tokens",
    "Topic",
    "UnbilledJobs",
    "Written",
]
