"""Shares, evidence and events on one axis of time, as SVG."""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise

from markupsafe import Markup

from mainline.pages import svg, timeline
from mainline.pages.svg import Drawing, Width
from mainline.pages.timeline import EDGE, LEFT, ROOM, SHARES, At, Band, Mark
from mainline.run.host import Sample

GAP, EVIDENCE = 44, 90  # pixels
POWER = 4.0  # evidence above 10^4 or below 10^-1 lies on the edge
BELOW = 1.0
STEPS = (10, 30, 60, 120, 300, 600, 1800, 3600)  # seconds
APART = 56  # pixels between two figures of the clock


def draw(
    width: Width,
    samples: Sequence[Sample],
    harm: Mapping[str, Sequence[tuple[float, float]]],
    marks: Sequence[Mark],
    hue: Mapping[str, str],
    alpha: float,
) -> Drawing:
    """The share of each version over time, below it the evidence that the candidate is worse.

    Args:
        harm: per version, seconds and the log of its evidence.
        marks: drawn above, in the order of time.
        hue: each version's colour, by its name in the style sheet.
        alpha: the bar is at 1 / alpha.
    """
    length = max(samples[-1].time if samples else 1.0, 1.0)
    at, second = timeline.axis(width, 0.0, length), ROOM + SHARES + GAP
    parts = [*timeline.shares(list(bands(samples)), hue, at, ROOM), *timeline.marks(marks, at, width, ROOM)]
    parts += [*_evidence(width, harm, hue, at, second, alpha), *_clock(width, length, at, second + EVIDENCE)]
    title = "The share of each version over time, and the evidence that the candidate is worse"
    return Drawing(width, second + EVIDENCE + 26, title, parts)


def bands(samples: Sequence[Sample]) -> Iterator[Band]:
    """Samples that say the same, one after the other, as one."""
    whiles = ((one, other.time) for one, other in pairwise(samples))
    for key, same in groupby(whiles, key=lambda pair: (pair[0].production, pair[0].candidate, pair[0].share)):
        found = list(same)
        yield Band(found[0][0].time, found[-1][1], *key)


def _evidence(
    width: Width,
    harm: Mapping[str, Sequence[tuple[float, float]]],
    hue: Mapping[str, str],
    at: At,
    top: float,
    alpha: float,
) -> Iterator[Markup]:
    right = width.units - EDGE

    def height(power: float) -> float:
        inside = min(max(power, -BELOW), POWER)
        return round(top + EVIDENCE * (POWER - inside) / (POWER + BELOW), 1)

    what = "evidence that the candidate is worse"
    yield svg.text(0, top - 14, f"{what}; at {1 / alpha:g} it is rolled back", "label")
    for power in (0, 2, 4):
        yield svg.path(f"M{LEFT} {height(power)}H{right}", "grid")
        yield svg.text(LEFT - 6, height(power) + 4, f"{10**power:,}", "end")
    yield svg.path(f"M{LEFT} {height(-math.log10(alpha))}H{right}", "bar")
    for version, points in harm.items():
        dots = ((at(second), height(log / math.log(10))) for second, log in points)
        yield svg.line(dots, hue=hue.get(version, timeline.OTHER))


def _clock(width: Width, length: float, at: At, bottom: float) -> Iterator[Markup]:
    most = (width.units - LEFT) / APART
    step = next(each for each in STEPS if length / each <= most or each == STEPS[-1])
    for second in range(0, int(length) + 1, step):
        yield svg.text(min(at(second), width.units - 20), bottom + 20, f"{second} s", "middle")
