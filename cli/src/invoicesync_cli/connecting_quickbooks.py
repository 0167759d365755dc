"""`connect quickbooks`: a person consents in a browser, and the tokens are stored."""

import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from invoicesync.adapters.quickbooks.client import QuickBooksClient
from invoicesync.adapters.quickbooks.oauth import TOKEN_URL, IntuitTokenEndpoint
from invoicesync.bootstrap.shared import COMPANY
from invoicesync.errors import MisconfiguredError
from invoicesync.ports import Stage, Tokens
from invoicesync.services.connect import Connect, put_in_force
from invoicesync.state.actions import Action
from invoicesync.state.tokens import StoredTokens, TokenLease
from invoicesync_cli.answers import Answer
from invoicesync_cli.consent import (
    AUTHORIZE_URL,
    PASTED_REDIRECT,
    Consent,
    Loopback,
    consent_url,
    read_callback,
)
from invoicesync_cli.desk import Desk
from invoicesync_cli.errors import DeskError
from invoicesync_cli.prompts import FromStdin, Yes, asked, confirm
from invoicesync_cli.screen import Screen

USUAL_PORT = 8484
CONSENT_DAYS = 5 * 365
"""Intuit ends every consent then, used or not."""

Reconnect = Annotated[
    bool, typer.Option("--reconnect", help="Renew the consent of the same company.")
]
NewKeys = Annotated[
    bool, typer.Option("--new-keys", help="Ask for the app's client id and secret again.")
]
Pasted = Annotated[
    bool,
    typer.Option(
        "--paste/--loopback", help="How the answer comes: production keys allow only --paste."
    ),
]
RedirectUri = Annotated[
    str, typer.Option("--redirect-uri", help="As registered with Intuit, for --paste.")
]
Port = Annotated[int, typer.Option("--port", help="For --loopback; 0: any that is free.")]


def quickbooks(
    desk: Desk,
    *,
    reconnect: Reconnect = False,
    new_keys: NewKeys = False,
    pasted: Pasted = True,
    redirect_uri: RedirectUri = PASTED_REDIRECT,
    port: Port = USUAL_PORT,
    from_stdin: FromStdin = False,
    yes: Yes = False,
) -> Answer:
    """Connect the stack to a QuickBooks company: open the address, consent, paste what comes back.

    The company is shown before anything is stored. Tokens go straight to Secrets Manager.

    For example:

        invoicesync connect quickbooks

        invoicesync connect quickbooks --loopback

        invoicesync connect quickbooks --reconnect
    """
    keys = _keys(desk, from_stdin=from_stdin, is_new=new_keys)
    asker = _Asker(desk, keys.client_id, None if pasted else Loopback(port), redirect_uri)
    consent = asker.ask()
    endpoint = IntuitTokenEndpoint(
        client_id=keys.client_id, client_secret=keys.client_secret, url=_token_url(desk)
    )
    tokens = endpoint.exchange(consent.code, redirect_uri=asker.redirect_uri)
    name = _company_name(desk, consent, tokens)
    connect = _connect(desk)
    before = connect.connected_realm()
    if reconnect and before not in {None, consent.realm_id}:
        raise DeskError(f"--reconnect is for the company {before}; you chose {consent.realm_id}")
    confirm(f"Connect {desk.stack.name} to {name} (company {consent.realm_id})?", yes=yes)
    environment = desk.outputs.quickbooks_environment
    stored = connect(tokens, realm_id=consent.realm_id, environment=environment)
    after = {"realm_id": consent.realm_id, "company": name}
    desk.record(
        Action(desk.actor, "connect quickbooks", before={"realm_id": before or ""}, after=after)
    )
    return _connected(stored, name)


@dataclass(frozen=True, slots=True)
class _Keys:
    client_id: str
    client_secret: str


class _Asker:
    """Asks a person for the consent, by an address that they open."""

    def __init__(
        self, desk: Desk, client_id: str, loopback: Loopback | None, redirect_uri: str
    ) -> None:
        self._loopback = loopback
        self.redirect_uri = redirect_uri if loopback is None else loopback.redirect_uri
        self._state = desk.random.token()
        base = desk.stack.quickbooks_url
        authorize = f"{base}/connect/oauth2" if desk.stack.is_local else AUTHORIZE_URL
        self.url = consent_url(
            authorize, client_id=client_id, redirect_uri=self.redirect_uri, state=self._state
        )

    def ask(self) -> Consent:
        """Show the address, and read the answer."""
        screen = Screen(stderr=True)
        screen.print("Open this address in a browser, choose the company, and consent:\n")
        screen.print(self.url, soft_wrap=True, highlight=False)
        if self._loopback is not None:
            screen.print("\nWaiting for the browser to come back...")
            return read_callback(self._loopback.wait(), state=self._state)
        screen.print("\nThen paste the whole address that the browser shows:")
        return read_callback(sys.stdin.readline(), state=self._state)


def _keys(desk: Desk, *, from_stdin: bool, is_new: bool) -> _Keys:
    """Read the app's keys, or ask for them where there are none yet."""
    secret = desk.secret(desk.outputs.quickbooks_client_secret_arn)
    version = secret.read(Stage.CURRENT)
    if version is not None and not is_new:
        try:
            held = json.loads(version.value)
            return _Keys(str(held["client_id"]), str(held["client_secret"]))
        except (ValueError, KeyError, TypeError):
            raise DeskError(
                "the stored app keys cannot be read: try again with --new-keys"
            ) from None
    given = asked(("client_id", "client_secret"), from_stdin=from_stdin)
    put_in_force(secret, json.dumps(given), version_id=desk.random.token())
    desk.record(Action(desk.actor, "store app keys", after={"client_id": given["client_id"]}))
    return _Keys(given["client_id"], given["client_secret"])


def _token_url(desk: Desk) -> str:
    if not desk.stack.is_local:
        return TOKEN_URL
    return f"{desk.stack.quickbooks_url}/oauth2/v1/tokens/bearer"


def _company_name(desk: Desk, consent: Consent, tokens: Tokens) -> str:
    client = QuickBooksClient(
        base_url=desk.stack.quickbooks_url,
        realm_id=consent.realm_id,
        access_token=lambda: tokens.access_token,
        evidence=desk.evidence,
    )
    rows = client.query("CompanyInfo", limit=1)
    if not rows:
        raise MisconfiguredError(f"QuickBooks does not show the company {consent.realm_id}")
    return str(rows[0].get("CompanyName", "a company without a name"))


def _connect(desk: Desk) -> Connect:
    return Connect(
        secret=desk.secret(desk.outputs.quickbooks_token_secret_arn),
        lease=TokenLease(desk.table, desk.clock, COMPANY),
        realm=desk.realm,
        clock=desk.clock,
        random=desk.random,
    )


def _connected(stored: StoredTokens, name: str) -> Answer:
    begun = datetime.fromtimestamp(stored.obtained_at, UTC)
    unused = begun + timedelta(seconds=stored.refresh_expires_in)
    ends = begun + timedelta(days=CONSENT_DAYS)
    said = (
        f"Connected to {name} (company {stored.realm_id}). The consent ends on {unused:%Y-%m-%d} "
        f"if nothing uses it, which the schedule does; and on {ends:%Y-%m-%d} in any case, by "
        "Intuit's rule."
    )
    return Answer(
        {
            "realm_id": stored.realm_id,
            "company": name,
            "ends_if_unused": f"{unused:%Y-%m-%d}",
            "ends": f"{ends:%Y-%m-%d}",
        },
        lambda console: console.print(said),
    )
