"""Carry requests to one origin and to no other; put the credential on at the last moment.

This is the second guard: addresses are built, never followed, so nothing should ever ask it for
another host. It goes straight through a `requests` transport adapter and never through a session:
no redirects, no cookie jar, no .netrc and no proxy variables could carry a credential elsewhere.
"""

import re
from typing import NamedTuple

import requests
from requests.adapters import BaseAdapter, HTTPAdapter

from invoicesync.adapters.origin import (
    Origin,
    address_of,
    is_of_this_machine_or_made_up,
)
from invoicesync.errors import MisconfiguredError

_HEADER_VALUE = re.compile(r"[\x21-\x7e]+(?: [\x21-\x7e]+)?")
_SECRETS = frozenset({"authorization", "cookie", "proxy-authorization"})


class Credential(NamedTuple):
    """One header that proves who we are. Its text never shows the value."""

    header: str
    value: str

    def __repr__(self) -> str:
        return f"Credential({self.header}: ***)"


class HostBoundTransport:
    """A transport for one origin; asked for another, it raises before anything is sent."""

    def __init__(self, base_url: str, *, of: str, adapter: BaseAdapter | None = None) -> None:
        """Bind to the origin of ``base_url``, which is ``of`` a vendor that errors can name.

        Plain http is for this machine only.
        """
        address = address_of(base_url)
        if address is None:
            raise MisconfiguredError(
                f"the address of {of} is not of the form https://host/path; correct it"
            )
        self._of = of
        self._origin: Origin = address.origin
        if self._origin.scheme != "https" and not is_of_this_machine_or_made_up(self._origin.host):
            raise MisconfiguredError(
                f"credentials travel over https only; correct the address of {self._origin.host}"
            )
        self._adapter = HTTPAdapter(max_retries=0) if adapter is None else adapter

    def send(
        self,
        request: requests.PreparedRequest,
        credential: Credential | None,
        *,
        timeout: tuple[float, float],
    ) -> requests.Response:
        """Send once, with TLS verified, redirects unfollowed and the body left unread."""
        address = address_of(request.url or "")
        if address is None or address.origin != self._origin:
            raise MisconfiguredError(
                f"a request for another host than {self._origin.host} was not sent; compare the "
                f"address of {self._of} in the settings"
            )
        carried = sorted([name for name in request.headers if name.lower() in _SECRETS])
        if carried:
            raise MisconfiguredError(
                f"a request brought its own {', '.join(carried)} and was not sent; "
                "only the transport puts credentials on"
            )
        if credential is not None:
            if not _HEADER_VALUE.fullmatch(credential.value):
                raise MisconfiguredError(
                    f"the credential of {self._of} holds characters that no header can carry; "
                    "connect again"
                )
            request.headers[credential.header] = credential.value
        try:
            return self._adapter.send(
                request, stream=True, timeout=timeout, verify=True, cert=None, proxies={}
            )
        finally:
            # The request hangs on every error that `requests` raises, and those may be printed.
            if credential is not None:
                del request.headers[credential.header]

    def close(self) -> None:
        """Drop pooled connections; the next request opens a new one."""
        self._adapter.close()
