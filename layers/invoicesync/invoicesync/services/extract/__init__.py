"""Extract: find what changed in ServiceTrade and put it before the loaders, losing nothing.

`Extract.tick` is the schedule's entry, `Extract.by_id` the road of redrive and healing,
`Extract.backfill` a scan of the past beside the live one.
"""

from invoicesync.services.extract.extract import Extract
from invoicesync.services.extract.result import ExtractResult, Reason

__all__ = ["Extract", "ExtractResult", "Reason"]
