"""Carry requests to one host and to no other, with the credentials put on at the last moment.

Requests go straight through a `requests` transport adapter, never through a session: so there are
no redirects, no cookies, no .netrc and no proxy variables that could send a credential elsewhere.
"""

import re
from collections.abc import Callable
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter

from invoicesync.errors import MisconfiguredError

_DEFAULT_PORTS = {"https": 443, "http": 80}
_HEADER_VALUE = re.compile(r"[\x21-\x7e]+ [\x21-\x7e]+")
_PRIVATE_SUFFIXES = (".test", ".localhost", ".internal")


class Origin(NamedTuple):
    """What a credential is bound to."""

    scheme: str
    host: str
    port: int


class HostBoundTransport:
    """A transport for one origin; asked for another, it raises before anything is sent."""

    def __init__(
        self,
        base_url: str,
        *,
        authorization: Callable[[], str],
        adapter: BaseAdapter | None = None,
    ) -> None:
        """Bind ``authorization`` (the whole header value, read anew for each request)."""
        self._origin = origin_of(base_url)
        if self._origin.scheme != "https" and not _is_private(self._origin.host):
            raise MisconfiguredError(
                f"{base_url}: credentials travel over https only; correct the address"
            )
        self._authorization = authorization
        self._adapter = adapter if adapter is not None else HTTPAdapter(max_retries=0)

    def send(
        self, request: requests.PreparedRequest, *, timeout: tuple[float, float]
    ) -> requests.Response:
        """Send once, with TLS verified and the body left unread."""
        if origin_of(request.url or "") != self._origin:
            raise MisconfiguredError(
                f"a request for another host than {self._origin.host} was not sent; "
                "compare the address in the settings"
            )
        value = self._authorization()
        if not _HEADER_VALUE.fullmatch(value):
            raise MisconfiguredError(
                "the stored credential holds characters that no header can carry; connect again"
            )
        request.headers["Authorization"] = value
        try:
            return self._adapter.send(
                request, stream=True, timeout=timeout, verify=True, cert=None, proxies={}
            )
        finally:
            # The request hangs on every error that `requests` raises, and those may be printed.
            del request.headers["Authorization"]

    def close(self) -> None:
        """Drop pooled connections; the next request opens a new one."""
        self._adapter.close()


def origin_of(url: str) -> Origin:
    """Return scheme, host and port of ``url``."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme)
        if host and port and "@" not in parts.netloc:
            return Origin(parts.scheme, host, port)
    except ValueError:
        pass
    raise MisconfiguredError("an address is not of the form https://host[:port]; correct it")


def _is_private(host: str) -> bool:
    if "." not in host and ":" not in host:
        return True
    try:
        return ip_address(host).is_private
    except ValueError:
        return host.endswith(_PRIVATE_SUFFIXES)
