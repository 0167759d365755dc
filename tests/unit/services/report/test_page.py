"""The page: it stands alone, escapes, and is built so that everybody can read it."""

import re
from collections import Counter
from html.parser import HTMLParser

import pytest

from invoicesync.domain.bridge import Cause
from invoicesync.services.report.model import Column, Report, Table
from invoicesync.services.report.page import write_page
from tests.unit.services.report.reports import COLUMNS, HOSTILE, a_bridge, a_report, a_step

_VOID = frozenset({"meta", "br"})
STEPS = (
    a_step(Cause.HELD, -1, "-412.37"),
    a_step(Cause.TAX_VARIANCE, 0, "0.02", "10500"),
    a_step(Cause.DUPLICATE, 1, "350.00", "10510"),
)


class Page(HTMLParser):
    """The elements of a page, each opened one closed again."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text += f" {data}"

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def words(self) -> str:
        return " ".join(self.text.split())


def page(report: Report | None = None) -> Page:
    return Page(write_page(report or a_report(*STEPS)))


def test_it_needs_nothing_from_outside_and_may_fetch_nothing() -> None:
    text = write_page(a_report(*STEPS))

    assert not re.search(r"https?:|url\(|@import|<script|<link|<img|src=", text)
    [policy] = [m for m in Page(text).of("meta") if "http-equiv" in m]
    assert str(policy["content"]).startswith("default-src 'none'")


def test_what_comes_from_the_two_systems_is_escaped() -> None:
    text = write_page(a_report(*STEPS))

    assert "<script>" not in text
    assert "Keystone &lt;Mechanical&gt;" in text
    assert HOSTILE in page().text


def test_every_table_has_a_caption_and_every_heading_says_what_it_is_about() -> None:
    found = page()
    counts = Counter(tag for tag, _ in found.elements)

    assert counts["table"] == counts["caption"] == 1 + len(STEPS)
    assert all(heading.get("scope") in {"col", "row"} for heading in found.of("th"))
    assert counts["h1"] == counts["main"] == 1
    assert [html["lang"] for html in found.of("html")] == ["en"]
    assert all(svg.get("role") == "img" and svg.get("aria-label") for svg in found.of("svg"))


def test_every_link_leads_to_a_part_that_is_there() -> None:
    found = page()
    ids = [a["id"] for _, a in found.elements if "id" in a]

    assert len(set(ids)) == len(ids)
    links = [str(link["href"]).removeprefix("#") for link in found.of("a")]
    assert links == ["held", "tax_variance", "duplicate"]
    assert set(links) <= set(ids)


def test_the_bridge_is_first_and_shows_each_step_with_its_sign() -> None:
    words = page().words

    assert words.index("The bridge") < words.index("In figures") < words.index("Money by day")
    assert "held for a person -1 -$412.37" in words
    assert "tax variance 0 +$0.02" in words
    assert "twice in QuickBooks +1 +$350.00" in words
    assert "unexplained 0 $0.00" in words
    assert "in that report alone 0 $0.00" in words


def test_a_cent_that_nobody_explains_is_shown_as_bad() -> None:
    report = a_report(bridge=a_bridge(planted="-0.01", reported=False))
    found = page(report)

    assert "unexplained 0 -$0.01" in found.words
    assert "left bad" in [row.get("class") for row in found.of("tr")]
    assert "in that report alone" not in found.words
    assert "verdict bad" in [p.get("class") for p in found.of("p")]


def test_good_news_look_like_good_news() -> None:
    found = page(a_report())

    assert "Both books agree: 40 invoices, $12,490.00." in found.words
    assert "verdict" in [p.get("class") for p in found.of("p")]


def test_what_nobody_measured_is_left_out() -> None:
    bare = a_report(facts={}, days=(), held=(), trend=(), tables=())

    found = page(bare)

    assert found.of("svg") == []
    assert [h["id"] for h in found.of("h2")] == ["bridge"]


def test_a_list_that_is_too_long_for_a_page_says_where_the_rest_is() -> None:
    rows = tuple((str(n), "Keystone", n) for n in range(1234))
    many = Table("many", "Many", "Too many.", (*COLUMNS[:2], Column("Count", is_number=True)), rows)

    words = page(a_report(tables=(many,))).words

    assert "1,034 more rows in the CSV" in words


SCHEMES = {
    "light": r":root \{ (--ink.*?)\}",
    "dark": r"prefers-color-scheme: dark\) \{\s*:root \{ (--ink.*?)\}",
    "paper": r"@media print \{\s*:root \{ (--ink.*?)\}",
}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_text_can_be_told_from_what_is_behind_it(scheme: str) -> None:
    [said] = re.findall(SCHEMES[scheme], write_page(a_report()), re.DOTALL)[:1]
    color = dict(re.findall(r"--(\w+): #([0-9a-f]{3,6})", said))

    for behind in (color["paper"], color["card"]):
        for text in ("ink", "soft", "good", "bad", "link"):
            assert contrast(color[text], behind) >= 4.5, (text, behind)
    assert contrast(color["one"], color["paper"]) >= 3
    if scheme != "paper":
        assert contrast(color["two"], color["paper"]) >= 3


def contrast(one: str, other: str) -> float:
    """Work out the contrast as WCAG 2 defines it."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(color: str) -> float:
    full = color if len(color) == 6 else "".join(2 * letter for letter in color)
    parts = [int(full[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
