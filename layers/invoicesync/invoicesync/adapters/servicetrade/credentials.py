"""Read ServiceTrade's credentials from their secret: a user's name and password, or a client."""

import json
from dataclasses import dataclass, field

from invoicesync.errors import MisconfiguredError
from invoicesync.ports.cloud import Secret, Stage


@dataclass(frozen=True, slots=True)
class UserCredentials:
    """A ServiceTrade user, for a session."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """An OAuth2 client, for bearer tokens."""

    client_id: str
    client_secret: str = field(repr=False)


type Credentials = UserCredentials | ClientCredentials


def read_credentials(secret: Secret) -> Credentials:
    """Read the current version of ``secret``, or raise `MisconfiguredError`."""
    version = secret.read(Stage.CURRENT)
    if version is None:
        raise MisconfiguredError(
            "ServiceTrade's credentials were never stored; run connect servicetrade"
        )
    return parse_credentials(version.value)


def parse_credentials(text: str) -> Credentials:
    """Read the JSON of a secret: username and password, or client_id and client_secret."""
    try:
        stored = json.loads(text)
    except ValueError:
        stored = None
    given = {
        key: value
        for key, value in (stored.items() if isinstance(stored, dict) else ())
        if isinstance(value, str) and value
    }
    if {"client_id", "client_secret"} <= given.keys():
        return ClientCredentials(given["client_id"], given["client_secret"])
    if {"username", "password"} <= given.keys():
        return UserCredentials(given["username"], given["password"])
    raise MisconfiguredError(
        "ServiceTrade's secret holds neither username and password nor client_id and "
        "client_secret; run connect servicetrade"
    )
