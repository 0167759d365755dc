"""What would be active in an output, found without any code of the product."""

import csv
import io
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser

from tests.unit.hostile.corpus import CANARY, CORPUS

ACTIVE_TAGS = frozenset(
    {
        *("applet", "audio", "base", "body", "button", "embed", "form", "frame", "iframe", "img"),
        *("input", "link", "math", "object", "script", "template", "textarea", "video"),
    }
)
READ_ALOUD = frozenset({"aria-label", "title"})
"""Attributes that hold texts and do nothing."""
NUMBER = re.compile(r"-?[\d,]+(\.\d+)?")
TYPED = frozenset(line for text in CORPUS for line in text.splitlines()[1:] if line.strip())
"""Lines that a text would begin, if its line ends were kept."""
MARK = re.compile(r"\[st:(\d+)\.(\d+)\]")


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: Counter[str] = Counter()
        self.found: list[str] = []
        self._style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self._style = tag == "style"
        if tag in ACTIVE_TAGS - {"body"}:
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if name.startswith("on") or (value or "").strip().lower().startswith("javascript:"):
                self.found.append(f"{tag} {name}={value}")
            if CANARY in name or (CANARY in (value or "") and name not in READ_ALOUD):
                self.found.append(f"{tag} {name}={value}")

    def handle_data(self, data: str) -> None:
        if self._style and CANARY in data:
            self.found.append(f"style {data}")

    def handle_comment(self, data: str) -> None:
        self.found.append(f"comment {data}")

    def handle_pi(self, data: str) -> None:
        self.found.append(f"instruction {data}")

    def unknown_decl(self, data: str) -> None:
        self.found.append(f"declaration {data}")


def tags_of(page: str) -> Counter[str]:
    """Count the elements of a page."""
    parser = _Page()
    parser.feed(page)
    parser.close()
    return parser.tags


def in_page(page: str) -> list[str]:
    """Find what a browser would do anything with but show."""
    parser = _Page()
    parser.feed(page)
    parser.close()
    return parser.found


def in_sheet(content: bytes) -> list[str]:
    """Find cells that a spreadsheet might take for a formula, and rows that broke out."""
    rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
    return [cell for row in rows for cell in row if _is_formula(cell)]


def _is_formula(cell: str) -> bool:
    first = unicodedata.normalize("NFKC", cell.lstrip())[:1]
    return first in {"=", "+", "-", "@"} and not NUMBER.fullmatch(cell)


def in_lines(text: str) -> list[str]:
    """Find what would move a cursor, reach a terminal, or turn the direction of what is read."""
    return [
        f"U+{ord(one):04X} after {text[max(0, at - 20) : at]!r}"
        for at, one in enumerate(text)
        if one != "\n" and unicodedata.category(one) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    ]


def in_mail(subject: str, text: str) -> list[str]:
    """Find what would end a header, begin another, or reach a terminal."""
    found = in_lines(text)
    if len(subject) >= 100 or not subject.isascii() or not subject.isprintable():
        found.append(f"subject {subject!r}")
    # A sentence of ours may be wrapped before any word; what a typed line end begins is a line.
    return found + [line for line in text.split("\n") if line in TYPED]


def in_json(text: str) -> list[str]:
    """Find what is no JSON, or would not stay within a page or a terminal that shows it."""
    json.loads(text)
    return in_lines(text)


def in_note(note: str, mark: str) -> list[str]:
    """Find marks of other invoices than the one that a note in QuickBooks belongs to."""
    marks = [found[0] for found in MARK.finditer(note)]
    return [] if marks == [mark] else [f"marks {marks} for {mark}"]


def texts_in(value: object) -> Iterator[str]:
    """Yield every text of what JSON can hold."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from texts_in(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts_in(part)
