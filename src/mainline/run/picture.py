"""Shares, evidence and events on one axis of time, as SVG."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from markupsafe import Markup

from mainline.run.host import Sample

COLOURS = ("#5b8def", "#2e9e6b", "#d9822b", "#b05ccf", "#c94f4f")
OTHER = "#888888"
SEAMLESS = Markup('shape-rendering="crispEdges"')
WIDTH, LEFT, RIGHT = 940, 54, 920
TOP, SHARES, GAP, EVIDENCE = 46, 130, 34, 90  # pixels
POWER = 4.0  # evidence above 10^4 or below 10^-1 lies on the edge
BELOW = 1.0
STEPS = (10, 30, 60, 120, 300, 600)  # seconds
MARKS = {"promoted": ("\u25b2", "#2e9e6b"), "rolled back": ("\u25bc", "#c94f4f"), "failed": ("\u25bc", "#c94f4f")}
LETTER = 6.6  # pixels of a label's letter, about
At = Callable[[float], float]
"""Where a second is drawn."""


@dataclass(frozen=True)
class Mark:
    """An event, at a second."""

    second: float
    event: str
    version: str


@dataclass(frozen=True)
class Band:
    """For a while the same versions at the same share."""

    begin: float
    end: float
    production: str
    candidate: str
    share: float


def timeline(
    samples: Sequence[Sample],
    harm: Mapping[str, Sequence[tuple[float, float]]],
    marks: Sequence[Mark],
    colours: Mapping[str, str],
    alpha: float,
) -> str:
    """The share of each version over time, below it the evidence that the candidate is worse.

    Args:
        harm: per version, seconds and the log of its evidence.
        marks: drawn above, in the order of time.
        alpha: the bar is at 1 / alpha.
    """
    length = max(samples[-1].time if samples else 1.0, 1.0)

    def at(second: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * min(max(second, 0.0), length) / length, 1)

    second = TOP + SHARES + GAP
    parts = [*_shares(samples, colours, at), *_marks(marks, colours, at)]
    parts += [*_evidence(harm, colours, at, second, alpha), *_clock(length, at, second + EVIDENCE)]
    svg = Markup('<svg viewBox="0 0 {} {}" role="img" font-size="11" fill="currentColor">{}</svg>')
    return str(svg.format(WIDTH, second + EVIDENCE + 24, Markup("").join(parts)))


def bands(samples: Sequence[Sample]) -> Iterator[Band]:
    """Samples that say the same, one after the other, as one."""
    whiles = ((one, other.time) for one, other in pairwise(samples))
    for key, same in groupby(whiles, key=lambda pair: (pair[0].production, pair[0].candidate, pair[0].share)):
        found = list(same)
        yield Band(found[0][0].time, found[-1][1], *key)


def _shares(samples: Sequence[Sample], colours: Mapping[str, str], at: At) -> Iterator[Markup]:
    yield _text(LEFT - 6, TOP + 8, "100%", "end")
    yield _text(LEFT - 6, TOP + SHARES, "0%", "end")
    for band in bands(samples):
        x, width, taken = at(band.begin), at(band.end) - at(band.begin), band.share * SHARES
        for version, top, height in ((band.candidate, 0.0, taken), (band.production, taken, SHARES - taken)):
            if version and height > 0:
                colour = colours.get(version, OTHER)
                yield Markup('<rect x="{}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="{}" {}/>').format(
                    x, TOP + top, width, height, colour, SEAMLESS
                )


def _marks(marks: Sequence[Mark], colours: Mapping[str, str], at: At) -> Iterator[Markup]:
    """Words above the shares, on two lines where they would meet."""
    ends = [-math.inf, -math.inf]
    for mark in marks:
        sign, colour = MARKS[mark.event]
        half = (len(mark.event) + 2) * LETTER / 2
        x = at(mark.second)
        middle = min(max(x, LEFT + half), RIGHT - half)
        row = 0 if middle - half > ends[0] else 1
        ends[row] = middle + half
        yield Markup('<path d="M{0} {1}V{2}" stroke="{3}" stroke-width="1.5"/>').format(
            x, TOP - 6 - 14 * row, TOP + SHARES, colour
        )
        yield Markup('<text x="{}" y="{}" text-anchor="middle" fill="{}">{} {}</text>').format(
            middle, TOP - 10 - 14 * row, colour, sign, mark.event
        )


def _evidence(
    harm: Mapping[str, Sequence[tuple[float, float]]], colours: Mapping[str, str], at: At, top: float, alpha: float
) -> Iterator[Markup]:
    def height(power: float) -> float:
        inside = min(max(power, -BELOW), POWER)
        return round(top + EVIDENCE * (POWER - inside) / (POWER + BELOW), 1)

    yield _text(LEFT, top - 10, f"evidence that the candidate is worse; at {1 / alpha:g} it is rolled back", "start")
    for power in (0, 2, 4):
        yield Markup('<path d="M{} {}H{}" stroke="currentColor" opacity=".15"/>').format(LEFT, height(power), RIGHT)
        yield _text(LEFT - 6, height(power) + 4, f"{10**power:,}", "end")
    bar = height(-math.log10(alpha))
    yield Markup('<path d="M{} {}H{}" stroke="currentColor" stroke-dasharray="5 4"/>').format(LEFT, bar, RIGHT)
    for version, points in harm.items():
        dots = " ".join(f"{at(second)},{height(log / math.log(10))}" for second, log in points)
        colour = colours.get(version, OTHER)
        yield Markup('<polyline points="{}" fill="none" stroke="{}" stroke-width="2"/>').format(dots, colour)


def _clock(length: float, at: At, bottom: float) -> Iterator[Markup]:
    step = next(each for each in STEPS if length / each <= 12 or each == STEPS[-1])
    for second in range(0, int(length) + 1, step):
        yield _text(at(second), bottom + 18, f"{second} s", "middle")


def _text(x: float, y: float, text: str, anchor: str) -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(x, y, anchor, text)
