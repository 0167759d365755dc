"""Keep masked evidence of every answer that was no plain success."""

import logging
from typing import Any

from invoicesync.adapters.quickbooks.exchange import Answer, Call
from invoicesync.adapters.quickbooks.faults import faults_in, read_body
from invoicesync.adapters.quickbooks.masking import masked_body
from invoicesync.adapters.quickbooks.query import masked
from invoicesync.errors import InvoiceSyncError
from invoicesync.ports.books import Evidence

_LOGGER = logging.getLogger(__name__)


class Witness:
    """Writes down what was asked and what came back, without what concerns people."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence

    def keep(self, call: Call, answer: Answer, request_id: str, statement: str = "") -> str:
        """Keep a record of ``answer``, unless it and each item in it are a plain success.

        Returns where it lies; empty where there is none.
        """
        if answer.is_clean and not _has_faulty_items(answer) and _has_result(call, answer):
            return ""
        attempt = answer.attempt
        name = f"quickbooks-{attempt.status}-{attempt.tid or request_id or 'without-tid'}"
        try:
            return self._evidence.keep(name, _record(call, answer, request_id, statement))
        except InvoiceSyncError as error:
            # What came back decides what is done next; a lost record must not stand in its way.
            _LOGGER.warning("evidence %s was not kept: %s", name, error)
            return ""


def _record(call: Call, answer: Answer, request_id: str, statement: str) -> dict[str, Any]:
    asked: dict[str, Any] = {"method": call.method, "url": call.url.partition("?")[0]}
    if statement:
        asked["statement"] = masked(statement)
    elif call.body is not None:
        asked["body"] = masked_body(call.body, read_body(call.body))
    return {
        "request": {"what": call.what, "requestid": request_id, **asked},
        "answer": {"status": answer.status, "body": masked_body(answer.raw, answer.body)},
        "intuit_tid": answer.attempt.tid,
    }


def _has_result(call: Call, answer: Answer) -> bool:
    """Say whether a write was answered by an entity or by items, as documented."""
    content = answer.body.content or {}
    return (
        not call.writing
        or isinstance(content.get("BatchItemResponse"), list)
        or any(isinstance(part, dict) and part.get("Id") for part in content.values())
    )


def _has_faulty_items(answer: Answer) -> bool:
    items = (answer.body.content or {}).get("BatchItemResponse")
    return isinstance(items, list) and any(
        any(faults_in(item)) for item in items if isinstance(item, dict)
    )
