"""Where an audit reads: a stack with its secrets, or credentials that whoever sits here has."""

import json
import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import typer

from invoicesync.adapters.aws.runtime import SystemClock, SystemRandom
from invoicesync.adapters.quickbooks.client import QuickBooksClient
from invoicesync.adapters.quickbooks.population import QuickBooksInvoices
from invoicesync.adapters.servicetrade.credentials import parse_credentials
from invoicesync.adapters.servicetrade.source import ServiceTradeSource
from invoicesync.domain.mapping import Mapping, parse_mapping
from invoicesync.services.audit import Audit, BooksReading, SourceReading, rules_of
from invoicesync.services.extract.reader import Reader
from invoicesync.services.looking import Alone, ReadOnlyBooks
from invoicesync_cli.desk import Desk, Unkept
from invoicesync_cli.errors import DeskError
from invoicesync_cli.files import read_mapping_file

ANY_DAY = date(2000, 1, 1)
"""Whoever compares the past with the present wants what is before go-live compared too."""

_SYSTEMS = {"SERVICETRADE": "ServiceTrade", "QUICKBOOKS": "QuickBooks"}
_HOURS_SECONDS = 6 * 3600.0


class _Unhurried:
    """A command may take its time."""

    def remaining_seconds(self) -> float:
        """Say that there is enough."""
        return _HOURS_SECONDS


@dataclass(frozen=True, slots=True)
class Access:
    """Both systems, and the mapping where there is one."""

    source: ServiceTradeSource
    books: ReadOnlyBooks
    mapping: Mapping | None

    def audit(self, *, names_unbilled: bool = True, settle_seconds: int = 0) -> Audit:
        """Make the use case; every write of the books would be refused on its way."""
        clock = SystemClock()
        mapping = self.mapping or Mapping(go_live=ANY_DAY)
        reader = Reader(
            source=self.source,
            clock=clock,
            random=SystemRandom(),
            deadline=_Unhurried(),
            margin_seconds=0,
        )
        return Audit(
            source=SourceReading(
                reader=reader,
                mapping=mapping.model_copy(update={"go_live": ANY_DAY}),
                clock=clock,
                names_obstacles=self.mapping is not None,
            ),
            books=BooksReading(books=QuickBooksInvoices(self.books), clock=clock),
            rules=rules_of(mapping, closed_through=None, settle_seconds=settle_seconds),
            jobs=self.source if names_unbilled else None,
        )


def of_stack(desk: Desk, mapping: Path | None) -> Access:
    """Read with the secrets of a stack, behind its loaders."""
    return Access(desk.source, desk.books, _mapping(mapping) or desk.mappings.current().mapping)


def without_stack(
    servicetrade_url: str, quickbooks_url: str, mapping: Path | None, *, oauth: bool
) -> Access:
    """Read with credentials from the environment, or asked for; secrets without echo."""
    clock = SystemClock()
    names = ("client_id", "client_secret") if oauth else ("username", "password")
    given = {
        name: _told(f"SERVICETRADE_{name.upper()}", is_secret=name == names[1]) for name in names
    }
    realm_id = _told("QUICKBOOKS_REALM_ID", is_secret=False)
    token = _told("QUICKBOOKS_ACCESS_TOKEN", is_secret=True)
    stored = json.dumps(given)
    source = ServiceTradeSource(
        servicetrade_url, credentials=lambda: parse_credentials(stored), clock=clock
    )
    client = QuickBooksClient(
        base_url=quickbooks_url, realm_id=realm_id, access_token=lambda: token, evidence=Unkept()
    )
    return Access(source, ReadOnlyBooks(client, Alone(clock)), _mapping(mapping))


def _mapping(file: Path | None) -> Mapping | None:
    return None if file is None else parse_mapping(read_mapping_file(file))


def _told(variable: str, *, is_secret: bool) -> str:
    told = os.environ.get(variable)
    if told is None:
        system, _, what = variable.partition("_")
        words = f"{_SYSTEMS[system]} {what.replace('_', ' ').lower()}"
        told = str(typer.prompt(words, hide_input=is_secret, err=True))
    if not told.strip():
        raise DeskError(f"{variable} is empty")
    return told.strip()
