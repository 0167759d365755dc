"""The demo on a small scale: both simulators, the local cloud, the real functions."""

import json
import re
import subprocess
import sys
from decimal import Decimal
from html.parser import HTMLParser
from itertools import takewhile
from pathlib import Path

import pytest
import requests
from typer.testing import CliRunner

from sandbox.__main__ import app
from tests.template import called

SIZE = 60
VOID = {"meta", "br"}


class Balanced(HTMLParser):
    """Follow the tags of a page, and note what it would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [str(value) for name, value in attrs if name in {"src", "href"}]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("demo")
    result = CliRunner().invoke(app, ["demo", "--size", str(SIZE), "--out", str(out)])
    assert result.exit_code == 0, result.output
    (out / "screen.txt").write_text(result.output, encoding="utf-8")
    called.settle(out / "logs/calls.json")
    return out


def test_nothing_is_lost_or_there_twice_and_the_money_is_the_same(folder: Path) -> None:
    summary = json.loads((folder / "summary.json").read_text())

    assert summary["source_invoices"] >= SIZE
    assert (summary["lost"], summary["duplicates"], summary["faults"]) == (0, 0, [])
    assert summary["money"]["servicetrade"] == summary["money"]["quickbooks"]
    assert float(summary["money"]["quickbooks"]) > 0
    # One more is held than was to be sent: it is void in ServiceTrade and paid in QuickBooks.
    assert sum(summary["held"].values()) + summary["in_quickbooks"] == summary["dispatched"] + 1


def test_every_planted_difference_is_found_and_what_can_be_is_healed(folder: Path) -> None:
    summary = json.loads((folder / "summary.json").read_text())

    # Whether each was named under its own kind, and nothing else, is among the faults.
    first, second = summary["reconciliations"]
    assert (first["closes"], second["closes"]) == (True, True)
    assert (first["differences"], second["differences"]) == (11, 7)
    assert (first["asked_again"], second["asked_again"]) == (4, 0)
    nothing = {"count": 0, "amount": "0.00"}
    assert first["bridge"]["unexplained"] == second["bridge"]["unexplained"] == nothing
    assert "The bridge" in (folder / "reconciliation.html").read_text(encoding="utf-8")
    assert (folder / "reconciliation.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_what_is_held_adds_up_to_the_money_held(folder: Path) -> None:
    page = (folder / "index.html").read_text()
    rows = page[page.index("What mends it") : page.index("Not sent, by name")]
    amounts = re.findall(r'<td class="number">(-?)\$([\d,.]+)</td>', rows)

    held = json.loads((folder / "summary.json").read_text())["money"]["held"]
    assert sum(Decimal(sign + amount.replace(",", "")) for sign, amount in amounts) == Decimal(held)


def test_servicetrade_is_told_the_truth_and_that_is_no_edit(folder: Path) -> None:
    summary = json.loads((folder / "summary.json").read_text())
    told = summary["told_servicetrade"]

    assert 0 < told["processed"] <= summary["in_quickbooks"]
    assert 0 < told["failed"] <= told["comments"]
    # The third sync reads all that was told, and finds nothing new in it.
    assert (summary["runs"][-1]["messages"], summary["runs"][-1]["rows_read"] > 0) == (0, True)


def test_of_what_was_typed_by_hand_the_audit_finds_what_was_planted_and_adopt_links_the_pairs(
    folder: Path,
) -> None:
    """Anything else that they find is a fault of the demo, and there is none."""
    told = json.loads((folder / "summary.json").read_text())["typed_before_go_live"]
    screen = (folder / "screen.txt").read_text()

    assert told["found"] == {
        "missing": {"count": 2, "difference": "-770.00"},
        "double": {"count": 2, "difference": "821.00"},
        "differing": {"count": 3, "difference": "20.00"},
        "foreign": {"count": 1, "difference": "1250.00"},
        "unbilled": {"count": 1, "difference": "-640.00"},
    }
    assert told["linked"] == 6
    assert "what the audit finds" in screen
    assert "linked by adopt, never written" in screen


def test_each_sync_does_what_is_left_to_do(folder: Path) -> None:
    first, second, third = json.loads((folder / "summary.json").read_text())["runs"]

    assert first["created"] > 0
    assert (first["updated"], first["voided"]) == (0, 0)
    assert min(second["created"], second["updated"], second["voided"]) > 0
    assert (third["messages"], third["quickbooks_writes"]) == (0, 0)
    assert third["rows_read"] > 0


def test_every_reason_that_can_occur_is_shown_with_its_fix(folder: Path) -> None:
    held = json.loads((folder / "summary.json").read_text())["held"]
    screen = (folder / "screen.txt").read_text()

    assert len(held) >= 33
    assert {"edited_in_quickbooks", "deleted_in_quickbooks", "payment_applied"} <= set(held)
    assert "what mends it" in screen
    assert "exactly once" in screen


def test_the_page_needs_nothing_else_and_escapes_what_comes_from_outside(folder: Path) -> None:
    page = (folder / "index.html").read_text(encoding="utf-8")
    parser = Balanced()
    parser.feed(page)

    assert parser.open == []
    assert parser.fetched == []
    assert "Steel City Gym" in page
    assert not re.search(r"&(?!amp;|lt;|gt;|#\d+;|quot;)", page.partition("</style>")[2])


def test_the_simulators_alone_are_served_until_somebody_stops_them() -> None:
    command = [sys.executable, "-m", "sandbox", "serve", "--company", "sample", "--open"]
    with subprocess.Popen(  # noqa: S603  (our own command)
        command, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        said = "".join(line for line in takewhile(lambda line: "Ctrl-C" not in line, lines))
        company, account = re.findall(r"http://127\.0\.0\.1:\d+\S*", said)
        info = requests.get(
            f"{company}/companyinfo/1",
            headers={"Authorization": "Bearer anything", "Accept": "application/json"},
            timeout=10,
        )
        login = requests.post(
            f"{account}/auth",
            json={"username": "sync@example.test", "password": "let-me-in"},
            timeout=10,
        )
        # Not SIGINT: where the tests themselves run behind a shell's `&`, everybody ignores that.
        process.terminate()
        try:
            assert process.wait(timeout=10) == 0
        finally:
            process.kill()

    assert info.json()["CompanyInfo"]["CompanyName"] == "Larkspur Landscaping"
    assert login.status_code == 200


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ('{"quickbooks": [{"fault": "earthquake"}]}', "unknown faults"),
        ('{"xero": []}', "xero"),
        ("[", "Expecting value"),
    ],
)
def test_a_fault_script_that_makes_no_sense_is_refused(
    tmp_path: Path, rules: str, said: str
) -> None:
    path = tmp_path / "faults.json"
    path.write_text(rules)

    result = CliRunner().invoke(app, ["serve", "--faults", str(path)])

    assert result.exit_code == 2
    assert said in result.output
