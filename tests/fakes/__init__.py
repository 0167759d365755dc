"""The ports in memory, each as nasty as the real thing where a test asks for it.

The contract tests run the same cases on these and on the adapters; what a fake alone can do (lag,
lost answers, doubles) is off until a knob turns it on.
"""

from tests.fakes.bucket import FakeBucket
from tests.fakes.bus import FakeBus
from tests.fakes.queue import FakeQueue
from tests.fakes.runtime import FakeClock, FakeDeadline, SeededRandom, SerialParallel
from tests.fakes.secret import FakeSecret
from tests.fakes.switch import FakeSwitch
from tests.fakes.table import FakeTable
from tests.fakes.topic import FakeTopic

__all__ = [
    "FakeBucket",
    "FakeBus",
    "FakeClock",
    "FakeDeadline",
    "FakeQueue",
    "FakeSecret",
    "FakeSwitch",
    "FakeTable",
    "FakeTopic",
    "SeededRandom",
    "SerialParallel",
]
