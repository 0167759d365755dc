"""Intuit's consent: the address to open, and the answer that comes back with it."""

import hmac
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from time import monotonic
from urllib.parse import parse_qs, urlencode, urlsplit

from invoicesync_cli.errors import DeskError

AUTHORIZE_URL = "https://appcenter.intuit.com/connect/oauth2"
SCOPE = "com.intuit.quickbooks.accounting"
PASTED_REDIRECT = "https://developer.intuit.com/v2/OAuth2Playground/RedirectUrl"
"""Intuit's own page: it shows the callback's address in the browser, to be copied from there."""
LOOPBACK_PATH = "/callback"
WAIT_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person allowed; ``code`` can be traded for tokens once, and soon."""

    realm_id: str
    code: str = field(repr=False)


def consent_url(authorize_url: str, *, client_id: str, redirect_uri: str, state: str) -> str:
    """Return the address at which a person connects the company."""
    asked = {
        "client_id": client_id,
        "response_type": "code",
        "scope": SCOPE,
        "redirect_uri": redirect_uri,
        "state": state,
    }
    return f"{authorize_url}?{urlencode(asked)}"


def read_callback(address: str, *, state: str) -> Consent:
    """Read the callback's address; raise `DeskError` where it is not the answer to our question."""
    query = parse_qs(urlsplit(address.strip()).query)
    given = {name: values[0] for name, values in query.items()}
    if not hmac.compare_digest(given.get("state", "").encode(), state.encode()):
        raise DeskError(
            "the callback does not answer this question (its state is another): open the address "
            "again, and paste the whole address that the browser shows afterwards"
        )
    if "error" in given:
        raise DeskError(f"Intuit gave no consent: {given['error']}")
    realm_id, code = given.get("realmId", ""), given.get("code", "")
    if not (realm_id.isascii() and realm_id.isdigit() and code):
        raise DeskError("the callback names no company and no code: paste the whole address")
    return Consent(realm_id, code)


class Loopback:
    """A callback on this machine, for one answer; sandbox keys of Intuit's allow it."""

    def __init__(self, port: int) -> None:
        self.address = ""
        heard = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if urlsplit(self.path).path == LOOPBACK_PATH:
                    heard.address = self.path
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; charset=utf-8")
                self.end_headers()
                self.wfile.write(b"Connected. You can close this window.\n")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as inherited
                """Say nothing: the address holds the code."""

        try:
            self._server = HTTPServer(("127.0.0.1", port), Handler)
        except OSError as error:
            raise DeskError(
                f"port {port} of this machine is taken: choose another by --port"
            ) from error
        self.redirect_uri = f"http://localhost:{self._server.server_port}{LOOPBACK_PATH}"

    def wait(self, seconds: float = WAIT_SECONDS) -> str:
        """Wait for the browser to come back; return the address that it came with."""
        until = monotonic() + seconds
        try:
            while not self.address and (left := until - monotonic()) > 0:
                self._server.timeout = left
                self._server.handle_request()
        finally:
            self._server.server_close()
        if not self.address:
            raise DeskError(f"nobody came back within {seconds:.0f} seconds; nothing was changed")
        return self.address
