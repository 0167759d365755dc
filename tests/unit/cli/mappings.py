"""Mappings of every shape, for tests that hold for all of them."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from pydantic import ValidationError

from invoicesync.domain.mapping import Mapping
from invoicesync.domain.mapping_values import key

# Names that spreadsheets and YAML are known to take for something else.
TRAPS = (
    *("=1+1", "+1", "-2", "@SUM(A1)", "'=x", "''", "'tis", "007", "1.0", "1e3", "true", "Yes"),
    *("null", "~", "2026-11-01", "1/2", "a: b", "- a", "# no", "a #b", "[x]", "{x}", "a;b,c"),
    *('say "so"', "_x0041_", "x005F_", "settings", "[settings]", "ServiceTrade", "é"),
)
WORDS = st.text(
    st.characters(exclude_categories=("C", "Z"), include_characters=" "), min_size=1, max_size=12
).filter(lambda text: text == text.strip() and text.isprintable())
TEXTS = st.sampled_from(TRAPS) | WORDS
CENTS = st.decimals(min_value=0, max_value=99_999, places=2)


def tables(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    pairs = st.lists(st.tuples(TEXTS, values), max_size=4, unique_by=lambda pair: key(pair[0]))
    return pairs.map(dict)


def some(**parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=parts)


def sets(names: Iterable[str]) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(sorted(names)))


ADDRESSES = st.fixed_dictionaries(
    {"street": TEXTS, "city": TEXTS, "state": TEXTS, "postal_code": TEXTS}
)
ZONES = st.sampled_from(["America/New_York", "America/Los_Angeles", "UTC"])
LEVELS = st.sampled_from(["company", "location", "job"])
BANDS = st.tuples(CENTS, CENTS).map(
    lambda pair: sorted(min(each, Decimal(100)) for each in pair) or None
)
RULES = st.builds(
    lambda code, rest: {"code": code, **rest},
    st.sampled_from(["TAX", "NON"]),
    some(
        state=TEXTS,
        tax_group=TEXTS,
        taxable=st.booleans(),
        negative=st.booleans(),
        rate_percent=BANDS,
    ),
)


def _mapping(plain: dict[str, Any]) -> Mapping | None:
    try:
        return Mapping.model_validate(plain)
    except ValidationError:
        return None


MAPPINGS: st.SearchStrategy[Mapping] = (
    st.builds(
        lambda first, rest: _mapping({"go_live": first, **rest}),
        st.dates(date(2000, 1, 1), date(2099, 12, 31)),
        some(
            mode=st.sampled_from(["review", "auto"]),
            review_over=CENTS,
            timezone=ZONES,
            timezones=some(by_office=tables(ZONES)),
            dispatch=some(
                statuses=sets(["ok", "failed", "sent", "paid"]),
                job_statuses=sets(["new", "closed", "invoiced"]),
                exclude_tags=st.lists(TEXTS, max_size=3),
                include_tags=st.lists(TEXTS, max_size=3),
                allow_partials=st.booleans(),
                allow_jobless=st.booleans(),
            ),
            document_number=some(prefix=st.sampled_from(["", "ST-", "=A", "007", "#", "true"])),
            customers=some(
                level=LEVELS,
                levels=tables(LEVELS),
                create_missing=st.booleans(),
                names=tables(TEXTS),
                bill_to=tables(some(address=ADDRESSES, email=st.just("pay@example.test"))),
            ),
            items=some(
                by_code=tables(TEXTS),
                by_name=tables(TEXTS),
                by_type=tables(TEXTS),
                by_service_line=tables(TEXTS),
                default=TEXTS,
            ),
            departments=some(required=st.booleans(), by_office=tables(TEXTS)),
            classes=some(by_service_line=tables(TEXTS), default=TEXTS),
            terms=tables(TEXTS),
            custom_fields=tables(st.sampled_from(["customerPo", "job.sales"])),
            po_required_for=st.lists(TEXTS, max_size=3),
            ship_from=some(by_office=tables(ADDRESSES), default=ADDRESSES),
            closed_period=st.sampled_from(["hold", "first_open_day"]),
            online_payment=st.booleans(),
            tax=some(
                authority=st.sampled_from(["quickbooks", "servicetrade"]),
                tolerance=CENTS,
                rules=st.lists(RULES, max_size=3),
            ),
        ),
    )
    .filter(lambda mapping: mapping is not None)
    .map(lambda mapping: mapping or Mapping(go_live=date(2000, 1, 1)))
)
