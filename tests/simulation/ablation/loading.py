"""Defences of the loader and of the token refresher, and how each is taken out."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from invoicesync.conditions import Absent, Condition, Update, any_of
from invoicesync.conditions import Less as Below
from invoicesync.domain.ids import RequestId
from invoicesync.services.follow_up import FollowedUp, FollowUp
from invoicesync.services.load import evidence, load, plan, resend, send, settle, triage
from invoicesync.services.load.evidence import Finding, Look
from invoicesync.services.load.intake import Intake, Reduced
from invoicesync.services.load.lookup import Found
from invoicesync.services.load.needs import LoadSettings
from invoicesync.services.load.record import Recorder
from invoicesync.services.load.resend import Resender
from invoicesync.services.load.run import Run
from invoicesync.services.load.settle import Settler
from invoicesync.services.load.unknown import Unknowns
from invoicesync.services.load.work import Result, Work
from invoicesync.state import leases
from invoicesync.state.entry import State
from invoicesync.state.journal import Journal, Opened
from invoicesync.state.leases import Leases
from invoicesync.state.numbers import Numbers
from invoicesync.state.pace import Pacer
from invoicesync.state.tokens import TokenLease
from tests.simulation.ablation.extracting import SWEEP
from tests.simulation.ablation.removal import Defence, around, by


def _unreduced(read: Callable[..., Intake]) -> Callable[..., Intake]:
    def singly(batch: Sequence[Any], claims: Any) -> Intake:
        read_ = read(batch, claims)
        each = [read([one], claims).reduced for one in batch]
        reduced: tuple[Reduced, ...] = tuple(one for some in each for one in some)
        return Intake(reduced, read_.unreadable, read_.too_new, read_.lost_claims)

    return singly


def _newer_parked(read: Callable[..., Intake]) -> Callable[..., Intake]:
    def parked(batch: Sequence[Any], claims: Any) -> Intake:
        read_ = read(batch, claims)
        unreadable = (*read_.unreadable, *((one, "ValueError: newer") for one in read_.too_new))
        return Intake(read_.reduced, unreadable, (), read_.lost_claims)

    return parked


def _one_nonce(claim: Callable[..., Any]) -> Callable[..., Any]:
    def claimed(self: Leases, ids: Any, **named: Any) -> Any:
        random = self._random
        self._random = _Same()
        try:
            return claim(self, ids, **named)
        finally:
            self._random = random

    return claimed


class _Same:
    """Chance that says the same to everybody."""

    def token(self) -> str:
        return "0" * 32

    def uniform(self, low: float, high: float) -> float:
        return (low + high) / 2


def _found_nothing(_: Run, works: Sequence[Work]) -> None:
    for work in works:
        work.found = Found()


def _with_new_key(again: Callable[..., Any]) -> Callable[..., Any]:
    def sent(self: Resender, _: RequestId, group: Any) -> Any:
        return again(self, RequestId(self._kit.random.token()), group)

    return sent


def _acknowledged(_: Unknowns, work: Work) -> None:
    work.keeps_lease = True
    work.finish(Result.UNCHANGED, "")


def _taken_for_failed(self: Unknowns, works: Sequence[Work]) -> None:
    for work in works:
        change = leases.Change(work.entry, state=State.QUEUED, remove=("intent",))
        self._kit.leases.change([change])
        work.keeps_lease = False
        work.retry(10, "failed")


def _never_expired(_: float) -> Condition:
    return any_of(Absent("lease_until"), Below("lease_until", 1))


def _believed(_: Any, __: Any, ___: Any, answered: Any) -> Look:
    return Look(Finding.DONE, answered)


def _our_note_alone(_: str, *, before: str, line: str, mark: str) -> str:
    del before
    return f"{line}\n{mark}"


def _unjournaled(self: Journal, _: RequestId, items: Sequence[Any]) -> Opened:
    return Opened([self._opened(item) for item in items])


def _named_anyway(naming: Callable[..., Update]) -> Callable[..., Update]:
    def named(*given: Any, **options: Any) -> Update:
        return replace(naming(*given, **options), condition=None)

    return named


LOOK_UP = (
    by(Run, "_look_up", _found_nothing),
    by(evidence, "_look_created", lambda *_: Look(Finding.ABSENT)),
)
REQUESTID = around(Resender, "_send_again", _with_new_key)
SHORT_LEASE = (
    by(LoadSettings, "lease_seconds", property(lambda _: 30)),
    by(send, "LEASE_SECONDS", -(10**6)),
)

_NO_FOLLOW_UP = by(FollowUp, "__call__", lambda *_: FollowedUp())

LOADING = (
    Defence(
        "long loader lease",
        "a lease outlasts the function and Intuit's 120 s after it",
        (*SHORT_LEASE, REQUESTID),
        twins=("requestid",),
        needs=("kill_in_flight", "commit_late", "slow"),
        breaks=("duplicate",),
    ),
    Defence(
        "superseded fence",
        "what is older than a different look that was seen is not written",
        (by(triage, "is_superseded", lambda *_: False),),
        needs=("delivered_late", "redrive", "delivered_twice"),
    ),
    Defence(
        "reduce the batch",
        "of one invoice's messages in a batch only the newest is loaded",
        (around(load, "read_batch", _unreduced),),
        needs=("delivered_twice", "delivered_late", "redrive", "user_burst"),
    ),
    Defence(
        "newer schema waits",
        "a message of a newer release waits for a loader that can read it",
        (around(load, "read_batch", _newer_parked), SWEEP),
        twins=("sweep of QUEUED",),
        needs=("deploy",),
        breaks=("not_settled",),
    ),
    Defence(
        "nonce",
        "each claim has a nonce of its own",
        (around(Leases, "claim", _one_nonce),),
        needs=("delivered_twice", "redrive", "redrive_by_id"),
    ),
    Defence(
        "expiry in the condition",
        "a lease ends by the condition of the next claim, not by TTL",
        (by(leases, "lease_is_free", _never_expired),),
        needs=("kill", "kill_in_flight", "answer_lost", "commit_late"),
    ),
    Defence(
        "look-up",
        "an invoice is looked for before it is made, and before a lost write is repeated",
        LOOK_UP,
        needs=("staff_copy", "staff_type"),
    ),
    Defence(
        "requestid",
        "a write is repeated under its own key",
        (REQUESTID,),
        needs=("answer_lost", "commit_late", "server_error", "kill_in_flight"),
    ),
    Defence(
        "look-up + requestid",
        "both at once",
        (*LOOK_UP, REQUESTID),
        twins=("requestid",),
        needs=("answer_lost", "commit_late", "server_error", "kill_in_flight"),
        breaks=("duplicate",),
    ),
    Defence(
        "number named with the intent",
        "of two loaders that find a number free at once only one may use it",
        (around(Numbers, "naming", _named_anyway),),
        needs=("user_twin",),
    ),
    Defence(
        "intent before send",
        "what will be sent is stored first",
        (by(Journal, "open", _unjournaled),),
    ),
    Defence(
        "no ack with an open intent",
        "a message whose write is unknown goes back to the queue",
        (by(Unknowns, "wait", _acknowledged),),
        needs=("answer_lost", "commit_late", "server_error", "odd_answer", "item_unanswered"),
    ),
    Defence(
        "unknown is not failed",
        "a write without an answer keeps its intent and its lease",
        (by(Unknowns, "note", _taken_for_failed),),
        needs=("answer_lost", "commit_late"),
    ),
    Defence(
        "absence proved thrice",
        "a new key after an unknown outcome needs three looks in vain over six hours",
        (by(settle, "is_absent_for_good", lambda *_: True), *SHORT_LEASE),
        twins=("long loader lease",),
        needs=("kill_in_flight", "commit_late"),
    ),
    Defence(
        "sibling settlement",
        "whoever meets an open request settles all its invoices",
        (by(Settler, "_siblings", lambda *_: []), SWEEP),
        twins=("sweep of QUEUED",),
        needs=("purge",),
        breaks=("intent_left",),
    ),
    Defence(
        "read-back after a resend",
        "the answer to a repeated write is not believed but read anew",
        (by(resend, "read_back", _believed),),
        needs=("staff_hasty",),
    ),
    Defence(
        "echo hash",
        "our fields are compared with what QuickBooks last echoed",
        (by(plan, "changed_fields", lambda *_: ()),),
        needs=("staff_edit", "people_between"),
    ),
    Defence(
        "payment guard",
        "money, customer and date stand still under a payment",
        (by(plan, "has_applied", lambda *_: False),),
        needs=("staff_pay",),
    ),
    Defence(
        "note merge",
        "of the note only our own line and mark are replaced",
        (by(plan, "merge_note", _our_note_alone),),
        needs=("user_order",),
    ),
    Defence(
        "mark in the note",
        "every invoice that is made bears the id that it was made for",
        (by(plan, "marker", lambda *_: ""),),
    ),
    Defence(
        "pace",
        "a slot is taken before each call",
        (by(Pacer, "reserve", lambda *_, **__: None),),
        needs=("tight_pace",),
    ),
    Defence(
        "people told before the ack",
        "a hold is told to people before its message is acknowledged",
        (by(Recorder, "tell", lambda *_: None), _NO_FOLLOW_UP),
        twins=("follow-up of alerts",),
    ),
    Defence(
        "follow-up of alerts",
        "each tick tells of the holds that nobody was told of",
        (_NO_FOLLOW_UP,),
    ),
    Defence(
        "token lease",
        "one refresher at a time trades the token",
        (by(TokenLease, "take", lambda *_: True),),
        needs=("double_refresh",),
    ),
)
"""The loader's rows."""
