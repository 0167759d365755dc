"""The geometry of the report's charts: where each bar stands, in the units of its viewBox."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from invoicesync.domain.money import dollars
from invoicesync.services.report.model import Day, HeldFor, Trend

WIDTH = 960
HEIGHT = 220
LEFT = 96
RIGHT = 20
BOTTOM = 28
TOP = 12
BAR = 18
GAP = 10
LABEL = 250
MOST_LABELS = 12
LINES = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, and what it says when it is pointed at or read aloud."""

    x: float
    y: float
    width: float
    height: float
    says: str
    series: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """A text at a place."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars, lines across, labels, and a line that joins points where there is one."""

    height: float
    bars: tuple[Bar, ...] = ()
    lines: tuple[Label, ...] = ()
    labels: tuple[Label, ...] = ()
    path: str = ""


def money_by_day(days: Sequence[Day]) -> Chart:
    """Draw two bars a day: what ServiceTrade has and what QuickBooks has."""
    top = max((max(day.servicetrade, day.quickbooks) for day in days), default=Decimal(0))
    step = _step(top)
    scale = float(step * LINES) or 1.0
    floor = HEIGHT - BOTTOM
    slot = (WIDTH - LEFT - RIGHT) / max(1, len(days))
    wide = slot * 0.38
    bars: list[Bar] = []
    for at, day in enumerate(days):
        pairs = (("servicetrade", day.servicetrade), ("quickbooks", day.quickbooks))
        for nth, (series, amount) in enumerate(pairs):
            tall = max(0.0, float(amount) / scale * (floor - TOP))
            x = LEFT + at * slot + slot * 0.1 + nth * wide
            name = "ServiceTrade" if nth == 0 else "QuickBooks"
            says = f"{day.day:%Y-%m-%d} {name} {dollars(amount)}"
            bars.append(Bar(_r(x), _r(floor - tall), _r(wide), _r(tall), says, series))
    every = max(1, -(-len(days) // MOST_LABELS))
    labels = [
        Label(_r(LEFT + (at + 0.5) * slot), HEIGHT - 8, f"{day.day:%m-%d}")
        for at, day in enumerate(days)
        if at % every == 0
    ]
    lines = [
        Label(LEFT, _r(floor - (floor - TOP) * nth / LINES), f"${step * nth:,.0f}")
        for nth in range(LINES + 1)
    ]
    return Chart(HEIGHT, tuple(bars), tuple(lines), tuple(labels))


def held_by_reason(held: Sequence[HeldFor]) -> Chart:
    """Draw a bar for each reason, as long as the money that is held for it."""
    most = max((each.amount for each in held), default=Decimal(0)) or Decimal(1)
    bars: list[Bar] = []
    labels: list[Label] = []
    for at, each in enumerate(held):
        y = GAP + at * (BAR + GAP)
        long = float(max(Decimal(0), each.amount) / most) * (WIDTH - LABEL - 190)
        says = f"{each.reason.replace('_', ' ')}: {each.count:,}, {dollars(each.amount)}"
        bars.append(Bar(LABEL, y, _r(max(2.0, long)), BAR, says, "held"))
        labels.append(Label(0, y + BAR - 5, each.reason.replace("_", " ")))
        labels.append(
            Label(
                _r(LABEL + max(2.0, long) + 8),
                y + BAR - 5,
                f"{each.count:,} / {dollars(each.amount)}",
            )
        )
    return Chart(GAP + len(held) * (BAR + GAP), tuple(bars), (), tuple(labels))


def discrepancy_trend(trend: Sequence[Trend]) -> Chart:
    """Draw the rate of each run as a line; a point stands where a run was."""
    top = max((each.per_100_000 for each in trend), default=0) or 1
    floor = HEIGHT - BOTTOM
    slot = (WIDTH - LEFT - RIGHT) / max(1, len(trend) - 1)
    points = [
        (_r(LEFT + at * slot), _r(floor - (floor - TOP) * each.per_100_000 / top))
        for at, each in enumerate(trend)
    ]
    lines = [Label(LEFT, floor, "0 %"), Label(LEFT, TOP, percent(top))]
    dots = [
        Bar(x - 3, y - 3, 6, 6, percent(each.per_100_000), "trend")
        for (x, y), each in zip(points, trend, strict=True)
    ]
    path = " ".join(f"{'M' if at == 0 else 'L'}{x} {y}" for at, (x, y) in enumerate(points))
    return Chart(HEIGHT, tuple(dots), tuple(lines), (), path)


def percent(per_100_000: int) -> str:
    """Write a rate."""
    return f"{Decimal(per_100_000) / 1000:.2f} %"


def _step(top: Decimal) -> Decimal:
    """Choose a round distance of the lines, so that four of them reach the highest bar."""
    wanted = max(Decimal(1), top / LINES)
    unit = Decimal(10) ** wanted.adjusted()
    return next(unit * each for each in (1, 2, 5, 10) if unit * each >= wanted)


def _r(number: float) -> float:
    return round(number, 1)
