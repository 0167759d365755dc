"""Take an address apart strictly: what is odd in any way is no address of ours.

Parsers of addresses disagree about backslashes, tabs, userinfo and foreign digits, and every such
disagreement has sent somebody's credential to the wrong host. So the odd is refused, not repaired.
"""

import re
from ipaddress import ip_address
from typing import NamedTuple

LONGEST_ADDRESS = 8_192

_PORTS = {"https": 443, "http": 80}
_LAST_PORT = 65_535

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
    parts = _PLAIN.fullmatch(url) if len(url) <= LONGEST_ADDRESS else None
    if parts is None:
        return None
    scheme, host, written, path, query = parts.groups()
    port = _PORTS[scheme] if written is None else int(written)
    if not 1 <= port <= _LAST_PORT:
        return None
    return Address(Origin(scheme, host.strip("[]"), port), path, query or "")


def is_of_this_machine_or_made_up(host: str) -> bool:
    """Say whether ``host`` is of a private network, or of a name that no public server can have."""
    try:
        return ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith(_MADE_UP_SUFFIXES)
