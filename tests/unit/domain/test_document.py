from dataclasses import replace
from decimal import Decimal

import pytest

from invoicesync.domain.document import Document, Line
from invoicesync.domain.transform import transform
from tests.unit.domain.invoices import a_mapping, a_source


def a_document() -> Document:
    document = transform(a_source(), a_mapping()).document
    assert document is not None
    return document


def test_equal_documents_have_one_hash_and_different_ones_have_two() -> None:
    document = a_document()

    assert document.hash() == a_document().hash()
    assert replace(document, memo="another").hash() != document.hash()


def test_what_is_neither_money_nor_a_date_has_no_canonical_form() -> None:
    line = Line("Labor", Decimal(1), service_date=object())  # type: ignore[arg-type] # on purpose

    with pytest.raises(TypeError, match="object has no canonical form"):
        replace(a_document(), lines=(line,)).canonical()
