"""The source port over the simulator, in process: every answer that may come, and every fault."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter

from invoicesync.adapters.servicetrade.credentials import (
    ClientCredentials,
    Credentials,
    UserCredentials,
)
from invoicesync.adapters.servicetrade.envelope import listed
from invoicesync.adapters.servicetrade.exchange import Answer
from invoicesync.adapters.servicetrade.source import ServiceTradeSource
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.errors import MisconfiguredError, RateLimitedError, TransientReadError
from invoicesync.ports.source import (
    InvoiceFilter,
    Source,
    SourceList,
    SourceLists,
    SourcePage,
    Spent,
)
from sandbox.faults import FaultScript
from sandbox.http import InProcessAdapter
from sandbox.servicetrade import FAULTS, Account, Options, create_app
from tests.fakes.runtime import FakeClock

BASE = "http://servicetrade.test/api"
USER = UserCredentials("sync@example.test", "let-me-in")
CLIENT = ClientCredentials("invoice-sync", "keep-it-quiet")
ALL = InvoiceFilter()


class Wire(BaseAdapter):
    """The simulator behind a wire that remembers what went over it."""

    def __init__(self, app: Any) -> None:
        super().__init__()
        self.inner = InProcessAdapter(app)
        self.calls: list[str] = []

    def send(self, request: requests.PreparedRequest, *_: Any, **how: Any) -> requests.Response:
        self.calls.append(f"{request.method} {(request.url or '').removeprefix(BASE)}")
        return self.inner.send(request, **how)

    def close(self) -> None:
        self.calls.append("close")


class World:
    """An account, its faults, and the adapter that reads it."""

    def __init__(
        self, clock: FakeClock, options: Mapping[str, Any], credentials: Credentials = USER
    ) -> None:
        self.account = Account(clock.now, Options(**options))
        self.faults = FaultScript(FAULTS)
        self.wire = Wire(create_app(self.account, faults=self.faults))
        self.source = ServiceTradeSource(
            BASE, credentials=lambda: credentials, clock=clock, adapter=self.wire
        )

    def invoices(self, *names: str, **more: Any) -> list[int]:
        line = {"description": "Labor", "quantity": 2, "price": "85.50", "taxRate": "6"}
        rows = [
            self.account.add("invoice", {"name": name, "items": [line], **more}) for name in names
        ]
        return [row["id"] for row in rows]

    def fail(self, fault: str, *, times: int | None = 1, **settings: Any) -> None:
        rule = {"fault": fault, "route": "GET /api/*", "times": times, "with": settings}
        self.faults.add([rule])


@pytest.fixture
def world(clock: FakeClock) -> World:
    return World(clock, {})


@pytest.fixture
def world_with(clock: FakeClock) -> Callable[..., World]:
    return lambda **options: World(clock, options)


def ids(rows: Any) -> list[int]:
    return [row["id"] for row in rows]


def test_the_adapter_fills_the_port(world: World) -> None:
    port: Source = world.source

    assert port.count(ALL) == 0


@pytest.mark.parametrize("credentials", [USER, CLIENT])
def test_pages_are_read_with_either_login(clock: FakeClock, credentials: Credentials) -> None:
    world = World(clock, {}, credentials)
    made = world.invoices("a", "b", "c")

    first = world.source.invoices(ALL, page=1, limit=2)
    second = world.source.invoices(ALL, page=2, limit=2)

    assert ids(first.rows) + ids(second.rows) == made
    assert (first.page, first.total_pages, second.page) == (1, 2, 2)
    assert first.source_time == 1_790_000_000
    assert first.bytes_read > second.bytes_read > 1000
    assert [call.split()[0] for call in world.wire.calls] == ["POST", "GET", "GET"]


def test_numbers_come_as_decimals_and_never_as_floats(world: World) -> None:
    world.invoices("a")

    (row,) = world.source.invoices(ALL, page=1, limit=2).rows

    assert (row["totalPrice"], row["items"][0]["price"]) == (Decimal("181.26"), Decimal("85.5"))
    assert (row["subtotal"], type(row["subtotal"])) == (171, int)


def test_bounds_go_to_the_server_and_are_inclusive(world: World) -> None:
    old = world.invoices("old", updated=100, created=50)
    new = world.invoices("new", updated=200, created=150)

    def found(**bounds: int) -> list[int]:
        return ids(world.source.invoices(InvoiceFilter(**bounds), page=1, limit=9).rows)

    assert found(updated_after=100) == sorted(new + old, reverse=True)
    assert found(updated_after=101) == new
    assert found(created_after=150) == new
    assert found(updated_after=0, created_after=0) == new + old
    assert world.wire.calls[-1] == "GET /invoice?updatedAfter=0&createdAfter=0&page=1&limit=9"


def test_invoices_are_listed_by_the_day_that_they_are_dated(world: World) -> None:
    world.invoices("before", transactionDate=99)
    within = world.invoices("first", transactionDate=100) + world.invoices(
        "last", transactionDate=200
    )
    world.invoices("after", transactionDate=201)
    bounds = InvoiceFilter(dated_after=100, dated_before=200)

    assert ids(world.source.invoices(bounds, page=1, limit=9).rows) == within
    assert world.source.count(bounds) == 2


def test_completed_jobs_that_nobody_invoiced_are_listed_whatever_their_status(
    world: World,
) -> None:
    def job(**changes: Any) -> int:
        return int(world.account.add("job", {"status": "completed", **changes})["id"])

    unbilled = [job(completedOn=100), job(completedOn=200, status="closed")]
    job(completedOn=99)
    job(completedOn=201)
    job(status="scheduled", completedOn=None)
    billed = job(completedOn=150)
    world.invoices("billed", jobId=billed)

    assert ids(world.source.unbilled(100, 200)) == unbilled


@pytest.mark.parametrize("rows", [0, 1, 2, 5])
@pytest.mark.parametrize("pages_of_none", [0, 1])
@pytest.mark.parametrize("linked", ["off", "honest"])
def test_the_count_is_right_however_no_rows_are_told(
    world_with: Callable[..., World], rows: int, pages_of_none: int, linked: str
) -> None:
    world = world_with(zero_rows_total_pages=pages_of_none, link_header=linked)
    world.invoices(*"abcde"[:rows])

    assert world.source.count(ALL) == rows


def test_the_count_is_within_the_bounds(world: World) -> None:
    world.invoices("a", "b", updated=100)
    world.invoices("c", updated=200)

    assert world.source.count(InvoiceFilter(updated_after=150)) == 1


def test_without_page_numbers_there_is_no_count_and_no_total(
    world_with: Callable[..., World],
) -> None:
    world = world_with(total_pages=False)
    world.invoices("a", "b")

    assert world.source.count(ALL) is None
    assert world.source.invoices(ALL, page=1, limit=1).total_pages is None


def test_a_count_that_contradicts_itself_is_none(world: World) -> None:
    world.invoices("a", "b", "c")
    world.fail("empty_page")

    assert world.source.count(ALL) is None


def test_a_link_header_serves_where_the_body_tells_nothing(
    world_with: Callable[..., World],
) -> None:
    world = world_with(total_pages=False, link_header="honest")
    made = world.invoices("a", "b", "c")

    first = world.source.invoices(ALL, page=1, limit=2)
    second = world.source.invoices(ALL, page=2, limit=2)

    assert (first.total_pages, second.total_pages) == (2, 2)
    assert ids(first.rows) + ids(second.rows) == made
    assert world.source.count(ALL) == 3


@pytest.mark.parametrize("link", [None, '<//evil.example/api/invoice?page=7>; rel="next"'])
def test_a_hostile_link_is_neither_followed_nor_believed(
    world_with: Callable[..., World], link: str | None
) -> None:
    world = world_with(total_pages=False)
    made = world.invoices("a", "b", "c")
    settings = {} if link is None else {"link": link}
    world.fail("hostile_link", times=None, **settings)

    pages = [world.source.invoices(ALL, page=page, limit=2) for page in (1, 2)]

    assert [page.total_pages for page in pages] == [None, None]
    assert ids(pages[0].rows) + ids(pages[1].rows) == made


def test_a_hostile_link_changes_nothing_where_the_body_tells(world: World) -> None:
    world.invoices("a", "b", "c")
    world.fail("hostile_link")

    assert world.source.invoices(ALL, page=1, limit=2).total_pages == 2


def linked(header: str, *, page: int = 1, **content: Any) -> tuple[int | None, bool]:
    answer = Answer(
        "list invoices", 200, {"Link": header}, {"data": {"invoices": [], **content}}, 2
    )
    shown = listed(answer, "invoices", page=page, limit=200, asked=f"{BASE}/invoice")
    return shown.total_pages, shown.is_exact


def test_links_tell_the_last_page_or_at_least_the_next() -> None:
    following = f'<{BASE}/invoice?page=4&limit=200>; rel="next"'
    last = f'<{BASE}/invoice?page=9&limit=200>; rel="last"'
    previous = f'<{BASE}/invoice?page=2&limit=200>; rel="prev"'

    assert linked(f"{following}, {last}", page=3) == (9, True)
    assert linked(following, page=3) == (4, False)
    assert linked(previous, page=3) == (3, True)
    assert linked("", page=3) == (None, True)


def test_links_that_lead_nowhere_tell_nothing() -> None:
    same = f'<{BASE}/invoice?page=3>; rel="next"'
    larger = f'<{BASE}/invoice?page=4&limit=201>; rel="next"'
    smaller = f'<{BASE}/invoice?page=4&limit=100>; rel="next"'

    assert linked(same, page=3)[0] is None
    assert linked(larger, page=3)[0] is None
    assert linked(smaller, page=3)[0] == 4


@pytest.mark.parametrize(
    ("said", "total"),
    [
        *((3, 3), ("3", 3), (0, 0), (-1, None), (None, None), (True, None), ("many", None)),
        *((Decimal("2.5"), None), ({}, None), ("9" * 30, None), ("\u0663", None)),
    ],
)
def test_a_number_of_pages_is_a_whole_number_or_nothing(said: object, total: int | None) -> None:
    assert linked("", totalPages=said)[0] == total


def test_the_body_comes_before_the_link() -> None:
    last = f'<{BASE}/invoice?page=9&limit=200>; rel="last"'

    assert linked(last, totalPages=3) == (3, True)


def test_a_row_that_is_no_object_stays_a_row() -> None:
    body: dict[str, Any] = {"data": {"invoices": [{"id": 1}, None, 7, []]}}
    answer = Answer("list invoices", 200, {}, body, 2)

    shown = listed(answer, "invoices", page=1, limit=9, asked=f"{BASE}/invoice")

    assert shown.rows == [{"id": 1}, {}, {}, {}]


@pytest.mark.parametrize("policy", ["empty", "not_found", "last"])
def test_past_the_last_page_nothing_new_comes(
    world_with: Callable[..., World], policy: str
) -> None:
    world = world_with(page_past_last=policy)
    made = world.invoices("a", "b", "c")

    page = world.source.invoices(ALL, page=7, limit=2)

    # A server that serves its last page instead says so by its number.
    assert (ids(page.rows), page.page) == ((made[2:], 2) if policy == "last" else ([], 7))


def test_an_address_without_invoices_is_misconfigured(clock: FakeClock) -> None:
    account = Account(clock.now)
    wire = InProcessAdapter(create_app(account))
    source = ServiceTradeSource(f"{BASE}/v1", credentials=lambda: USER, clock=clock, adapter=wire)

    with pytest.raises(MisconfiguredError):
        source.invoices(ALL, page=1, limit=2)


def test_one_invoice_is_read_with_the_clock(world: World) -> None:
    (made,) = world.invoices("a")

    found = world.source.invoice(ServiceTradeId(made))

    assert found is not None
    assert (found[0]["id"], found[0]["name"], found[1]) == (made, "a", 1_790_000_000)


def test_an_invoice_that_does_not_exist_is_none(world: World) -> None:
    assert world.source.invoice(ServiceTradeId(7)) is None


def test_another_invoice_than_asked_for_is_no_answer(clock: FakeClock) -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Date", "Mon, 21 Sep 2026 14:13:20 GMT")])
        is_login = environ["PATH_INFO"].endswith("/auth")
        return [b'{"data": {"authToken": "t"}}' if is_login else b'{"data": {"id": 8}}']

    source = ServiceTradeSource(
        BASE, credentials=lambda: USER, clock=clock, adapter=InProcessAdapter(app)
    )

    with pytest.raises(TransientReadError, match="another invoice"):
        source.invoice(ServiceTradeId(7))
    assert source.invoice(ServiceTradeId(8)) is not None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"data": None},
        {"data": []},
        {"data": {"invoices": {}}},
        {"data": {"jobs": []}},
        {"data": {"invoices": []}, "messages": ["An error"]},
        {"data": {"invoices": []}, "messages": {"error": ["An error"]}},
        {"data": {"invoices": []}, "messages": {"validation": {"page": "An error"}}},
    ],
    ids=str,
)
def test_a_200_that_is_no_list_is_no_answer(body: dict[str, Any]) -> None:
    answer = Answer("list invoices", 200, {}, body, 2)

    with pytest.raises(TransientReadError, match="list invoices was answered 200 with"):
        listed(answer, "invoices", page=1, limit=9, asked=f"{BASE}/invoice")


def test_jobs_that_nobody_asked_for_are_left_out(clock: FakeClock) -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Date", "Mon, 21 Sep 2026 14:13:20 GMT")])
        is_login = environ["PATH_INFO"].endswith("/auth")
        rows = b'{"data": {"jobs": [{"id": 8}, {"id": 7}, {}, {"id": [7]}]}}'
        return [b'{"data": {"authToken": "t"}}' if is_login else rows]

    source = ServiceTradeSource(
        BASE, credentials=lambda: USER, clock=clock, adapter=InProcessAdapter(app)
    )

    assert source.jobs([ServiceTradeId(6), ServiceTradeId(7)]) == [{"id": 7}]


def jobs(world: World, *statuses: str) -> list[ServiceTradeId]:
    company = world.account.add("company", {"name": "Keystone Foods"})
    place = world.account.add("location", {"name": "Plant", "companyId": company["id"]})
    rows = [
        world.account.add("job", {"locationId": place["id"], "status": status})
        for status in statuses
    ]
    return [ServiceTradeId(row["id"]) for row in rows]


def test_jobs_come_whatever_their_status_in_one_call(world: World) -> None:
    wanted = jobs(world, "scheduled", "completed", "canceled", "new", "closed")
    jobs(world, "completed")

    found = world.source.jobs([*wanted, wanted[0]])

    assert ids(found) == list(wanted)
    assert len([call for call in world.wire.calls if "/job" in call]) == 1


def test_jobs_that_do_not_exist_are_left_out(world: World) -> None:
    (wanted,) = jobs(world, "completed")

    assert ids(world.source.jobs([ServiceTradeId(7), wanted])) == [wanted]
    assert world.source.jobs([ServiceTradeId(7)]) == []


def test_no_jobs_are_no_call(world: World) -> None:
    assert world.source.jobs([]) == []
    assert world.wire.calls == []


def test_many_jobs_are_asked_for_in_parts(world: World) -> None:
    wanted = jobs(world, *["completed"] * 450)

    assert ids(world.source.jobs(wanted)) == list(wanted)
    called = [call for call in world.wire.calls if "/job" in call]
    assert len(called) == 3
    assert max(map(len, called)) < 5000


@pytest.mark.parametrize("total_pages", [True, False])
def test_jobs_come_even_where_pages_are_smaller_than_asked_for(
    world_with: Callable[..., World], *, total_pages: bool
) -> None:
    world = world_with(limits={"job": (2, 2)}, total_pages=total_pages)
    wanted = jobs(world, *["completed"] * 5)

    assert ids(world.source.jobs(wanted)) == list(wanted)
    assert ids(world.source.jobs([*wanted, ServiceTradeId(7)])) == list(wanted)


TRANSIENT = [
    *("error_500", "bad_gateway_502_html", "not_json", "truncated_json", "error_body_200"),
    *("redirect_302", "request_lost", "answer_lost"),
]


@pytest.mark.parametrize("fault", TRANSIENT)
@pytest.mark.parametrize(
    "read",
    [
        lambda source, _: source.invoices(ALL, page=1, limit=2),
        lambda source, _: source.count(ALL),
        lambda source, invoice: source.invoice(invoice),
        lambda source, _: source.jobs([ServiceTradeId(7)]),
    ],
    ids=["invoices", "count", "invoice", "jobs"],
)
def test_a_read_that_failed_by_accident_works_the_next_time(
    world: World, fault: str, read: Callable[[Source, ServiceTradeId], object]
) -> None:
    (made,) = map(ServiceTradeId, world.invoices("a"))
    expected = _unmetered(read(world.source, made))
    world.fail(fault)

    with pytest.raises(TransientReadError):
        read(world.source, made)

    assert _unmetered(read(world.source, made)) == expected


def _unmetered(found: object) -> object:
    """Leave out the bytes, which tell the server time too."""
    return replace(found, bytes_read=0) if isinstance(found, SourcePage) else found


def test_a_redirect_is_not_followed(world: World) -> None:
    world.fail("redirect_302")

    with pytest.raises(TransientReadError, match="302"):
        world.source.invoices(ALL, page=1, limit=2)

    assert [call.split("?")[0] for call in world.wire.calls] == ["POST /auth", "GET /invoice"]


@pytest.mark.parametrize("credentials", [USER, CLIENT])
def test_a_dead_session_is_opened_again_once(clock: FakeClock, credentials: Credentials) -> None:
    world = World(clock, {}, credentials)
    made = world.invoices("a")
    world.source.count(ALL)
    world.fail("dead_session")

    assert ids(world.source.invoices(ALL, page=1, limit=2).rows) == made
    assert [call.split()[0] for call in world.wire.calls] == ["POST", "GET", "GET", "POST", "GET"]


def test_a_session_that_dies_at_once_again_is_left_for_later(world: World) -> None:
    made = world.invoices("a")
    world.fail("dead_session", times=2)

    with pytest.raises(TransientReadError, match="401"):
        world.source.invoices(ALL, page=1, limit=2)

    assert ids(world.source.invoices(ALL, page=1, limit=2).rows) == made


def test_a_429_says_how_long_to_stay_away(world: World) -> None:
    world.fail("throttle_429", seconds=33)

    with pytest.raises(RateLimitedError) as limited:
        world.source.count(ALL)

    assert limited.value.delay_seconds == 33


def test_the_last_of_the_server_time_is_left_to_others(
    world_with: Callable[..., World], clock: FakeClock
) -> None:
    world = world_with(budget_ms=50_000, cost_ms=15_000.0)
    clock.advance(-clock.now() % 60)

    for _ in range(3):
        world.source.count(ALL)
    clock.advance(20)
    with pytest.raises(RateLimitedError) as limited:
        world.source.count(ALL)
    clock.advance(40)

    assert limited.value.delay_seconds == 40
    assert world.source.count(ALL) == 0
    assert clock.slept == []
    statuses = [call for call in world.wire.calls if call.startswith("GET")]
    assert len(statuses) == 4


def test_what_calls_took_is_told_once(world: World) -> None:
    for _ in range(3):
        world.source.count(ALL)

    spent = world.source.spent()

    assert spent.calls == 3
    assert spent.milliseconds > 0
    assert spent.least_left_ms == 60_000 - spent.milliseconds
    assert world.source.spent() == Spent()


@pytest.mark.parametrize("stats", [b"{}", b'{"resourceBalanceMs": "low"}', b"[]", b"null"])
def test_an_answer_that_tells_no_balance_changes_nothing(clock: FakeClock, stats: bytes) -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Date", "Mon, 21 Sep 2026 14:13:20 GMT")])
        if environ["PATH_INFO"].endswith("/auth"):
            return [b'{"data": {"authToken": "t"}}']
        return [b'{"data": {"invoices": [], "totalPages": 1}, "meta": {"stats": ' + stats + b"}}"]

    source = ServiceTradeSource(
        BASE, credentials=lambda: USER, clock=clock, adapter=InProcessAdapter(app)
    )

    assert [source.count(ALL) for _ in range(3)] == [0, 0, 0]
    assert source.spent() == Spent(calls=3)


def test_odd_values_in_a_row_reach_the_domain(world: World) -> None:
    world.invoices("a", "b")
    world.fail("nan_values")
    world.fail("unknown_enum")

    odd = world.source.invoices(ALL, page=1, limit=2).rows
    strange = world.source.invoices(ALL, page=1, limit=2).rows

    assert odd[0]["totalPrice"].is_nan()
    assert odd[1]["totalPrice"] == Decimal("181.26")
    assert strange[0]["status"] == "awaiting_ratification"


@pytest.mark.parametrize(
    "options",
    [
        {"numbers": "string"},
        {"numbers": "grouped"},
        {"empty_map": "array"},
        {"success_messages": True},
        {"total_count": True},
        {"sort_ties": "shuffled"},
        {"unknown_parameters": "reject", "unknown_values": "reject"},
        {"uri_base": "https://api.servicetrade.com/api"},
    ],
    ids=str,
)
def test_pages_are_read_whatever_the_account_is_like(
    world_with: Callable[..., World], options: Mapping[str, Any]
) -> None:
    world = world_with(**options)
    made = world.invoices("a", "b", "c")

    page = world.source.invoices(InvoiceFilter(updated_after=1), page=1, limit=9)

    assert (sorted(ids(page.rows)), page.total_pages) == (made, 1)
    assert world.source.count(ALL) == 3


@pytest.mark.parametrize(("policy", "misconfigured"), [("clamp", False), ("reject", True)])
def test_a_page_size_that_the_server_refuses_is_a_matter_of_settings(
    world_with: Callable[..., World], policy: str, *, misconfigured: bool
) -> None:
    world = world_with(limit_over_max=policy, limits={"invoice": (2, 2)})
    world.invoices("a", "b", "c")

    if misconfigured:
        with pytest.raises(MisconfiguredError, match="page size"):
            world.source.invoices(ALL, page=1, limit=200)
    else:
        page = world.source.invoices(ALL, page=1, limit=200)
        assert (len(page.rows), page.total_pages) == (2, 2)


def test_closing_drops_the_connections(world: World) -> None:
    world.source.close()

    assert world.wire.calls == ["close"]


def test_each_list_is_read_from_where_servicetrade_keeps_it(world: World) -> None:
    account = world.account
    customer = account.add("company", {"name": "Keystone Foods"})["id"]
    account.add("location", {"name": "Store 3", "companyId": customer})
    line = {"libItem": {"name": "Labor", "code": "LAB"}, "serviceLine": "HVAC"}
    account.add("invoice", {"name": "a", "items": [line], "paymentTerms": "Net 30"})
    lists: SourceLists = world.source

    found = {each: [row["name"] for row in lists.everything(each)] for each in SourceList}

    assert found == {
        SourceList.OFFICES: ["Main office"],
        SourceList.CUSTOMERS: ["Keystone Foods"],
        SourceList.TERMS: ["Net 30"],
        SourceList.SERVICE_LINES: ["HVAC"],
        SourceList.LIBRARY_ITEMS: ["Labor"],
    }
    (item,) = lists.everything(SourceList.LIBRARY_ITEMS)
    assert item["code"] == "LAB"


def test_a_long_list_is_read_page_by_page(world: World) -> None:
    for number in range(1_001):
        world.account.add("libitem", {"name": f"Part {number}"})

    rows = world.source.everything(SourceList.LIBRARY_ITEMS)

    assert len({row["id"] for row in rows}) == len(rows) == 1_001


def test_a_list_that_tells_no_number_of_pages_ends_where_it_repeats_itself(
    clock: FakeClock,
) -> None:
    world = World(clock, {"total_pages": False, "page_past_last": "last"})
    world.account.add("serviceline", {"name": "HVAC"})

    assert [row["name"] for row in world.source.everything(SourceList.SERVICE_LINES)] == ["HVAC"]


def test_a_list_that_the_user_may_not_read_is_for_the_operator(clock: FakeClock) -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        is_login = environ["PATH_INFO"].endswith("/auth")
        start_response("200 OK" if is_login else "403 Forbidden", [])
        return [b'{"data": {"authToken": "t"}}']

    source = ServiceTradeSource(
        BASE, credentials=lambda: USER, clock=clock, adapter=InProcessAdapter(app)
    )

    with pytest.raises(MisconfiguredError, match="the user may not read this"):
        source.everything(SourceList.TERMS)
