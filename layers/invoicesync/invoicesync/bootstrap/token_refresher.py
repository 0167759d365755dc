"""The token refresher's parts."""

import json
import os
from functools import cache

from invoicesync.adapters.quickbooks.oauth import TOKEN_URL, IntuitTokenEndpoint
from invoicesync.bootstrap import shared
from invoicesync.errors import MisconfiguredError
from invoicesync.ports import Stage
from invoicesync.services.notify import Notifier
from invoicesync.services.refresh import Refresh
from invoicesync.settings import RefresherSettings, read_settings
from invoicesync.state.tokens import TokenLease

CLIENT = ("client_id", "client_secret")


@cache
def settings() -> RefresherSettings:
    """Read the environment, once."""
    return read_settings(RefresherSettings, os.environ)


@cache
def notifier() -> Notifier:
    """Return what tells people; this function has the operator's topic alone."""
    read = settings()
    return shared.notifier(
        read.state_table, finance_arn=read.ops_topic_arn, ops_arn=read.ops_topic_arn
    )


def refresh() -> Refresh:
    """Return the use case; the app's credentials are read anew: mended ones count at once."""
    read = settings()
    client_id, client_secret = _client(read.quickbooks_client_secret_arn)
    return Refresh(
        secret=shared.secret(read.quickbooks_token_secret_arn),
        endpoint=IntuitTokenEndpoint(
            client_id=client_id, client_secret=client_secret, url=read.token_url or TOKEN_URL
        ),
        lease=TokenLease(shared.table(read.state_table), shared.clock(), shared.COMPANY),
        realm=shared.realm(read.state_table),
        notifier=notifier(),
        clock=shared.clock(),
        random=shared.random(),
    )


def _client(arn: str) -> tuple[str, str]:
    """Read the app's credentials, or say what to do; nothing of the secret is ever shown."""
    version = shared.secret(arn).read(Stage.CURRENT)
    try:
        held = json.loads(version.value) if version is not None else {}
    except ValueError:
        held = {}
    given = {name: held.get(name) for name in CLIENT} if isinstance(held, dict) else {}
    kept = {name: text for name, text in given.items() if isinstance(text, str) and text.strip()}
    if missing := [name for name in CLIENT if name not in kept]:
        raise MisconfiguredError(
            f"QuickBooks' client secret lacks {' and '.join(missing)}; run connect quickbooks"
        )
    return kept["client_id"], kept["client_secret"]
