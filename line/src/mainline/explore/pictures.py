"""A column drawn, train and dev, with the target in each bin; and what goes with what, as a heat map."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from markupsafe import Markup

from mainline.pages import svg
from mainline.pages.svg import Drawing, Width

SMALL = Width("small", 358, 50)  # beside others of its kind, on a phone and on a desk
EDGE, HIGH, GAP, LOW = 8, 76, 14, 54  # the bars, and the target below them
LETTER = 7.4  # a letter's width, about
SHOWN = 12  # categories
FIGURES = 10  # on an axis of single values
HUES = ("version-1", "version-2", "version-3", "version-4", "version-5")
MOST = {"wide": 24, "narrow": 12}  # columns of the heat map
Entry = Mapping[str, Any]


def column(entry: Entry, target: Mapping[str, Any], reach: tuple[float, float]) -> Drawing:
    """A column: its bars, and the target's mean or shares by bin.

    Args:
        entry: of the profile.
        target: of the profile, with "series".
        reach: the target's values that the axis goes from and to.
    """
    return _bars(entry, target) if entry["kind"] == "categorical" else _histogram(entry, reach)


def _histogram(entry: Entry, reach: tuple[float, float]) -> Drawing:
    train, dev = (_shares(entry[side]["counts"]) for side in ("train", "dev"))
    most, number = max(*train, *dev, 1e-9), len(train)
    wide = (SMALL.units - 2 * EDGE) / max(number, 1)
    parts: list[Markup] = []
    for at, (one, other) in enumerate(zip(train, dev, strict=True)):
        x = round(EDGE + at * wide, 1)
        parts.append(svg.box(x + 0.5, HIGH * (1 - one / most), max(wide - 1, 0.6), HIGH * one / most, "share"))
        y = round(HIGH * (1 - other / most), 1)
        parts.append(svg.path(f"M{x} {y}H{round(x + wide, 1)}", "axis"))
    bottom = HIGH
    if "target" in entry["train"]:
        parts += _lines(entry, wide, reach)
        bottom += GAP + LOW
    parts.append(svg.path(f"M{EDGE} {HIGH}H{SMALL.units - EDGE}", "grid"))
    ends = entry.get("edges") or entry["values"]
    if entry.get("edges"):
        marks = zip(
            (EDGE, SMALL.units / 2, SMALL.units - EDGE), (0, len(ends) // 2, -1), ("", "middle", "end"), strict=True
        )
        parts += [svg.text(x, bottom + 14, word(ends[at]), kind) for x, at, kind in marks]
    else:  # a bin each, of which every so many is named
        step = -(-len(ends) // FIGURES)
        for at in range(0, len(ends), step):
            parts.append(svg.text(round(EDGE + (at + 0.5) * wide, 1), bottom + 14, word(ends[at]), "middle"))
    return Drawing(SMALL, bottom + 18, "Shares of the train and dev rows, and the target, by bin", parts)


def _lines(entry: Entry, wide: float, reach: tuple[float, float]) -> Iterator[Markup]:
    low, high = reach
    top = HIGH + GAP

    def height(value: float) -> float:
        return round(top + LOW * (1 - (value - low) / ((high - low) or 1.0)), 1)

    yield svg.path(f"M{EDGE} {top + LOW}H{SMALL.units - EDGE}", "grid")
    for series, hue in zip(entry["train"]["target"], HUES, strict=False):
        points = [(round(EDGE + (at + 0.5) * wide, 1), height(v)) for at, v in enumerate(series) if v is not None]
        if len(points) == 1:
            points.append((points[0][0] + 3, points[0][1]))
        yield svg.line(points, "line hue", hue)


def _bars(entry: Entry, target: Mapping[str, Any]) -> Drawing:
    rows = _categories(entry)
    names = min(max((svg.letters(name) for name, *_ in rows), default=0) * LETTER + 10, 0.38 * SMALL.units)
    letters = max(int((names - 8) / LETTER), 4)
    most = max(*(share for _, *both, _ in rows for share in both), 1e-9) if rows else 1.0
    room = SMALL.units - names - 96
    parts: list[Markup] = []
    for row, (name, one, other, told) in enumerate(rows):
        top = row * 22
        parts.append(svg.text(round(names - 8, 1), top + 14, svg.cut(name, letters), "end"))
        parts.append(svg.box(round(names, 1), top + 3, max(room * one / most, 0.5), 7, "share"))
        parts.append(svg.box(round(names, 1), top + 11, max(room * other / most, 0.5), 7, "then"))
        parts.append(svg.text(SMALL.units, top + 15, _told(told, target), "end"))
    return Drawing(SMALL, 22 * len(rows) + 2, "Shares of the train and dev rows, and the target, by category", parts)


def _categories(entry: Entry) -> list[tuple[str, float, float, list[Any]]]:
    """Name, share in train, share in dev, and the target's series, of those that are shown; all others as one."""
    train, dev = (_shares(entry[side]["counts"]) for side in ("train", "dev"))
    told = [[series[at] for series in entry["train"].get("target", ())] for at in range(len(train))]
    rows = list(zip(entry["values"], train, dev, told, strict=False))[:SHOWN]
    others = [max(sum(one) - sum(one[: len(rows)]), 0.0) for one in (train, dev)]
    if max(others) > 1e-6:
        rows.append(("all others", others[0], others[1], []))
    return rows


def _told(values: Sequence[float | None], target: Mapping[str, Any]) -> str:
    known = [(value, name) for value, name in zip(values, target["series"], strict=False) if value is not None]
    if not known:
        return ""
    if target["task"] == "regression":
        return word(known[0][0])
    value, name = max(known, key=lambda each: each[0])
    return f"{name[:8]} {100 * value:.0f}%"


def heat(width: Width, names: Sequence[str], matrix: Sequence[Sequence[float]]) -> Drawing:
    """How closely columns go together: a square each, the darker the closer, of the first columns in order."""
    names = names[: MOST[width.name]]
    longest = 24 if width.name == "wide" else 13
    words = [svg.cut(name, longest) for name in names]
    left = max(map(svg.letters, words)) * LETTER + 34
    side = min((width.units - left - EDGE) / len(names), 26.0)
    parts: list[Markup] = []
    for i, word in enumerate(words):
        y = round(18 + i * side + side / 2 + 4, 1)
        parts.append(svg.text(round(left - 26, 1), y, word, "end" + (" label" if not i else "")))
        parts.append(svg.text(round(left - 5, 1), y, str(i + 1), "end"))
        parts.append(svg.text(round(left + i * side + side / 2, 1), 12, str(i + 1), "middle"))
        for j in range(len(names)):
            if i != j:
                said = f"{names[i]}, {names[j]}: {matrix[i][j]:.2f}".replace("-", "\N{MINUS SIGN}")
                parts.append(_square(left + j * side, 18 + i * side, side - 1.5, matrix[i][j], said))
    return Drawing(width, round(20 + len(names) * side, 1), "How closely columns go together", parts)


def _square(x: float, y: float, side: float, value: float, said: str) -> Markup:
    hue = "version-1" if value >= 0 else "version-3"
    return Markup(
        '<rect x="{}" y="{}" width="{}" height="{}" class="hue" fill-opacity="{}" style="--hue: var(--{})">'
        "<title>{}</title></rect>"
    ).format(round(x, 1), round(y, 1), round(side, 1), round(side, 1), round(min(abs(value), 1.0), 2), hue, said)


def _shares(counts: Sequence[int]) -> list[float]:
    total = sum(counts) or 1
    return [count / total for count in counts]


def word(value: float | str | None) -> str:
    """A figure on an axis; of dates the day."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"{datetime.fromisoformat(value):%Y-%m-%d}"
    for scale, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= scale:
            return f"{value / (1e3 if unit == 'k' else scale):.3g}{unit}".replace("-", "\N{MINUS SIGN}")
    return f"{value:.4g}".replace("-", "\N{MINUS SIGN}")
