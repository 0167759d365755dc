"""Take an address apart strictly: what is odd in any way is no address of ours.

Parsers of addresses disagree about backslashes, tabs, userinfo and foreign digits, and every such
disagreement has sent somebody's credential to the wrong host. So the odd is refused, not repaired.
"""

import re
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

LONGEST_ADDRESS = 8_192

_PORTS = {"https": 443, "http": 80}

# Only what a plain address is made of: no backslash, blank, control, fragment or foreign letter.
_PLAIN = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(?:/[A-Za-z0-9_.~-]*)*)(?:\?(?P<query>[A-Za-z0-9_.~%&=,+*:-]*))?"
)
_MADE_UP_SUFFIXES = (".test", ".localhost", ".internal")


class Origin(NamedTuple):
    """What a credential is bound to."""

    scheme: str
    host: str
    port: int


class Address(NamedTuple):
    """A plain address: where it leads and what it asks."""

    origin: Origin
    path: str
    query: str


def address_of(url: str) -> Address | None:
    """Return the parts of a plain http(s) address; None for anything else."""
    if len(url) > LONGEST_ADDRESS:
        return None
    parts = _PLAIN.fullmatch(url)
    if parts is None or not _means_the_same_to_urllib(url, parts):
        return None
    scheme, host, port, path, query = parts.groups()
    if any(segment in {".", ".."} for segment in path.split("/")):
        return None
    return Address(
        Origin(scheme, host.strip("[]"), _PORTS[scheme] if port is None else int(port)),
        path,
        query or "",
    )


def _means_the_same_to_urllib(url: str, parts: re.Match[str]) -> bool:
    # A second reader: where the two differ, neither is believed.
    try:
        split = urlsplit(url)
        port = split.port
    except ValueError:
        return False
    written = parts["port"]
    return (
        split.scheme == parts["scheme"]
        and split.hostname == parts["host"].strip("[]")
        and port == (None if written is None else int(written))
        and port != 0
        and split.path == parts["path"]
        and split.username is None
    )


def is_of_this_machine_or_made_up(host: str) -> bool:
    """Say whether ``host`` is of a private network, or of a name that no public server can have."""
    try:
        return ip_address(host).is_private
    except ValueError:
        return host == "localhost" or "." not in host or host.endswith(_MADE_UP_SUFFIXES)
