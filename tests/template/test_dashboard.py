"""The dashboard: every line of it is a metric that somebody emits."""

import json
import re
from typing import Any

from invoicesync.services.load import Result
from tests.template.conftest import ROOT, Stack
from tests.template.test_flow import FUNCTIONS

WIDE = 24


def widgets(stack: Stack) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(stack["Dashboard"]["DashboardBody"]["Fn::Sub"])[
        "widgets"
    ]
    return found


def metrics(stack: Stack) -> list[list[Any]]:
    return [metric for widget in widgets(stack) for metric in widget["properties"]["metrics"]]


def emitted(service: str) -> set[str]:
    """Name what a function counts, as its source has it."""
    source = (ROOT / "functions" / service / "app.py").read_text(encoding="utf-8")
    names = set(re.findall(r'"([A-Z][A-Za-z]+)": ', source))
    if 'f"Message{' in source:
        names |= {f"Message{result.value.title()}" for result in Result}
    return names


def test_every_line_is_a_metric_that_its_function_emits(stack: Stack) -> None:
    ours = [metric for metric in metrics(stack) if metric[0].startswith("InvoiceSync/")]

    assert ours
    for namespace, name, dimension, service, how in ours:
        assert namespace == "InvoiceSync/${AWS::StackName}"
        assert dimension == "service"
        assert name in emitted(service), name
        assert how["stat"] in {"Sum", "Maximum", "Minimum"}


def test_every_metric_of_aws_is_one_of_a_queue_or_a_function_of_ours(stack: Stack) -> None:
    queues = {one.name for one in stack.of("SQS::Queue")}
    theirs = [metric for metric in metrics(stack) if metric[0].startswith("AWS/")]

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
