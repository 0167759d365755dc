"""The routes for whoever runs the simulator: faults, people, the clock, and what has happened."""

from sandbox.faults import FaultScript, UnknownFaultError
from sandbox.quickbooks import gateway
from sandbox.quickbooks.clock import VirtualClock
from sandbox.quickbooks.company import Company
from sandbox.quickbooks.documents import is_voided
from sandbox.quickbooks.exchange import Answer, Request, as_json
from sandbox.quickbooks.people import People, UnknownActionError
from sandbox.quickbooks.refusals import Refusal
from sandbox.quickbooks.wire import Body, mapping, parse


def answer(company: Company, faults: FaultScript, request: Request) -> Answer:
    """Answer a control request; only loopback is heard."""
    if not request.peer.startswith("127.") and request.peer != "::1":
        return as_json(
            403, {"error": f"control routes answer on loopback only, not {request.peer}"}
        )
    try:
        return _act(company, faults, request)
    except Refusal as refusal:
        return as_json(400, {"error": str(refusal), "Fault": refusal.fault()})
    except (UnknownActionError, UnknownFaultError, TypeError, KeyError, ValueError) as error:
        return as_json(400, {"error": f"{type(error).__name__}: {error}"})


def _act(company: Company, faults: FaultScript, request: Request) -> Answer:
    match request.method, request.path:
        case "POST", "/_faults":
            rules = parse(request.body)
            faults.add(rules if isinstance(rules, list) else [mapping(rules)])
            return as_json(200, {})
        case "DELETE", "/_faults":
            faults.clear()
            return as_json(200, {})
        case "GET", "/_state":
            return as_json(200, state(company))
        case "GET", "/_calls":
            return as_json(200, {"calls": company.calls.listed()})
        case "POST", "/_clock":
            return _clock(company, request.json())
        case "POST", "/_people":
            asked = dict(request.json())
            done = People(company).do(str(asked.pop("action", "")), asked)
            return as_json(200, {"done": done})
        case "GET", "/_webhooks":
            waiting = [
                {"body": each.body.decode(), "headers": each.headers, "tries": each.tries}
                for each in company.webhooks.collect()
            ]
            return as_json(200, {"waiting": waiting})
        case _:
            return gateway.no_such_page()


def state(company: Company) -> Body:
    """Return every invoice with everything, what was deleted, and how many calls there were."""
    store = company.books.store
    invoices = [
        {**record.body, "_voided": is_voided(record.body)} for record in store.live("Invoice")
    ]
    deleted = [identity for entity, identity in store.tombstones if entity == "Invoice"]
    return {
        "time": company.time(),
        "realm": company.realm_id,
        "invoices": invoices,
        "deleted": deleted,
        "objects": {entity: sum(1 for _ in store.live(entity)) for entity in store.entities()},
        "calls": dict(company.calls.counts),
        "requestid_replays": company.requestids.replays,
        "token_refreshes": company.oauth.refreshes,
    }


def _clock(company: Company, asked: Body) -> Answer:
    if not isinstance(company.clock, VirtualClock):
        return as_json(409, {"error": "this company runs on the real clock"})
    company.clock.advance(float(asked["advance"]))
    company.settle()
    return as_json(200, {"time": company.time()})
