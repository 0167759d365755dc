"""Make QuickBooks documents of the golden invoices, by the product's own transform.

Each file in `invoices/` is an invoice and its job as ServiceTrade's API shows them, with the reason
why it is kept and, written by hand, what QuickBooks shall hold. The documents carry names where
QuickBooks wants ids: whoever posts them looks the names up.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from invoicesync.domain.document import Document
from invoicesync.domain.mapping import Mapping, parse_mapping
from invoicesync.domain.rendering import Resolved, encode, marker, render
from invoicesync.domain.source import Source, parse_source
from invoicesync.domain.transform import Transformed, transform

ROOT = Path(__file__).parents[2]
INVOICES = Path(__file__).with_name("invoices")
MAPPING = ROOT / "sandbox/src/sandbox/demo/mapping.yaml"
DATA = ROOT / "postman/mapping-regression.data.json"

type Transform = Callable[[Source, Mapping], Transformed]


@dataclass(frozen=True)
class Golden:
    """One invoice that is kept, why, and what QuickBooks shall hold for it."""

    name: str
    why: str
    source: Source
    expected: dict[str, Any]


def goldens() -> Iterator[Golden]:
    """Read every golden invoice, in the order of their names."""
    for path in sorted(INVOICES.glob("*.json")):
        kept = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        source = parse_source(kept["invoice"], kept["job"])
        yield Golden(path.stem, kept["why"], source, kept["expected"])


def document_of(golden: Golden, *, by: Transform = transform) -> Document:
    """Transform a golden invoice; one that is held has no place among them."""
    made = by(golden.source, parse_mapping(MAPPING.read_text(encoding="utf-8")))
    if made.document is None or made.problems:
        raise ValueError(f"{golden.name} is held: {made.problems}")
    return made.document


def data_file(*, by: Transform = transform) -> str:
    """Render what the collection is fed with: a row for each golden invoice."""
    rows = [
        {
            "name": golden.name,
            "why": golden.why,
            "document": _body(document_of(golden, by=by)),
            "expected": golden.expected,
        }
        for golden in goldens()
    ]
    # Through the product's own writer, which alone knows how a Decimal is written.
    plain = json.loads(encode(rows))
    return json.dumps(plain, indent=2, ensure_ascii=False) + "\n"


def _body(document: Document) -> dict[str, Any]:
    customer = document.customer.reference.name
    lines = document.lines
    names = Resolved(
        customer_id=_named("Customer", customer or ""),
        item_ids={x.item: _named("Item", x.item.name or "") for x in lines if x.item},
        class_ids={x.class_name: _named("Class", x.class_name) for x in lines if x.class_name},
        term_id=_named("Term", document.term) if document.term else None,
        department_id=_named("Department", document.department) if document.department else None,
        custom_field_ids={name: _named("CustomField", name) for name, _ in document.custom_fields},
    )
    return render(document, names, mark=marker(document.servicetrade_id, 1))


def _named(kind: str, name: str) -> str:
    return f"{{{{{kind}/{name}}}}}"
