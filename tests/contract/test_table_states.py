"""The table in memory and DynamoDB, led through the same writes in any order."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from invoicesync.adapters.aws.table import DynamoTable
from invoicesync.conditions import (
    Absent,
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
    Write,
    all_of,
    any_of,
)
from invoicesync.errors import ConditionFailedError, StateError, TransactionCanceledError
from invoicesync.ports import Table
from tests.contract.test_table import dynamo_table, empty
from tests.fakes import FakeTable

# Few keys and few values, so that conditions meet what they ask for about half of the time.
PARTITIONS = ("INVOICE#1", "INVOICE#2")
KEYS = [Key(pk, sk) for pk in PARTITIONS for sk in ("EVENT#1", "LEDGER")]
STATES = ("HELD", "QUEUED")
NUMBERS = ("fence", "open_since")
TEXTS = ("nonce", "open_state")

keys = st.sampled_from(KEYS)
numbers = st.integers(-1, 1)
texts = st.sampled_from(STATES)
attributes: st.SearchStrategy[dict[str, Value]] = st.fixed_dictionaries(
    {}, optional={**dict.fromkeys(NUMBERS, numbers), **dict.fromkeys(TEXTS, texts)}
)
names = st.sampled_from((*NUMBERS, *TEXTS))


def _compared(kind: Callable[[str, Any], Condition]) -> st.SearchStrategy[Condition]:
    # Never across types: moto goes by Python's rules there, where DynamoDB says false.
    return st.builds(kind, st.sampled_from(NUMBERS), numbers) | st.builds(
        kind, st.sampled_from(TEXTS), texts
    )


simple: st.SearchStrategy[Condition] = (
    st.builds(Absent, st.just("pk") | names)
    | st.builds(Present, st.just("pk") | names)
    | _compared(Equals)
    | _compared(Less)
    | _compared(Greater)
)
conditions = (
    st.none()
    | simple
    | st.builds(Not, simple)
    | st.builds(all_of, simple, simple)
    | st.builds(any_of, simple, st.builds(Not, simple))
)


@st.composite
def updates(draw: st.DrawFn) -> Update:
    """Draw an update that DynamoDB finds valid: every name in one clause, and one at least."""
    chosen: dict[str, Value] = draw(attributes)
    left = [name for name in NUMBERS if name not in chosen]
    added = draw(st.dictionaries(st.sampled_from(left), numbers)) if left else {}
    free = [name for name in (*NUMBERS, *TEXTS) if name not in chosen and name not in added]
    removed = draw(st.lists(st.sampled_from(free), unique=True)) if free else []
    if not (chosen or added or removed):
        removed = ["nonce"]
    return Update(draw(keys), chosen, added, removed, draw(conditions))


def _put(key: Key, values: dict[str, Value], condition: Condition | None) -> Put:
    return Put({"pk": key.pk, "sk": key.sk, **values}, condition)


writes: st.SearchStrategy[Write] = (
    st.builds(_put, keys, attributes, conditions) | updates() | st.builds(Delete, keys, conditions)
)


class TableMachine(RuleBasedStateMachine):
    """Whatever one of the two answers, the other answers too, and both then hold the same."""

    def __init__(self, client: Any, dynamo: DynamoTable) -> None:
        super().__init__()
        empty(client, dynamo)
        self.dynamo, self.memory = dynamo, FakeTable()
        self.tables: tuple[Table, Table] = (self.dynamo, self.memory)

    @rule(write=writes)
    def write(self, write: Write) -> None:
        there, here = (_made(partial(table.write, write)) for table in self.tables)
        assert there == here

    @rule(several=st.lists(writes, max_size=3))
    def write_all(self, several: Sequence[Write]) -> None:
        there, here = (_made(partial(table.write_all, several)) for table in self.tables)
        assert there == here

    @rule(pk=st.sampled_from(PARTITIONS), prefix=st.sampled_from(("", "EVENT#", "L", "x")))
    def query(self, pk: str, prefix: str) -> None:
        for limit in (1, 100):
            there, here = (table.query(pk, prefix=prefix, limit=limit) for table in self.tables)
            assert there == here

    @rule(state=texts, until=numbers)
    def by_state(self, state: str, until: int) -> None:
        there, here = (table.by_state(state, until=until) for table in self.tables)
        assert _since(there) == _since(here)
        # Items that entered a state in the same second come in any order.
        assert sorted(map(_text, there)) == sorted(map(_text, here))
        there, here = (table.by_state(state, until=until, limit=2) for table in self.tables)
        assert _since(there) == _since(here)

    @invariant()
    def both_hold_the_same(self) -> None:
        assert self.dynamo.get_many(KEYS) == self.memory.items


def _made(write: Callable[[], Item | None]) -> object:
    """Make a write; return what came back, or what it was refused for and with."""
    try:
        return write()
    except ConditionFailedError as refused:
        return "condition", refused.found
    except TransactionCanceledError as refused:
        return "transaction", refused.failed
    except StateError:
        return "invalid"


def _since(rows: Sequence[Item]) -> list[Value]:
    return [row["open_since"] for row in rows]


def _text(row: Item) -> str:
    return repr(sorted(row.items()))


def test_memory_and_dynamodb_agree_after_any_writes(aws: Callable[[str], Any]) -> None:
    client = aws("dynamodb")
    dynamo = dynamo_table(client)

    class Led(TableMachine):
        def __init__(self) -> None:
            super().__init__(client, dynamo)

    run_state_machine_as_test(
        Led,
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            derandomize=True,
            deadline=None,
            # Shrinking takes minutes over sockets; twenty steps are read without it.
            phases=[Phase.generate],
        ),
    )
