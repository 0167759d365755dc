"""The small company, and a client of its app."""

import pytest

from sandbox.quickbooks.company import Company
from tests.unit.sandbox.quickbooks.world import Client, Open, open_company


@pytest.fixture
def opened() -> Open:
    return open_company


@pytest.fixture
def company() -> Company:
    return open_company()


@pytest.fixture
def client(company: Company) -> Client:
    return Client(company)
