"""What people typed is linked once, never written, and never over what a loader does."""

from collections.abc import Callable
from typing import Any, cast

import pytest

from invoicesync.conditions import Update
from invoicesync.domain.comparison import Field, Kind
from invoicesync.domain.ids import QuickBooksId, RequestId, ServiceTradeId
from invoicesync.domain.revision import Disposition, Revision
from invoicesync.errors import RetryableError
from invoicesync.services.adopt import Adopt, Adoption, Link, pairs_of
from invoicesync.services.resolve import Resolve
from invoicesync.state import keys
from invoicesync.state.actions import Actions
from invoicesync.state.entry import Intent, Operation, State
from invoicesync.state.revisions import revision_attributes
from tests.fakes.world import KilledError, Lifeline, World, results
from tests.unit.domain.comparison.invoices import (
    booked,
    compared,
    expected,
    there,
    told,
    voided,
)

ACTOR = "kim@desk"
QBO_ID = "4711"
INTENT = Intent(
    RequestId("r"),
    "1",
    Operation.CREATE,
    Revision(1, 1, 1, Disposition.DISPATCH, "f"),
    "hash",
    1,
).written()


@pytest.fixture
def world() -> World:
    return World()


def adopter(world: World, line: Lifeline | None = None) -> Adopt:
    table = (line or world.line).guard(world.table, "table")
    actions = Actions(table, world.clock, world.random)
    return Adopt(table=table, clock=world.clock, random=world.random, actions=actions)


def a_pair(world: World, number: int = 0, qbo_id: str = QBO_ID) -> Any:
    """What a comparison found: typed by hand, under a number of QuickBooks' own."""
    books = booked(int(qbo_id), number="2071")
    return told(int(world.id_of(number)), number=str(10_482 + number)), books


def adopt(world: World, *pairs: Any, line: Lifeline | None = None) -> list[Link]:
    adopted = adopter(world, line)(pairs or [a_pair(world)], actor=ACTOR, note="October")
    return [each.link for each in adopted]


def actions(world: World) -> list[str]:
    done = Actions(world.table, world.clock, world.random).of_days(1)
    return [f"{one.what} by {one.actor}: {one.note}, {list(one.invoices)}" for one in done]


# Which pairs


def test_only_what_nobody_can_doubt_is_a_pair() -> None:
    doubtful: list[Any] = [
        (told(), booked(total=61_360)),
        (told(), booked(tax=3_400, total=51_400)),
        (told(), booked(customer=there("Somebody"))),
        (told(), booked(mark=(ServiceTradeId(1), 0))),
        (told(), [booked(1), booked(2)]),
        ([told(1, number="1"), told(2, number="2")], booked(number="3")),
        (told(), voided()),
        (told(), []),
    ]

    assert len(pairs_of(compared([told()], [booked()]))) == 1
    for sources, books in doubtful:
        some = sources if isinstance(sources, list) else [sources]
        others = books if isinstance(books, list) else [books]
        assert pairs_of(compared(some, others)) == []


def test_another_date_or_location_is_no_doubt() -> None:
    source = told(department="West")
    there_ = booked(department="East", dated=source.dated.replace(day=20) if source.dated else None)
    comparison = compared([source], [there_])

    (finding,) = comparison.findings

    assert finding.kind is Kind.DIFFERING
    assert {each.field for each in finding.differences} == {Field.DATE, Field.DEPARTMENT}
    assert pairs_of(comparison) == [(source, there_)]


# Linking


def test_what_the_ledger_never_saw_is_linked_and_said_by_whom(world: World) -> None:
    assert adopt(world) == [Link.LINKED]

    entry = world.entry()
    assert (entry.state, entry.adopted, entry.qbo_id) == (State.ADOPTED, True, QBO_ID)
    assert (entry.number, entry.total, entry.tax) == ("2071", "513.60", "33.60")
    assert entry.shown == {
        "number": "10482",
        "customer": "Keystone Foods",
        "dated": "2026-10-15",
        "total": "513.60",
    }
    assert world.events() == ["adopted"]
    assert actions(world) == [f"adopt by {ACTOR}: October, [{world.id_of()}]"]


def test_an_invoice_without_a_date_is_shown_without_one(world: World) -> None:
    source, books = a_pair(world)
    undated = told(int(source.id), dated=None)

    adopt(world, (undated, books))

    assert world.entry().shown["dated"] == ""


def test_the_same_again_changes_nothing(world: World) -> None:
    adopt(world)
    before = world.table.items

    assert adopt(world) == [Link.KNOWN]
    assert world.table.items == before


def test_a_dry_run_changes_nothing(world: World) -> None:
    before = world.table.items

    source, books = a_pair(world)

    (found,) = adopter(world).look([(source, books)])

    assert found == Adoption(source, books, Link.LINKABLE)
    assert world.table.items == before


def test_a_linked_invoice_is_never_written(world: World) -> None:
    adopt(world)

    outcomes = world.run(world.message(is_loaded=True))

    assert results(outcomes) == ["unchanged"]
    assert (world.writes, world.entry().state) == (0, State.ADOPTED)
    outcomes = world.run(world.message(status="void", updated=1_900_000_000))
    assert results(outcomes) == ["unchanged"]
    assert (world.writes, world.entry().state) == (0, State.ADOPTED)


def test_what_is_held_because_somebody_typed_it_is_held_no_more(world: World) -> None:
    typed = world.people.type_invoice("1", "10482")
    world.run(world.message())
    assert world.entry().reason == "number_taken"

    assert adopt(world, a_pair(world, qbo_id=typed["Id"])) == [Link.LINKED]

    entry = world.entry()
    assert (entry.state, entry.reason, entry.problems) == (State.ADOPTED, "", ())
    until = int(world.clock.now())
    assert all(not world.table.by_state(state.value, until=until) for state in State)


@pytest.mark.parametrize("state", ["WAITING", "IGNORED", "QUEUED"])
def test_what_was_seen_and_not_made_is_linked(world: World, state: str) -> None:
    seen = revision_attributes("seen", world.message().revision)
    set_ = {"state": state, "shown": '{"a": "b"}', **seen}
    world.table.write(Update(keys.ledger(world.id_of()), set=set_))

    assert adopt(world) == [Link.LINKED]
    assert world.entry().shown == {"a": "b"}


# What is left alone


def test_what_the_loader_made_is_not_linked_to_anything_else(world: World) -> None:
    world.run(world.message())

    assert adopt(world) == [Link.LOADED]
    assert world.entry().state is State.LOADED
    assert actions(world) == []


def test_what_a_person_closed_stays_closed(world: World) -> None:
    world.run(world.message(transactionDate=None))
    actions_ = Actions(world.table, world.clock, world.random)
    resolve = Resolve(table=world.table, clock=world.clock, actions=actions_)
    resolve(world.id_of(), how="not-billable", note="n", actor=ACTOR)

    assert adopt(world) == [Link.RESOLVED]


def test_an_open_intent_and_a_lease_are_in_the_way(world: World) -> None:
    now = int(world.clock.now())
    lease = Update(keys.ledger(world.id_of()), set={"state": "QUEUED", "lease_until": now + 100})
    world.table.write(lease)
    assert adopt(world) == [Link.BUSY]

    world.clock.advance(101)
    world.table.write(Update(keys.ledger(world.id_of()), set={"intent": INTENT}))
    assert adopt(world) == [Link.BUSY]

    in_flight = Update(keys.ledger(world.id_of()), set={"state": "IN_FLIGHT"}, remove=("intent",))
    world.table.write(in_flight)
    assert adopt(world) == [Link.BUSY]


def test_an_invoice_of_quickbooks_belongs_to_one_of_servicetrade_for_good(world: World) -> None:
    """The other window does not show the first invoice any more."""
    adopt(world)

    assert adopt(world, a_pair(world, 1)) == [Link.TAKEN]
    assert world.entry(1).state is None


def test_what_another_entry_is_bound_to_is_taken(world: World) -> None:
    world.run(world.message())
    ours = str(world.entry().qbo_id)
    first, second = a_pair(world, qbo_id=ours), a_pair(world, 1, qbo_id=ours)

    assert adopt(world, first, second) == [Link.LOADED, Link.TAKEN]


# Beside a loader


def check_exclusive(world: World, links: list[Link]) -> None:
    """Either the typed invoice is linked, or one was made: never both, never neither."""
    made = len(world.invoices())
    entry = world.entry()
    if entry.adopted:
        assert made == 0
        assert (entry.state, entry.qbo_id) == (State.ADOPTED, QBO_ID)
    else:
        assert made == 1
        assert entry.state is State.LOADED
        assert links[-1] in {Link.LOADED, Link.BUSY}


def calls_of(act: Callable[[World], object]) -> int:
    world = World()
    act(world)
    return world.line.calls


LOADER_CALLS = calls_of(lambda world: world.run(world.message()))
ADOPT_CALLS = calls_of(adopt)


@pytest.mark.parametrize("at", range(1, LOADER_CALLS + 1))
def test_adopting_at_any_moment_of_a_load_links_or_leaves_alone(world: World, at: int) -> None:
    links: list[Link] = []
    world.line.pause_at = at
    world.line.meanwhile = lambda: links.extend(adopt(world, line=Lifeline()))

    world.run(world.message())
    world.line.live()
    world.drain()

    assert len(links) == 1
    check_exclusive(world, links)
    links += adopt(world)
    check_exclusive(world, links)


@pytest.mark.parametrize("at", range(1, ADOPT_CALLS + 1))
def test_a_load_at_any_moment_of_adopting_makes_it_or_finds_it_linked(
    world: World, at: int
) -> None:
    world.line.pause_at = at
    world.line.meanwhile = lambda: world.run(world.message(), load=world.loader(Lifeline()))

    links = adopt(world)
    world.line.live()
    world.drain()

    check_exclusive(world, links)


@pytest.mark.parametrize("at", range(1, LOADER_CALLS + 1))
def test_a_loader_whose_lease_ended_unnoticed_makes_nothing_beside_a_link(
    world: World, at: int
) -> None:
    """The desk's clock is far ahead: to it every lease has ended."""
    ahead = World().clock

    def meanwhile() -> None:
        ahead.time = world.clock.now() + 86_400
        table, chance = world.table, world.random
        use_case = Adopt(
            table=table, clock=ahead, random=chance, actions=Actions(table, ahead, chance)
        )
        links.extend(each.link for each in use_case([a_pair(world)], actor=ACTOR))

    links: list[Link] = []
    world.line.pause_at = at
    world.line.meanwhile = meanwhile

    world.run(world.message())
    world.line.live()
    world.drain()

    check_exclusive(world, links)


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("at", range(1, ADOPT_CALLS + 1))
def test_a_run_that_dies_anywhere_is_finished_by_the_next(
    world: World, at: int, before: bool
) -> None:
    world.line.die_at, world.line.die_before = at, before
    with pytest.raises(KilledError):
        adopt(world)
    world.line.live()
    was_linked = world.entry().adopted

    assert adopt(world) == [Link.KNOWN if was_linked else Link.LINKED]
    assert world.events() == ["adopted"]
    assert world.entry().state is State.ADOPTED
    assert actions(world)


def test_a_write_that_was_made_twice_meets_its_own_first_try(world: World) -> None:
    table = world.table
    write_all = table.write_all

    class Twice:
        """The client below did not hear of its first try."""

        def __getattr__(self, name: str) -> Any:
            return getattr(table, name)

        def write_all(self, writes: Any) -> None:
            write_all(writes)
            write_all(writes)

    adopting = Adopt(
        table=cast("Any", Twice()),
        clock=world.clock,
        random=world.random,
        actions=Actions(table, world.clock, world.random),
    )

    (found,) = adopting([a_pair(world)], actor=ACTOR)

    assert found.link is Link.LINKED


def test_what_changed_while_it_was_linked_is_decided_anew(world: World) -> None:
    """The extractor marks the invoice between the look and the link."""
    key = keys.ledger(world.id_of())
    world.line.pause_at = ADOPT_CALLS
    world.line.meanwhile = lambda: world.table.write(Update(key, set={"state": "QUEUED"}))

    assert adopt(world) == [Link.LINKED]


@pytest.mark.parametrize(
    ("meanwhile", "link"),
    [
        ({"qbo_id": "99"}, Link.LOADED),
        ({"intent": INTENT}, Link.BUSY),
        ({"lease_until": 2**40}, Link.BUSY),
        ({"state": "RESOLVED"}, Link.RESOLVED),
    ],
)
def test_each_thing_that_may_come_between_is_in_the_condition(
    world: World, meanwhile: dict[str, Any], link: Link
) -> None:
    """One attribute changes at the last moment, and nothing else does."""
    key = keys.ledger(world.id_of())
    world.table.write(Update(key, set={"state": "QUEUED"}))
    world.line.pause_at = ADOPT_CALLS
    world.line.meanwhile = lambda: world.table.write(Update(key, set=meanwhile))

    assert adopt(world) == [link]
    assert not world.entry().adopted


def test_a_look_that_says_something_new_at_the_last_moment_is_looked_at_first(
    world: World,
) -> None:
    key = keys.ledger(world.id_of())
    newer = revision_attributes("seen", world.message().revision)
    world.line.pause_at = ADOPT_CALLS
    world.line.meanwhile = lambda: world.table.write(Update(key, set=newer))

    assert adopt(world) == [Link.LINKED]
    assert world.line.names.count("table.write_all") == 2


def test_of_two_that_want_the_same_invoice_at_once_one_gets_it(world: World) -> None:
    """Two desks, two windows: neither sees the other's invoice."""
    world.line.pause_at = ADOPT_CALLS
    world.line.meanwhile = lambda: adopt(world, a_pair(world, 1), line=Lifeline())

    assert adopt(world) == [Link.TAKEN]
    assert (world.entry(0).adopted, world.entry(1).adopted) == (False, True)


def test_a_table_that_does_not_answer_is_no_link(world: World) -> None:
    world.line.instead["table.write_all"] = [_refuse]

    with pytest.raises(RetryableError):
        adopt(world)
    assert world.entry().state is None


def _refuse() -> None:
    raise RetryableError("the table does not answer")


def test_a_link_names_its_invoice_in_the_table() -> None:
    assert keys.adopted(QuickBooksId("4711")).pk == "ADOPTED#4711"


def test_a_customer_of_servicetrade_is_shown_by_its_name(world: World) -> None:
    source = told(int(world.id_of()), customer=expected("Acme", "Main St"))

    adopt(world, (source, booked(int(QBO_ID))))

    assert world.entry().shown["customer"] == "Acme:Main St"
