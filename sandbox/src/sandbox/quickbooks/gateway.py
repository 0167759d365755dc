"""The gateway in front of the books: who may come in, how often, and in which words it refuses.

Its faults are lower-case JSON, XML or HTML whatever the client accepts; only the business layer
behind it speaks the documented JSON.
"""

from sandbox.quickbooks.company import Company
from sandbox.quickbooks.exchange import HTML, PLAIN_JSON, XML, Answer, Request, as_json
from sandbox.quickbooks.wire import Body

_NAMESPACE = "http://schema.intuit.com/finance/v3"


def refuse(company: Company, request: Request) -> Answer | None:
    """Return the gateway's refusal of a call to the books, or None to let it through."""
    reason = company.oauth.admits(request.headers.get("authorization", ""))
    if reason:
        return unauthorized(company, reason)
    if not company.options.open_to_all and _realm(request) != company.realm_id:
        return forbidden(company)
    if len(request.body) > company.options.body_limit_bytes:
        return too_large()
    kind = "other"
    if request.is_batch:
        kind = "batch"
    elif "/reports/" in request.path:
        kind = "report"
    if not company.limits.admit(kind):
        return throttled_xml(company)
    return None


def _realm(request: Request) -> str:
    parts = request.path.split("/")
    return parts[3] if len(parts) > 3 else ""  # noqa: PLR2004  (/v3/company/{realm})


def _lower_case(
    company: Company, status: int, message: str, detail: str, code: str, kind: str
) -> Body:
    error = {
        "message": f"message={message}; errorCode=00{code}; statusCode={status}",
        "detail": detail,
        "code": code,
        "element": None,
    }
    return {
        "warnings": None,
        "intuitObject": None,
        "fault": {"error": [error], "type": kind},
        "report": None,
        "queryResponse": None,
        "batchItemResponse": [],
        "attachableResponse": [],
        "syncErrorResponse": None,
        "requestId": None,
        "time": int(company.clock() * 1000),
        "status": None,
        "cdcresponse": [],
    }


def unauthorized(company: Company, detail: str = "Token expired: eyJ...") -> Answer:
    """401: the token is unknown or has expired."""
    body = _lower_case(company, 401, "AuthenticationFailed", detail, "3200", "AUTHENTICATION")
    answer = as_json(401, body, PLAIN_JSON)
    challenge = 'Bearer realm="Intuit", error="invalid_token"'
    return Answer(401, answer.body, PLAIN_JSON, {"WWW-Authenticate": challenge})


def forbidden(company: Company) -> Answer:
    """403: wrong realm, mixed-up keys, or an app that was disconnected."""
    body = _lower_case(company, 403, "ApplicationAuthorizationFailed", "", "3100", "SERVICE")
    return as_json(403, body, PLAIN_JSON)


def server_error(company: Company) -> Answer:
    """500: something broke behind the gateway."""
    body = _lower_case(company, 500, "InternalServerError", "", "3100", "SERVICE")
    return as_json(500, body, PLAIN_JSON)


def _xml(company: Company, message: str, code: str, status: int, detail: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        f'<IntuitResponse time="{company.time()}" xmlns="{_NAMESPACE}"><Fault type="SERVICE">'
        f'<Error code="{code}"><Message>message={message}; errorCode=00{code}; '
        f"statusCode={status}</Message><Detail>{detail}</Detail></Error></Fault></IntuitResponse>"
    ).encode()


def throttled_xml(company: Company, retry_after_seconds: int | None = None) -> Answer:
    """429: XML, even to a client that accepts only JSON."""
    wait = retry_after_seconds or company.options.retry_after_seconds
    headers = {} if wait is None else {"Retry-After": str(wait)}
    detail = "The request limit was reached.  Try again later"
    return Answer(429, _xml(company, "ThrottleExceeded", "3001", 429, detail), XML, headers)


def throttled_json(company: Company, retry_after_seconds: int | None = None) -> Answer:
    """429 as a copy of the documentation shows it: JSON."""
    wait = retry_after_seconds or company.options.retry_after_seconds
    headers = {} if wait is None else {"Retry-After": str(wait)}
    body = _lower_case(company, 429, "ThrottleExceeded", "Too many requests", "3001", "SERVICE")
    return Answer(429, as_json(429, body).body, PLAIN_JSON, headers)


def timed_out(company: Company) -> Answer:
    """504: the time ran out; whether the work was done is not said."""
    return Answer(504, _xml(company, "GatewayTimeout", "6002", 504, "Gateway timeout"), XML)


def bad_gateway() -> Answer:
    """502: a proxy's page."""
    page = (
        b"<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1>"
    )
    return Answer(502, page + b"</center><hr><center>nginx</center></body></html>", HTML)


def unavailable() -> Answer:
    """503: a proxy's page."""
    title = b"<html><head><title>503 Service Unavailable</title></head>"
    return Answer(503, title + b"<body><h1>upstream connect error</h1></body></html>", HTML)


def too_large() -> Answer:
    """413: a proxy's page."""
    title = b"<html><head><title>413 Request Entity Too Large</title></head>"
    return Answer(413, title + b"<body><h1>413 Request Entity Too Large</h1></body></html>", HTML)


def no_such_page() -> Answer:
    """404: no such host or route; a missing object is a 400 instead."""
    return Answer(404, b"<html><body><h1>404 Not Found</h1></body></html>", HTML)
