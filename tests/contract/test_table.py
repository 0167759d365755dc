"""The state table: one set of cases for the table in memory and for DynamoDB."""

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from invoicesync.adapters.aws.plain_json import carry_plain_json
from invoicesync.adapters.aws.table import DynamoTable
from invoicesync.conditions import (
    Absent,
    AllOf,
    Condition,
    Delete,
    Equals,
    Greater,
    Item,
    Key,
    Less,
    Not,
    Present,
    Put,
    Update,
    Value,
    all_of,
    any_of,
)
from invoicesync.errors import (
    ConditionFailedError,
    MisconfiguredError,
    RateLimitedError,
    RetryableError,
    StateError,
    TransactionCanceledError,
)
from invoicesync.ports import Table
from tests.fakes import FakeClock, FakeTable

_numbers = itertools.count(1)
KEY = Key("INVOICE#7", "LEDGER")
OTHER = Key("INVOICE#8", "LEDGER")


def dynamo_table(client: Any) -> DynamoTable:
    name = f"state-{next(_numbers)}"
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
            {"AttributeName": "open_state", "AttributeType": "S"},
            {"AttributeName": "open_since", "AttributeType": "N"},
        ],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "ByState",
                "KeySchema": [
                    {"AttributeName": "open_state", "KeyType": "HASH"},
                    {"AttributeName": "open_since", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    )
    return DynamoTable(client, name, FakeClock())


@pytest.fixture(scope="module")
def one_table(aws: Callable[[str], Any]) -> DynamoTable:
    return dynamo_table(aws("dynamodb"))


def empty(client: Any, table: DynamoTable) -> None:
    """Delete every item: faster than another table for each test."""
    for row in client.scan(TableName=table._name, ProjectionExpression="pk, sk")["Items"]:
        client.delete_item(TableName=table._name, Key=row)


@pytest.fixture(params=["memory", "dynamodb"])
def table(request: pytest.FixtureRequest) -> Table:
    if request.param == "memory":
        return FakeTable()
    found: DynamoTable = request.getfixturevalue("one_table")
    empty(request.getfixturevalue("aws")("dynamodb"), found)
    return found


def item(key: Key = KEY, /, **attributes: Value) -> Item:
    return {"pk": key.pk, "sk": key.sk, **attributes}


def test_what_was_put_comes_back_in_the_same_types(table: Table) -> None:
    every = item(
        text="Ünïcode 🎉",
        empty="",
        number=-12345678901234567890,
        yes=True,
        no=False,
        nothing=None,
        rows=["a", 1, [True, None]],
        nested={"lines": [{"amount": "12.50"}], "none": {}},
    )

    returned = table.write(Put(every))

    assert returned == every
    found = table.get(KEY)
    assert found == every
    assert found is not None
    assert found["yes"] is True
    assert type(found["number"]) is int


def test_a_float_never_gets_in(table: Table) -> None:
    money: Any = 12.5
    with pytest.raises(TypeError, match="float"):
        table.write(Put(item(total=money)))


def test_an_item_that_is_not_there_is_none(table: Table) -> None:
    assert table.get(KEY) is None


def test_an_item_is_replaced_as_a_whole(table: Table) -> None:
    table.write(Put(item(a=1, b=2)))
    table.write(Put(item(a=3)))
    assert table.get(KEY) == item(a=3)


def test_an_update_makes_sets_adds_and_removes(table: Table) -> None:
    made = table.write(Update(KEY, set={"state": "QUEUED", "gone": "x"}, add={"fence": 2}))
    assert made == item(state="QUEUED", gone="x", fence=2)

    changed = table.write(Update(KEY, set={"state": "HELD"}, add={"fence": -3}, remove=["gone"]))
    assert changed == item(state="HELD", fence=-1) == table.get(KEY)


def test_reserved_words_are_names_like_any_other(table: Table) -> None:
    table.write(Update(KEY, set={"state": "a", "name": "b", "a.b": "c", "#x": 1}))
    done = table.write(Update(KEY, add={"#x": 1}, condition=Equals("a.b", "c")))
    assert done["#x"] == 2


def test_a_delete_returns_nothing_and_may_be_repeated(table: Table) -> None:
    table.write(Put(item(a=1)))
    assert table.write(Delete(KEY)) == {}
    assert table.write(Delete(KEY)) == {}
    assert table.get(KEY) is None


CONDITIONS: Sequence[tuple[Condition, bool, bool]] = [
    # condition, of the item below, of no item at all
    (Absent("missing"), True, True),
    (Absent("number"), False, True),
    (Present("number"), True, False),
    (Present("nothing"), True, False),
    (Present("missing"), False, False),
    (Equals("text", "b"), True, False),
    (Equals("text", "B"), False, False),
    (Equals("number", 5), True, False),
    (Equals("yes", True), True, False),
    (Equals("yes", False), False, False),
    (Equals("missing", 5), False, False),
    (Less("number", 6), True, False),
    (Less("number", 5), False, False),
    (Less("missing", 6), False, False),
    (Less("text", "c"), True, False),
    (Less("text", "é"), True, False),
    (Greater("number", 4), True, False),
    (Greater("number", 5), False, False),
    (Greater("number", -10), True, False),
    (Greater("text", "a"), True, False),
    (Greater("text", "B"), True, False),
    (Greater("missing", 0), False, False),
    (Not(Equals("number", 5)), False, True),
    (Not(Less("missing", 5)), True, True),
    (Not(Not(Present("text"))), True, False),
    (all_of(Present("text"), Greater("number", 1)), True, False),
    (all_of(Present("text"), Absent("text")), False, False),
    (any_of(Absent("missing"), Equals("number", 9)), True, True),
    (any_of(Equals("number", 9), Equals("text", "z")), False, False),
    (any_of(Absent("pk"), all_of(Less("number", 6), Not(Equals("text", "z")))), True, True),
]


@pytest.mark.parametrize(("condition", "of_an_item", "of_none"), CONDITIONS, ids=str)
def test_a_condition_means_the_same_everywhere(
    table: Table, condition: Condition, of_an_item: bool, of_none: bool
) -> None:
    there = item(text="b", number=5, one=1, yes=True, nothing=None)
    table.write(Put(there))

    assert passes(table, KEY, condition) is of_an_item
    assert passes(table, OTHER, condition) is of_none
    assert FakeTable.holds(condition, there) is of_an_item
    assert FakeTable.holds(condition, None) is of_none


@pytest.mark.parametrize(
    "condition",
    [
        Equals("number", "5"),
        Equals("number", True),
        Equals("one", True),
        Equals("yes", 1),
        Less("number", "6"),
        Less("nothing", 6),
        Less("yes", 6),
        Greater("text", 1),
    ],
    ids=str,
)
def test_values_of_two_types_never_compare(condition: Condition) -> None:
    # In memory alone: moto goes by Python's rules here, where DynamoDB says false.
    assert not FakeTable.holds(condition, item(text="b", number=5, one=1, yes=True, nothing=None))


def passes(table: Table, key: Key, condition: Condition) -> bool:
    try:
        table.write(Update(key, set={"touched": 1}, condition=condition))
    except ConditionFailedError:
        return False
    return True


def test_a_condition_of_no_parts_is_refused(table: Table) -> None:
    with pytest.raises(ValueError, match="no parts"):
        table.write(Put(item(), condition=AllOf(())))


def test_a_failed_condition_carries_the_item_that_was_there(table: Table) -> None:
    table.write(Put(item(nonce="ours")))
    for write in (
        Put(item(nonce="theirs"), condition=Absent("pk")),
        Update(KEY, set={"nonce": "theirs"}, condition=Absent("pk")),
        Delete(KEY, condition=Absent("pk")),
    ):
        with pytest.raises(ConditionFailedError) as raised:
            table.write(write)
        assert raised.value.found == item(nonce="ours")
    assert table.get(KEY) == item(nonce="ours")


def test_a_failed_condition_on_nothing_carries_nothing(table: Table) -> None:
    with pytest.raises(ConditionFailedError) as raised:
        table.write(Update(KEY, set={"a": 1}, condition=Present("pk")))
    assert raised.value.found is None
    assert table.get(KEY) is None


@pytest.mark.parametrize(
    "write",
    [
        Update(KEY, set={"a": 1}, remove=["a"]),
        Update(KEY, set={"a": 1}, add={"a": 1}),
        Update(KEY, set={"sk": "other"}),
        Update(KEY, add={"word": 1}),
        Put(item(Key("INVOICE#7", ""))),
    ],
    ids=str,
)
def test_a_write_that_dynamodb_finds_invalid_is_refused(table: Table, write: Put | Update) -> None:
    table.write(Put(item(word="x")))
    with pytest.raises(StateError):
        table.write(write)
    assert table.get(KEY) == item(word="x")


@pytest.mark.parametrize(
    "attributes",
    [{"open_state": None}, {"open_state": ""}, {"open_state": "HELD", "open_since": "yesterday"}],
    ids=str,
)
def test_what_would_not_fit_the_index_is_refused(attributes: dict[str, Value]) -> None:
    # In memory alone: moto lets it in and leaves it out of the index.
    with pytest.raises(StateError, match="index"):
        FakeTable().write(Put(item(KEY, **attributes)))


def test_an_update_that_changes_nothing_is_refused(table: Table) -> None:
    with pytest.raises(ValueError, match="changes nothing"):
        table.write(Update(KEY))


def test_many_items_are_read_at_once_and_absent_ones_left_out(table: Table) -> None:
    keys = [Key(f"INVOICE#{number}", "LEDGER") for number in range(130)]
    for key in keys[::2]:
        table.write(Put(item(key, n=key.pk)))

    found = table.get_many([*keys, keys[0]])

    assert list(found) == keys[::2]
    assert found[keys[2]] == item(keys[2], n="INVOICE#2")
    assert table.get_many([]) == {}


def test_a_transaction_makes_all_its_writes(table: Table) -> None:
    table.write(Put(item(OTHER, a=1)))
    third = Key("BATCH#r", "JOURNAL")
    table.write_all(
        [
            Put(item(fence=1), condition=Absent("pk")),
            Update(OTHER, add={"a": 1}, condition=Equals("a", 1)),
            Delete(third),
        ]
    )
    assert table.get(KEY) == item(fence=1)
    assert table.get(OTHER) == item(OTHER, a=2)
    table.write_all([])


def test_a_transaction_makes_none_of_its_writes_and_says_which_failed(table: Table) -> None:
    table.write(Put(item(fence=1)))
    with pytest.raises(TransactionCanceledError) as raised:
        table.write_all(
            [
                Put(item(OTHER, a=1), condition=Absent("pk")),
                Update(KEY, set={"fence": 2}, condition=Equals("fence", 9)),
                Delete(Key("x", "y")),
                Delete(Key("x", "z"), condition=Present("pk")),
            ]
        )
    assert raised.value.failed == (1, 3)
    assert table.get(OTHER) is None
    assert table.get(KEY) == item(fence=1)


def test_a_transaction_takes_a_hundred_writes_and_no_more(table: Table) -> None:
    writes = [Put(item(Key(f"INVOICE#{n}", "LEDGER"), n=n)) for n in range(101)]
    with pytest.raises(ValueError, match="101"):
        table.write_all(writes)
    table.write_all(writes[:100])
    assert table.get(Key("INVOICE#99", "LEDGER")) is not None


def test_a_transaction_refuses_one_key_twice(table: Table) -> None:
    with pytest.raises(StateError):
        table.write_all([Put(item(a=1)), Update(KEY, set={"a": 2})])
    assert table.get(KEY) is None


def test_a_query_returns_one_partition_in_order(table: Table) -> None:
    for sk in ("EVENT#000010", "LEDGER", "EVENT#000002", "EVENT#é", "EVENT#~"):
        table.write(Put(item(Key("INVOICE#7", sk))))
    table.write(Put(item(Key("INVOICE#70", "EVENT#000001"))))

    def found(prefix: str, limit: int = 100) -> list[Value]:
        return [row["sk"] for row in table.query("INVOICE#7", prefix=prefix, limit=limit)]

    events: list[Value] = ["EVENT#000002", "EVENT#000010", "EVENT#~", "EVENT#é"]
    assert found("EVENT#") == events
    assert found("EVENT#", 2) == events[:2]
    assert found("") == [*events, "LEDGER"]
    assert found("BATCH#") == []


def test_a_query_goes_on_over_pages(table: Table) -> None:
    filling = "x" * 300_000
    for number in range(5):
        table.write(Put(item(Key("REF", f"{number}"), filling=filling)))
    assert [row["sk"] for row in table.query("REF")] == ["0", "1", "2", "3", "4"]
    assert len(table.query("REF", limit=4)) == 4


def test_a_scan_finds_one_sort_key_in_every_partition(table: Table) -> None:
    filling = "x" * 300_000
    for number in range(5):
        table.write(Put(item(Key(f"INVOICE#{number}", "LEDGER"), filling=filling)))
        table.write(Put(item(Key(f"INVOICE#{number}", "EVENT#1"), filling=filling)))
    found = table.scan("LEDGER")
    assert sorted(str(row["pk"]) for row in found) == [f"INVOICE#{at}" for at in range(5)]
    assert [row["sk"] for row in found] == ["LEDGER"] * 5
    assert table.scan("JOURNAL") == []


def test_open_work_is_found_by_state_oldest_first(table: Table) -> None:
    for number, state, since in [
        (1, "HELD", 300),
        (2, "HELD", 100),
        (3, "QUEUED", 50),
        (4, "HELD", 301),
        (5, "HELD", 200),
    ]:
        key = Key(f"INVOICE#{number}", "LEDGER")
        table.write(Put(item(key, open_state=state, open_since=since, total="9.99")))
    table.write(Put(item(Key("INVOICE#6", "LEDGER"), state="LOADED")))
    table.write(Update(Key("INVOICE#5", "LEDGER"), remove=["open_state", "open_since"]))

    found = table.by_state("HELD", until=300)

    assert found == [
        item(Key("INVOICE#2", "LEDGER"), open_state="HELD", open_since=100),
        item(Key("INVOICE#1", "LEDGER"), open_state="HELD", open_since=300),
    ]
    assert table.by_state("HELD", until=300, limit=1) == found[:1]
    assert table.by_state("WAITING", until=300) == []


numbers = st.integers(-9, 9)
texts = st.text(max_size=2)
attributes_of_an_item = st.fixed_dictionaries(
    {}, optional={"n": numbers, "t": texts, "yes": st.booleans()}
)
names = st.sampled_from(["n", "t", "yes"])
leaves = st.one_of(
    st.builds(Absent, names),
    st.builds(Present, names),
    *[st.builds(kind, st.just("n"), numbers) for kind in (Equals, Less, Greater)],
    *[st.builds(kind, st.just("t"), texts) for kind in (Equals, Less, Greater)],
    st.builds(Equals, st.just("yes"), st.booleans()),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: all_of(*parts)),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: any_of(*parts)),
    ),
    max_leaves=5,
)


@settings(max_examples=40)
@given(condition=conditions, attributes=st.none() | attributes_of_an_item)
def test_memory_and_dynamodb_agree_about_any_condition(
    one_table: DynamoTable, condition: Condition, attributes: dict[str, Value] | None
) -> None:
    there = None if attributes is None else item(KEY, **attributes)
    one_table.write(Delete(KEY) if there is None else Put(there))
    assert passes(one_table, KEY, condition) is FakeTable.holds(condition, there)


def test_of_many_claims_at_once_one_wins(one_table: DynamoTable) -> None:
    key = Key("INVOICE#race", "LEDGER")

    def claim(number: int) -> bool:
        write = Update(key, set={"nonce": f"{number}"}, condition=Absent("nonce"))
        try:
            one_table.write(write)
        except ConditionFailedError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(claim, range(12))) == 1


def test_a_table_that_does_not_exist_is_a_misconfiguration(aws: Callable[[str], Any]) -> None:
    nowhere = DynamoTable(aws("dynamodb"), "nowhere", FakeClock())
    with pytest.raises(MisconfiguredError, match="ResourceNotFoundException"):
        nowhere.get(KEY)
    with pytest.raises(MisconfiguredError, match="ResourceNotFoundException"):
        nowhere.write_all([Put(item())])


class Client:
    """Answers that moto never gives."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)
        self.calls: list[dict[str, Any]] = []

    def batch_get_item(self, **arguments: Any) -> Any:
        self.calls.append(arguments)
        return self._answers.pop(0)


def unread(*keys: str, rows: Sequence[str] = ()) -> dict[str, Any]:
    left = {"state": {"Keys": [{"pk": {"S": pk}, "sk": {"S": "s"}} for pk in keys]}}
    found = [{"pk": {"S": pk}, "sk": {"S": "s"}} for pk in rows]
    return {"Responses": {"state": found}, "UnprocessedKeys": left if keys else {}}


def test_keys_that_dynamodb_left_over_are_asked_for_again() -> None:
    clock = FakeClock()
    client: Any = Client(unread("b", rows=["a"]), unread("b"), unread("b"), unread(rows=["b"]))

    found = DynamoTable(client, "state", clock).get_many([Key("a", "s"), Key("b", "s")])

    assert list(found) == [Key("a", "s"), Key("b", "s")]
    assert client.calls[-1]["RequestItems"]["state"] == {
        "Keys": [{"pk": {"S": "b"}, "sk": {"S": "s"}}],
        "ConsistentRead": True,
    }
    assert len(clock.slept) == 2


def test_keys_that_stay_unread_are_not_taken_for_absent() -> None:
    client: Any = Client(*[unread("a")] * 6)
    with pytest.raises(RateLimitedError, match="1 keys of state"):
        DynamoTable(client, "state", FakeClock()).get_many([Key("a", "s")])


def test_a_lagging_index_shows_the_table_as_it_was() -> None:
    clock = FakeClock()
    table = FakeTable(clock, index_lag_seconds=30)
    table.write(Put(item(open_state="HELD", open_since=1)))
    assert table.by_state("HELD", until=9) == []
    clock.advance(30)
    assert len(table.by_state("HELD", until=9)) == 1
    table.write(Delete(KEY))
    assert len(table.by_state("HELD", until=9)) == 1
    clock.advance(30)
    assert table.by_state("HELD", until=9) == []


def test_a_repeated_write_meets_its_own_first_try() -> None:
    table = FakeTable(repeats=lambda: True)
    with pytest.raises(ConditionFailedError) as raised:
        table.write(Put(item(nonce="ours"), condition=Absent("pk")))
    assert raised.value.found == item(nonce="ours")
    assert table.write(Update(KEY, add={"n": 1}))["n"] == 2


def test_a_caller_cannot_reach_into_the_table_in_memory() -> None:
    table = FakeTable()
    rows: list[Value] = [1]
    table.write(Put(item(rows=rows))).clear()
    rows.append(2)
    found = table.get(KEY)
    assert found == item(rows=[1])
    assert issubclass(RateLimitedError, RetryableError)


def test_plain_json_carries_what_botocore_would_have_written(cloud_url: str) -> None:
    """The same calls through both: every answer is the same, errors too."""
    session = boto3.session.Session()
    config = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
    plain = session.client("dynamodb", endpoint_url=cloud_url, config=config)
    carry_plain_json(plain)
    walked = session.client("dynamodb", endpoint_url=cloud_url, config=config)
    name = "carried"
    keys: Any = [{"AttributeName": part, "KeyType": kind} for part, kind in _KEY_PARTS]
    typed: Any = [{"AttributeName": part, "AttributeType": "S"} for part, _ in _KEY_PARTS]
    plain.create_table(
        TableName=name, KeySchema=keys, AttributeDefinitions=typed, BillingMode="PAY_PER_REQUEST"
    )
    item: Any = {
        "pk": {"S": "a"},
        "sk": {"S": "é \U0001f600 \\ \"'"},
        "n": {"N": "9007199254740993"},
        "map": {"M": {"l": {"L": [{"BOOL": True}, {"NULL": True}]}}},
    }
    put: Any = {"Put": {"TableName": name, "Item": item}}
    plain.transact_write_items(TransactItems=[put])
    key = {"pk": item["pk"], "sk": item["sk"]}

    answers = [
        client.get_item(TableName=name, Key=key, ConsistentRead=True).get("Item")
        for client in (plain, walked)
    ]
    assert answers == [item, item]
    for client in (plain, walked):
        with pytest.raises(ClientError) as refused:
            client.put_item(
                TableName=name,
                Item=item,
                ConditionExpression="attribute_not_exists(pk)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        told: Any = refused.value.response
        assert told["Error"]["Code"] == "ConditionalCheckFailedException"
        assert told["Item"] == item
    plain.delete_table(TableName=name)


_KEY_PARTS = (("pk", "HASH"), ("sk", "RANGE"))
