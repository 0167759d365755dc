"""Planned writes as requests: their bytes, their intents, and whether an answer fits them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from invoicesync.domain.echo import BINDING_FIELDS, bears_mark, differences, is_voided
from invoicesync.domain.ids import RequestId
from invoicesync.domain.revision import Disposition
from invoicesync.ports import Json
from invoicesync.services.load.lag import ready_at
from invoicesync.services.load.plan import Write
from invoicesync.services.load.work import Result, Work
from invoicesync.state.entry import Intent, Operation
from invoicesync.state.journal import Prepared

BATCH_ITEMS = 30
BATCH_BYTES = 1_000_000

RESULTS = {
    Operation.CREATE: Result.CREATED,
    Operation.UPDATE: Result.UPDATED,
    Operation.VOID: Result.VOIDED,
}


@dataclass(frozen=True, slots=True)
class Draft:
    """A planned write and the work that it is for."""

    work: Work
    write: Write


class Echo(StrEnum):
    """How what QuickBooks stored compares with what was sent."""

    RIGHT = "right"
    MISMATCH = "mismatch"
    STRANGE = "strange"


def echo_of(write: Write, entity: Json) -> Echo:
    """Compare an answer with its request: whose it is, then what it says."""
    body = write.body
    if write.operation is Operation.VOID:
        right = str(entity.get("Id")) == str(body["Id"]) and is_voided(entity)
        return Echo.RIGHT if right else Echo.STRANGE
    if write.operation is Operation.UPDATE and str(entity.get("Id")) != str(body["Id"]):
        return Echo.STRANGE
    differing = differences(body, entity)
    if write.operation is Operation.CREATE and (
        "DocNumber" in differing or not bears_mark(body, entity)
    ):
        return Echo.STRANGE
    return Echo.MISMATCH if differing & BINDING_FIELDS else Echo.RIGHT


def batch_body(texts: Sequence[str]) -> bytes:
    """Join item texts into the body of a batch; every item keeps its very bytes."""
    return ('{"BatchItemRequest":[' + ",".join(texts) + "]}").encode()


def intent_of(work: Work, operation: Operation, request_id: str, bid: str) -> Intent:
    """Describe what a write to QuickBooks means to do."""
    document = work.verdict.document if operation is not Operation.VOID else None
    is_rollback = operation is Operation.VOID and work.verdict.disposition is not Disposition.VOID
    custom = {} if work.resolved is None else work.resolved.custom_field_ids
    return Intent(
        request_id=RequestId(request_id),
        bid=bid,
        operation=operation,
        revision=work.message.revision,
        document_hash=work.entry.document_hash if document is None else work.asked_hash,
        mapping_serial=work.mapping_serial,
        note=work.entry.note if document is None else document.note,
        tax="0" if document is None else format(document.tax, "f"),
        tax_tolerance="0" if document is None else format(document.tax_tolerance, "f"),
        custom_fields=tuple(sorted(custom.values())),
        rolls_back=work.entry.rollback if is_rollback else 0,
        ready_at=0 if document is None else ready_at(work),
    )


def prepare(draft: Draft, request_id: str, bid: str) -> Prepared:
    """Write a draft as the exact text that will be sent, with its intent."""
    operation, text = draft.write.operation, draft.write.text
    if operation is not Operation.VOID:
        text = f'{{"bId":"{bid}","operation":"{operation.value}","Invoice":{text}}}'
    intent = intent_of(draft.work, operation, request_id, bid)
    number = str(draft.write.body["DocNumber"]) if operation is Operation.CREATE else ""
    return Prepared(draft.work.entry, intent, text, number)


def batches(drafts: Sequence[Draft]) -> list[list[Draft]]:
    """Split drafts by Intuit's limits: 30 items, 1 MB."""
    batches: list[list[Draft]] = []
    size = 0
    for draft in drafts:
        bytes_ = len(draft.write.text.encode()) + 100
        if not batches or len(batches[-1]) == BATCH_ITEMS or size + bytes_ > BATCH_BYTES:
            batches.append([])
            size = 0
        batches[-1].append(draft)
        size += bytes_
    return batches
