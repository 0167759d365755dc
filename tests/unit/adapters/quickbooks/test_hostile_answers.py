"""Answers that nobody would send on purpose: only our errors come out, and the stack holds."""

import contextlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invoicesync.adapters.quickbooks.client import QuickBooksClient
from invoicesync.domain.ids import QuickBooksId, RequestId
from invoicesync.errors import InvoiceSyncError, OutcomeUnknownError, TransientReadError
from tests.unit.adapters.quickbooks.stand_ins import Reply, Wire, client_on

_R1 = RequestId("r1")
_CALLS: dict[str, Callable[[QuickBooksClient], Any]] = {
    "batch": lambda client: client.batch(b"{}", request_id=_R1),
    "void": lambda client: client.void(b"{}", request_id=_R1),
    "read": lambda client: client.read_invoice(QuickBooksId("12")),
    "query": lambda client: client.query("Invoice"),
    "preferences": lambda client: client.preferences(),
}


_DEPTHS = [60, 300, 600, 990, 1500, 9_000, 100_000]


@pytest.mark.parametrize("call", _CALLS)
@pytest.mark.parametrize("depth", _DEPTHS)
def test_no_depth_of_an_answer_exhausts_the_stack(call: str, depth: int) -> None:
    lists = b"[" * depth + b"]" * depth
    bodies = [
        b'{"Fault":' + lists + b"}",
        b'{"Invoice":' + lists + b',"half":"\\ud83d"}',
        b'{"a":' * depth + b"1" + b"}" * depth,
        b"<a>" * depth + b"</a>" * depth,
    ]

    for body in bodies:
        with pytest.raises((OutcomeUnknownError, TransientReadError)):
            _CALLS[call](client_on(Wire(Reply(400, body))))


_ANYTHING = st.one_of(
    st.binary(max_size=60),
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(
                st.sampled_from(
                    [
                        *("Fault", "Error", "code", "Detail", "BatchItemResponse", "bId", "Id"),
                        *("Invoice", "Customer", "QueryResponse", "maxResults", "Preferences"),
                    ]
                ),
                inner,
                max_size=4,
            ),
        ),
        max_leaves=10,
    ).map(lambda content: json.dumps(content).encode()),
)


@settings(max_examples=400)
@given(st.sampled_from([200, 200, 200, 400, 404, 429, 500]), _ANYTHING)
def test_nothing_but_our_errors_comes_out(status: int, body: bytes) -> None:
    for call in _CALLS.values():
        with contextlib.suppress(InvoiceSyncError):
            call(client_on(Wire(Reply(status, body))))
