"""Functions, queues and schedules: the arithmetic that keeps work from being lost or doubled."""

import re
from typing import Any

import pytest

from invoicesync.adapters.aws import clients
from invoicesync.services.acknowledge import Mode
from invoicesync.services.hints import MARGIN_SECONDS
from invoicesync.state.told import REMARK_SECONDS
from tests.template.conftest import ROOT, Stack, attribute, names_in, ref

FORTNIGHT = 14 * 86_400
MEBIBYTE = 1_048_576
FUNCTIONS = {
    "ExtractorFunction": "extractor",
    "LoaderFunction": "loader",
    "AcknowledgerFunction": "acknowledger",
    "ReconcilerFunction": "reconciler",
    "TokenRefresherFunction": "token_refresher",
}


def test_every_function_of_the_stack_is_known_here(stack: Stack) -> None:
    assert {one.name for one in stack.of("Lambda::Function")} == FUNCTIONS.keys()


@pytest.mark.parametrize(("function", "folder"), FUNCTIONS.items())
def test_a_function_runs_what_lies_in_its_folder(stack: Stack, function: str, folder: str) -> None:
    template = (ROOT / "template.yaml").read_text(encoding="utf-8")
    written = re.search(rf"^  {function}:\n(?:    .*\n)+?", template, re.MULTILINE)
    assert written
    assert f"CodeUri: functions/{folder}\n" in template
    assert stack[function]["Handler"] == "app.lambda_handler"
    assert stack[function]["Runtime"] == "python3.13"
    assert names_in(stack[function]["Layers"]) & {
        one.name for one in stack.of("Lambda::LayerVersion")
    }


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_function_stands_on_itself(stack: Stack, function: str) -> None:
    assert function not in names_in(stack.environment(function))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_addresses_can_be_given_by_sam_local_and_are_absent_in_the_cloud(
    stack: Stack, function: str
) -> None:
    environment = stack.environment(function)
    for name in (
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_LAMBDA",
        "SERVICETRADE_BASE_URL",
        "QUICKBOOKS_BASE_URL",
    ):
        assert environment[name] == ref("AWS::NoValue")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_writes_json_to_a_group_that_forgets(stack: Stack, function: str) -> None:
    logging = stack[function]["LoggingConfig"]
    [group] = names_in(logging["LogGroup"])
    assert stack[group]["RetentionInDays"] == ref("LogRetentionDays")
    assert logging["LogFormat"] == "JSON"
    # A metric travels as a line of level INFO: a higher threshold would drop it.
    assert logging["ApplicationLogLevel"] == ref("LogLevel")
    levels = stack.document["Parameters"]["LogLevel"]
    assert set(levels["AllowedValues"]) == {"DEBUG", "INFO"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_switch_of_a_library_takes_a_guard_out(stack: Stack, function: str) -> None:
    known = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE"}
    assert {n for n in stack.environment(function) if n.startswith("POWERTOOLS_")} == known


def queues(stack: Stack) -> dict[str, dict[str, Any]]:
    return {one.name: one.properties for one in stack.of("SQS::Queue")}


def test_every_queue_keeps_its_messages_for_a_fortnight_and_encrypted(stack: Stack) -> None:
    for name, queue in queues(stack).items():
        assert queue["MessageRetentionPeriod"] == FORTNIGHT, name
        assert queue["SqsManagedSseEnabled"] is True, name
        assert "FifoQueue" not in queue, name


def test_what_cannot_be_worked_off_goes_to_a_queue_that_takes_it(stack: Stack) -> None:
    working = {name: q for name, q in queues(stack).items() if "RedrivePolicy" in q}
    assert working.keys() == {"InvoiceQueue", "OutcomeQueue"}
    for name, queue in working.items():
        [dead] = names_in(queue["RedrivePolicy"]["deadLetterTargetArn"])
        allowed = stack[dead]["RedriveAllowPolicy"]
        assert allowed["redrivePermission"] == "byQueue"
        [source] = allowed["sourceQueueArns"]
        assert source["Fn::Sub"].endswith(":" + queue["QueueName"]["Fn::Sub"]), name
        size = queue.get("MaximumMessageSize", MEBIBYTE)
        assert stack[dead].get("MaximumMessageSize", MEBIBYTE) >= size


def test_the_last_net_is_wide_because_the_ledger_counts_attempts(stack: Stack) -> None:
    assert stack["InvoiceQueue"]["RedrivePolicy"]["maxReceiveCount"] == 200
    assert stack["InvoiceQueue"]["MaximumMessageSize"] == MEBIBYTE


def test_a_message_stays_hidden_six_times_as_long_as_the_loader_may_run(stack: Stack) -> None:
    mapping = stack["LoaderMapping"]
    timeout = stack["LoaderFunction"]["Timeout"]
    hidden = stack["InvoiceQueue"]["VisibilityTimeout"]
    assert hidden >= 6 * timeout + mapping["MaximumBatchingWindowInSeconds"]
    # Intuit may carry out a request for two minutes after we have given it up.
    assert timeout > 140
    assert hidden > timeout + 120 + 60


def test_the_loader_is_fed_in_batches_and_answers_for_each_message(stack: Stack) -> None:
    mapping = stack["LoaderMapping"]
    assert mapping["EventSourceArn"] == attribute("InvoiceQueue")
    assert names_in(mapping["FunctionName"]) == {"LoaderFunction"}
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert 10 < mapping["BatchSize"] <= 30  # what QuickBooks takes in one batch
    assert mapping["MaximumBatchingWindowInSeconds"] > 0  # asked for with more than 10
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": ref("LoaderConcurrency")}
    assert stack.document["Parameters"]["LoaderConcurrency"]["MinValue"] == 2


def test_each_queue_that_is_worked_off_has_one_mapping(stack: Stack) -> None:
    mappings = {one.name: one.properties for one in stack.of("Lambda::EventSourceMapping")}
    fed = {name: names_in(mapping["EventSourceArn"]) for name, mapping in mappings.items()}
    assert fed == {"LoaderMapping": {"InvoiceQueue"}, "AcknowledgerMapping": {"OutcomeQueue"}}
    for name, mapping in mappings.items():
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name
        assert mapping["ScalingConfig"]["MaximumConcurrency"], name


def test_a_hint_stays_hidden_six_times_as_long_as_the_acknowledger_may_run(stack: Stack) -> None:
    mapping, timeout = stack["AcknowledgerMapping"], stack["AcknowledgerFunction"]["Timeout"]
    assert names_in(mapping["FunctionName"]) == {"AcknowledgerFunction"}
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BatchSize"] <= 10  # more would need a window
    assert stack["OutcomeQueue"]["VisibilityTimeout"] >= 6 * timeout
    assert timeout > MARGIN_SECONDS
    # Whoever looks for a comment of a run that died must find it in ServiceTrade's lists.
    assert timeout + 60 < REMARK_SECONDS < stack["OutcomeQueue"]["VisibilityTimeout"]


def test_servicetrade_is_told_unless_somebody_decides_otherwise(stack: Stack) -> None:
    parameter = stack.document["Parameters"]["TellServiceTrade"]
    assert set(parameter["AllowedValues"]) == {mode.value for mode in Mode}
    assert parameter["Default"] == "on"
    assert stack.environment("AcknowledgerFunction")["ACKNOWLEDGE"] == ref("TellServiceTrade")


def test_a_refresh_is_waited_for_as_long_as_it_may_take(stack: Stack) -> None:
    config: Any = clients.lambda_invoke().meta.config
    timeout = stack["TokenRefresherFunction"]["Timeout"]
    assert timeout < config.read_timeout
    assert timeout < stack["LoaderFunction"]["Timeout"]


def test_a_schedule_has_no_name_and_no_second_try(stack: Stack) -> None:
    schedules = stack.of("Scheduler::Schedule")
    assert len(schedules) == 4
    for one in schedules:
        # With a name, a second stack of the account would clash with the first.
        assert "Name" not in one.properties
        target = one.properties["Target"]
        assert target["RetryPolicy"]["MaximumRetryAttempts"] == 0
        assert target["DeadLetterConfig"]["Arn"] == attribute("InvocationDLQ")
        assert target["RoleArn"] == attribute("ScheduleRole")
        assert one.properties["State"] == ref("ScheduleState")


@pytest.mark.parametrize(
    "function", ["ExtractorFunction", "ReconcilerFunction", "TokenRefresherFunction"]
)
def test_a_failed_tick_is_not_repeated_but_kept(stack: Stack, function: str) -> None:
    [config] = [
        one.properties
        for one in stack.of("Lambda::EventInvokeConfig")
        if names_in(one.properties["FunctionName"]) == {function}
    ]
    assert config["MaximumRetryAttempts"] == 0
    destination = config["DestinationConfig"]["OnFailure"]["Destination"]
    assert destination == attribute("InvocationDLQ")


def test_nothing_reserves_concurrency_of_which_a_new_account_has_ten(stack: Stack) -> None:
    for function in FUNCTIONS:
        assert "ReservedConcurrentExecutions" not in stack[function]
