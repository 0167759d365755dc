"""Hold QuickBooks against what we know: every hour, what people changed there."""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from invoicesync.adapters.aws.runtime import LambdaDeadline
from invoicesync.bootstrap import reconciler
from invoicesync.errors import MisconfiguredError
from invoicesync.observability import count, logger, metrics


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one invocation; named in the template."""
    logged = logger().inject_lambda_context(metrics().log_metrics(run), clear_state=True)
    answer: dict[str, Any] = logged(event, context)
    return answer


def run(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Do the job that the event names, and say what came of it."""
    jobs = {"observe": observed}
    job = jobs.get(str(event.get("job")))
    if job is None:
        # Told to whoever sent it, and to nobody else.
        raise MisconfiguredError(f"the event names no job; there are: {', '.join(sorted(jobs))}")
    try:
        return job(context)
    except MisconfiguredError as error:
        reconciler.notifier().ops("the reconciler cannot work", f"{error}", cause="reconciler")
        raise


def observed(context: LambdaContext) -> dict[str, Any]:
    """Look at what people did in QuickBooks to invoices of ours."""
    deadline = LambdaDeadline(context)
    result = reconciler.observe(deadline)(deadline)
    count({"ObservationCompleted": int(result.is_complete), "ChangesRead": result.rows})
    count({f"Observed{deed.title()}": number for deed, number in result.deeds.items()})
    said = asdict(result)
    logger().info("observed", result=said)
    return said
