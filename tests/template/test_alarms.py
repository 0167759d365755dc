"""Alarms: that they can ring, reach somebody, and say what to do."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from tests.template.conftest import ROOT, Stack, names_in, ref
from tests.template.test_flow import FUNCTIONS

RUNBOOKS = ROOT / "docs/runbooks"
PAGE = re.compile(r"docs/runbooks/([a-z-]+)\.md$")
# Other pages there are about other things than alarms, in a form of their own.
PAGES = sorted(p for p in RUNBOOKS.glob("*.md") if "**Means.**" in p.read_text(encoding="utf-8"))
SCHEDULES = (5, 10, 15, 30, 60)


def alarms(stack: Stack) -> dict[str, dict[str, Any]]:
    return {one.name: one.properties for one in stack.of("CloudWatch::Alarm")}


def test_every_alarm_names_a_page_after_itself(stack: Stack) -> None:
    for name, alarm in alarms(stack).items():
        found = PAGE.search(alarm["AlarmDescription"])
        assert found, name
        words = re.sub(r"(?<!^)([A-Z])", r"-\1", name.removesuffix("Alarm")).lower()
        assert found[1] == words
        assert (RUNBOOKS / f"{words}.md").is_file(), name


def test_every_page_has_its_alarm(stack: Stack) -> None:
    named = {PAGE.search(alarm["AlarmDescription"])[1] for alarm in alarms(stack).values()}  # type: ignore[index]  # a test above shows that each has one
    assert {page.stem for page in PAGES} == named


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_says_what_it_means_what_to_look_at_what_to_do_and_when_it_is_over(
    page: Path,
) -> None:
    text = page.read_text(encoding="utf-8")
    parts = ["**Means.**", "**Look at**", "**Do**", "**Over**"]
    places = [text.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)


def test_every_alarm_tells_somebody_when_it_rings_and_when_it_ends(stack: Stack) -> None:
    topics = {one.name for one in stack.of("SNS::Topic")}
    for name, alarm in alarms(stack).items():
        assert names_in(alarm["AlarmActions"]) <= topics, name
        assert alarm["AlarmActions"] == alarm["OKActions"] != [], name


def test_every_topic_can_have_a_reader(stack: Stack) -> None:
    subscriptions = stack.of("SNS::Subscription")
    read = {name for one in subscriptions for name in names_in(one.properties["TopicArn"])}
    assert read == {one.name for one in stack.of("SNS::Topic")}


def own(stack: Stack) -> dict[str, dict[str, Any]]:
    """Return the alarms on metrics that the product emits itself."""
    return {
        name: alarm
        for name, alarm in alarms(stack).items()
        if alarm.get("Namespace") and alarm["Namespace"] != "AWS/SQS"
    }


def test_an_alarm_on_our_own_metric_looks_where_it_is_emitted(stack: Stack) -> None:
    services = {
        stack.environment(function)["POWERTOOLS_SERVICE_NAME"]: stack.environment(function)
        for function in FUNCTIONS
    }
    assert len(services) == len(FUNCTIONS)
    for name, alarm in own(stack).items():
        [dimension] = alarm["Dimensions"]
        assert dimension["Name"] == "service", name
        emitting = services[dimension["Value"]]
        assert alarm["Namespace"] == emitting["POWERTOOLS_METRICS_NAMESPACE"], name


def test_an_alarm_on_our_own_metric_names_one_that_its_function_emits(stack: Stack) -> None:
    for name, alarm in own(stack).items():
        [service] = [dimension["Value"] for dimension in alarm["Dimensions"]]
        source = (ROOT / "functions" / service / "app.py").read_text(encoding="utf-8")
        assert f'"{alarm["MetricName"]}"' in source, name


def test_a_metric_is_emitted_under_the_service_alone(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    dimensions = {tuple(d["Name"] for d in alarm["Dimensions"]) for alarm in own(stack).values()}
    emitting = Metrics(namespace="InvoiceSync/stack", service="extractor")

    emitting.add_metric(name="SyncRunCompleted", unit=MetricUnit.Count, value=1)
    emitting.flush_metrics()

    said = json.loads(capsys.readouterr().out)
    [directive] = said["_aws"]["CloudWatchMetrics"]
    assert {tuple(names) for names in directive["Dimensions"]} == dimensions
    assert said["service"] == "extractor"
    assert said["SyncRunCompleted"] == [1]


def test_several_stacks_of_an_account_do_not_mix_their_metrics(stack: Stack) -> None:
    for alarm in own(stack).values():
        assert "AWS::StackName" in names_in(alarm["Namespace"])


def test_a_metric_of_functions_counts_them_all(stack: Stack) -> None:
    for name in ("FunctionErrorsAlarm", "FunctionThrottlesAlarm"):
        metrics = alarms(stack)[name]["Metrics"]
        counted = [m["MetricStat"]["Metric"]["Dimensions"] for m in metrics if "MetricStat" in m]
        assert sorted(d[0]["Value"]["Ref"] for d in counted) == sorted(FUNCTIONS)
        assert [m["Expression"] for m in metrics if m.get("ReturnData")] == ["SUM(METRICS())"]


@pytest.mark.parametrize("minutes", SCHEDULES)
def test_late_means_later_than_the_schedule_and_a_whole_run(stack: Stack, minutes: int) -> None:
    row = stack.document["Mappings"]["BySchedule"][str(minutes)]
    tick, run = minutes * 60, stack["ExtractorFunction"]["Timeout"]
    assert row["Period"] >= max(tick, run)
    assert row["Period"] % 60 == 0
    visibility = stack["InvoiceQueue"]["VisibilityTimeout"]
    lease = stack["LoaderFunction"]["Timeout"] + 180
    assert row["UnsettledSeconds"] >= 600 + visibility + 3 * tick + lease
    lag = row["Period"] * row["PeriodsWithoutCommit"]
    assert 2 * 3600 <= lag <= 86_400
    assert lag >= 4 * tick


def test_every_schedule_that_may_be_chosen_has_its_thresholds(stack: Stack) -> None:
    chosen = stack.document["Parameters"]["ScheduleMinutes"]["AllowedValues"]
    assert tuple(chosen) == SCHEDULES
    assert set(stack.document["Mappings"]["BySchedule"]) == {str(minutes) for minutes in chosen}


def test_silence_of_what_must_speak_is_an_alarm(stack: Stack) -> None:
    breaching = {n for n, a in alarms(stack).items() if a["TreatMissingData"] == "breaching"}
    assert breaching == {
        "ObservationNotCompletedAlarm",
        "ReconcileNotCompletedAlarm",
        "SyncNotCompletedAlarm",
        "TokenExpiringAlarm",
        "WatermarkLagAlarm",
    }
    for name in breaching:
        if name != "WatermarkLagAlarm":
            assert alarms(stack)[name]["EvaluationPeriods"] == 2
        # A stack that was told to rest does not ring.
        assert alarms(stack)[name]["ActionsEnabled"] == {"Fn::If": ["IsScheduled", True, False]}


def test_an_unread_dead_letter_of_a_tick_or_an_outcome_rings(stack: Stack) -> None:
    for name, queue in {
        "InvocationDeadLettersAlarm": "InvocationDLQ",
        "OutcomeDeadLettersAlarm": "OutcomeDLQ",
    }.items():
        alarm = alarms(stack)[name]
        assert names_in(alarm["Dimensions"]) == {queue}
        assert alarm["Threshold"] == 0


def test_nobody_is_woken_by_the_mere_presence_of_held_invoices(stack: Stack) -> None:
    watched = set[str]().union(*(names_in(a.get("Dimensions", [])) for a in alarms(stack).values()))
    assert "InvoiceDLQ" not in watched
    assert alarms(stack)["HeldTooLongAlarm"]["AlarmActions"] == [ref("FinanceTopic")]
