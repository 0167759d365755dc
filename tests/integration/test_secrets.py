"""What is secret is nowhere but in Secrets Manager and with the vendor: searched for, and counted.

Every module that runs the stack is searched when it ends, and so is all that commands said. Here it
is shown that a search finds. The end of every run of the tests tells what was searched.
"""

import pytest

from tests.integration.conftest import CLIENT_SECRET, PASSWORD, Rig
from tests.integration.searching import Searched, search


def test_after_traffic_of_every_kind_no_secret_lies_anywhere(
    rig: Rig,
) -> None:
    loaded, refused, held = rig.invoice(), rig.invoice(), rig.invoice(invoiceNumber="x" * 22)
    rig.fail("unauthorized_401", "POST *batch")
    rig.look_at(loaded, held)
    rig.drain()
    rig.fail("batch_item_fault", "POST *batch", settings={"items": [0], "code": "6240"})
    rig.look_at(refused)
    rig.drain()
    rig.invoke("TokenRefresherFunction", {"reason": "refused"})
    rig.cloud.drain("AcknowledgerFunction")
    rig.tick()

    searched = search(rig.cloud)

    assert searched.hits == []
    assert searched.texts.keys() == {"logs", "table", "bucket", "queues"}
    assert searched.characters["logs"] > 1_000


@pytest.mark.parametrize(
    "secret", [PASSWORD, CLIENT_SECRET, "RT1-0123456789abcdef01", "eyJ0123456789abcdef01234567"]
)
def test_a_secret_is_found_wherever_it_lies(secret: str) -> None:
    searched = Searched()

    for place in ("logs", "table", "bucket", "queues"):
        searched.look(place, "a text", f"before {secret} after")

    assert len(searched.hits) == 4
    assert secret not in "".join(searched.hits)


def test_a_name_is_found_in_a_log_and_may_stand_in_a_message() -> None:
    searched = Searched()

    searched.look("logs", "a log", "invoice of Keystone Foods")
    searched.look("queues", "a message", "invoice of Keystone Foods")

    assert len(searched.hits) == 1
