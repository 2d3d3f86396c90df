"""A search as SVG: its scores over time, and over what a fit costs; which settings mattered."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

from markupsafe import Markup

from mainline.pages import svg
from mainline.pages.svg import Drawing, Width
from mainline.search.found import Found, Trial, name

HUES = ("version-1", "version-3", "version-2", "version-4", "version-5")
LEFT, EDGE, TOP, HIGH = 52, 10, 26, 190
FINGERS = 12  # pixels of a bar


def hues(found: Found) -> dict[str, str]:
    """The colour of each model, in the order of their first trials."""
    names = list(dict.fromkeys(name(each) for each in found["trials"]))
    return {each: HUES[min(at, len(HUES) - 1)] for at, each in enumerate(names)}


def over_time(width: Width, found: Found) -> Drawing:
    """Each trial at the minute it ended, and the best so far."""
    good = _good(found)
    most = max(each["minutes"] for each in good) or 1.0
    at = _axis(width, 0.0, most)
    y, parts = _scores(width, found)
    best, way = good[0]["score"], []
    for each in good:
        better = min(best, each["score"]) if found["lower"] else max(best, each["score"])
        way += [
            (round(at(each["minutes"]), 1), round(y(best), 1)),
            (round(at(each["minutes"]), 1), round(y(better), 1)),
        ]
        best = better
    parts.append(svg.line([*way, (round(at(most), 1), round(y(best), 1))], "axis"))
    parts += _points(found, at, y, "minutes")
    parts += _ticks(width, at, [0.0, most / 2, most], "minutes of searching")
    return Drawing(width, TOP + HIGH + 38, f"{found['metric']} of each trial over time", parts)


def over_cost(width: Width, found: Found) -> Drawing:
    """Each trial at the processor seconds of its fits, on a scale of tenfolds."""
    costs = [_cost(each) for each in _good(found)]
    low, high = math.floor(min(costs)), math.ceil(max(costs))
    at = _axis(width, low, max(high, low + 1))
    y, parts = _scores(width, found)
    parts += _points(found, at, y, "cost")
    parts += _ticks(
        width, at, list(range(low, max(high, low + 1) + 1)), "processor seconds of all its fits", power=True
    )
    return Drawing(width, TOP + HIGH + 38, f"{found['metric']} of each trial over the cost of its fits", parts)


def importance(width: Width, shares: Sequence[tuple[str, float]]) -> Drawing:
    """A bar a setting, longest first: its share of the differences among scores, in [0, 1]."""
    parts, high = [], FINGERS + 22
    for at, (key, share) in enumerate(shares):
        top = at * high
        parts.append(svg.text(0, top + 12, svg.cut(key, width.letters)))
        parts.append(svg.box(0, top + 17, max(share * (width.units - 60), 1.0), FINGERS, hue="version-1"))
        parts.append(svg.text(max(share * (width.units - 60), 1.0) + 6, top + 27, f"{share:.0%}", "label"))
    return Drawing(width, len(shares) * high, "How much each setting mattered", parts)


def _good(found: Found) -> list[Trial]:
    return [each for each in found["trials"] if each["score"] is not None]


def _cost(each: Trial) -> float:
    return math.log10(max(each["fit_seconds"], 0.001))


def _axis(width: Width, low: float, high: float) -> Callable[[float], float]:
    return lambda value: LEFT + (value - low) / (high - low) * (width.units - LEFT - EDGE - 6)


def _scores(width: Width, found: Found) -> tuple[Callable[[float], float], list[Markup]]:
    """Where a score lies; those far worse than most at the edge, as they would press all others together."""
    values = sorted((each["score"] for each in _good(found)), reverse=not found["lower"])
    best, worst = values[0], values[-1 - len(values) // 10]
    span = (worst - best) or 1.0
    parts = [svg.text(0, 12, found["metric"], "label")]
    for share in (0.0, 0.5, 1.0):
        level = TOP + HIGH * ((1 - share) if found["lower"] else share)
        parts.append(svg.path(f"M{LEFT} {level:.1f}H{width.units - EDGE}", "grid"))
        parts.append(svg.text(LEFT - 6, round(level + 4, 1), f"{best + share * span:.3g}", "end"))

    def place(score: float) -> float:
        share = float(min(max((score - best) / span, 0.0), 1.0))
        return TOP + HIGH * ((1 - share) if found["lower"] else share)

    return place, parts


def _points(found: Found, at: Callable[[float], float], y: Callable[[float], float], over: str) -> Iterator[Markup]:
    colours: Mapping[str, str] = hues(found)
    last = [each for each in _good(found) if each["number"] in (found["best"], found["named"])]
    for each in [*(e for e in _good(found) if e not in last), *last]:
        x = at(each["minutes"] if over == "minutes" else _cost(each))
        size = 8 if each in last else 5
        yield svg.box(round(x - size / 2, 1), y(each["score"]) - size / 2, size, size, hue=colours[name(each)])
        if each["number"] == found["named"]:
            side = "end over" if x > 300 else "over"
            yield svg.text(
                round(x + (-8 if x > 300 else 8), 1), round(y(each["score"]) - 8, 1), f"trial {each['number']}", side
            )


def _ticks(
    width: Width, at: Callable[[float], float], values: Sequence[float], words: str, *, power: bool = False
) -> Iterator[Markup]:
    for value in values:
        said = f"{10**value:g}" if power else f"{value:.2g}"
        yield svg.text(round(min(at(value), width.units - EDGE - 8), 1), TOP + HIGH + 18, said, "middle")
    yield svg.text(LEFT, TOP + HIGH + 34, words, "label")
