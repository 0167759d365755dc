"""The collections pass against the simulators, and a wrong mapping does not."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from invoicesync.domain.mapping import Mapping
from invoicesync.domain.source import Source
from invoicesync.domain.transform import Transformed, transform
from sandbox.demo.world import World
from tests.golden.documents import DATA, data_file, goldens
from tests.postman import newman
from tests.postman.newman import POSTMAN

COLLECTIONS = sorted(POSTMAN.glob("*.postman_collection.json"))
ENVIRONMENTS = sorted(POSTMAN.glob("*.postman_environment.json"))
CREDENTIAL = re.compile(r"realm|client|token$|username|password")


def invoices(world: World) -> int:
    return len(list(world.books.company.objects("Invoice")))


@pytest.mark.parametrize("collection", ["servicetrade", "quickbooks"])
def test_what_the_product_asks_is_answered(
    collection: str, values: dict[str, str], world: World, tmp_path: Path
) -> None:
    before = invoices(world)

    run = newman.run(collection, values, report=tmp_path / "report.json")

    assert run.failures == (), run.said
    assert run.code == 0
    assert run.requests >= 7
    assert run.assertions > run.requests
    assert invoices(world) == before


def dated_by_when_it_is_due(source: Source, mapping: Mapping) -> Transformed:
    """Read the day of an invoice from the wrong field, as a careless change would."""
    invoice = replace(source.invoice, transaction_date=source.invoice.due_date)
    return transform(replace(source, invoice=invoice), mapping)


@pytest.fixture(scope="module")
def regression(
    values: dict[str, str], world: World, tmp_path_factory: pytest.TempPathFactory
) -> newman.Run:
    """Run the data file as it is kept, and after it two invoices of a mapping gone wrong."""
    folder = tmp_path_factory.mktemp("regression")
    wrong = json.loads(data_file(by=dated_by_when_it_is_due))[:2]
    planted = [{**row, "name": f"planted {row['name']}"} for row in wrong]
    data = folder / "data.json"
    rows = json.loads(DATA.read_text(encoding="utf-8"))
    data.write_text(json.dumps([*rows, *planted]), encoding="utf-8")
    before = invoices(world)
    run = newman.run("mapping-regression", values, report=folder / "report.json", data=data)
    assert invoices(world) == before
    return run


def test_golden_invoices_arrive_as_they_were_written_down(regression: newman.Run) -> None:
    kept = list(goldens())
    lines = sum(len(golden.expected["lines"]) for golden in kept)

    assert not [each for each in regression.failures if "planted" not in each], regression.said
    # Taken, number, date, customer, sums and the rest of each; and each line as a whole.
    assert regression.assertions >= 12 * len(kept) + lines
    assert regression.requests >= 3 * len(kept)


def test_a_mapping_that_takes_the_wrong_date_is_noticed(regression: newman.Run) -> None:
    assert regression.code != 0
    noticed = [each.split(": ")[1:3] for each in regression.failures]
    assert noticed == [["planted a-cent-apart", "date"], ["planted billed-by-location", "date"]]


def test_no_environment_file_carries_a_credential() -> None:
    assert len(ENVIRONMENTS) == 2
    for path in ENVIRONMENTS:
        for value in json.loads(path.read_text(encoding="utf-8"))["values"]:
            if CREDENTIAL.search(value["key"]):
                assert value["value"] == "", f"{path.name}: {value['key']}"


def every(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for value in node.values():
            yield from every(value)
    elif isinstance(node, list):
        for value in node:
            yield from every(value)
    elif isinstance(node, str):
        yield node


@pytest.mark.parametrize("path", COLLECTIONS, ids=lambda path: path.name.split(".")[0])
def test_a_collection_takes_every_address_and_credential_from_the_environment(path: Path) -> None:
    collection = json.loads(path.read_text(encoding="utf-8"))
    texts = [text for part in ("item", "auth", "variable") for text in every(collection[part])]

    assert collection["info"]["schema"].endswith("/v2.1.0/collection.json")
    assert not [text for text in texts if re.search(r"https?://", text)]
    assert {each["value"] for each in collection["variable"]} == {""}
    given = {
        value["key"]
        for environment in ENVIRONMENTS
        for value in json.loads(environment.read_text(encoding="utf-8"))["values"]
    }
    set_by_itself = {each["key"] for each in collection["variable"]} | {"body"}
    wanted = {name for text in texts for name in re.findall(r"\{\{([a-z_]+)\}\}", text)}
    assert wanted <= given | set_by_itself
