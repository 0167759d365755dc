"""The audit as people run it: two servers that take no write, and no stack anywhere."""

import csv
import io
import json
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from invoicesync_cli.__main__ import app
from sandbox.http import Server
from sandbox.quickbooks.app import create_app as quickbooks_app
from sandbox.quickbooks.company import Company
from sandbox.quickbooks.options import Options as CompanyOptions
from sandbox.servicetrade import Account
from sandbox.servicetrade import create_app as servicetrade_app

DAY = date(2026, 10, 15)
FIRST, LAST = "2026-10-01", "2026-10-31"
HOSTILE = '=HYPERLINK("//evil.example","x")<script>alert(1)</script>'

type Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Unwritable:
    """An app before which every write fails; what signs in, and what only asks, passes."""

    def __init__(self, inner: Wsgi) -> None:
        self._inner = inner
        self.writes: list[str] = []

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if method != "GET" and not path.endswith(("/auth", "/oauth2/token", "/query")):
            self.writes.append(f"{method} {path}")
            start("500 No write was expected", [("Content-Length", "0")])
            return [b""]
        return self._inner(environ, start)


class Office:
    """ServiceTrade and QuickBooks of one contractor, and a controller with credentials of both."""

    def __init__(self) -> None:
        self.account = Account(time.time)
        self.company = Company(clock=time.time, options=CompanyOptions())
        add = self.account.add
        self.customer = add("company", {"name": "Keystone Foods"})["id"]
        self.place = add("location", {"companyId": self.customer, "name": "Store 3"})["id"]
        create = self.company.create
        create("Account", {"Name": "Sales", "AccountType": "Income"})
        income = {"Type": "Service", "IncomeAccountRef": {"value": "1"}}
        self.item = str(create("Item", {"Name": "Labor", **income})["Id"])
        self.there = str(create("Customer", {"DisplayName": "Keystone Foods"})["Id"])
        self.doors = [
            Unwritable(servicetrade_app(self.account)),
            Unwritable(quickbooks_app(self.company)),
        ]
        self.servers = [Server(door) for door in self.doors]
        login = self.account.login
        self.environment = {
            "SERVICETRADE_USERNAME": login.username,
            "SERVICETRADE_PASSWORD": login.password,
            "QUICKBOOKS_REALM_ID": self.company.realm_id,
            "QUICKBOOKS_ACCESS_TOKEN": str(self.company.oauth.connect()["access_token"]),
            "COLUMNS": "200",
        }

    def job(self, **changes: Any) -> int:
        done = {"status": "completed", "completedOn": _second(DAY), "number": 9001}
        whose = {"customerId": self.customer, "locationId": self.place}
        return int(self.account.add("job", {**whose, **done, **changes})["id"])

    def invoice(self, number: str, amount: str = "100.00", **changes: Any) -> int:
        line = {"description": "Labor", "quantity": "1", "price": amount, "taxAmount": "0"}
        row = {
            "jobId": self.job(),
            "customerId": self.customer,
            "invoiceNumber": number,
            "status": "pending_accounting",
            "transactionDate": _second(DAY),
            "items": [line],
        }
        return int(self.account.add("invoice", {**row, **changes})["id"])

    def typed(self, number: str, amount: str = "100.00", **changes: Any) -> str:
        line = {
            "Amount": amount,
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {"ItemRef": {"value": self.item}},
        }
        body = {
            "CustomerRef": {"value": self.there},
            "DocNumber": number,
            "TxnDate": DAY.isoformat(),
            "Line": [line],
        }
        made = self.company.create("Invoice", {**body, **changes}, allow_duplicate=True)
        return str(made["Id"])

    def audit(self, *words: str, typed: str = "", **environment: str | None) -> Result:
        urls = ["--servicetrade-url", f"{self.servers[0].url}/api"]
        urls += ["--quickbooks-url", self.servers[1].url]
        given = {"audit", "--from", FIRST, "--to", LAST} & set(words)
        window = [] if given else ["--from", FIRST, "--to", LAST]
        result = CliRunner().invoke(
            app,
            ["audit", *window, *words, *urls],
            input=typed,
            env={**self.environment, **environment},
        )
        assert [write for door in self.doors for write in door.writes] == []
        return result


def _second(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, 17, tzinfo=UTC).timestamp())


@pytest.fixture
def office() -> Iterator[Office]:
    office = Office()
    with office.servers[0], office.servers[1]:
        yield office


def test_books_that_agree_end_with_zero(office: Office) -> None:
    office.invoice("10482")
    office.typed("10482")

    result = office.audit()

    assert (result.exit_code, result.stderr) == (0, "")
    assert "The books agree. Nothing was changed." in result.stdout


def test_everything_that_is_wrong_is_found_and_told_in_dollars(office: Office) -> None:
    office.invoice("1")
    office.invoice("2", "200.00")
    office.invoice("3", "300.00")
    office.invoice("4", "400.00")
    office.typed("2", "200.00")
    office.typed("2", "200.00")
    office.typed("3", "310.00")
    office.typed("4", "400.00", TxnDate=(DAY + timedelta(days=1)).isoformat())
    office.typed("77", "7.00")
    office.typed("5", "9.00", CustomerRef={"value": _hostile_customer(office)})
    office.invoice("5", "500.00")
    office.company.void("Invoice", office.typed("78", "8.00"))
    office.job(estimatedPrice="250.00", name="Leak in the cold room")

    result = office.audit("--json")

    told = json.loads(result.stdout)
    found = {(each["what"], each["numbers"]): each for each in told["findings"]}
    assert result.exit_code == 1
    assert {key: each["difference"] for key, each in found.items()} == {
        ("missing", "1"): "-100.00",
        ("double", "2"): "200.00",
        ("differing", "3"): "10.00",
        ("differing", "4"): "0.00",
        ("foreign", "77"): "7.00",
        ("ambiguous", "5"): "-491.00",
        ("unbilled", "job 9001"): "-250.00",
    }
    assert found["differing", "3"]["detail"] == (
        "amount before tax $300.00, in QuickBooks $310.00 (+$10.00)"
    )
    assert found["differing", "4"]["detail"] == (
        "date 2026-10-15, in QuickBooks 2026-10-16 (1 day later)"
    )
    assert found["double", "2"]["detail"] == "2 times"
    assert "neither customer nor total" in found["ambiguous", "5"]["detail"]
    assert told["tallies"]["missing"] == {
        "findings": 1,
        "servicetrade": "100.00",
        "quickbooks": "0.00",
    }


def test_the_screen_names_sections_and_what_to_do(office: Office) -> None:
    office.invoice("1")
    for number in range(45):
        office.typed(f"F{number}", f"{number + 200}.00")

    result = office.audit()

    assert result.exit_code == 1
    for words in (
        "Missing in QuickBooks (1)",
        "nobody has booked it: enter it",
        "In QuickBooks only (45)",
        "and 5 more: see them all with --csv FILE",
        "Some things need a person. Nothing was changed.",
    ):
        assert words in result.stdout


class Page(HTMLParser):
    """Collects the text of a page, and every tag and address in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [str(value) for name, value in attrs if name in {"src", "href"}]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_needs_nothing_else_and_runs_nothing_of_what_it_shows(
    office: Office, tmp_path: Path
) -> None:
    office.typed("77", PrivateNote="x", CustomerRef={"value": _hostile_customer(office)})
    office.invoice("1")
    file = tmp_path / "october.html"

    office.audit("--html", str(file))

    page = Page(file.read_text(encoding="utf-8"))
    assert page.addresses == []
    assert "script" not in page.tags
    assert HOSTILE in page.text
    assert "Missing in QuickBooks (1)" in page.text
    assert "Some things need a person. Nothing was changed" in " ".join(page.text.split())
    assert "$100.00" in page.text


def test_no_cell_of_the_file_is_a_formula(office: Office, tmp_path: Path) -> None:
    office.typed("77", CustomerRef={"value": _hostile_customer(office)})
    office.invoice("1", "1234.50")
    file = tmp_path / "october.csv"

    office.audit("--csv", str(file))

    heading, *rows = csv.reader(io.StringIO(file.read_text(encoding="utf-8-sig")))
    told = [dict(zip(heading, row, strict=True)) for row in rows]
    assert [(row["what"], row["difference"]) for row in told] == [
        ("missing", "-1234.50"),
        ("foreign", "100.00"),
    ]
    assert told[1]["customer"] == f"'{HOSTILE}"


def _hostile_customer(office: Office) -> str:
    return str(office.company.create("Customer", {"DisplayName": HOSTILE})["Id"])


def test_a_file_that_is_there_is_left_alone(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "october.csv"
    file.write_text("mine")

    result = office.audit("--csv", str(file))

    assert (result.exit_code, file.read_text()) == (2, "mine")
    assert "is there already" in result.stderr


def test_a_mapping_says_who_is_who_and_what_stays_out(office: Office, tmp_path: Path) -> None:
    office.company.create("Customer", {"DisplayName": "KF Holding"})
    office.invoice("1")
    office.invoice("2", "200.00", tags=["do-not-sync"])
    office.typed("71", CustomerRef={"value": str(int(office.there) + 1)})
    file = tmp_path / "mapping.yaml"
    file.write_text(
        "go_live: 2026-11-01\n"
        "dispatch: {exclude_tags: [do-not-sync]}\n"
        "customers: {names: {Keystone Foods: KF Holding}}\n"
    )

    assert office.audit().exit_code == 1
    assert office.audit("--mapping", str(file)).exit_code == 0


def test_credentials_that_are_not_in_the_environment_are_asked_for(office: Office) -> None:
    password = office.environment["SERVICETRADE_PASSWORD"]
    token = office.environment["QUICKBOOKS_ACCESS_TOKEN"]

    result = office.audit(
        typed=f"{password}\n{token}\n", SERVICETRADE_PASSWORD=None, QUICKBOOKS_ACCESS_TOKEN=None
    )

    assert result.exit_code == 0
    assert "ServiceTrade password" in result.stderr
    for secret in (password, token):
        assert secret not in result.output


@pytest.mark.parametrize(
    ("words", "environment", "said"),
    [
        ([], {"QUICKBOOKS_ACCESS_TOKEN": "stale"}, "401"),
        ([], {"SERVICETRADE_PASSWORD": "wrong"}, "ServiceTrade"),
        ([], {"QUICKBOOKS_REALM_ID": " "}, "QUICKBOOKS_REALM_ID is empty"),
        (["--to", "2026-09-01"], {}, "--to 2026-09-01 is before --from 2026-10-01"),
        (["--from", "1999-01-01"], {}, "three years"),
        (["--mapping", "no-such.yaml"], {}, "there is no file no-such.yaml"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_line(
    office: Office, words: list[str], environment: dict[str, str], said: str
) -> None:
    window = ["--from", FIRST, "--to", LAST]

    result = office.audit(*window, *words, **environment)

    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.startswith("invoicesync: ")
    assert result.stdout == ""
