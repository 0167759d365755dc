"""Tell ServiceTrade, and whoever listens to the event bus, what became of invoices."""

from contextlib import suppress
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from invoicesync.adapters.aws.runtime import LambdaDeadline
from invoicesync.bootstrap import acknowledger
from invoicesync.errors import MisconfiguredError, RetryableError
from invoicesync.observability import count, logger, metrics
from invoicesync.ports import Received


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one batch; named in the template."""
    logged = logger().inject_lambda_context(metrics().log_metrics(run), clear_state=True)
    answer: dict[str, Any] = logged(event, context)
    return answer


def run(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Work off a batch of hints; name the messages that shall come again."""
    batch = [received(record) for record in event["Records"]]
    try:
        report = acknowledger.hints()(batch, LambdaDeadline(context))
    except MisconfiguredError as error:
        acknowledger.notifier().ops(
            "the acknowledger cannot work", f"{error}", cause="acknowledger"
        )
        raise
    named = {f"Acknowledge{what.title().replace('_', '')}": n for what, n in report.counts.items()}
    count({"HintsTaken": len(batch), "HintsReturned": len(report.again), **named})
    logger().info("acknowledged", messages=len(batch), counts=report.counts)
    for one in batch:
        if one.message_id in report.again:
            # One that could not be delayed comes again when its time in hiding is over.
            with suppress(RetryableError):
                acknowledger.queue().delay(one.receipt, round(report.again[one.message_id]))
    return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in report.again]}


def received(record: dict[str, Any]) -> Received:
    """Read one record of an SQS event."""
    return Received(
        message_id=record["messageId"],
        receipt=record["receiptHandle"],
        body=record["body"],
        receive_count=int(record["attributes"]["ApproximateReceiveCount"]),
    )
