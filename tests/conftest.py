"""Keep every test away from real accounts and from the network beyond this machine."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.searched import SEARCHES

_SEARCHES = tuple(Path(__file__).parent / name for name in ("fuzz", "simulation"))

# Anything of these in a developer's shell would reach the product or boto3 through the tests.
_PREFIXES = ("AWS_", "INVOICESYNC_", "POWERTOOLS_", "QUICKBOOKS_CLIENT", "SERVICETRADE_")
_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}

# A slow machine is no reason to fail, and a failure in CI must fail again on a desk.
settings.register_profile("invoicesync", deadline=None, derandomize=True, database=None)
settings.load_profile("invoicesync")
# Where one change after another is tried, a few examples of each property must do, and that one
# of them fails is all that is asked.
settings.register_profile(
    "mutation",
    parent=settings.get_profile("invoicesync"),
    max_examples=10,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False,
)


def pytest_configure() -> None:
    for name in [name for name in os.environ if name.startswith(_PREFIXES)]:
        del os.environ[name]
    os.environ.update(_ENVIRONMENT)


def pytest_xdist_auto_num_workers() -> int:
    """Take one worker more than there are cores: tests wait for servers of their own."""
    return (os.process_cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Trace no search: its time is worth more seeds, and what it alone would cover is untested."""
    for item in items:
        if any(item.path.is_relative_to(folder) for folder in _SEARCHES):
            item.add_marker("no_cover")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Send what a worker searched to the process that tells the result."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["searches"] = SEARCHES.plain()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a worker searched; one that crashed sends nothing."""
    SEARCHES.take(getattr(node, "workeroutput", {}).get("searches", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell what was searched for secrets and for active texts, and what was found."""
    if lines := SEARCHES.lines():
        terminalreporter.section("searched")
        for line in lines:
            terminalreporter.write_line(line)
