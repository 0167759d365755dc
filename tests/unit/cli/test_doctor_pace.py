"""The doctor asks QuickBooks slowly."""

from invoicesync_cli.doctor.pace import GAP_SECONDS, Pace
from tests.fakes.runtime import FakeClock


def test_the_first_request_waits_for_nothing_and_the_next_for_its_turn() -> None:
    clock = FakeClock()
    pace, began = Pace(clock), clock.now()

    pace.wait()
    assert clock.now() == began
    clock.sleep(0.2)
    pace.wait()
    assert clock.now() == began + GAP_SECONDS
    clock.sleep(5)
    pace.wait()
    assert clock.now() == began + GAP_SECONDS + 5
