"""Tell people: one message a cause, not one an invoice, and at most one an hour for one cause.

A cause is told under the reservation that `invoicesync.state.alerts` describes: whoever meets one
of which no message came yet tries again, and acknowledges nothing on the strength of it. Invoices
that come within the hour are not told of here: `invoicesync.services.follow_up` counts them in the
next message about their cause, and tells when it is cleared.
"""

from collections.abc import Collection, Sequence
from contextlib import suppress

from invoicesync.domain.alerts import Letter, Strange, held_letter, strange_letter, subject_of
from invoicesync.domain.causes import Cause, cause_of
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.standing import Standing
from invoicesync.errors import BusyError, RetryableError
from invoicesync.ports import Clock, Table, Topic
from invoicesync.services.held import MailSettings, read_held, row_of_hold, standing, today
from invoicesync.services.load.work import Hold
from invoicesync.state.alerts import Alerts
from invoicesync.state.ledger import Ledger

PLAIN = MailSettings()


class Notifier:
    """Writes to the finance lead and to the operator."""

    def __init__(
        self,
        table: Table,
        clock: Clock,
        *,
        finance: Topic,
        ops: Topic,
        settings: MailSettings = PLAIN,
    ) -> None:
        self._alerts = Alerts(table, clock)
        self._ledger = Ledger(table)
        self._clock = clock
        self._finance = finance
        self._ops = ops
        self._settings = settings

    def __call__(self, holds: Sequence[Hold]) -> Collection[ServiceTradeId]:
        """Tell the finance lead about held invoices; return those that were told of.

        Raises `BusyError` where somebody else is about to tell of the same cause.
        """
        causes: dict[Cause, list[Hold]] = {}
        for hold in holds:
            causes.setdefault(cause_of(hold.problems[0]), []).append(hold)
        told: set[ServiceTradeId] = set()
        for cause, some in sorted(causes.items(), key=lambda pair: pair[0]):
            if self._tell(cause, some):
                told |= {hold.servicetrade_id for hold in some}
        return told

    def undocumented(self, answers: Sequence[Strange]) -> None:
        """Tell the operator of answers that nobody documents; each kind once an hour.

        Nothing depends on it: the write is looked for, and the next answer of the kind is told.
        """
        for strange in answers:
            with suppress(RetryableError):
                name = f"ops|undocumented|{strange.answer}"
                self._send(self._ops, name, strange_letter(strange))

    def ops(self, about: str, text: str, *, cause: str) -> bool:
        """Tell the operator; False where the same cause is being told or was within the hour."""
        try:
            letter = Letter(subject_of(f"InvoiceSync: {about}"), text)
            return self._send(self._ops, f"ops|{cause}", letter)
        except BusyError:
            return False

    def finance(self, subject: str, text: str, *, cause: str) -> bool:
        """Tell the finance lead of something else; False where that was told within the hour.

        Raises `BusyError` where somebody else is about to tell of the same cause.
        """
        return self._send(self._finance, f"finance|{cause}", Letter(subject_of(subject), text))

    def _tell(self, cause: Cause, holds: Sequence[Hold]) -> bool:
        at = self._alerts.reserve(cause.name)
        if at is None:
            return False
        rows = [row_of_hold(hold, self._settings) for hold in holds]
        letter = held_letter(rows, self._standing(holds), today(at))
        self._finance.publish(letter.subject, letter.text)
        self._alerts.sent(cause.name, at, cause)
        return True

    def _send(self, topic: Topic, name: str, letter: Letter) -> bool:
        """Tell of something that nothing is held for: nobody is told when it is over."""
        at = self._alerts.reserve(name)
        if at is None:
            return False
        topic.publish(letter.subject, letter.text)
        self._alerts.sent(name, at)
        return True

    def _standing(self, holds: Sequence[Hold]) -> Standing | None:
        """Add up all that is held; a message without its last line is better than none."""
        now = self._clock.now()
        try:
            held = read_held(self._ledger, now)
        except RetryableError:
            return None
        return standing(held, self._settings, now, besides=holds)
