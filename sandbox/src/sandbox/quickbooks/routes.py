"""The routes under a company: from a request that was let in to an answer of the business layer."""

import re

from sandbox.quickbooks import batch, refusals, reports, wire, xml
from sandbox.quickbooks.batch import Meddling
from sandbox.quickbooks.company import Company
from sandbox.quickbooks.exchange import JSON, PLAIN_JSON, XML, Answer, Request
from sandbox.quickbooks.queries import entity_at
from sandbox.quickbooks.refusals import Refusal
from sandbox.quickbooks.wire import Body

_PATH = re.compile(r"^/v3/company/([^/]+)/(.+?)/?$")
_OPERATIONS = {"delete": "delete", "void": "void", "update": "update"}


def perform(company: Company, request: Request, meddling: Meddling | None = None) -> Answer:
    """Do what a request asks and answer it; a refusal is an answer with status 400."""
    try:
        answer = _dispatch(company, request, meddling)
    except Refusal as refusal:
        return refused(company, request, refusal)
    if isinstance(answer, Answer):
        return answer
    return _written(request, 200, {**answer, "time": company.time()})


def refused(company: Company, request: Request, refusal: Refusal, status: int = 400) -> Answer:
    """Answer with a fault."""
    body: Body = {"Fault": refusal.fault()}
    if refusal.dated:
        body["time"] = company.time()
    return _written(request, status, body)


def _written(request: Request, status: int, body: Body) -> Answer:
    if "json" not in request.headers.get("accept", ""):
        return Answer(status, xml.render(body), XML)
    kind = JSON if status == 200 else PLAIN_JSON  # noqa: PLR2004  (recorded: faults have no charset)
    return Answer(status, wire.render(body).encode(), kind)


def _dispatch(company: Company, request: Request, meddling: Meddling | None) -> Body | Answer:
    match = _PATH.match(request.path)
    if match is None:
        raise _nowhere(request)
    steps = match[2].split("/")
    head = steps[0].lower()
    if len(steps) == 1 and request.method == "POST":
        if head == "batch":
            return batch.run(company, _body(request), request.query.get("requestid"), meddling)
        if head == "query":
            found = company.query(request.body.decode("utf-8", "replace"))
            return {"QueryResponse": found.response()}
        return _write(company, request, head)
    if request.method == "POST" and len(steps) == 3 and steps[2] == "send":  # noqa: PLR2004
        address = request.query.get("sendTo")
        entity = _entity(request, head)
        return company.answer(company.send(entity, _identity(steps[1]), address))
    if request.method != "GET":
        raise _nowhere(request)
    return _read(company, request, head, steps)


def _read(company: Company, request: Request, head: str, steps: list[str]) -> Body | Answer:
    if head == "query" and len(steps) == 1:
        found = company.query(request.query.get("query", ""))
        return {"QueryResponse": found.response()}
    if head == "cdc" and len(steps) == 1:
        since = request.query.get("changedSince", "")
        changes = company.changed_since(request.query.get("entities", ""), since)
        return {"CDCResponse": [{"QueryResponse": changes}]}
    if head == "reports" and len(steps) == 2:  # noqa: PLR2004
        return Answer(200, wire.render(reports.run(company, steps[1], request.query)).encode())
    if head == "preferences" and len(steps) == 1:
        return {"Preferences": company.read("Preferences", "1")}
    if head == "companyinfo" and len(steps) == 2:  # noqa: PLR2004
        return {"CompanyInfo": company.read("CompanyInfo", "1")}
    entity = _entity(request, head)
    if len(steps) == 2:  # noqa: PLR2004
        record = company.books.require(entity, _identity(steps[1]))
        return company.answer(record.snapshot)
    if len(steps) == 3 and steps[2] == "pdf":  # noqa: PLR2004
        record = company.books.require(entity, _identity(steps[1]))
        text = f"%PDF-1.4\n% {entity} {record.identity} {record.body.get('DocNumber', '')}\n%%EOF\n"
        return Answer(200, text.encode(), "application/pdf")
    raise _nowhere(request)


def _write(company: Company, request: Request, head: str) -> Body:
    entity = _entity(request, head)
    body = _body(request)
    asked = request.operation
    if asked and asked not in _OPERATIONS:
        raise refusals.unsupported(asked)
    operation = _OPERATIONS.get(asked) or ("update" if body.get("Id") is not None else "create")
    include = {each.strip() for each in request.query.get("include", "").split(",")}
    outcome = company.write(
        operation,
        entity,
        body,
        key=request.query.get("requestid") or None,
        allow_duplicate="allowduplicatedocnum" in include,
    )
    return company.answer(outcome)


def _entity(request: Request, word: str) -> str:
    entity = entity_at(word)
    if entity is None:
        raise _nowhere(request)
    return entity


def _identity(text: str) -> str:
    if not text.isdigit() and text not in {"TAX", "NON"}:
        raise refusals.invalid_id(text)
    return text


def _body(request: Request) -> Body:
    try:
        value = wire.parse(request.body)
    except ValueError as error:
        detail = f"Property Name:{error} specified is unsupported or invalid"
        raise Refusal("2010", "Request has invalid or unsupported property", detail) from error
    if not isinstance(value, dict):
        raise Refusal(
            "2010",
            "Request has invalid or unsupported property",
            "Property Name:the body specified is unsupported or invalid",
        )
    return value


def _nowhere(request: Request) -> Refusal:
    path = request.path
    return refusals.unsupported(
        f"Could not find resource for relative : {path} of full path: "
        f"https://c50.sandbox.qbo.intuit.com/qbo50{path}"
    )
