"""Read a batch of messages, and reduce it to the newest revision of each invoice."""

from collections.abc import Sequence
from dataclasses import dataclass

from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.message import (
    Message,
    NewerSchemaError,
    decode,
)
from invoicesync.ports import Received
from invoicesync.state.claimchecks import ClaimChecks, MissingClaimError

NEWER_SCHEMA_DELAY_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Reduced:
    """The newest message of one invoice, and every message that it stands for, newest first."""

    message: Message
    received: tuple[Received, ...]


@dataclass(frozen=True, slots=True)
class Intake:
    """A batch, read: what to load, and what cannot be."""

    reduced: tuple[Reduced, ...]
    unreadable: tuple[tuple[Received, str], ...]
    too_new: tuple[Received, ...]
    lost_claims: tuple[tuple[Received, ServiceTradeId], ...]


def read_batch(batch: Sequence[Received], claims: ClaimChecks) -> Intake:
    """Read every message; one that cannot be read never harms another."""
    readable: dict[ServiceTradeId, list[tuple[Message, Received]]] = {}
    unreadable: list[tuple[Received, str]] = []
    too_new: list[Received] = []
    lost: list[tuple[Received, ServiceTradeId]] = []
    for received in batch:
        try:
            message = decode(claims.unpack(received.body))
        except NewerSchemaError:
            too_new.append(received)
        except MissingClaimError as missing:
            lost.append((received, missing.invoice_id))
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            unreadable.append((received, f"{type(error).__name__}: {error}"))
        else:
            readable.setdefault(message.servicetrade_id, []).append((message, received))
    return Intake(
        reduced=tuple(_reduce(group) for group in readable.values()),
        unreadable=tuple(unreadable),
        too_new=tuple(too_new),
        lost_claims=tuple(lost),
    )


def _reduce(group: list[tuple[Message, Received]]) -> Reduced:
    newest_first = sorted(group, key=lambda pair: pair[0].revision.order, reverse=True)
    return Reduced(newest_first[0][0], tuple(received for _, received in newest_first))
