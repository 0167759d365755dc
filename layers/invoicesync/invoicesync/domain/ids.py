"""Identifiers of the two systems, as different types: never two bare ids in one signature."""

from typing import NewType

ServiceTradeId = NewType("ServiceTradeId", int)
"""An id in ServiceTrade: a JSON number, new ones beyond 32 bits."""

QuickBooksId = NewType("QuickBooksId", str)
"""QuickBooks' own transaction number (`Id`): a string of digits, never shown to people."""

DocNumber = NewType("DocNumber", str)
"""The invoice number that people see in QuickBooks, at most 21 characters."""

RequestId = NewType("RequestId", str)
"""The idempotency key of one write to QuickBooks, at most 36 characters with a batch."""
