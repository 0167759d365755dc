"""The terminal: what other people typed is text on it, and nothing else.

Names and notes come from two systems in which others type. Of such a text nothing is a style or a
link of ours, nothing moves the cursor or sends a command to the terminal, and what cannot be seen
is written out, so that it cannot make one name look like another.
"""

import unicodedata
from typing import Any

from rich.console import Console
from rich.text import Text


class Screen(Console):
    """A console that takes every text as it stands; styles are given beside the text."""

    def __init__(self, **given: Any) -> None:
        super().__init__(markup=False, emoji=False, **given)

    def render_str(self, text: str, **given: Any) -> Text:
        """Render a text for print, table or rule; all of them come through here."""
        return super().render_str(harmless(text), **given)


def harmless(text: str) -> str:
    """Write out whatever is no visible character; lines stay lines."""
    return text if text.isprintable() else "".join(map(_seen, text))


def _seen(one: str) -> str:
    if one == "\t":
        return " "
    is_hidden = unicodedata.category(one) in _HIDDEN and one != "\n"
    return f"<U+{ord(one):04X}>" if is_hidden else one


_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Controls, marks of direction, lone halves of characters, and line ends of Unicode's own."""
