"""Revisions as the state table keeps them: one text each, and a second that sorts."""

from invoicesync.conditions import Item
from invoicesync.domain.revision import Disposition, Revision


def written_revision(revision: Revision) -> str:
    """Write a revision as one text: second, epoch, position, disposition, fingerprint."""
    return (
        f"{revision.updated} {revision.epoch} {revision.position} "
        f"{revision.disposition.value} {revision.fingerprint}"
    )


def revision_attributes(prefix: str, revision: Revision) -> Item:
    """Render a revision as ``<prefix>`` and, for conditions, ``<prefix>_order``."""
    return {prefix: written_revision(revision), f"{prefix}_order": revision.order}


def read_revision(written: str) -> Revision:
    """Read back what `written_revision` wrote."""
    updated, epoch, position, disposition, fingerprint = written.split(" ", 4)
    return Revision(
        updated=int(updated),
        epoch=int(epoch),
        position=int(position),
        disposition=Disposition(disposition),
        fingerprint=fingerprint,
    )
