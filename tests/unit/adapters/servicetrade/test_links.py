"""The guard on Link headers: what leads anywhere else, or reads oddly, is not believed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicesync.adapters.origin import LONGEST_ADDRESS, address_of
from invoicesync.adapters.servicetrade.links import (
    LONGEST_HEADER,
    LinkedPage,
    linked_page,
    linked_pages,
)

ASKED = "https://api.servicetrade.com/api/invoice"
_ESCAPES = ("\\t", "\\n", "\\r", "\\x", "\\u", "\\\\")


def _undone(line: str) -> str:
    if not any(escape in line for escape in _ESCAPES):
        return line
    return line.encode("raw_unicode_escape").decode("unicode_escape")


def _corpus() -> list[str]:
    text = (Path(__file__).parent / "hostile_urls.txt").read_text(encoding="utf-8")
    return [_undone(line) for line in text.splitlines() if line and not line.startswith("#")]


HOSTILE = _corpus()


def test_the_corpus_is_large_and_its_escapes_are_undone() -> None:
    assert len(HOSTILE) >= 60
    assert any("\t" in url for url in HOSTILE)
    assert any("\u3002" in url for url in HOSTILE)
    assert any("\\@" in url for url in HOSTILE)


@pytest.mark.parametrize("url", HOSTILE, ids=ascii)
def test_a_hostile_link_gives_no_number(url: str) -> None:
    assert linked_page(url, asked=ASKED) is None
    assert linked_pages(f'<{url}>; rel="next"', asked=ASKED) == {}


def test_a_link_of_excessive_length_gives_no_number() -> None:
    longest = f"{ASKED}?page=2&x=".ljust(LONGEST_ADDRESS, "a")

    assert linked_page(longest, asked=ASKED) == LinkedPage(2, None)
    assert linked_page(longest + "a", asked=ASKED) is None


def test_a_header_of_excessive_length_gives_no_number() -> None:
    start = f'<{ASKED}?page=2>; rel="next'
    longest = start.ljust(LONGEST_HEADER - 1, "t") + '"'

    assert len(linked_pages(longest, asked=ASKED)) == 1
    assert linked_pages(f'{start.ljust(LONGEST_HEADER, "t")}"', asked=ASKED) == {}


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://a.b", ("https", "a.b", 443)),
        ("http://a.b/", ("http", "a.b", 80)),
        ("https://a.b:1/x", ("https", "a.b", 1)),
        ("https://a.b:65535?x", ("https", "a.b", 65_535)),
        ("https://[::1]:8082/x", ("https", "::1", 8082)),
    ],
)
def test_a_plain_address_has_an_origin(url: str, origin: tuple[str, str, int]) -> None:
    address = address_of(url)

    assert address is not None
    assert address.origin == origin


def test_a_plain_address_has_a_path_and_a_query() -> None:
    assert address_of("https://a.b/c/d?e=f&g") == (("https", "a.b", 443), "/c/d", "e=f&g")
    assert address_of("https://a.b/c") == (("https", "a.b", 443), "/c", "")


@pytest.mark.parametrize("url", ["https://a.b:0/", "https://a.b:65536/", "https://a.b:99999/"])
def test_an_impossible_port_is_no_address(url: str) -> None:
    assert address_of(url) is None


@pytest.mark.parametrize(
    ("url", "page", "limit"),
    [
        (f"{ASKED}?page=2&limit=200", 2, 200),
        (f"{ASKED}?limit=200&updatedAfter=1790000000&page=17", 17, 200),
        (f"{ASKED}?page=3", 3, None),
        ("https://api.servicetrade.com:443/api/invoice?page=2", 2, None),
        (f"{ASKED}?tag=a%20b%26page%3D9&page=2", 2, None),
    ],
)
def test_a_link_to_the_same_resource_gives_its_numbers(
    url: str, page: int, limit: int | None
) -> None:
    assert linked_page(url, asked=ASKED) == LinkedPage(page, limit)


def test_a_link_is_held_against_the_request_and_not_against_itself() -> None:
    link = "https://other.example/api/invoice?page=2"

    assert linked_page(link, asked="https://other.example/api/invoice") == LinkedPage(2, None)
    assert linked_page(link, asked=ASKED) is None
    assert linked_page(f"{ASKED}?page=2", asked="https://other.example/api/invoice") is None
    assert linked_page(f"{ASKED}?page=2", asked="not an address") is None


def test_a_header_gives_all_its_links() -> None:
    header = (
        f'<{ASKED}?page=3&limit=2>; rel="next", <{ASKED}?page=1&limit=2>; rel=prev,'
        f'<{ASKED}?page=9&limit=2>;rel="last"'
    )

    pages = linked_pages(header, asked=ASKED)

    assert {relation: link.page for relation, link in pages.items()} == {
        "next": 3,
        "prev": 1,
        "last": 9,
    }


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        f"{ASKED}?page=2",
        f"<{ASKED}?page=2>",
        f'<{ASKED}?page=2>; rel="next" nonsense',
        f'<{ASKED}?page=2>; rel="next", <https://evil.example/?page=3>; rel="last"',
        f'<{ASKED}?page=2>; rel="next", <{ASKED}?page=3>; rel="next"',
        f'<<{ASKED}?page=2>>; rel="next"',
        f'<{ASKED}?page=2>; rel="next", ' * 2000,
    ],
)
def test_one_bad_link_discredits_the_header(header: str) -> None:
    assert linked_pages(header, asked=ASKED) == {}


@given(st.text(max_size=300))
def test_no_text_makes_the_guard_fail(text: str) -> None:
    linked_pages(text, asked=ASKED)
    linked_pages(f'<{text}>; rel="next"', asked=ASKED)


@given(
    st.text(alphabet="apiservctd.com@\\/:?#%2f0\t\n\u3002[]", max_size=60).map(
        lambda text: f"https://{text}/api/invoice?page=2"
    )
)
def test_only_the_one_host_is_believed(url: str) -> None:
    if linked_page(url, asked=ASKED) is not None:
        address = address_of(url)
        assert address is not None
        assert address.origin == ("https", "api.servicetrade.com", 443)


@given(st.text(alphabet="abc./:@?#[]%\\ 0123", max_size=40))
def test_an_address_that_is_taken_is_put_together_again_unchanged(text: str) -> None:
    url = f"https://{text}"
    address = address_of(url)
    if address is not None:
        origin, path, query = address
        host = f"[{origin.host}]" if ":" in origin.host else origin.host
        assert url.startswith(f"https://{host}")
        assert url.endswith(f"{path}?{query}" if "?" in url else path)
