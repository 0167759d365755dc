"""The writer over the simulator, in process: what a write's answer proves, and what it does not."""

from collections.abc import Callable
from typing import Any

import pytest

from invoicesync.adapters.servicetrade.credentials import UserCredentials
from invoicesync.adapters.servicetrade.source import ServiceTradeSource
from invoicesync.adapters.servicetrade.writer import RESERVE_MS, ServiceTradeWriter
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.errors import (
    MisconfiguredError,
    OutcomeUnknownError,
    RateLimitedError,
    RefusedError,
    TransientReadError,
)
from invoicesync.ports import SourceWriter
from sandbox.faults import FaultScript
from sandbox.http import InProcessAdapter
from sandbox.servicetrade import FAULTS, Account, Options, create_app
from sandbox.servicetrade.options import STRICT
from tests.fakes.runtime import FakeClock

BASE = "http://servicetrade.test/api"
RIGHT = "let-me-in"


class Site:
    """An account with one invoice, and what writes to it."""

    def __init__(self, clock: FakeClock, secret: str = RIGHT, **options: Any) -> None:
        self.account = Account(clock.now, Options(**options))
        self.faults = FaultScript(FAULTS)
        self.writer = ServiceTradeWriter(
            f"{BASE}/",
            credentials=lambda: UserCredentials("sync@example.test", secret),
            clock=clock,
            adapter=InProcessAdapter(create_app(self.account, faults=self.faults)),
        )
        add = self.account.add
        customer = add("company", {"name": "Keystone Foods"})["id"]
        place = add("location", {"name": "Store 3", "companyId": customer})["id"]
        self.job = ServiceTradeId(add("job", {"customerId": customer, "locationId": place})["id"])
        row = {"jobId": self.job, "status": "pending_accounting", "items": []}
        self.invoice = ServiceTradeId(add("invoice", row)["id"])

    def fail(self, fault: str, route: str, **rule: Any) -> None:
        self.faults.add([{"fault": fault, "route": route, "with": rule}])

    @property
    def status(self) -> str:
        return str(self.account.row("invoice", self.invoice)["status"])

    @property
    def comments(self) -> list[str]:
        return [str(row["content"]) for row in self.account.all("comment")]


@pytest.fixture
def site(clock: FakeClock) -> Site:
    return Site(clock)


WRITES: dict[str, tuple[str, Callable[[Site], None]]] = {
    "status": ("PUT *", lambda site: site.writer.set_status(site.invoice, "processed")),
    "comment": ("POST */comment", lambda site: site.writer.comment(site.job, "why")),
}

PROVES_NOTHING = (
    *("answer_lost", "request_lost", "error_500", "bad_gateway_502_html", "not_json"),
    *("truncated_json", "redirect_302", "error_body_200"),
)


def test_it_writes_a_status_and_nothing_else_of_an_invoice(site: Site) -> None:
    before = dict(site.account.row("invoice", site.invoice))

    port: SourceWriter = site.writer
    port.set_status(site.invoice, "processed")

    after = dict(site.account.row("invoice", site.invoice))
    assert {name for name in after if after[name] != before.get(name)} <= {"status", "updated"}
    assert port.invoice(site.invoice)["status"] == "processed"  # type: ignore[index]  # it is there


@pytest.mark.parametrize("status", [200, 201])
def test_it_writes_comments_on_a_job_and_reads_them_all(clock: FakeClock, status: int) -> None:
    site = Site(clock, post_status=status, limits={"comment": (2, 2)})
    texts = [f"reason {number}" for number in range(5)]

    for text in texts:
        site.writer.comment(site.job, text)

    assert sorted(site.writer.comments(site.job)) == texts
    assert site.writer.comments(ServiceTradeId(site.job + 1)) == []


def test_an_invoice_that_is_not_there_is_none(site: Site) -> None:
    assert site.writer.invoice(ServiceTradeId(7)) is None
    site.fail("nan_values", "GET *")
    assert site.writer.invoice(site.invoice)


@pytest.mark.parametrize("code", [400, 409])
def test_a_change_that_is_not_allowed_is_refused(clock: FakeClock, code: int) -> None:
    site = Site(clock, transitions=STRICT, transition_refusal=code)
    site.account.edit("invoice", site.invoice, {"status": "ok"})

    with pytest.raises(RefusedError) as refused:
        site.writer.set_status(site.invoice, "processed")

    assert refused.value.status == code
    assert site.status == "ok"


def test_what_does_not_exist_refuses_a_comment_and_a_status(site: Site) -> None:
    with pytest.raises(RefusedError, match="404"):
        site.writer.comment(ServiceTradeId(7), "why")
    with pytest.raises(RefusedError, match="404"):
        site.writer.set_status(ServiceTradeId(7), "processed")


def test_a_status_that_stays_another_is_as_good_as_refused(site: Site) -> None:
    site.fail("unknown_enum", "PUT *")

    with pytest.raises(RefusedError, match="stays another"):
        site.writer.set_status(site.invoice, "processed")


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("fault", PROVES_NOTHING)
def test_an_answer_that_proves_nothing_leaves_a_write_unknown(
    site: Site, write: str, fault: str
) -> None:
    route, act = WRITES[write]
    site.fail(fault, route)

    with pytest.raises(OutcomeUnknownError, match="it may have been done"):
        act(site)


@pytest.mark.parametrize("write", WRITES)
def test_a_limit_is_met_before_anything_is_done(site: Site, write: str) -> None:
    route, act = WRITES[write]
    site.fail("throttle_429", route, seconds=40)

    with pytest.raises(RateLimitedError) as limited:
        act(site)

    assert limited.value.delay_seconds == 40
    assert (site.status, site.comments) == ("pending_accounting", [])


def test_more_server_time_is_left_to_others_than_the_extractor_leaves(clock: FakeClock) -> None:
    site = Site(clock, cost_ms=60_000 - RESERVE_MS + 1)
    site.writer.invoice(site.invoice)

    with pytest.raises(RateLimitedError):
        site.writer.set_status(site.invoice, "processed")

    assert site.status == "pending_accounting"


def test_a_write_that_meets_a_dead_session_is_done_in_a_new_one_and_once(site: Site) -> None:
    site.writer.invoice(site.invoice)
    site.fail("dead_session", "POST */comment")

    site.writer.comment(site.job, "why")

    assert site.comments == ["why"]


def test_a_read_that_fails_is_read_again_and_wrong_credentials_are_said_to_be(
    clock: FakeClock,
) -> None:
    site = Site(clock)
    site.fail("error_500", "GET */invoice/*")
    with pytest.raises(TransientReadError):
        site.writer.invoice(site.invoice)
    with pytest.raises(MisconfiguredError, match="connect servicetrade"):
        Site(clock, secret="wrong").writer.set_status(site.invoice, "processed")
    site.writer.close()


def test_the_extractor_has_no_hand_that_writes() -> None:
    hands = {name for name in vars(ServiceTradeSource) if not name.startswith("_")}
    reads = {"invoices", "count", "invoice", "jobs", "everything", "unbilled"}
    assert hands == reads | {"close", "spent"}
