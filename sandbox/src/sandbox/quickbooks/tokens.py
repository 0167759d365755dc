"""The routes of the authorization server: discovery, authorize, tokens, revocation."""

import base64
import binascii
from urllib.parse import urlencode

from sandbox.quickbooks.company import Company
from sandbox.quickbooks.exchange import Answer, Request, as_json
from sandbox.quickbooks.oauth import OAuthError, discovery

TOKENS = "/oauth2/v1/tokens/bearer"
REVOKE = "/v2/oauth2/tokens/revoke"
AUTHORIZE = "/connect/oauth2"
DISCOVERY = ("/.well-known/openid_configuration", "/.well-known/openid_sandbox_configuration")
_HARD_LIFE = "x_refresh_token_hard_expires_in"


def is_ours(path: str) -> bool:
    """Say whether a path belongs to the authorization server."""
    return path in {TOKENS, REVOKE, AUTHORIZE, *DISCOVERY}


def perform(company: Company, request: Request) -> Answer:
    """Answer a request to the authorization server."""
    try:
        if request.path in DISCOVERY:
            return as_json(200, discovery(request.base))
        if request.path == AUTHORIZE:
            return _authorize(company, request)
        company.oauth.check_client(*_client(request))
        if request.path == REVOKE:
            company.oauth.revoke(str(request.json().get("token", "")))
            return Answer(200, b"")
        return _tokens(company, request)
    except OAuthError as error:
        body = {"error": error.error}
        if error.description:
            body["error_description"] = error.description
        return as_json(error.status, body)


def _tokens(company: Company, request: Request) -> Answer:
    form = request.form()
    kind = form.get("grant_type")
    if kind == "refresh_token":
        tokens = company.oauth.refresh(form.get("refresh_token", ""))
    elif kind == "authorization_code":
        tokens = company.oauth.exchange(form.get("code", ""), form.get("redirect_uri", ""))
    else:
        raise OAuthError("unsupported_grant_type", f"grant_type {kind} is not supported")
    if request.headers.get("x-include-refresh-token-hard-expires-in", "").lower() != "true":
        tokens.pop(_HARD_LIFE)
    return as_json(200, tokens)


def _authorize(company: Company, request: Request) -> Answer:
    where = request.query.get("redirect_uri", "")
    answer = {
        "code": company.oauth.authorize(where),
        "state": request.query.get("state", ""),
        "realmId": company.realm_id,
    }
    return Answer(302, b"", "text/plain", {"Location": f"{where}?{urlencode(answer)}"})


def _client(request: Request) -> tuple[str, str]:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        form = request.form()
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise OAuthError("invalid_client", "", 401) from error
    client_id, _, secret = text.partition(":")
    return client_id, secret
