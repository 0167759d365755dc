"""Evidence of refusals, kept in the bucket."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from invoicesync.ports import Bucket, Clock

_NOT_FOR_A_KEY = re.compile(r"[^A-Za-z0-9._-]+")


class BucketEvidence:
    """An `Evidence` in a bucket, one object a record, filed by day."""

    def __init__(self, bucket: Bucket, clock: Clock) -> None:
        self._bucket = bucket
        self._clock = clock

    def keep(self, name: str, record: Mapping[str, Any]) -> str:
        """Store a record, which the caller has masked, and return its key."""
        day = datetime.fromtimestamp(self._clock.now(), UTC).date()
        key = f"evidence/{day.isoformat()}/{_NOT_FOR_A_KEY.sub('-', name)}.json"
        body = json.dumps(record, default=str, ensure_ascii=False, indent=1)
        self._bucket.put(key, body.encode())
        return key
