"""The dashboard: every line of it is a metric that somebody emits."""

import ast
import json
import re
from typing import Any

import pytest

from invoicesync.observability import count_by
from invoicesync.services.load import Result
from tests.template.conftest import ROOT, Stack
from tests.template.test_flow import FUNCTIONS

WIDE = 24
OURS = "InvoiceSync/"
SEARCH = re.compile(
    r"""SEARCH\('\{(?P<namespace>[^,]+),(?P<dimensions>[a-z,]+)\} MetricName="(?P<name>\w+)" """
    r"""service="(?P<service>\w+)"', '(?P<stat>\w+)', \d+\)"""
)


def widgets(stack: Stack) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(stack["Dashboard"]["DashboardBody"]["Fn::Sub"])[
        "widgets"
    ]
    return found


def metrics(stack: Stack) -> list[list[Any]]:
    return [metric for widget in widgets(stack) for metric in widget["properties"]["metrics"]]


def read(line: list[Any]) -> tuple[str, str, tuple[str, ...], str, str]:
    """Read a line: namespace, name, dimensions, service and statistic."""
    if isinstance(line[0], dict):
        found = SEARCH.fullmatch(line[0]["expression"])
        assert found, line
        dimensions = tuple(found["dimensions"].split(","))
        return found["namespace"], found["name"], dimensions, found["service"], found["stat"]
    namespace, name, dimension, service, how = line
    return namespace, name, (dimension,), service, how["stat"]


def emitted(service: str) -> dict[tuple[str, ...], str]:
    """Name what a function counts, as its source has it: its name, its dimensions, and its unit."""
    source = (ROOT / "functions" / service / "app.py").read_text(encoding="utf-8")
    found: dict[tuple[str, ...], str] = {}
    for call in [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]:
        if ast.unparse(call.func) == "count":
            unit = ast.unparse(call.args[1]) if len(call.args) > 1 else "MetricUnit.Count"
            said = ast.unparse(call.args[0])
            names = set(re.findall(r"'([A-Z][A-Za-z]+)': ", said))
            names |= {f"Message{one.value.title()}" for one in Result if "f'Message{" in said}
            found |= {(name, "service"): unit for name in names}
        if ast.unparse(call.func) == "count_by":
            dimension, name = (ast.literal_eval(each) for each in call.args[:2])
            found[name, dimension, "service"] = "MetricUnit.Count"
    return found


def test_every_line_is_a_metric_that_its_function_emits(stack: Stack) -> None:
    ours = [metric for metric in metrics(stack) if OURS in str(metric[0])]

    assert ours
    for line in ours:
        namespace, name, dimensions, service, stat = read(line)
        assert namespace == "InvoiceSync/${AWS::StackName}"
        assert (name, *dimensions) in emitted(service), name
        assert stat in {"Sum", "Maximum", "Minimum", "p50", "p95"}


def test_what_the_plan_asks_for_is_emitted_and_drawn(stack: Stack) -> None:
    drawn = {read(metric)[1] for metric in metrics(stack) if OURS in str(metric[0])}

    outcomes = {"MessageCreated", "MessageUpdated", "MessageVoided", "MessageHeld"}
    money = {"CreatedDollars", "ServiceTradeDollars", "QuickBooksDollars", "TaxVarianceDollars"}
    calls = {"QuickBooksCalls", "MeteredReadsOfMonth", "ServiceTradeCalls", "ServiceTradeLeastLeft"}
    assert drawn >= outcomes | money | calls | {"LagSeconds", "HeldInvoices", "DiscrepancyRate"}


def test_lines_on_one_axis_are_of_one_unit(stack: Stack) -> None:
    for widget in widgets(stack):
        units: dict[str, set[str]] = {}
        for metric in [m for m in widget["properties"]["metrics"] if OURS in str(m[0])]:
            _, name, dimensions, service, _ = read(metric)
            axis = metric[-1].get("yAxis", "left")
            units.setdefault(axis, set()).add(emitted(service)[name, *dimensions])
        assert all(len(each) == 1 for each in units.values()), widget["properties"]["title"]


def test_a_metric_by_reason_is_found_by_the_dimensions_that_it_is_emitted_under(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "extractor")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "InvoiceSync/stack")

    count_by("reason", "HeldInvoices", {"unmapped_item": 3})

    said = json.loads(capsys.readouterr().out)
    [directive] = said["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["reason", "service"]]
    assert directive["Metrics"] == [{"Name": "HeldInvoices", "Unit": "Count"}]
    assert (said["reason"], said["service"], said["HeldInvoices"]) == (
        "unmapped_item",
        "extractor",
        [3.0],
    )


def test_every_metric_of_aws_is_one_of_a_queue_or_a_function_of_ours(stack: Stack) -> None:
    queues = {one.name for one in stack.of("SQS::Queue")}
    theirs = [metric for metric in metrics(stack) if str(metric[0]).startswith("AWS/")]

    named = {(each[0], each[2], each[3]) for each in theirs}
    assert named == {
        *(("AWS/SQS", "QueueName", f"${{{name}.QueueName}}") for name in queues),
        *(("AWS/Lambda", "FunctionName", f"${{{name}}}") for name in FUNCTIONS),
    }


def test_no_widget_lies_on_another(stack: Stack) -> None:
    taken: set[tuple[int, int]] = set()
    for widget in widgets(stack):
        cells = {
            (widget["x"] + right, widget["y"] + down)
            for right in range(widget["width"])
            for down in range(widget["height"])
        }
        assert widget["x"] + widget["width"] <= WIDE
        assert not cells & taken
        taken |= cells


def test_every_widget_says_what_it_shows(stack: Stack) -> None:
    titles = [widget["properties"]["title"] for widget in widgets(stack)]

    assert all(titles)
    assert len(set(titles)) == len(titles)
