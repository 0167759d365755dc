"""A simulator of the ServiceTrade API: an engine without HTTP, and a WSGI app over it."""

from sandbox.servicetrade.account import CLOSED, Account, UnknownRowError
from sandbox.servicetrade.app import create_app
from sandbox.servicetrade.bending import FAULTS
from sandbox.servicetrade.options import LENIENT, STATUSES, STRICT, Login, Options

__all__ = [
    "CLOSED",
    "FAULTS",
    "LENIENT",
    "STATUSES",
    "STRICT",
    "Account",
    "Login",
    "Options",
    "UnknownRowError",
    "create_app",
]
