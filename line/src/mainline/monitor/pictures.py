"""What the monitor saw, drawn: the days of a year, the evidence over time, a column then and now, the risk by weeks."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from markupsafe import Markup

from mainline.pages import svg
from mainline.pages.svg import Drawing, Width

LEFT, EDGE = 52, 8
LOW, HIGH = -2.0, 6.0  # powers of ten of the evidence that are shown; what is beyond lies on the edge
PANEL, ROW, BAND = 190, 16, 10
WRITTEN = 4  # powers of ten that there is room to write out
APART = 62  # pixels between two dates
LETTER = 7.0  # a letter's width, about
SMALL = Width("small", 358, 50)  # beside others of its kind, on a phone and on a desk
NAMES = ("Mon", "", "Wed", "", "Fri", "", "Sun")
Told = Mapping[str, object]


class Days:
    """The horizontal axis: days, on a width."""

    def __init__(self, width: Width, first: date, last: date) -> None:
        self.first, self.width = first, width
        self.count = max((last - first).days, 1)

    @property
    def right(self) -> int:
        """Where it ends."""
        return self.width.units - EDGE

    def at(self, day: date) -> float:
        """Where a day is drawn."""
        return round(LEFT + (self.right - LEFT) * min(max((day - self.first).days / self.count, 0.0), 1.0), 1)

    def clock(self, top: float) -> Iterator[Markup]:
        """Some dates below it."""
        most = max((self.right - LEFT) // APART, 1)
        step = next((each for each in (1, 2, 7, 14, 28, 61, 91, 182, 365) if self.count / each <= most), 730)
        for i in range(0, self.count + 1, step):
            day = self.first + timedelta(days=i)
            x = min(self.at(day), self.width.units - APART / 3)
            yield svg.text(x, top, day.strftime("%d %b"), "middle")


def calendar(width: Width, days: Sequence[Told]) -> Drawing:
    """A square a day, a column a week: what was said of it, and hollow where no profile came.

    Args:
        days: {"day", "state"} each, in order, without a gap; at most a year is drawn.
    """
    days = days[-371:]
    first = date.fromisoformat(str(days[0]["day"])) if days else date(2000, 1, 3)
    start = first - timedelta(days=first.weekday())
    left, top = 34, 18
    side = min((width.units - left - EDGE) / 53, 14.0)
    parts, room = [], 0.0
    for row, name in enumerate(NAMES):
        parts.append(svg.text(0, round(top + row * side + side * 0.75, 1), name))
    for each in days:
        day = date.fromisoformat(str(each["day"]))
        week, row = divmod((day - start).days, 7)
        x = round(left + week * side, 1)
        if day.day == 1 and room <= x < width.units - 26:
            parts.append(svg.text(x, 11, day.strftime("%b")))
            room = x + 26
        parts.append(svg.box(x, top + row * side, side - 1.5, side - 1.5, f"day {each['state']}"))
    title = f"{len(days)} days up to {days[-1]['day']}, and what was said of each" if days else "no day yet"
    return Drawing(width, round(top + 7 * side, 1), title, parts)


def evidence(width: Width, days: Sequence[str], lines: Mapping[str, Sequence[float | None]], bar: float) -> Drawing:
    """Evidence over time on an axis of powers of ten, and the bar at which an alarm begins.

    Args:
        days: as ISO dates.
        lines: a name, which is a colour's too, and the power of ten at each day; None where there is none.
        bar: the odds at which an alarm begins.
    """
    axis = Days(width, date.fromisoformat(days[0]), date.fromisoformat(days[-1]))
    parts: list[Markup] = []
    for power in range(int(LOW), int(HIGH) + 1, 2):
        y = _height(power)
        parts.append(svg.path(f"M{LEFT} {y}H{axis.right}", "grid"))
        word = f"10^{power}" if power > WRITTEN else f"{10**power:,}" if power >= 0 else f"1/{10**-power}"
        parts.append(svg.text(LEFT - 8, y + 4, word, "end"))
    y = _height(math.log10(bar))
    parts.append(svg.path(f"M{LEFT} {y}H{axis.right}", "bar"))
    parts.append(svg.text(LEFT + 6, y - 5, f"alarm: {bar:,.0f}", "label over"))
    for name, powers in lines.items():
        for run in _runs(days, powers):
            parts.append(svg.line([(axis.at(day), _height(power)) for day, power in run], "line hue", name))
    parts += axis.clock(PANEL + 24)
    return Drawing(width, PANEL + 32, "The evidence over time", parts)


def _runs(days: Sequence[str], powers: Sequence[float | None]) -> Iterator[list[tuple[date, float]]]:
    """The stretches of days on which there is a figure."""
    run: list[tuple[date, float]] = []
    for day, power in zip(days, powers, strict=True):
        if power is not None:
            run.append((date.fromisoformat(day), power))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _height(power: float) -> float:
    inside = min(max(power, LOW), HIGH)
    return round(6 + (PANEL - 6) * (HIGH - inside) / (HIGH - LOW), 1)


def then_and_now(bins: Sequence[str], then: Sequence[float], now: Sequence[float]) -> Drawing:
    """A column's distribution, the reference's bars hollow beside those of the last weeks.

    Args:
        bins: a word each.
        then, now: shares, the same number.
    """
    names = min(max(map(svg.letters, bins), default=0) * LETTER + 10, 0.4 * SMALL.units)
    most = max(*then, *now, 1e-9)
    parts: list[Markup] = []
    for row, (name, before, after) in enumerate(zip(bins, then, now, strict=True)):
        top = row * 22
        letters = max(int((names - 8) / LETTER), 4)
        parts.append(svg.text(round(names - 8, 1), top + 14, svg.cut(name, letters), "end"))
        room = SMALL.units - names - 88
        for share, y, kind in ((before, top + 3, "then"), (after, top + 11, "now")):
            parts.append(svg.box(round(names, 1), y, max(room * share / most, 0.5), 7, kind))
        x = round(names + room * max(before, after) / most + 6, 1)
        parts.append(svg.text(x, top + 15, f"{_percent(before)} → {_percent(after)}"))
    return Drawing(SMALL, 22 * len(bins) + 2, "Shares in the reference, and in the last weeks", parts)


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%" if share >= 0.0995 or share == 0 else f"{100 * share:.1f}%"


def risk(width: Width, weeks: Sequence[Mapping[str, float | str]], measured: float, allowed: float) -> Drawing:
    """The share of wrong answers by weeks, each with its band, and what the dev rows said.

    Args:
        weeks: {"first", "rate", "low", "high"} each, in order, at least one.
        measured, allowed: on the dev rows, and the most that is no worse than allowed.
    """
    first = date.fromisoformat(str(weeks[0]["first"]))
    axis = Days(width, first, date.fromisoformat(str(weeks[-1]["first"])) + timedelta(days=7))
    top = ceiling(max(allowed, *(float(each["high"]) for each in weeks)))
    parts: list[Markup] = []

    def height(rate: float) -> float:
        return round(6 + (PANEL - 6) * (1 - rate / top), 1)

    for i in range(5):
        y = height(top * i / 4)
        parts += [
            svg.path(f"M{LEFT} {y}H{axis.right}", "grid"),
            svg.text(LEFT - 8, y + 4, f"{100 * top * i / 4:g}%", "end"),
        ]
    for each in weeks:
        day = date.fromisoformat(str(each["first"]))
        x, end = axis.at(day), axis.at(day + timedelta(days=7))
        low, rate, high = (height(float(each[name])) for name in ("low", "rate", "high"))
        parts.append(svg.box(x + 1, high, max(end - x - 2, 1), max(low - high, 1), "share"))
        parts.append(svg.path(f"M{x + 1} {rate}H{max(end - 1, x + 2)}", "line hue", "labels"))
    for rate, kind, said in ((measured, "guide", "dev rows"), (allowed, "bar", "allowed")):
        y = height(rate)
        parts.append(svg.path(f"M{LEFT} {y}H{axis.right}", kind))
        parts.append(
            svg.text(LEFT + 6, y + (14 if kind == "guide" else -5), f"{said}: {100 * rate:.1f}%", "label over")
        )
    parts += axis.clock(PANEL + 24)
    return Drawing(width, PANEL + 32, "How many answers were wrong, by weeks", parts)


def ceiling(most: float) -> float:
    """The next round share above."""
    return next((each for each in (0.01, 0.02, 0.04, 0.1, 0.2, 0.4, 0.6, 0.8) if most <= each), 1.0)


def bands(width: Width, versions: Sequence[Mapping[str, str]], hues: Mapping[str, str]) -> Drawing:
    """Which version was in production when: a bar each, one below the other.

    Args:
        versions: {"version", "first", "last"} each, by their first day, at least one.
        hues: the colour of each.
    """
    axis = Days(
        width,
        date.fromisoformat(min(each["first"] for each in versions)),
        date.fromisoformat(max(each["last"] for each in versions)),
    )
    parts: list[Markup] = []
    for row, each in enumerate(versions):
        x, end = (axis.at(date.fromisoformat(each[name])) for name in ("first", "last"))
        y = row * (ROW + BAND)
        parts.append(svg.text(LEFT, y + 11, each["version"], "label"))
        parts.append(svg.box(x, y + ROW, max(end - x, 2), BAND - 3, "hue", hues[each["version"]]))
    bottom = len(versions) * (ROW + BAND)
    parts += axis.clock(bottom + 16)
    return Drawing(width, bottom + 22, "Which version was in production when", parts)
