"""Load queued invoices into QuickBooks, and answer for each message by itself."""

from collections import Counter
from contextlib import suppress
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from invoicesync.adapters.aws.runtime import LambdaDeadline
from invoicesync.bootstrap import loader
from invoicesync.errors import MisconfiguredError, RetryableError
from invoicesync.observability import count, logger, metrics
from invoicesync.ports import Received
from invoicesync.services.load import Outcome, Result


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one batch; named in the template."""
    logged = logger().inject_lambda_context(metrics().log_metrics(run), clear_state=True)
    answer: dict[str, Any] = logged(event, context)
    return answer


def run(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Load a batch; name the messages that shall come again.

    An invoice that cannot be loaded is an outcome. What is raised here is a fault of the code or
    the deployment: it fails the whole batch, which then comes again, and the errors' alarm rings.
    """
    batch = [received(record) for record in event["Records"]]
    try:
        deadline = LambdaDeadline(context)
        report = loader.load(deadline)(batch, deadline)
    except MisconfiguredError as error:
        loader.notifier().ops("the loader cannot work", f"{error}", cause="loader")
        raise
    count({"QuickBooksCalls": report.calls, "MeteredReads": report.reads})
    for each in report.arrivals:
        count({"LagSeconds": each.lag_seconds}, MetricUnit.Seconds)
    created = sum(each.created for each in report.arrivals)
    # Metrics carry no decimals: this is looked at, and nobody reckons with it.
    count({"CreatedDollars": float(created)}, MetricUnit.NoUnit)
    results = Counter(outcome.result for outcome in report.outcomes)
    count({f"Message{result.value.title()}": number for result, number in results.items()})
    codes = Counter(outcome.code for outcome in report.outcomes if outcome.code)
    logger().info("loaded", messages=len(batch), calls=report.calls, results=results, codes=codes)
    again = [outcome for outcome in report.outcomes if outcome.result is Result.RETRY]
    give_back(again)
    return {"batchItemFailures": [{"itemIdentifier": one.message_id} for one in again]}


def give_back(outcomes: list[Outcome]) -> None:
    """Hide each message until it is worth a try again."""
    for outcome in outcomes:
        # One that could not be delayed comes again when its time in hiding is over.
        with suppress(RetryableError):
            loader.queue().delay(outcome.receipt, round(outcome.delay_seconds))


def received(record: dict[str, Any]) -> Received:
    """Read one record of an SQS event."""
    return Received(
        message_id=record["messageId"],
        receipt=record["receiptHandle"],
        body=record["body"],
        receive_count=int(record["attributes"]["ApproximateReceiveCount"]),
        attributes={
            name: attribute.get("stringValue", "")
            for name, attribute in record["messageAttributes"].items()
        },
    )
