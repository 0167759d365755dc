"""Load a batch of messages into QuickBooks: docs/delivery-guarantee.md, "Load".

The steps, in this order and never another: read and reduce, claim, settle what is open, fence,
resolve names, look up, decide, journal, send, record, and only then say what may be acknowledged.
"""

from invoicesync.services.load.load import Load
from invoicesync.services.load.needs import LoadPorts, LoadReport, LoadSettings
from invoicesync.services.load.work import Hold, Outcome, Result

__all__ = ["Hold", "Load", "LoadPorts", "LoadReport", "LoadSettings", "Outcome", "Result"]
