"""A clock for the adapter's tests."""

import pytest

from tests.fakes.runtime import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()
