"""The local cloud and the simulators on this machine, open to containers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.containers import sam
from tests.integration.conftest import Rig, started


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """Start everything that a function talks to; skip, and say why, where no engine answers."""
    if reason := sam.missing():
        pytest.skip(reason)
    # Containers come in by the bridge's address, so that loopback alone would shut them out.
    with started(tmp_path_factory.mktemp("stage"), listen="0.0.0.0") as rig:  # noqa: S104
        yield rig


@pytest.fixture(scope="module")
def variables(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the environment file that `sandbox up --containers` prints the path of."""
    file = tmp_path_factory.mktemp("variables") / "env.json"
    return rig.cloud.environment_file(file, host=sam.THIS_MACHINE)
