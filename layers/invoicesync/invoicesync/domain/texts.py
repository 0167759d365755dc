"""Texts in one line, and within QuickBooks' limits, which count UTF-16 units: an emoji is two."""

import unicodedata

MARK = " … (cut)"


def length(text: str) -> int:
    """Count as QuickBooks does."""
    return len(text.encode("utf-16-le")) // 2


def cut(text: str, limit: int) -> str:
    """Cut to ``limit`` with a mark that a reader sees."""
    if len(text) * 2 <= limit or length(text) <= limit:
        return text
    room = 2 * (limit - length(MARK))
    return text.encode("utf-16-le")[:room].decode("utf-16-le", errors="ignore").rstrip() + MARK


def clean(text: str) -> str:
    """Take out what could break a line or a terminal: line ends, controls, marks of direction."""
    if text.isprintable():
        return one_line(text)
    return one_line("".join(" " if unicodedata.category(one)[0] == "C" else one for one in text))


def one_line(text: str) -> str:
    """Join lines and fold blanks."""
    return " ".join(text.split())
