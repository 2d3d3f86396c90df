"""Who answered when, drawn: shares of the users over time, and above them what happened."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from mainline.pages import svg
from mainline.pages.svg import Width

LEFT, EDGE = 52, 8
ROOM, SHARES, ROW = 48, 120, 15  # above for words, of the shares, from one line of words to the next
ROWS = 3
LETTER = 7.0  # a letter's width, about
VERSIONS = 5  # the style sheet's colours for them
OTHER = "soft"
SIGNS = {
    "promoted": ("▲", "good"),
    "rolled back": ("▼", "bad"),
    "failed": ("▼", "bad"),
    "drifted": ("▼", "bad"),
    "worse": ("▼", "bad"),
    "retrained": ("▲", "good"),
}
"""Of what is marked: its sign, and the style sheet's word for it."""
At = Callable[[float], float]
"""Where a moment is drawn."""


@dataclass(frozen=True)
class Mark:
    """An event that ends a candidate's way, at a moment."""

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


def axis(width: Width, begin: float, end: float) -> At:
    """Where moments between two of them are drawn; what lies beyond is on the edge."""
    right, length = width.units - EDGE, max(end - begin, 1.0)
    return lambda moment: round(LEFT + (right - LEFT) * min(max((moment - begin) / length, 0.0), 1.0), 1)


def hues(versions: Sequence[str]) -> dict[str, str]:
    """A colour's name for each version, in the order of their coming; the sixth has the first one's again."""
    return {version: f"version-{i % VERSIONS + 1}" for i, version in enumerate(dict.fromkeys(versions))}


def shares(bands: Sequence[Band], hue: Mapping[str, str], at: At, top: float) -> Iterator[Markup]:
    """The candidate's share on top of production's; one that was short is still a pixel wide."""
    yield svg.text(LEFT - 6, top + 9, "100%", "end")
    yield svg.text(LEFT - 6, top + SHARES, "0%", "end")
    for band in bands:
        x, taken = at(band.begin), band.share * SHARES
        width = max(at(band.end) - x, 1.0)
        for version, y, height in ((band.candidate, 0.0, taken), (band.production, taken, SHARES - taken)):
            if version and height > 0:
                yield svg.box(x, top + y, width, height, "share", hue.get(version, OTHER))


def marks(found: Sequence[Mark], at: At, width: Width, top: float) -> Iterator[Markup]:
    """Words above the shares, one line higher where they would meet; where no line is free, the sign alone."""
    ends = [-math.inf] * ROWS
    words = []
    for mark in found:
        sign, kind = SIGNS[mark.event]
        said, x = f"{sign} {mark.event}", at(mark.second)
        half = len(said) * LETTER / 2
        middle = min(max(x, half), width.units - half)
        row = next((i for i, end in enumerate(ends) if middle - half > end), None)
        if row is None:
            said, row, middle, half = sign, ROWS - 1, x, LETTER
        ends[row] = middle + half
        yield svg.path(f"M{x} {top - 5 - ROW * row}V{top}", kind)
        words.append(svg.text(round(middle, 1), top - 8 - ROW * row, said, f"middle over {kind}"))
    yield from words
