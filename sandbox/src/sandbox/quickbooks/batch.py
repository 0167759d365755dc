"""Batches: up to thirty independent items, each done or refused on its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.quickbooks import refusals
from sandbox.quickbooks.company import Company
from sandbox.quickbooks.queries import entity_at
from sandbox.quickbooks.refusals import Refusal
from sandbox.quickbooks.wire import Body, mapping

_OPERATIONS = ("create", "update", "delete")
_ITEM = {"bId", "operation", "optionsData", "Query", "CDCQuery", "ReportQuery", "Fault", "Warnings"}


@dataclass(frozen=True, slots=True)
class Meddling:
    """What a fault script does to single items, by their position."""

    missing: frozenset[int] = frozenset()
    missing_are_done: bool = True
    refused: Mapping[int, Refusal] = field(default_factory=dict)


def run(
    company: Company, body: Body, requestid: str | None, meddling: Meddling | None = None
) -> Body:
    """Do the items of a batch and answer for each under its bId.

    Items do not see each other: queries are answered from the books as they were before.
    """
    meddling = meddling or Meddling()
    items = body.get("BatchItemRequest")
    if not isinstance(items, list) or not items:
        raise refusals.missing("BatchItemRequest")
    limit = company.options.batch_limit
    if len(items) > limit:
        message = "Batch size exceeds allowed limit"
        raise Refusal("1040", message, f"{message}: the maximum is {limit}, supplied {len(items)}")
    positions = list(range(len(items)))
    if company.options.batch_order == "reversed":
        positions.reverse()
    answers: dict[int, Body] = {}
    for asks in (True, False):
        for position in positions:
            item = mapping(items[position])
            if ("Query" in item or "CDCQuery" in item) != asks:
                continue
            if position in meddling.missing and not meddling.missing_are_done:
                continue
            answers[position] = _answer(company, item, requestid, meddling.refused.get(position))
    shown = [answers[each] for each in positions if each not in meddling.missing]
    return {"BatchItemResponse": shown}


def _answer(company: Company, item: Body, requestid: str | None, ordered: Refusal | None) -> Body:
    identity = item.get("bId")
    try:
        if ordered:
            raise ordered
        answer = _item(company, item, requestid)
    except Refusal as refusal:
        answer = {"Fault": refusal.fault(in_batch=True)}
    return answer if identity is None else {**answer, "bId": identity}


def _item(company: Company, item: Body, requestid: str | None) -> Body:
    if item.get("bId") in {None, ""}:
        raise refusals.missing("bId")
    if "Query" in item:
        return {"QueryResponse": company.query(str(item["Query"])).response()}
    if "CDCQuery" in item:
        asked = mapping(item["CDCQuery"])
        since, entities = str(asked.get("ChangedSince", "")), str(asked.get("Entities", ""))
        return {"CDCResponse": [{"QueryResponse": company.changed_since(entities, since)}]}
    names = [name for name in item if name not in _ITEM]
    entity = entity_at(names[0]) if len(names) == 1 else None
    if entity is None or entity != names[0]:
        message = "Invalid or unsupported object name"
        raise Refusal("2000", message, f"Object Name: {', '.join(names)} is unsupported or invalid")
    operation = str(item.get("operation", ""))
    if operation not in _OPERATIONS:
        raise refusals.invalid_choice("operation", operation)
    options = {each.strip() for each in str(item.get("optionsData") or "").split(",")}
    if operation == "update" and "void" in options:
        operation = "void"
    outcome = company.write(
        operation,
        entity,
        mapping(item[entity]),
        # The service joins the two literally; that is why their lengths add up.
        key=f"{requestid}{item['bId']}" if requestid else None,
        allow_duplicate="allowduplicatedocnum" in options,
    )
    return company.answer(outcome)
