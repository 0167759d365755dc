"""A check that fails is a finding, and what it could not read is tried once."""

from collections.abc import Iterator

import pytest

from invoicesync.errors import (
    AuthenticationError,
    MisconfiguredError,
    RateLimitedError,
    TransientReadError,
)
from invoicesync_cli.doctor.finding import Check, Finding, Once, Severity, ok


class Flaky:
    """Something to read that fails with an error, and counts."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.reads = 0

    def __call__(self) -> str:
        self.reads += 1
        if self.error is not None:
            raise self.error
        return "there"


def test_what_was_read_is_not_read_again() -> None:
    read = Flaky()
    fact = Once("the table", read)

    assert (fact(), fact(), read.reads) == ("there", "there", 1)


def test_what_fails_is_told_once_and_those_who_need_it_say_that_nobody_looked() -> None:
    read = Flaky(TransientReadError("ServiceTrade did not answer"))
    fact = Once("ServiceTrade", read)

    (first,) = Check("first", lambda: [ok(fact(), "first")])()
    (second,) = Check("second", lambda: [ok(fact(), "second")])()

    assert (first.severity, first.what) == (Severity.BROKEN, "ServiceTrade did not answer")
    assert first.fix
    assert second.severity is Severity.UNCHECKED
    assert second.what == "not checked: ServiceTrade could not be read"
    assert read.reads == 1


@pytest.mark.parametrize(
    ("error", "fix"),
    [
        (AuthenticationError("401", code="3200"), "connect quickbooks --reconnect"),
        (MisconfiguredError("run connect servicetrade"), "invoicesync connect servicetrade"),
        (MisconfiguredError("run connect quickbooks"), "invoicesync connect quickbooks"),
        (MisconfiguredError("no mapping is published yet"), "invoicesync mapping push FILE"),
        (TransientReadError("no answer"), "the network"),
        (ZeroDivisionError("by nought"), "run invoicesync doctor again"),
    ],
)
def test_each_failure_has_a_fix_and_none_is_a_traceback(error: Exception, fix: str) -> None:
    (found,) = Check("there", lambda: [ok(Flaky(error)(), "there")])()

    assert found.severity is Severity.BROKEN
    assert str(error) in found.what
    assert fix in found.fix


def test_who_is_asked_to_wait_has_not_looked_and_nothing_is_broken() -> None:
    (found,) = Check("there", lambda: [ok(Flaky(RateLimitedError("over the limit"))(), "there")])()

    assert found.severity is Severity.UNCHECKED
    assert found.what == "not checked: over the limit; try again in a minute"


def test_what_was_found_before_a_failure_stays() -> None:
    def look() -> Iterator[Finding]:
        yield ok("the first half", "there")
        raise TransientReadError("the second half")

    found = Check("there", look)()

    assert [each.severity for each in found] == [Severity.OK, Severity.BROKEN]
