"""A world a test, made as the test wants it."""

from collections.abc import Callable

import pytest

from sandbox.servicetrade import Options
from tests.unit.sandbox.servicetrade.world import World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def world_with() -> Callable[..., World]:
    return lambda **options: World(Options(**options))
