"""Hold QuickBooks against what we know: hourly what people changed, nightly both books."""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from invoicesync.adapters.aws.runtime import LambdaDeadline
from invoicesync.bootstrap import reconciler
from invoicesync.errors import MisconfiguredError
from invoicesync.observability import count, logger, metrics
from invoicesync.services.reconcile.request import read_request


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one invocation; named in the template."""
    logged = logger().inject_lambda_context(metrics().log_metrics(run), clear_state=True)
    answer: dict[str, Any] = logged(event, context)
    return answer


def run(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Do the job that the event names, and say what came of it."""
    jobs = {"observe": observed, "reconcile": reconciled}
    job = jobs.get(str(event.get("job")))
    if job is None:
        # Told to whoever sent it, and to nobody else.
        raise MisconfiguredError(f"the event names no job; there are: {', '.join(sorted(jobs))}")
    try:
        return job(event, context)
    except MisconfiguredError as error:
        reconciler.notifier().ops("the reconciler cannot work", f"{error}", cause="reconciler")
        raise


def observed(_: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Look at what people did in QuickBooks to invoices of ours."""
    deadline = LambdaDeadline(context)
    result = reconciler.observe(deadline)(deadline)
    count({"ObservationCompleted": int(result.is_complete), "ChangesRead": result.rows})
    count({f"Observed{deed.title()}": number for deed, number in result.deeds.items()})
    said = asdict(result)
    logger().info("observed", result=said)
    return said


def reconciled(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Compare both books, heal what is ours to heal, and report the rest."""
    asked = read_request(event)
    outcome = reconciler.reconcile(LambdaDeadline(context), asked)(asked)
    said = outcome.plain()
    bridge = outcome.report.bridge
    is_announced = reconciler.announce(outcome)
    count({"ReconcileCompleted": 1, "ReconcileAnnounced": int(is_announced)})
    count({"InvoicesCompared": outcome.compared})
    count({"Differences": outcome.report.differences, "AskedAgain": len(outcome.asked_again)})
    count({"BridgeNotClosed": int(not bridge.closes), "QuickBooksReads": outcome.reads})
    # Metrics carry no decimals: these are looked at, and nobody reckons with them.
    count({"ServiceTradeDollars": float(bridge.source.amount)}, MetricUnit.NoUnit)
    count({"QuickBooksDollars": float(bridge.actual.amount)}, MetricUnit.NoUnit)
    count({"UnexplainedDollars": float(bridge.unexplained.amount)}, MetricUnit.NoUnit)
    count({"TaxVarianceDollars": float(outcome.tax_variance)}, MetricUnit.NoUnit)
    count({"DiscrepancyRate": outcome.discrepancy_percent}, MetricUnit.Percent)
    count({} if outcome.usage is None else {"MeteredReadsOfMonth": outcome.usage.reads})
    logger().info("reconciled", result=said)
    return said
