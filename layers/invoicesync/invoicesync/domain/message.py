"""The message on the queue: a transformed invoice and what it was made from."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from invoicesync.domain.document import Document, from_plain
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.problems import Problem, ProblemCode
from invoicesync.domain.revision import Disposition, Revision
from invoicesync.domain.source import Source, parse_source

SCHEMA = 1
"""The newest schema that this release writes and reads."""


class UnreadableMessageError(ValueError):
    """The body is not a message of any schema; it will never be."""


class NewerSchemaError(ValueError):
    """The body was written by a newer release; this one must leave it on the queue."""


@dataclass(frozen=True, slots=True)
class Message:
    """One look at one invoice on its way to the loader."""

    source: Source
    revision: Revision
    reason: str
    document: Document | None
    problems: tuple[Problem, ...]
    mapping_serial: int

    @property
    def servicetrade_id(self) -> ServiceTradeId:
        """The invoice that this is about."""
        return self.source.invoice.id

    def encode(self) -> str:
        """Render as JSON."""
        # The document's canonical form is JSON already: it is put in as it stands.
        document = "null" if self.document is None else self.document.canonical().decode()
        others = json.dumps(
            {
                "schema": SCHEMA,
                "source": self.source.plain(),
                "revision": {
                    "updated": self.revision.updated,
                    "epoch": self.revision.epoch,
                    "position": self.revision.position,
                    "disposition": self.revision.disposition,
                    "fingerprint": self.revision.fingerprint,
                },
                "reason": self.reason,
                "problems": [problem.plain() for problem in self.problems],
                "mapping_serial": self.mapping_serial,
            },
            separators=(",", ":"),
            ensure_ascii=False,
        )
        return f'{others.removesuffix("}")},"document":{document}}}'


def decode(body: str) -> Message:
    """Read a body back.

    Raises `NewerSchemaError` for a schema above ours, `UnreadableMessageError` for anything else
    that is not a message.
    """
    try:
        plain = json.loads(body)
    except ValueError as error:
        raise UnreadableMessageError("the body is not JSON") from error
    if not isinstance(plain, dict) or not isinstance(plain.get("schema"), int):
        raise UnreadableMessageError("the body has no schema number")
    if plain["schema"] > SCHEMA:
        raise NewerSchemaError(f"schema {plain['schema']} is newer than {SCHEMA}")
    try:
        return _message(plain)
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise UnreadableMessageError(
            f"a message of schema {plain['schema']} without a readable part ({error!r:.80})"
        ) from error


def _message(plain: Mapping[str, Any]) -> Message:
    revision = plain["revision"]
    document = plain["document"]
    return Message(
        source=parse_source(plain["source"]["invoice"], plain["source"]["job"]),
        revision=Revision(
            updated=int(revision["updated"]),
            epoch=int(revision["epoch"]),
            position=int(revision["position"]),
            disposition=Disposition(revision["disposition"]),
            fingerprint=str(revision["fingerprint"]),
        ),
        reason=str(plain["reason"]),
        document=None if document is None else from_plain(document),
        problems=tuple(
            Problem(ProblemCode(row["code"]), detail=row["detail"], where=row["where"])
            for row in plain["problems"]
        ),
        mapping_serial=int(plain["mapping_serial"]),
    )
