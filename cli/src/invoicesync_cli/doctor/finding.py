"""What a check comes to, and how a check that fails still comes to something."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from invoicesync.errors import AuthenticationError, BusyError, InvoiceSyncError, RateLimitedError
from invoicesync_cli.errors import DeskError


class Severity(StrEnum):
    """How bad it is. Only what is broken makes the command end with exit code 1."""

    OK = "ok"
    ADVICE = "advice"
    BROKEN = "broken"
    UNCHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what it is like, where, and what mends it."""

    severity: Severity
    what: str
    where: str
    fix: str = ""

    def plain(self) -> dict[str, str]:
        """Write for programs."""
        return asdict(self)


def ok(what: str, where: str) -> Finding:
    """Say that something is as it should be."""
    return Finding(Severity.OK, what, where)


def advice(what: str, where: str, fix: str) -> Finding:
    """Say that something works, and what would be better."""
    return Finding(Severity.ADVICE, what, where, fix)


def broken(what: str, where: str, fix: str) -> Finding:
    """Say that invoices do not go, or go wrong, until somebody mends it."""
    return Finding(Severity.BROKEN, what, where, fix)


def unchecked(why: str, where: str) -> Finding:
    """Say that nobody looked, and why: that is never the same as good."""
    return Finding(Severity.UNCHECKED, f"not checked: {why}", where)


class NotReadError(Exception):
    """A fact that an earlier check has tried to read in vain, and told of."""


class Once[T]:
    """Something that is read when the first check asks for it, and never a second time."""

    def __init__(self, what: str, read: Callable[[], T]) -> None:
        self._what = what
        self._read = read
        self._found: list[T] = []
        self._failed = False

    def __call__(self) -> T:
        """Return it. The first who asks gets the error itself, whoever follows `NotReadError`."""
        if self._failed:
            raise NotReadError(f"{self._what} could not be read")
        if not self._found:
            self._failed = True
            self._found.append(self._read())
            self._failed = False
        return self._found[0]


@dataclass(frozen=True, slots=True)
class Check:
    """One look at one thing. ``look`` may raise whatever it likes."""

    where: str
    look: Callable[[], Iterable[Finding]]

    def __call__(self) -> Sequence[Finding]:
        """Return what was found; a failure is a finding too, and stops no other check."""
        found: list[Finding] = []
        try:
            found.extend(self.look())
        except NotReadError as error:
            found.append(unchecked(str(error), self.where))
        except (RateLimitedError, BusyError) as error:
            found.append(unchecked(f"{error}; try again in a minute", self.where))
        except (InvoiceSyncError, DeskError) as error:
            found.append(broken(str(error), self.where, _mends(error)))
        except Exception as error:  # noqa: BLE001  (it is told, and the other checks go on)
            what = f"the check failed: {type(error).__name__}: {error}"
            found.append(broken(what, self.where, _LOOK))
        return found


_LOOK = (
    "the message names an address, the network, or a right that you lack: mend it, then run "
    "invoicesync doctor again"
)


def _mends(error: Exception) -> str:
    text = str(error)
    if isinstance(error, AuthenticationError):
        return (
            "wait for the next renewal (half an hour); if it stays: "
            "invoicesync connect quickbooks --reconnect"
        )
    for words, fix in _FIXES:
        if words in text:
            return fix
    return _LOOK


_FIXES = (
    ("connect servicetrade", "invoicesync connect servicetrade"),
    ("connect quickbooks", "invoicesync connect quickbooks"),
    ("mapping", "invoicesync mapping push FILE"),
)
