"""Extract what changed in ServiceTrade: every tick, for invoices by id, or for a time in the past."""

from typing import Annotated, Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ConfigDict, Field

from invoicesync.bootstrap import extractor
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.observability import count, logger, metrics
from invoicesync.services.extract import Extract, ExtractResult


class Backfill(BaseModel):
    """A scan of what was created from ``start`` to ``end``, in ServiceTrade's seconds."""

    name: Annotated[str, Field(min_length=1)]
    start: int
    end: int


class Request(BaseModel):
    """What a person or another function asks for; a tick asks for nothing in particular."""

    model_config = ConfigDict(extra="ignore")

    invoice_ids: tuple[Annotated[int, Field(gt=0)], ...] = ()
    actor: str = "unnamed"
    backfill: Backfill | None = None


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one invocation; named in the template."""
    logged = logger().inject_lambda_context(metrics().log_metrics(run), clear_state=True)
    return logged(event, context)


def run(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Extract, and say what came of it."""
    asked = Request.model_validate(event)
    extract = extractor.extract(context)
    if asked.invoice_ids:
        ids = [ServiceTradeId(invoice_id) for invoice_id in asked.invoice_ids]
        result = extract.by_id(ids, actor=asked.actor)
    elif asked.backfill is not None:
        wanted = asked.backfill
        result = extract.backfill(wanted.name, wanted.start, wanted.end)
    else:
        result = tick(extract)
    counts = {"Enqueued": result.enqueued, "RowsRead": result.rows, "Held": result.unreadable}
    count(counts | {"Unnamed": result.failed})
    count({"BytesRead": result.bytes_read}, MetricUnit.Bytes)
    said = summary(result)
    logger().info("extracted", **said)
    return said


def tick(extract: Extract) -> ExtractResult:
    """Do what is due, explain dead letters, and measure how the stack is doing."""
    result = extract.tick()
    swept = extractor.sweep()()
    vitals = extractor.vitals()
    count(
        {
            "SyncRunCompleted": int(result.is_run_completed),
            "ScanCommitted": int(result.complete),
            **({} if swept is None else {"UnexplainedDeadLetters": swept.unexplained}),
        }
    )
    ages = {
        "OldestUnsettledSeconds": vitals.oldest_unsettled_seconds,
        "OldestHeldSeconds": vitals.oldest_held_seconds,
        "BreakerOpenSeconds": vitals.breaker_open_seconds,
    }
    count(ages, MetricUnit.Seconds)
    return result
