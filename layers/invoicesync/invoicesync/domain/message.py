"""The message on the queue: a transformed invoice and what it was made from."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NoReturn

from invoicesync.domain.document import Document, from_plain
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.problems import Problem, ProblemCode
from invoicesync.domain.revision import Disposition, Revision
from invoicesync.domain.source import Source, parse_source

_LARGEST_ID = 2**63

SCHEMA = 1
"""The newest schema that this release writes and reads."""


class UnreadableMessageError(ValueError):
    """The body is not a message of any schema; it will never be."""


class NewerSchemaError(ValueError):
    """The body was written by a newer release; this one must leave it on the queue."""


@dataclass(frozen=True, eq=False)
class Message:
    """One look at one invoice on its way to the loader.

    ``told`` is what ServiceTrade said, read or still as it travels: most loads never need it, for
    the document is there already.
    """

    told: Source | Mapping[str, Any]
    revision: Revision
    reason: str
    document: Document | None
    problems: tuple[Problem, ...]
    mapping_serial: int

    @property
    def servicetrade_id(self) -> ServiceTradeId:
        """The invoice that this is about."""
        given = None if isinstance(self.told, Source) else self.told["invoice"].get("id")
        if type(given) is int and 0 < given < _LARGEST_ID:
            return ServiceTradeId(given)
        return self.source.invoice.id

    @cached_property
    def source(self) -> Source:
        """What ServiceTrade said, read when it is first asked for."""
        if isinstance(self.told, Source):
            return self.told
        return parse_source(self.told["invoice"], self.told["job"])

    @property
    def completed_on(self) -> int:
        """When the job behind it was completed, without reading the source; 0: nobody said."""
        if isinstance(self.told, Source):
            return (self.told.job.completed_on or 0) if self.told.job else 0
        job = self.told["job"]
        given = job.get("completedOn") if isinstance(job, dict) else None
        return given if type(given) is int else 0

    def __eq__(self, other: object) -> bool:
        """Compare what both say, in whatever form they hold it."""
        return isinstance(other, Message) and self._said() == other._said()

    __hash__ = None  # type: ignore[assignment]  # what it holds has none either

    def _said(self) -> tuple[object, ...]:
        said = (self.source, self.revision, self.reason, self.document)
        return (*said, self.problems, self.mapping_serial)

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


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_BROKEN = (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)
_JSON = json.JSONDecoder(parse_constant=_refuse_constant)


def decode(body: str) -> Message:
    """Read a body back.

    Raises `NewerSchemaError` for a schema above ours, `UnreadableMessageError` for anything else
    that is not a message.
    """
    try:
        plain = _JSON.decode(body)
    except (ValueError, RecursionError) as error:
        raise UnreadableMessageError("the body is not JSON, or nested too deeply") from error
    if not isinstance(plain, dict) or not isinstance(plain.get("schema"), int):
        raise UnreadableMessageError("the body has no schema number")
    if plain["schema"] > SCHEMA:
        raise NewerSchemaError(f"schema {plain['schema']} is newer than {SCHEMA}")
    try:
        if _ESCAPED_SURROGATE.search(body):
            # Half a character cannot be written again; only ServiceTrade's part is cleaned later.
            json.dumps({**plain, "source": None}, ensure_ascii=False).encode()
        return _message(plain)
    except _BROKEN as error:
        raise UnreadableMessageError(
            f"a message of schema {plain['schema']} without a readable part ({error!r:.80})"
        ) from error


def _message(plain: Mapping[str, Any]) -> Message:
    revision, document, told = plain["revision"], plain["document"], plain["source"]
    if not isinstance(told["invoice"], dict):
        raise TypeError("the source names no invoice")
    return Message(
        told={"invoice": told["invoice"], "job": told["job"]},
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
