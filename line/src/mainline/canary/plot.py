"""The evidence over time as a picture: is the canary worse, is it as good, and what share did it have."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from textwrap import wrap

from markupsafe import Markup

from mainline import config
from mainline.canary.judge import Point
from mainline.pages import svg
from mainline.pages.svg import WIDE, Drawing, Width

LEFT, NAMES = 52, {"wide": 150, "narrow": 92}  # to the left and to the right of the lines
LOW, HIGH = -2.0, 4.0  # powers of ten that are shown; what is beyond lies on the edge
PANEL, BAND = 170, 46
GAP, ROW = 30, 16
APART = 15  # between labels
STEPS = {"wide": 6, "narrow": 4}  # figures of the clock, at most
UNITS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
Line = tuple[str, list[float]]
"""A name, and the evidence at each look as a power of ten."""


@dataclass(frozen=True)
class Time:
    """The horizontal axis: seconds since the first look, on a width."""

    begin: float
    length: float
    width: Width

    @property
    def right(self) -> int:
        """Where the lines end."""
        return self.width.units - NAMES[self.width.name]

    def at(self, moment: float) -> float:
        """Where a moment is drawn."""
        return round(LEFT + (self.right - LEFT) * (moment - self.begin) / self.length, 1)


def draw(points: Sequence[Point], settings: config.Canary, reason: str) -> str:
    """An SVG that stands by itself, in light and dark.

    Args:
        points: of a Judge, one a look; none at all is an empty picture.
        reason: what came of it; stands above.
    """
    return drawing(WIDE, points, settings, reason).alone()


def drawing(width: Width, points: Sequence[Point], settings: config.Canary, reason: str) -> Drawing:
    """The same for a page, on a width."""
    moments = [float(each.time) for each in points] or [0.0]
    time = Time(moments[0], max(moments[-1] - moments[0], 1.0), width)
    worse = [*_lines([each.worse for each in points]), ("all", [each.harm / math.log(10) for each in points])]
    shown = _lines([each.shown for each in points])
    alpha, beta = settings.alpha, settings.beta
    parts, top = list(_words(wrap(reason, width.letters), 0, "title")), 14 + ROW * len(wrap(reason, width.letters))
    for title, lines, chance in (
        (f"is it worse? rolled back once all together are above {1 / alpha:g}", worse, alpha),
        (f"is it as good? may go on once each is above {1 / beta:g}", shown, beta),
    ):
        said = wrap(title, width.letters)
        parts += _words(said, top + 4, "label")
        top += ROW * len(said) + 14
        parts += _panel(top, lines, moments, time)
        parts.append(svg.path(f"M{LEFT} {_height(top, -math.log10(chance))}H{time.right}", "bar"))
        top += PANEL + GAP
    parts += [svg.text(0, top, "its share of the users", "label"), *_shares(top + 12, points, moments, time)]
    parts += _clock(top + 12 + BAND, time)
    return Drawing(width, top + BAND + 38, reason, parts)


def _words(lines: Sequence[str], top: float, kind: str) -> Iterator[Markup]:
    for i, each in enumerate(lines):
        yield svg.text(0, top + ROW * i + 12, each, kind)


def _lines(logs: Sequence[Mapping[str, float]]) -> list[Line]:
    names = dict.fromkeys(name for each in logs for name in each)
    return [(name, [each.get(name, 0.0) / math.log(10) for each in logs]) for name in names]


def _height(top: float, power: float) -> float:
    inside = min(max(power, LOW), HIGH)
    return round(top + PANEL * (HIGH - inside) / (HIGH - LOW), 1)


def _panel(top: float, lines: Sequence[Line], moments: Sequence[float], time: Time) -> Iterator[Markup]:
    for power in range(int(LOW), int(HIGH) + 1):
        y = _height(top, power)
        yield svg.path(f"M{LEFT} {y}H{time.right}", "grid")
        yield svg.text(LEFT - 8, y + 4, f"{10**power:,}" if power >= 0 else f"1/{10**-power}", "end")
    for name, powers in lines:
        dots = [(time.at(m), _height(top, p)) for m, p in zip(moments, powers, strict=False)]
        yield svg.line(dots, *_look(name))
    ends = {name: _height(top, powers[-1]) for name, powers in lines if powers}
    for name, y in _apart(ends, top, top + PANEL).items():
        yield svg.path(f"M{time.right + 2} {ends[name]}L{time.right + 14} {y}", *_look(name))
        yield svg.text(time.right + 18, y + 4, "all together" if name == "all" else name, *_look(name))


def _look(name: str) -> tuple[str, str]:
    """A signal's class, and its colour's name in the style sheet."""
    return ("all", "ink") if name == "all" else (name, name)


def _apart(wanted: Mapping[str, float], top: float, bottom: float) -> dict[str, float]:
    """Heights for labels, in the order of their lines, each APART from the next and all of them between the ends."""
    placed: dict[str, float] = {}
    names = sorted(wanted, key=lambda name: wanted[name])
    lowest = top
    for name in names:
        placed[name] = lowest = max(wanted[name], lowest)
        lowest += APART
    highest = bottom
    for name in reversed(names):
        placed[name] = highest = min(placed[name], highest)
        highest -= APART
    return placed


def _shares(top: float, points: Sequence[Point], moments: Sequence[float], time: Time) -> Iterator[Markup]:
    changes = [i for i, each in enumerate(points) if i == 0 or each.share != points[i - 1].share]
    room = -math.inf
    for i, following in pairwise([*changes, len(points) - 1 if points else 0]):
        share, x = points[i].share, time.at(moments[i])
        width = max(1.0, time.at(moments[following]) - x)
        yield svg.box(x, top + BAND * (1 - share), width, BAND * share, "share")
        if x >= room:  # a step too short for its figure goes without
            yield svg.text(x + 4, top + BAND - 5, f"{100 * share:g}%", "label")
            room = x + 40
    yield svg.path(f"M{LEFT} {top}H{time.right}M{LEFT} {top + BAND}H{time.right}", "grid")
    for power, word in ((0, "0%"), (1, "100%")):
        yield svg.text(LEFT - 8, top + BAND * (1 - power) + 4, word, "end")


def _clock(top: float, time: Time) -> Iterator[Markup]:
    """Some round times since the first look, in the unit that suits."""
    unit, seconds = next((each for each in UNITS if time.length >= 2 * each[1]), UNITS[-1])
    length = time.length / seconds
    power, most = 10.0 ** math.floor(math.log10(length)), STEPS[time.width.name]
    step = next(each * power for each in (0.2, 0.5, 1, 2, 5) if length / (each * power) <= most)
    for i in range(math.floor(length / step + 1e-9) + 1):
        word = f"{i * step:g}{f' {unit}' if i == 1 else ''}"
        yield svg.text(time.at(time.begin + i * step * seconds), top + 20, word, "middle")
