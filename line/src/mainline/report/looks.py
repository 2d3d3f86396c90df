"""What the stage diagnose says of the model, as pictures: what more rows would bring, what columns are worth, age."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from mainline.pages import svg
from mainline.pages.svg import Drawing, Width
from mainline.report.baselines import SCORES
from mainline.report.figures import Figure
from mainline.report.plot import Axis, Layer, axis, chart

COLUMNS = 15  # the most worth first
LETTER, ROW, EDGE = 7.2, 20, 56
Found = Mapping[str, Any]


def figures(found: Found) -> tuple[Figure, ...]:
    """The curves of a diagnosis, as far as it has them."""
    return tuple(each for each in (_learning(found), _staleness(found)) if each)


def _learning(found: Found) -> Figure | None:
    curve = found.get("learning")
    if not curve:
        return None
    rows, own, unseen = (np.array(curve[name], dtype=float) for name in ("rows", "train_scores", "scores"))
    layers = [Layer("line", rows, own, "champion"), Layer("line", rows, unseen, "challenger")]
    measure = _measure(found)
    drawing = chart(
        "Score over training rows",
        axis("training rows", np.append(rows, 0.0)),
        _room(measure, np.concatenate([own, unseen])),
        layers,
        [("champion", "rows it has learnt"), ("challenger", "rows it has not seen")],
        "lower right",
    )
    gain = curve["doubled"]
    low, high = (_signed(gain[name]) for name in ("low", "high"))
    return Figure(drawing, f"Learning curve. Twice the rows: {_signed(gain['gain'])} {measure} [{low}, {high}].")


def _staleness(found: Found) -> Figure | None:
    curve = found.get("staleness")
    if not curve or len(curve.get("ages") or ()) < 2:
        return None
    ages, scores = (np.array(curve[name], dtype=float) for name in ("ages", "scores"))
    unit = f", in {curve['unit']}" if curve.get("unit") else ""
    layers = [Layer("line", ages, scores, "challenger")]
    drawing = chart(
        "Score over age", axis(f"age of the newest row learnt{unit}", ages), _room(_measure(found), scores), layers
    )
    return Figure(
        drawing, f"Staleness by {curve['column']}: the newest rows, by models that knew less and less of late."
    )


def _room(measure: str, scores: "np.ndarray[Any, Any]") -> Axis:
    """An axis that holds the scores, and room for a legend below them."""
    low, high = float(np.min(scores)), float(np.max(scores))
    reach = (high - low) or 0.1
    return Axis(measure, low - 0.45 * reach, high + 0.06 * reach)


def columns(found: Found) -> Markup:
    """What columns are worth, most first, as bars; empty where nothing was looked at."""
    worth = [each for each in found.get("features") or ()][:COLUMNS]
    return svg.both(lambda width: _bars(width, worth)) if worth else Markup()


def useless(found: Found) -> list[str]:
    """The columns that are worth nothing for sure."""
    return [str(each["name"]) for each in found.get("features") or () if each.get("useless")]


def _bars(width: Width, worth: Sequence[Found]) -> Drawing:
    words = [svg.cut(str(each["name"]), 28 if width.name == "wide" else 14) for each in worth]
    left = max(map(svg.letters, words)) * LETTER + 10
    most = max(*(float(each["worth"]) + 2 * float(each["se"]) for each in worth), 1e-9)
    return Drawing(width, ROW * len(worth) + 4, "What each column is worth", _drawn(width, worth, words, left, most))


def _drawn(width: Width, worth: Sequence[Found], words: Sequence[str], left: float, most: float) -> Iterator[Markup]:
    room = width.units - left - EDGE
    for row, (each, word) in enumerate(zip(worth, words, strict=True)):
        y, value, wide = row * ROW, max(float(each["worth"]), 0.0), 2 * float(each["se"])
        start, end = (left + room * max(at, 0.0) / most for at in (value - wide, value + wide))
        yield svg.text(round(left - 8, 1), y + 14, word, "end")
        yield svg.box(
            round(left, 1), y + 5, max(room * value / most, 0.5), 10, "then" if each.get("useless") else "share"
        )
        yield svg.path(f"M{start:.1f} {y + 10}H{end:.1f}", "axis")
        yield svg.text(width.units, y + 14, _signed(float(each["worth"])), "end")


def _measure(found: Found) -> str:
    return SCORES.get(str(found.get("score")), str(found.get("score")))


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "\N{MINUS SIGN}")
