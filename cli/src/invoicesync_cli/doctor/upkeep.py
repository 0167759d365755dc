"""Whether the machinery can do its work: consent, clocks, queue, schedule, alarms, mail."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from invoicesync.state.entry import State
from invoicesync.state.tokens import StoredTokens
from invoicesync_cli.doctor.finding import Finding, advice, broken, ok, unchecked
from invoicesync_cli.phrases import age, dollars, invoices, when
from invoicesync_cli.survey import Survey

CONSENT = "QuickBooks: consent"
CLOCK = "clocks"
READING = "ServiceTrade: reading"
QUEUE = "queue"
LOADING = "loading"
SCHEDULE = "schedule"
ALARMS = "alarms"
MAIL = "mail"

FEW_DAYS = 14
_LOST_SECONDS = 3600
_STUCK_SECONDS = 2 * 3600
"""The extractor sends a queued invoice again after two hours; past that nothing moves."""
_SKEW_SECONDS, _REFUSED_SECONDS = 60, 300


@dataclass(frozen=True, slots=True)
class Schedule:
    """One schedule of the stack: what it starts, and whether it does."""

    name: str
    expression: str
    is_enabled: bool


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm of the stack: its state, and whether it would tell anybody."""

    name: str
    state: str
    tells: bool


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who is told by a topic, and whether they have confirmed that they want to be."""

    topic: str
    endpoint: str
    is_confirmed: bool


def consent(tokens: StoredTokens, environment: str, now: float) -> Iterator[Finding]:
    """Look at QuickBooks' tokens as they are stored, without using them."""
    reconnect = "invoicesync connect quickbooks --reconnect"
    if tokens.environment != environment:
        yield broken(
            f"the consent is for Intuit's {tokens.environment} companies, and the stack speaks to "
            f"{environment}: every request is refused",
            CONSENT,
            f"{reconnect} with keys for {environment}, or deploy QuickBooksEnvironment="
            f"{tokens.environment}",
        )
    days = tokens.days_left(now)
    if days <= 0:
        yield broken(f"the consent ended {age(-days * 86_400)} ago", CONSENT, reconnect)
    elif now >= tokens.expires_at:
        yield broken(
            f"the access token ended {age(now - tokens.expires_at)} ago and nobody renewed it",
            CONSENT,
            "see the log of the TokenRefresher function and docs/runbooks/token-expiring.md; "
            f"then {reconnect}",
        )
    elif days < FEW_DAYS:
        yield advice(f"the consent ends in {days:.0f} days", CONSENT, reconnect)
    else:
        yield ok(f"in force, {days:.0f} days left, renewed by use", CONSENT)


def clock(whose: str, theirs: float, here: float) -> Finding:
    """Compare this machine's clock with another one's."""
    skew = here - theirs
    word = "ahead of" if skew > 0 else "behind"
    if abs(skew) <= _SKEW_SECONDS:
        return ok(f"this machine and {whose} agree within a minute", CLOCK)
    what = f"this machine is {age(abs(skew))} {word} {whose}"
    fix = "set the clock of this machine by NTP; if it is right, tell theirs"
    if whose == "AWS" and abs(skew) > _REFUSED_SECONDS:
        return broken(f"{what}: AWS refuses what is signed so", CLOCK, fix)
    return advice(f"{what}: ages and leases are off by that", CLOCK, fix)


def reading(seen: Survey, schedule_minutes: int) -> Finding:
    """Look whether ServiceTrade is read to its end as often as it should."""
    late = seen.scan_age
    if late is None:
        return advice("ServiceTrade was never read to its end", READING, "invoicesync run")
    if late > max(_LOST_SECONDS, 3 * 60 * schedule_minutes):
        fix = "invoicesync run, and see docs/runbooks/sync-not-completed.md"
        return broken(f"last read to its end {age(late)} ago", READING, fix)
    return ok(f"last read to its end {age(late)} ago", READING)


def queue(seen: Survey) -> Iterator[Finding]:
    """Look for work that does not move, and for what waits for a person."""
    moving = [seen.open[State.QUEUED], seen.open[State.IN_FLIGHT]]
    oldest = max(each.oldest_seconds for each in moving)
    count = sum(each.count for each in moving)
    if oldest > _STUCK_SECONDS:
        yield broken(
            f"{invoices(count)} on their way, the oldest for {age(oldest)}",
            QUEUE,
            "docs/runbooks/oldest-unsettled-work.md",
        )
    else:
        yield ok(f"{invoices(count)} on their way, {seen.queue.visible} messages waiting", QUEUE)
    held = seen.open[State.HELD]
    letters = seen.dead_letters.visible + seen.dead_letters.in_flight
    if held.count:
        yield advice(
            f"{invoices(held.count)} held for a person, {dollars(held.amount)}",
            QUEUE,
            "invoicesync held",
        )
    elif letters:
        yield advice(
            f"{letters} dead letters and nothing held: they are outdated, or were never explained",
            QUEUE,
            "docs/runbooks/unexplained-dead-letters.md",
        )


def loading(seen: Survey, *, is_on: bool) -> Finding:
    """Look whether breaker, pause or a switched-off loader keeps invoices from QuickBooks."""
    if seen.breaker_opened_at:
        return broken(
            f"QuickBooks is left alone since {when(seen.breaker_opened_at)}: {seen.breaker_reason}",
            LOADING,
            "docs/runbooks/breaker-open.md; it closes by itself once QuickBooks answers",
        )
    if seen.paused:
        return advice("paused by an operator", LOADING, "invoicesync resume")
    if not is_on:
        return broken(
            "the loader gets no messages, though nobody paused it and the breaker is closed",
            LOADING,
            "invoicesync run switches it on; if it stays off, see the log of the extractor",
        )
    return ok("on; the breaker is closed", LOADING)


def mapping_in_force(serial: int, mode: str) -> Finding:
    """Say which mapping is in force."""
    return ok(f"version {serial} is in force, mode {mode}", "mapping: in force")


def schedules(found: Sequence[Schedule], functions: Mapping[str, str]) -> Iterator[Finding]:
    """Look whether each function that a schedule must start has one that is on.

    ``functions`` gives the name of a function by what it does; a schedule's ``name`` is that of
    the function that it starts.
    """
    for does, function in functions.items():
        own = [each for each in found if each.name == function]
        if not own:
            yield broken(f"nothing starts {does}", SCHEDULE, "sam deploy the stack again")
        elif not any(each.is_enabled for each in own):
            fix = "sam deploy with ScheduleState=ENABLED"
            yield broken(f"the schedule that starts {does} is switched off", SCHEDULE, fix)
        else:
            yield ok(f"{does}: {own[0].expression}", SCHEDULE)


def alarms(found: Sequence[Alarm]) -> Iterator[Finding]:
    """Look whether the alarms are there, silent, and would be heard."""
    if not found:
        yield broken("the stack has no alarms", ALARMS, "sam deploy the stack again")
        return
    for each in found:
        if each.state == "ALARM":
            fix = "its mail and its description name the runbook in docs/runbooks/"
            yield broken(f"{each.name} rings", ALARMS, fix)
        if not each.tells:
            fix = "sam deploy the stack again, or enable its actions in CloudWatch"
            yield broken(f"{each.name} tells nobody", ALARMS, fix)
    if all(each.state != "ALARM" and each.tells for each in found):
        unsure = sum(each.state == "INSUFFICIENT_DATA" for each in found)
        more = f", {unsure} have no data yet" if unsure else ""
        yield ok(f"{len(found)} alarms, none rings{more}", ALARMS)


def mail(found: Sequence[Subscription], topics: Sequence[str]) -> Iterator[Finding]:
    """Look whether somebody hears of held invoices and of alarms."""
    for topic in topics:
        own = [each for each in found if each.topic == topic]
        for each in own:
            if not each.is_confirmed:
                yield broken(
                    f"{each.endpoint} has not confirmed to hear from {topic}: AWS sends nothing",
                    MAIL,
                    "open AWS's mail there and follow its link; if it is lost, sam deploy again",
                )
        if not own:
            fix = f"deploy with an address, or subscribe one to {topic}"
            yield broken(f"nobody hears from {topic}", MAIL, fix)
        elif all(each.is_confirmed for each in own):
            yield ok(f"{topic}: {len(own)} confirmed", MAIL)


def not_here(where: str, why: str) -> Finding:
    """Say what only a deployed stack has."""
    return unchecked(why, where)
