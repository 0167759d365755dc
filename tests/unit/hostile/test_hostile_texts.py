"""No text of the corpus is active anywhere that the product writes it.

One invoice bears each text, in every field that holds one; what the product makes of them is
searched by code that shares nothing with the product. The end of the run tells what was searched.
"""

import io
import json
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import cache
from itertools import batched
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from openpyxl import load_workbook

from invoicesync.domain.alerts import Strange, strange_letter
from invoicesync.domain.message import decode
from invoicesync.domain.remark import remark_of
from invoicesync.services.notify import Notifier
from invoicesync.services.report.listing import write_csv as write_listing
from invoicesync.services.report.mail import subject_of, text_of
from invoicesync.services.report.model import HeldFor, Table
from invoicesync.services.report.page import write_page
from invoicesync_cli.answers import Answer, give
from invoicesync_cli.audit.command import answer as audit_answer
from invoicesync_cli.audit.page import as_csv, as_html
from invoicesync_cli.csv_file import write_csv
from invoicesync_cli.held import held
from invoicesync_cli.preview import preview
from invoicesync_cli.screen import Screen
from invoicesync_cli.sheets import to_sheets
from invoicesync_cli.show import show
from invoicesync_cli.xlsx_file import write_xlsx
from sandbox.demo.check import Findings
from sandbox.demo.page import write_page as write_demo
from sandbox.demo.play import Played
from sandbox.demo.standing import Held, Standing
from tests.fakes import FakeTopic
from tests.fakes.world import World, labor
from tests.searched import SEARCHES
from tests.unit.cli.desk import DeskBefore
from tests.unit.domain.invoices import ADDRESS, a_mapping, an_item
from tests.unit.hostile.corpus import CANARY, CORPUS
from tests.unit.hostile.detecting import (
    TYPED,
    in_json,
    in_lines,
    in_mail,
    in_note,
    in_page,
    in_sheet,
    tags_of,
    texts_in,
)
from tests.unit.services.audit.books import Books
from tests.unit.services.report.reports import COLUMNS, a_report

KIND = "hostile texts that were active"
READ = tuple(text.encode("utf-8", "replace").decode() for text in CORPUS)
"""As a reader of either system gives them: no half of a character is left."""
PLAIN = tuple(f"{CANARY} plain {at}" for at in range(len(CORPUS)))
AT_ONCE = 30
RUN = (
    *("rows_read", "messages", "created", "updated", "voided"),
    *("quickbooks_calls", "quickbooks_writes", "seconds"),
)


def searched(place: str, texts: Sequence[str], hits: Sequence[str], *, arrive: bool = True) -> None:
    """Note a search; fail where something is active, or where nothing had arrived at all."""
    SEARCHES.note(KIND, place, texts, hits)
    assert list(hits) == []
    if arrive:
        assert any(CANARY in text for text in texts)


def hostile_row(text: str) -> dict[str, Any]:
    """Put a text wherever ServiceTrade holds one."""
    item = an_item(description=text, libItem={"id": 7, "name": text, "type": text, "code": text})
    place = {"id": 15, "name": text, "refNumber": text, "address": ADDRESS, "taxable": True}
    return {
        **labor(),
        "items": [item | {"taxAmount": 0, "taxRate": 0}],
        "name": text,
        "notes": text,
        "customerPo": text,
        "refNumber": text,
        "customer": {"id": 7, "name": text},
        "location": place | {"address": ADDRESS | {"street": text, "city": text}},
        "assignedOffice": {"id": 2, "name": text, "address": ADDRESS},
        "paymentTerms": {"id": 4, "name": text},
        "tags": [{"id": 5, "name": text}],
    }


def sendable_row(text: str) -> dict[str, Any]:
    """Put a text only where it does not keep the invoice from QuickBooks."""
    item = an_item(description=text) | {"taxAmount": 0, "taxRate": 0}
    return {**labor(), "items": [item], "name": text, "notes": text, "customerPo": text}


@cache
def loaded() -> World:
    """Load an invoice that is held, and one that is sent, for every text."""
    world = World()
    for texts in batched(enumerate(CORPUS), AT_ONCE, strict=False):
        world.run(*(world.message(2 * at, **hostile_row(text)) for at, text in texts))
        world.pass_seconds(60)
        world.run(*(world.message(2 * at + 1, **sendable_row(text)) for at, text in texts))
        world.pass_seconds(60)
    return world


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    yield loaded()
    loaded.cache_clear()


def test_the_corpus_is_what_it_says() -> None:
    assert len(CORPUS) == len(set(CORPUS)) > 100
    # Where the canary itself is taken apart by what cannot be seen, it cannot be looked for.
    assert sum(CANARY not in text for text in CORPUS) <= 4


# Pages


def report(texts: Sequence[str]) -> Any:
    rows = tuple((text[:200], text, Decimal(1)) for text in texts)
    table = Table("held", texts[0], texts[1], COLUMNS, rows)
    held_for = tuple(HeldFor(text, 1, Decimal(5)) for text in texts[:9])
    facts = {f"Fact {at}": text for at, text in enumerate(texts)}
    return a_report(company=texts[2], tables=(table,), facts=facts, held=held_for)


def test_the_report(world: World) -> None:
    del world
    made = report(READ)
    page, plain = write_page(made), write_page(report(PLAIN))
    listing = write_listing(made.bridge, made.tables, made.facts)
    mail = text_of(made, kept_at="here")

    assert tags_of(page) == tags_of(plain)
    searched("report, page", [page], in_page(page))
    searched("report, CSV", [listing.decode()], in_sheet(listing))
    searched("report, mail", [mail], in_mail(subject_of(made), mail))


def audited(texts: Sequence[str]) -> Any:
    books = Books()
    for at, text in enumerate(texts):
        books.invoice(at, customer={"id": at, "name": text}, invoiceNumber=text, name=text)
    return books.audit()


def test_the_audit() -> None:
    found, plain = audited(CORPUS), audited(PLAIN)
    page, sheet = as_html(found).decode(), as_csv(found)
    said, told = both(audit_answer(found))

    assert tags_of(page) == tags_of(as_html(plain).decode())
    searched("audit, page", [page], in_page(page))
    searched("audit, CSV", [sheet.decode()], in_sheet(sheet))
    searched("audit, terminal", [said], in_lines(said))
    searched("audit, JSON", [told], in_json(told))


def demo(texts: Sequence[str], folder: Path) -> str:
    rows = [Held(1, each, each, Decimal(1), each, each, each, each, each) for each in texts]
    counts = dict.fromkeys(texts, 1)
    played = Played(
        deeds=counts,
        findings=[Findings(lost=[1])],
        standing=Standing(counts, counts, counts, tuple(rows), {}),
        faults=list(texts),
    )
    world: Any = SimpleNamespace(go_live=SimpleNamespace(isoformat=lambda: texts[0]))
    figures = {
        "source_invoices": 1,
        "waiting": 1,
        "ignored": 1,
        "quickbooks_calls": 1,
        "runs": [dict.fromkeys(RUN, texts[0])],
    }
    write_demo(folder / "page.html", played, world, figures)
    return (folder / "page.html").read_text(encoding="utf-8")


def test_the_page_of_the_demo(tmp_path: Path) -> None:
    page = demo(READ, tmp_path)

    assert tags_of(page) == tags_of(demo(PLAIN, tmp_path))
    searched("demo, page", [page], in_page(page))


# Terminal


def both(answer: Answer) -> tuple[str, str]:
    """Give an answer to a person and to a program."""
    texts = []
    for as_json in (False, True):
        file = io.StringIO()
        give(answer, Screen(file=file, width=200), as_json=as_json)
        texts.append(file.getvalue())
    return texts[0], texts[1]


COMMANDS: dict[str, Callable[[DeskBefore], Iterator[Answer]]] = {
    "held": lambda desk: iter([held(desk)]),
    "show": lambda desk: (
        show(desk, invoice=str(desk.world.id_of(at))) for at in range(0, 2 * len(CORPUS), 5)
    ),
    "preview": lambda desk: iter([preview(desk, invoice=_previewed(desk))]),
}


def _previewed(desk: DeskBefore) -> list[str]:
    """Let ServiceTrade show a text in every invoice that is looked at again."""
    asked = {desk.world.id_of(2 * at): text for at, text in list(enumerate(CORPUS))[::4]}
    desk.extraction.rows |= {id_: hostile_row(text) for id_, text in asked.items()}
    return [str(id_) for id_ in asked]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_operators_screen(name: str, world: World) -> None:
    answers = [both(answer) for answer in COMMANDS[name](DeskBefore(world))]
    said, told = [one for one, _ in answers], [other for _, other in answers]

    searched(f"{name}, terminal", said, [hit for text in said for hit in in_lines(text)])
    searched(f"{name}, JSON", told, [hit for text in told for hit in in_json(text)])


def test_markup_is_text_on_the_screen() -> None:
    file = io.StringIO()
    screen = Screen(file=file, width=200)

    for text in ("[bold red]zq7[/bold red]", "[/]zq7[/nothing]", ":warning: zq7", "\\[bold]zq7"):
        screen.print(text)

    assert file.getvalue().splitlines() == [
        "[bold red]zq7[/bold red]",
        "[/]zq7[/nothing]",
        ":warning: zq7",
        "\\[bold]zq7",
    ]


# Sheets


def test_a_mapping_that_is_exported() -> None:
    kept = [text for text in CORPUS if _is_mapped(text)]
    assert len(kept) > 40
    mapping = a_mapping(terms={text: text for text in kept})
    sheet, book = write_csv(to_sheets(mapping)), write_xlsx(to_sheets(mapping))
    cells = [cell for part in load_workbook(io.BytesIO(book)) for row in part.rows for cell in row]

    searched("mapping, CSV", [sheet.decode()], in_sheet(sheet))
    searched(
        "mapping, XLSX",
        [str(cell.value) for cell in cells],
        [str(cell.value) for cell in cells if cell.data_type == "f"],
    )


def _is_mapped(text: str) -> bool:
    try:
        a_mapping(terms={text: text})
    except Exception:  # noqa: BLE001 - refused, in whichever words
        return False
    return True


# Mails and remarks


def test_mails_to_people(world: World) -> None:
    finance, ops = FakeTopic(), FakeTopic()
    holds = list(world.told.holds)
    assert len(holds) >= len(CORPUS)
    for some in batched(holds, 7, strict=False):
        Notifier(World(lists=False).table, world.clock, finance=finance, ops=ops)(some)
    strange = [strange_letter(Strange(text[:300], text, [text])) for text in CORPUS]
    mails = [(mail.subject, mail.text) for mail in finance.mails]
    mails += [(letter.subject, letter.text) for letter in strange]

    searched(
        "mails to people",
        [f"{subject}\n{text}" for subject, text in mails],
        [hit for subject, text in mails for hit in in_mail(subject, text)],
    )


def test_comments_in_servicetrade(world: World) -> None:
    remarks = [
        remark_of(hold.servicetrade_id, hold.number, [one.plain() for one in hold.problems])
        for hold in world.told.holds
    ]
    hits = [
        hit
        for remark in remarks
        for hit in [
            *in_lines(remark.text),
            *(line for line in remark.text.split("\n") if line in TYPED),
            *([remark.text] if remark.text.count("[InvoiceSync") != 1 else []),
        ]
    ]

    searched("ServiceTrade, comments", [remark.text for remark in remarks], hits)


# What is sent


def test_notes_in_quickbooks(world: World) -> None:
    made = {at: world.invoices(2 * at + 1) for at in range(len(CORPUS))}
    sent = {at: bodies[0] for at, bodies in made.items() if bodies}
    assert len(sent) > 0.9 * len(CORPUS)
    notes = {at: str(body["PrivateNote"]) for at, body in sent.items()}
    hits = [
        hit
        for at, note in notes.items()
        for hit in in_note(note, f"[st:{world.id_of(2 * at + 1)}.0]")
    ]
    texts = [text for body in sent.values() for text in texts_in(body)]

    searched("QuickBooks, notes", list(notes.values()), hits)
    searched("QuickBooks, other texts", texts, [text for text in texts if _is_broken(text)])


def _is_broken(text: str) -> bool:
    return any(unicodedata.category(one) == "Cs" for one in text)


def test_messages_on_the_queue() -> None:
    world = World()
    messages = [world.message(at, **hostile_row(text)) for at, text in enumerate(CORPUS)]
    bodies = [message.encode() for message in messages]

    assert [decode(body) for body in bodies] == messages
    searched("queue, messages", bodies, [body[:80] for body in bodies if "\n" in body])


def test_what_is_stored(world: World) -> None:
    items = [json.dumps(item, ensure_ascii=False) for item in world.table.items.values()]

    searched("state table", items, [item[:80] for item in items if not _loads(item)])


def _loads(text: str) -> bool:
    return isinstance(json.loads(text), dict)


@pytest.mark.parametrize(
    ("search", "planted"),
    [
        (in_page, "<p>zq7<script>"),
        (in_page, '<p title=x onclick="1">zq7'),
        (in_page, '<a href="zq7">'),
        (in_page, "<!-- zq7 -->"),
        (in_page, "<style>zq7</style>"),
        (lambda text: in_sheet(text.encode()), '"a","=1+1"'),
        (lambda text: in_sheet(text.encode()), '"a"," @x"'),
        (in_lines, "a\x1b[2J"),
        (in_lines, "a\u202eb"),
        (lambda text: in_mail("subject", text), "a\nBcc: somebody@zq7.example"),
        (lambda text: in_mail(text, ""), "a\nb"),
        (lambda text: in_note(text, "[st:1.0]"), "[st:2.0]\n[st:1.0]"),
    ],
)
def test_a_search_finds_what_is_planted(search: Callable[[str], list[str]], planted: str) -> None:
    assert search(planted)
