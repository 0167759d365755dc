"""Messages too large for the queue travel as a claim check: the body waits in the bucket.

A body is kept for 90 days and never deleted by whoever reads it: the message may come again.
"""

import hashlib
import json

from invoicesync.domain.ids import ServiceTradeId
from invoicesync.ports import Bucket

LARGEST_BODY = 900_000
"""Bytes that travel by themselves; the queue takes 1 MiB with its attributes."""


class MissingClaimError(LookupError):
    """The body behind a claim check is gone; the invoice must be extracted again."""

    def __init__(self, invoice_id: ServiceTradeId) -> None:
        super().__init__(f"the body of invoice {invoice_id} is no longer in the bucket")
        self.invoice_id = invoice_id


class ClaimChecks:
    """Checks large bodies in and fetches them back."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def pack(self, invoice_id: ServiceTradeId, body: str) -> str:
        """Return ``body``, or a claim check for it where it is too large."""
        raw = body.encode()
        if len(raw) <= LARGEST_BODY:
            return body
        key = f"claims/{invoice_id}/{hashlib.sha256(raw).hexdigest()}.json"
        self._bucket.put(key, raw)
        return json.dumps({"claim": key, "invoice": invoice_id})

    def unpack(self, body: str) -> str:
        """Return the body that was packed; any other text comes back as it is."""
        if not body.startswith('{"claim"'):
            return body
        check = json.loads(body)
        raw = self._bucket.get(str(check["claim"]))
        if raw is None:
            raise MissingClaimError(ServiceTradeId(int(check["invoice"])))
        return raw.decode()
