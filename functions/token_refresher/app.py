"""Renew QuickBooks' tokens: the only function that may write them."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from invoicesync.adapters.aws.runtime import LambdaDeadline
from invoicesync.bootstrap import token_refresher as bootstrap
from invoicesync.errors import MisconfiguredError
from invoicesync.observability import count, logger, metrics

REFUSED = "refused"


@metrics().log_metrics
@logger().inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Renew if it is time, or if QuickBooks refused the token; named in template.yaml."""
    count({"Invocations": 1})
    try:
        result = bootstrap.refresh()(
            LambdaDeadline(context), was_refused=event.get("reason") == REFUSED
        )
    except MisconfiguredError as error:
        logger().error("tokens cannot be renewed", reason=str(error))
        bootstrap.notifier().ops("tokens cannot be renewed", str(error), cause="refresher")
        raise
    count({"TokenDaysLeft": result.days_left, "TokensRenewed": int(result.renewed)})
    logger().info("tokens looked at", renewed=result.renewed)
    return {"renewed": result.renewed}
