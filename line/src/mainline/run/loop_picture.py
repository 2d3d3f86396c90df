"""The loop as one picture: wrong answers over simulated days, what is allowed, what was done, and on which evidence."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from textwrap import wrap
from typing import Any

from markupsafe import Markup

from mainline.monitor.pictures import ceiling
from mainline.pages import svg, timeline
from mainline.pages.svg import Drawing, Width
from mainline.pages.timeline import EDGE, LEFT, At, Mark
from mainline.run.days import Plan
from mainline.run.outcome import Came
from mainline.run.weeks import Stretch

ABOVE = 34  # for words on what happened
PANEL, EVIDENCE, STRIP, GAP, LINE = 150, 80, 8, 22, 16  # pixels
LOW, HIGH = -2.0, 6.0  # powers of ten of the evidence that are shown; what is beyond lies on the edge
APART = 56  # pixels between two figures of the clock
STEPS = (7, 14, 28)  # days
WEEK = 7
HUES = {"drift": "drift", "risk": "errors"}
WORDS = {"drift": "columns and answers", "risk": "wrong answers"}


def draw(
    width: Width,
    plan: Plan,
    stretches: Sequence[Stretch],
    came: Came,
    hues: Mapping[str, str],
    names: Mapping[str, str],
) -> Drawing:
    """The picture.

    Args:
        stretches: one at least, in the order of time.
        hues, names: of versions, a colour and what people call them.
    """
    first, last = stretches[0].days[0], stretches[-1].days[-1]
    at = timeline.axis(width, first.toordinal(), last.toordinal() + 1)
    what = "mean squared error, of the largest that counts" if came.squared else "wrong answers, of those with a label"
    said = f"{what}: day by day, and in weeks with the band of chance; dotted, as on the dev rows; dashed, as allowed"
    parts, top = list(_words(said, width, 0)), _height(said, width) + ABOVE
    parts += timeline.marks(_marks(plan, came), at, width, top)
    parts += _change(plan, at, top)
    parts += _wrong(stretches, hues, at, top, width)
    top += PANEL + GAP
    parts += _strip(stretches, hues, names, at, top)
    top += GAP + STRIP
    about = (
        f"evidence of drift, and that more is wrong than allowed; at {stretches[0].told['bar']:,.0f} an alarm begins"
    )
    parts += _words(about, width, top)
    top += _height(about, width) + 6
    parts += _evidence(stretches, at, top, width)
    parts += _clock(plan, last, at, top + EVIDENCE + 18, width)
    title = "Simulated weeks: the users' world changes, the monitor says so, and a retrained version ends it"
    return Drawing(width, top + EVIDENCE + 24, title, parts)


def _words(said: str, width: Width, top: float) -> Iterator[Markup]:
    for n, line in enumerate(wrap(said, width.letters)):
        yield svg.text(0, top + 12 + LINE * n, line, "label")


def _height(said: str, width: Width) -> float:
    return LINE * len(wrap(said, width.letters)) + 4


def _marks(plan: Plan, came: Came) -> list[Mark]:
    """What the monitor said, and what was done, in the order of time."""
    found = [(plan.before[n - 1], word) for n, word in ((came.drifted, "drifted"), (came.worse, "worse")) if n]
    found += [(plan.retrained, "retrained")] if came.released else []
    return [Mark(day.toordinal(), word, "") for day, word in found]


def _change(plan: Plan, at: At, top: float) -> Iterator[Markup]:
    x = at(plan.changes.toordinal())
    yield svg.path(f"M{x} {top}V{top + PANEL}", "guide")
    yield svg.text(x - 6, top + 14, "the users' world changes", "end label over")


def _wrong(stretches: Sequence[Stretch], hues: Mapping[str, str], at: At, top: float, width: Width) -> Iterator[Markup]:
    risks = [each.told["risk"] for each in stretches]
    most = max(
        *(rate for each in stretches for _, rate in each.wrong), *(risk["allowed"] or 0.0 for risk in risks), 0.01
    )
    high = ceiling(most)

    def height(rate: float) -> float:
        return round(top + PANEL * (1 - min(rate / high, 1.0)), 1)

    for i in range(5):
        y = height(high * i / 4)
        yield svg.path(f"M{LEFT} {y}H{width.units - EDGE}", "grid")
        yield svg.text(LEFT - 6, y + 4, f"{100 * high * i / 4:g}%", "end")
    for each, risk in zip(stretches, risks, strict=True):
        yield from _weeks(each, risk["weeks"], hues[each.version], at, height)
    for each, risk in zip(stretches, risks, strict=True):
        for level, kind in ((risk["measured"], "guide"), (risk["allowed"], "bar")):
            if level is not None:
                ends = (at(each.days[0].toordinal()), at(each.days[-1].toordinal() + 1))
                yield svg.path(f"M{ends[0]} {height(level)}H{ends[1]}", kind)
        yield svg.line(
            [(at(day.toordinal() + 0.5), height(rate)) for day, rate in each.wrong], "line", hues[each.version]
        )


def _weeks(each: Stretch, weeks: Sequence[Mapping[str, Any]], hue: str, at: At, height: At) -> Iterator[Markup]:
    for week in weeks:
        day = date.fromisoformat(str(week["first"]))
        end = min(day + timedelta(days=WEEK - 1), each.days[-1])
        x, low, high = at(day.toordinal()), height(week["low"]), height(week["high"])
        yield svg.box(x, high, max(at(end.toordinal() + 1) - x - 1, 1.0), max(low - high, 1.0), "band", hue)


def _strip(
    stretches: Sequence[Stretch], hues: Mapping[str, str], names: Mapping[str, str], at: At, top: float
) -> Iterator[Markup]:
    """Which version answered."""
    for n, each in enumerate(stretches):
        x, end = at(each.days[0].toordinal()), at(each.days[-1].toordinal() + 1)
        yield svg.box(x, top, end - x, STRIP, "share", hues[each.version])
        name = names.get(each.version, each.version)
        yield svg.text(end if n else x, top - 5, name, "end label" if n else "label")


def _evidence(stretches: Sequence[Stretch], at: At, top: float, width: Width) -> Iterator[Markup]:
    def height(power: float) -> float:
        return round(top + EVIDENCE * (HIGH - min(max(power, LOW), HIGH)) / (HIGH - LOW), 1)

    for power in (0, 2, 4):
        yield svg.path(f"M{LEFT} {height(power)}H{width.units - EDGE}", "grid")
        yield svg.text(LEFT - 6, height(power) + 4, f"{10**power:,}", "end")
    yield svg.path(f"M{LEFT} {height(math.log10(stretches[0].told['bar']))}H{width.units - EDGE}", "bar")
    for name, hue in HUES.items():
        for each in stretches:
            pairs = zip(each.told["evidence_days"], each.told["evidence"].get(name, ()), strict=False)
            points = [(date.fromisoformat(day).toordinal() + 0.5, power) for day, power in pairs if power is not None]
            if points:
                yield svg.line([(at(day), height(power)) for day, power in points], "line", hue)
    for n, (name, hue) in enumerate(HUES.items()):
        yield svg.text(LEFT + 6, top + 36 + LINE * n, WORDS[name], "key hue", hue)


def _clock(plan: Plan, last: date, at: At, bottom: float, width: Width) -> Iterator[Markup]:
    most, days = (width.units - LEFT) / APART, plan.number(last)
    step = next((each for each in STEPS if days / each <= most), STEPS[-1])
    for day in range(1, days + 1, step):
        yield svg.text(at(plan.before[0].toordinal() + day - 0.5), bottom, f"day {day}", "middle")
