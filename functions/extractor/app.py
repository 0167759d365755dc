"""Extract what changed in ServiceTrade: at every tick, by id, or for a time in the past."""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from invoicesync.bootstrap import extractor
from invoicesync.errors import MisconfiguredError
from invoicesync.observability import count, count_by, logger, metrics
from invoicesync.services.extract import Extract, ExtractResult
from invoicesync.services.extract.request import Request, read_request


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one invocation; named in the template."""
    logged = logger().inject_lambda_context(metrics().log_metrics(run), clear_state=True)
    answer: dict[str, Any] = logged(event, context)
    return answer


def run(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Extract, and say what came of it."""
    # An event that cannot be read is told to whoever sent it, and to nobody else.
    asked = read_request(event)
    try:
        result = extracted(asked, context)
    except MisconfiguredError as error:
        extractor.notifier().ops("the extractor cannot work", f"{error}", cause="extractor")
        raise
    count({"Enqueued": result.enqueued, "RowsRead": result.rows})
    count({"BytesRead": result.bytes_read}, MetricUnit.Bytes)
    count({"ServiceTradeCalls": result.spent.calls})
    if (least := result.spent.least_left_ms) is not None:
        count({"ServiceTradeLeastLeft": least}, MetricUnit.Milliseconds)
    said = asdict(result)
    logger().info("extracted", result=said)
    return said


def extracted(asked: Request, context: LambdaContext) -> ExtractResult:
    """Choose the entry: some ids, a time in the past, or whatever is due."""
    extract = extractor.extract(context)
    if asked.invoice_ids is not None:
        return extract.by_id(asked.invoice_ids, actor=asked.actor)
    if (past := asked.backfill) is not None:
        return extract.backfill(past.name, past.start, past.end)
    return tick(extract)


def tick(extract: Extract) -> ExtractResult:
    """Do what is due, explain dead letters, follow up mails, and measure how the stack is doing."""
    result = extract.tick()
    swept = extractor.sweep()()
    told = extractor.follow_up()()
    vitals = extractor.vitals()
    count({"SyncRunCompleted": result.is_run_completed, "ScanCommitted": result.complete})
    count({} if swept is None else {"UnexplainedDeadLetters": swept.unexplained})
    count({"CausesTold": told.told, "CausesCleared": told.cleared})
    count_by("reason", "HeldInvoices", told.held)
    count({"OldestUnsettledSeconds": vitals.oldest_unsettled_seconds}, MetricUnit.Seconds)
    count({"OldestHeldSeconds": vitals.oldest_held_seconds}, MetricUnit.Seconds)
    count({"BreakerOpenSeconds": vitals.breaker_open_seconds}, MetricUnit.Seconds)
    return result
