"""Every error raised on purpose, grouped by what its catcher does next.

* InvoiceSyncError
  - RetryableError          another try may go well: back to the queue with it
    + RateLimitedError      the remote, or our own limiter, asks for a pause
    + BusyError             somebody else holds the lease
    + NotSentError          a request that certainly never arrived
    + OutcomeUnknownError   a write that may be done: nothing new before somebody looked
    + TransientReadError    a read failed; reading again harms nothing
    + NewerReleaseError     stored by a release that knows more: leave it for that one
  - RefusedError            the remote said a definite no to the whole request
    + AuthenticationError   401: refresh the token once, then the same key again
    + RealmBlockedError     nothing will work for this company: open the breaker, tell someone
    + TooLargeError         split the request, new keys
  - MisconfiguredError      no message can go until someone mends the set-up: tell the operator
  - StateError              what the table said no to
    + ConditionFailedError  one conditional write; carries the item that was there
    + TransactionCanceledError  several writes at once; says which failed

Messages carry ids, codes and status, never bodies and never secret values.
"""

from collections.abc import Mapping, Sequence
from typing import Any


class InvoiceSyncError(Exception):
    """Base of every error that this package raises on purpose."""


class RetryableError(InvoiceSyncError):
    """The same work may succeed later."""

    def __init__(self, message: str, *, delay_seconds: float | None = None) -> None:
        super().__init__(message)
        self.delay_seconds = delay_seconds


class RateLimitedError(RetryableError):
    """A limit was met; ``delay_seconds`` says how long to stay away."""


class BusyError(RetryableError):
    """Somebody else is at work on the same thing."""


class NotSentError(RetryableError):
    """The connection failed before anything was sent: certainly not done."""


class OutcomeUnknownError(RetryableError):
    """A write was sent and its outcome is not known: neither a failure nor a success.

    ``strange`` names the answer where it is one that nobody documents, ``evidence`` where the
    whole of it lies, masked.
    """

    def __init__(
        self,
        message: str,
        *,
        delay_seconds: float | None = None,
        strange: str = "",
        evidence: str = "",
    ) -> None:
        super().__init__(message, delay_seconds=delay_seconds)
        self.strange = strange
        self.evidence = evidence


class TransientReadError(RetryableError):
    """A read gave no usable answer."""


class NewerReleaseError(RetryableError):
    """A newer release stored this in a form that this one cannot read, and must not change."""


class RefusedError(InvoiceSyncError):
    """The remote refused the whole request: certainly not done."""

    def __init__(self, message: str, *, code: str = "", tid: str = "", status: int = 0) -> None:
        super().__init__(message)
        self.code = code
        self.tid = tid
        self.status = status


class AuthenticationError(RefusedError):
    """The credentials were not accepted."""


class RealmBlockedError(RefusedError):
    """The company is suspended, disconnected or of another environment."""


class TooLargeError(RefusedError):
    """The request was refused for its size."""


class MisconfiguredError(InvoiceSyncError):
    """Settings, secrets or a mapping are wrong: every message will fail until someone mends it."""


class StateError(InvoiceSyncError):
    """The table refused a write."""


class ConditionFailedError(StateError):
    """A conditional write found another item; ``found`` is what was there, None if nothing."""

    def __init__(self, found: Mapping[str, Any] | None) -> None:
        super().__init__("the condition of a write did not hold")
        self.found = found


class TransactionCanceledError(StateError):
    """None of the writes was made; ``failed`` are the positions whose condition did not hold."""

    def __init__(self, failed: Sequence[int]) -> None:
        super().__init__(f"a transaction was cancelled; conditions failed at {list(failed)}")
        self.failed = tuple(failed)
