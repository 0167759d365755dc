"""Take from an answer what was asked for, or raise what its absence means."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

from invoicesync.adapters.quickbooks.exchange import Answer
from invoicesync.adapters.quickbooks.faults import Encoding, faults_in, judge
from invoicesync.adapters.quickbooks.outcomes import doubt, from_fault, from_status
from invoicesync.errors import OutcomeUnknownError, RefusedError, TransientReadError
from invoicesync.ports.books import BatchAnswer, Changes, Fault, Written
from invoicesync.ports.source import Json

_CUT = frozenset({Encoding.EMPTY, Encoding.UNREADABLE})
"""What is left of an answer that was lost on its way; any other body was meant so."""


def written(answer: Answer, entity: str) -> Written:
    """Read the answer to one write: the entity as stored, or a listed fault."""
    if fault := _fault(answer):
        error = from_fault(fault, answer.attempt)
        # The kinds of refusal concern the token, the company or the size, never this one entity.
        if type(error) is not RefusedError:
            raise error
        return Written(fault=fault)
    stored = _content(answer).get(entity)
    if not is_stored(stored):
        raise _strange(answer, f"no {entity} with an Id in it")
    return Written(entity=stored)


def batch_answer(answer: Answer) -> BatchAnswer:
    """Read the answer to a batch; what cannot be attributed to one bId is left out."""
    _raise_fault(answer)
    items = _content(answer).get("BatchItemResponse")
    if not isinstance(items, list):
        raise _strange(answer, "no BatchItemResponse in it")
    named = [(item["bId"], item) for item in items if _has_name(item)]
    times = Counter(name for name, _ in named)
    read = {name: _batch_item(item) for name, item in named if times[name] == 1}
    return BatchAnswer(
        items={name: item for name, item in read.items() if item is not None},
        tid=answer.attempt.tid,
        evidence=answer.attempt.evidence,
    )


def one(answer: Answer, entity: str) -> Json:
    """Read the answer to a read of one object."""
    _raise_fault(answer)
    found = _content(answer).get(entity)
    if not isinstance(found, dict):
        raise doubt(answer.attempt, f"no {entity} in it")
    return found


def is_absent(answer: Answer) -> bool:
    """Say whether QuickBooks has nothing under the Id that was asked for: 610 and nothing else."""
    fault = _fault(answer)
    return fault is not None and {each.code for each in answer.body.faults} == {"610"}


def rows(answer: Answer, entity: str) -> list[Json]:
    """Read the rows of a query. An answer that may be cut is never an empty list."""
    _raise_fault(answer)
    found = _content(answer).get("QueryResponse")
    if not isinstance(found, dict):
        raise doubt(answer.attempt, "no QueryResponse in it")
    listed = found.get(entity, [])
    if not isinstance(listed, list) or not all(isinstance(row, dict) for row in listed):
        raise doubt(answer.attempt, f"no list of {entity} in it")
    if not listed and found.get("maxResults", 0) != 0:
        raise doubt(answer.attempt, f"rows announced, but no {entity} in it")
    return listed


def changes(answer: Answer, entity: str, *, cap: int) -> Changes:
    """Read the answer of change data capture for one entity; ``cap`` rows are as many as it holds.

    It must tell its own time: no other clock says up to when nothing else had changed.
    """
    _raise_fault(answer)
    content = _content(answer)
    match content.get("CDCResponse"):
        case [{"QueryResponse": [dict() as found]}]:
            listed = found.get(entity, [])
        case _:
            raise doubt(answer.attempt, "no CDCResponse for one entity in it")
    if not isinstance(listed, list) or not all(is_stored(row) for row in listed):
        raise doubt(answer.attempt, f"no list of {entity} with Ids in it")
    try:
        at = datetime.fromisoformat(str(content.get("time"))).timestamp()
    except ValueError as error:
        raise doubt(answer.attempt, "no time in it") from error
    return Changes(rows=listed, is_cut=len(listed) >= cap, at=at)


def is_stored(entity: object) -> bool:
    """Say whether this is an object that QuickBooks gave an Id."""
    return isinstance(entity, dict) and isinstance(entity.get("Id"), str) and bool(entity["Id"])


def _fault(answer: Answer) -> Fault | None:
    """Return the fault of the whole request; raise where the status alone decides."""
    faults = answer.body.faults
    if error := from_status(answer.attempt, faults[0].code if faults else ""):
        raise error
    if not faults:
        return None
    fault = judge(faults)
    if _carries_more(answer.body.content or {}):
        raise _strange(answer, f"fault {fault.code} beside a result")
    return fault


def _raise_fault(answer: Answer) -> None:
    if fault := _fault(answer):
        raise from_fault(fault, answer.attempt)


def _content(answer: Answer) -> Mapping[str, Any]:
    if not answer.is_clean or answer.body.content is None:
        why = f"a body that is {answer.body.encoding} and no result"
        if answer.body.encoding in _CUT and answer.status == HTTPStatus.OK:
            raise doubt(answer.attempt, why)
        raise _strange(answer, why)
    return answer.body.content


def _strange(answer: Answer, why: str) -> OutcomeUnknownError | TransientReadError:
    """Return the error of a whole answer whose shape is documented nowhere."""
    return doubt(answer.attempt, why, strange=why)


def _carries_more(content: Mapping[str, Any]) -> bool:
    """Say whether a result stands beside the fault; the gateway lists empty ones."""
    return any(
        isinstance(part, dict | list) and part
        for key, part in content.items()
        if key not in {"Fault", "fault", "warnings"}
    )


def _has_name(item: object) -> bool:
    return isinstance(item, dict) and isinstance(item.get("bId"), str)


def _batch_item(item: Mapping[str, Any]) -> Written | None:
    faults = tuple(faults_in(dict(item)))
    results = [part for key, part in item.items() if key not in {"Fault", "fault"}]
    stored = [part for part in results if is_stored(part)]
    if faults and not stored:
        return Written(fault=judge(faults))
    # A fault beside an entity, two entities, or neither: it says nothing that can be relied on.
    return Written(entity=stored[0]) if len(stored) == 1 and not faults else None
