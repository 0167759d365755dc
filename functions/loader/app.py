"""Bring queued invoices into QuickBooks, or in front of a person."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from invoicesync.adapters.aws.runtime import LambdaDeadline
from invoicesync.bootstrap import loader as bootstrap
from invoicesync.errors import MisconfiguredError, RetryableError
from invoicesync.observability import count, logger, metrics
from invoicesync.ports import Received
from invoicesync.services.load import LoadReport, Outcome, Result

LONGEST_DELAY_SECONDS = 43_000
"""SQS hides a message for at most 12 hours from its receipt."""


@metrics().log_metrics
@logger().inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Load one batch; named in template.yaml. What fails goes back by itself, not the batch."""
    messages = [_received(record) for record in event["Records"]]
    try:
        report = bootstrap.load()(messages, LambdaDeadline(context))
    except MisconfiguredError as error:
        logger().error("nothing can be loaded", reason=str(error))
        bootstrap.notifier().ops("nothing can be loaded", str(error), cause="loader")
        raise
    _tell(report)
    failed = [outcome for outcome in report.outcomes if outcome.result is Result.RETRY]
    for outcome in failed:
        _delay(outcome)
    return {"batchItemFailures": [{"itemIdentifier": one.message_id} for one in failed]}


def _received(record: dict[str, Any]) -> Received:
    return Received(
        message_id=record["messageId"],
        receipt=record["receiptHandle"],
        body=record["body"],
        receive_count=int(record["attributes"]["ApproximateReceiveCount"]),
    )


def _delay(outcome: Outcome) -> None:
    try:
        seconds = min(int(outcome.delay_seconds), LONGEST_DELAY_SECONDS)
        bootstrap.queue().delay(outcome.receipt, seconds)
    except RetryableError as error:
        # The message comes back after the queue's own visibility time instead.
        logger().warning("a message was not delayed", reason=str(error))


def _tell(report: LoadReport) -> None:
    count({f"Messages{name.title()}": n for name, n in report.results.items()})
    count({"QuickBooksCalls": report.calls, "InvoicesHeld": report.results["held"]})
    for outcome in report.outcomes:
        logger().info(
            "message handled", message=outcome.message_id, result=outcome.result, code=outcome.code
        )
