"""ServiceTrade, for the functions that read it; the others do not import it."""

from functools import cache

from invoicesync.adapters.servicetrade.credentials import read_credentials
from invoicesync.adapters.servicetrade.source import ServiceTradeSource
from invoicesync.bootstrap import shared


@cache
def source(url: str, secret_arn: str) -> ServiceTradeSource:
    """Return what reads."""
    secret = shared.secret(secret_arn)
    return ServiceTradeSource(
        url, credentials=lambda: read_credentials(secret), clock=shared.clock()
    )
