"""A world a test."""

import pytest

from tests.unit.services.extract.world import World


@pytest.fixture
def world() -> World:
    return World()
