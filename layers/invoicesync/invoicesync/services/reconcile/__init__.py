"""Hold both books against each other: compare, heal what is ours to heal, name and report the rest.

Both sides are read anew; the ledger says only why an invoice is not as it should be. Nothing is
written to QuickBooks: what is missing or old goes the one road of everything, the extractor asked
for its id.
"""

from invoicesync.services.reconcile.reconcile import Reconcile
from invoicesync.services.reconcile.result import Outcome

__all__ = ["Outcome", "Reconcile"]
