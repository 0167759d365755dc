"""Renew QuickBooks' tokens: on a schedule, or because QuickBooks refused the one in force."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from invoicesync.adapters.aws.runtime import LambdaDeadline
from invoicesync.bootstrap import token_refresher
from invoicesync.errors import BusyError, MisconfiguredError
from invoicesync.observability import count, logger, metrics


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one invocation; named in the template."""
    logged = logger().inject_lambda_context(metrics().log_metrics(run), clear_state=True)
    answer: dict[str, Any] = logged(event, context)
    return answer


def run(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Renew the tokens if it is time, and say how long the consent still lasts."""
    was_refused = event.get("reason") == "refused"
    try:
        result = token_refresher.refresh()(LambdaDeadline(context), was_refused=was_refused)
    except BusyError:
        if was_refused:
            raise  # whoever asked waits for a new token, and is told to ask again
        logger().info("another run renews the tokens")
        return {"renewed": False}
    except MisconfiguredError as error:
        token_refresher.notifier().ops("tokens cannot be renewed", f"{error}", cause="refresher")
        raise
    count({"TokenDaysLeft": result.days_left, "TokenRenewed": int(result.renewed)})
    logger().info("token checked", renewed=result.renewed, days_left=round(result.days_left, 1))
    return {"renewed": result.renewed, "days_left": result.days_left}
