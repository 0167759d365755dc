"""A mapping goes out as a spreadsheet and comes back the same; what is wrong is told by cell."""

import csv
import io
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from random import Random
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from invoicesync.domain.mapping import Mapping, parse_mapping
from invoicesync_cli.csv_file import guarded, read_csv, unguarded, write_csv
from invoicesync_cli.errors import DeskError
from invoicesync_cli.layout import SETTING_KINDS, TABLES
from invoicesync_cli.sheet_reading import MistakenCellsError, Sheet, from_sheets
from invoicesync_cli.sheets import Grid, to_sheets
from invoicesync_cli.xlsx_file import read_xlsx, write_xlsx
from tests.unit.cli.mappings import MAPPINGS, TEXTS, TRAPS
from tests.unit.domain.invoices import a_mapping

FORMATS = pytest.mark.parametrize(
    ("write", "read"), [(write_csv, read_csv), (write_xlsx, read_xlsx)], ids=["csv", "xlsx"]
)

type Write = Callable[[Sequence[Grid]], bytes]
type Read = Callable[[bytes], list[Sheet]]


def workbook(mapping: Mapping | None = None) -> Any:
    return load_workbook(io.BytesIO(write_xlsx(to_sheets(mapping or a_mapping()))))


def saved(book: Any) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def mistakes(book: Any) -> tuple[str, ...]:
    with pytest.raises(MistakenCellsError) as caught:
        from_sheets(read_xlsx(saved(book)))
    return caught.value.mistakes


def test_every_part_of_a_mapping_has_its_place() -> None:
    places = {layout.place[0] for layout in TABLES} | {each.split(".")[0] for each in SETTING_KINDS}

    assert places == set(Mapping.model_fields)


@given(MAPPINGS)
def test_every_mapping_survives_csv(mapping: Mapping) -> None:
    assert from_sheets(read_csv(write_csv(to_sheets(mapping)))) == mapping


@given(MAPPINGS)
@settings(max_examples=10)
def test_every_mapping_survives_xlsx(mapping: Mapping) -> None:
    assert from_sheets(read_xlsx(write_xlsx(to_sheets(mapping)))) == mapping


@FORMATS
def test_every_trap_survives(write: Write, read: Read) -> None:
    mapping = a_mapping(terms={each: each for each in TRAPS}, items={"by_code": {"[terms]": "=1"}})

    assert from_sheets(read(write(to_sheets(mapping)))) == mapping


def test_a_customer_who_is_named_as_a_section_is_begins_none() -> None:
    mapping = a_mapping(customers={"bill_to": {"[terms]": {}}})

    assert from_sheets(read_csv(write_csv(to_sheets(mapping)))) == mapping


def test_no_cell_of_a_workbook_is_a_formula() -> None:
    book = workbook(a_mapping(terms={each: each for each in TRAPS}))

    cells = [cell for sheet in book for row in sheet.rows for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.quotePrefix for cell in cells)


def test_no_cell_of_a_csv_is_taken_for_a_formula() -> None:
    mapping = a_mapping(terms={each: each for each in TRAPS})
    text = write_csv(to_sheets(mapping)).decode("utf-8-sig")

    assert not [
        cell
        for row in csv.reader(io.StringIO(text, newline=""))
        for cell in row
        if cell.startswith(("=", "+", "-", "@"))
    ]
    assert all(line.startswith('"') for line in text.splitlines() if line)


@given(TEXTS | st.text())
def test_a_guard_is_taken_away_again(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_csv_that_another_country_saved_is_read(separator: str) -> None:
    rows = csv.reader(io.StringIO(write_csv(to_sheets(a_mapping())).decode("utf-8-sig")))
    text = io.StringIO()
    widest = 8
    writer = csv.writer(text, delimiter=separator)
    writer.writerows([*row, *[""] * (widest - len(row))] for row in rows)

    assert from_sheets(read_csv(text.getvalue().encode())) == a_mapping()


def test_what_excel_makes_of_typed_values_is_what_was_typed() -> None:
    book = workbook()
    values = {row[0].value: row[1] for row in book["settings"].rows}
    values["go_live"].value = datetime(2026, 12, 1)  # noqa: DTZ001  (a cell has no zone)
    values["departments.required"].value = True
    values["review_over"].value = 50_000.0
    values["dispatch.allow_partials"].value = "YES"
    book["tax.rules"]["F2"].value = 6.5
    book["terms"].append([30, 15])

    mapping = from_sheets(read_xlsx(saved(book)))

    assert mapping.go_live == date(2026, 12, 1)
    assert mapping.review_over == 50_000
    assert mapping.dispatch.allow_partials
    assert mapping.tax.rules[0].rate_percent == (Decimal("6.5"), Decimal(8))
    assert mapping.terms == {"Net 30": "Net 30 days", "30": "15"}


def test_an_edit_is_what_changes() -> None:
    book = workbook()
    sheet = book["items.by_code"]
    sheet.append([])
    sheet.append([" FLT-13 ", "Filter"])
    sheet.delete_rows(2)

    items = from_sheets(read_xlsx(saved(book))).items

    assert items.by_code == {"TRIP": "Trip Charge", "DISC": "Discount", "FLT-13": "Filter"}
    assert items.by_name == a_mapping().items.by_name


def test_everything_that_is_wrong_is_told_by_its_cell() -> None:
    book = workbook()
    book["terms"]["B2"].value = "=A1"
    book["items.by_code"]["B3"].value = None
    book["items.by_code"].append(["lab ", "Labor"])
    book["items.by_code"].append([None, "Labor"])
    book["items.by_name"]["C2"].value = "ask Jo"
    book["items.by_type"]["A2"].value = "pa\u00a0rt"
    book["customers.names"]["A2"].value = "x" * 501
    book["departments.by_office"]["A1"].value = "office"
    misnamed = book["classes.by_service_line"].title = "classes.by_service_lin"
    book["tax.rules"]["D2"].value = "perhaps"
    book["tax.rules"]["G2"].value = None
    book["settings"].append(["moed", "auto"])
    book["settings"].append(["mode", "auto"])
    del book["custom_fields"]

    told = mistakes(book)

    assert sorted(told) == sorted(
        [
            "terms!B2: holds a formula; type what it comes to",
            "items.by_code!B3: is empty: write what 'TRIP' is in QuickBooks, or delete the row",
            "items.by_code!A5: 'lab' stands in items.by_code!A2 too; keep one",
            "items.by_code!A6: is empty: write the name in ServiceTrade here",
            "items.by_name!C2: stands beside the table, where nothing is read; delete it",
            "items.by_type!A2: holds a character that cannot be seen (U+00A0); type the text again",
            "customers.names!A2: is longer than 500 characters",
            "departments.by_office: the first row must hold the headings ServiceTrade, QuickBooks",
            f"{misnamed}: no part of a mapping is called that; did you mean {misnamed}e?",
            "classes.by_service_line: is missing; export again",
            "custom_fields: is missing; export again",
            "tax.rules!D2: must be true or false",
            "tax.rules!G2: is empty: a band has a lowest and a highest rate",
            f"settings!A{book['settings'].max_row - 1}: 'moed' is no setting; did you mean mode?",
            f"settings!A{book['settings'].max_row}: mode stands in settings!A3 too",
        ]
    )


def test_what_the_mapping_finds_wrong_is_told_by_the_cell_it_came_from() -> None:
    book = workbook(a_mapping(customers={"bill_to": {"Summit": {"email": "pay@summit.example"}}}))
    settings = {row[0].value: row[1] for row in book["settings"].rows}
    settings["mode"].value = "sometimes"
    settings["go_live"].value = None
    book["tax.rules"]["A3"].value = "GST"
    book["tax.rules"]["G2"].value = "x"
    book["customers.bill_to"]["C2"].value = "1 Main Street"
    book["timezones.by_office"]["B2"].value = "Pacific"

    told = mistakes(book)

    assert [each.partition(": ")[0] for each in told] == [
        "settings",
        settings["mode"].coordinate.replace("B", "settings!B"),
        "timezones.by_office!B2",
        *(f"customers.bill_to!{column}2" for column in "DEF"),
        "tax.rules!G2",
        "tax.rules!A3",
    ]
    assert "go_live: is required" in told[0]
    assert "choose from review, auto" in told[1]


def test_mistakes_of_a_csv_are_told_by_the_row_of_the_file() -> None:
    rows = write_csv(to_sheets(a_mapping())).decode("utf-8-sig").splitlines()
    at = rows.index('"LAB","Labor"')
    rows[at] = '"LAB",""'

    with pytest.raises(MistakenCellsError) as caught:
        from_sheets(read_csv("\n".join(rows).encode()))

    assert caught.value.mistakes == (
        f"B{at + 1}: is empty: write what 'LAB' is in QuickBooks, or delete the row",
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\xff\xfe\x00", "save it as"),
        (b"", "has no section"),
        (b"name,value\n", "has no section"),
        (b'[settings]\nsetting,value\n"mode,', "row 3 cannot be read"),
    ],
)
def test_what_is_no_csv_of_ours_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(DeskError, match=why):
        read_csv(content)


def test_rows_before_the_first_section_are_not_passed_over() -> None:
    content = b"lost,row\n" + write_csv(to_sheets(a_mapping())).removeprefix(b"\xef\xbb\xbf")

    with pytest.raises(MistakenCellsError, match="A1: no part of a mapping"):
        from_sheets(read_csv(content))


def test_what_is_no_workbook_is_refused() -> None:
    for content in (b"", b"PK\x03\x04", b"go_live: 2026-11-01"):
        with pytest.raises(DeskError, match="no Excel workbook"):
            read_xlsx(content)


def test_a_workbook_with_flipped_bytes_is_read_or_refused_and_never_falls_over() -> None:
    whole = write_xlsx(to_sheets(a_mapping()))
    random = Random(4)
    for _ in range(150):
        bent = bytearray(whole)
        for _ in range(random.randrange(1, 4)):
            bent[random.randrange(len(bent))] = random.randrange(256)
        try:
            from_sheets(read_xlsx(bytes(bent)))
        except DeskError:
            continue


def test_a_table_that_was_emptied_is_empty() -> None:
    book = workbook()
    book["terms"].delete_rows(2)

    assert from_sheets(read_xlsx(saved(book))).terms == {}
    assert parse_mapping("go_live: 2026-11-01").terms == {}


def bombed(part: bytes) -> bytes:
    """Pack a workbook whose first sheet is that."""
    file = io.BytesIO()
    whole = io.BytesIO(write_xlsx(to_sheets(a_mapping())))
    with ZipFile(whole) as good, ZipFile(file, "w", ZIP_DEFLATED) as bad:
        for name in good.namelist():
            is_first = name == "xl/worksheets/sheet1.xml"
            bad.writestr(name, part if is_first else good.read(name))
    return file.getvalue()


def test_a_workbook_that_unpacks_to_gigabytes_is_refused_unread() -> None:
    bomb = bombed(b" " * 50_000_001)

    assert len(bomb) < 100_000
    with pytest.raises(DeskError, match="larger than 50,000,000 bytes once unpacked"):
        read_xlsx(bomb)


def test_a_workbook_of_more_rows_than_anybody_has_is_refused() -> None:
    names = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    rows = b"<row/>" * 100_001

    with pytest.raises(DeskError, match="has more than 100,000 rows"):
        read_xlsx(bombed(b"<worksheet %s><sheetData>%s</sheetData></worksheet>" % (names, rows)))
