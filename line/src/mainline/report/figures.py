"""Which charts a task gets, each with its caption."""

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from mainline.report.compare import Comparison, Floats, Predicted
from mainline.report.curves import (
    calibration,
    calibration_error,
    coverage,
    error_curve,
    outcomes,
    outline,
    precision_recall,
    roc,
)
from mainline.report.metrics import score
from mainline.report.plot import Axis, Layer, axis, chart
from mainline.report.text import figure

_DOTS = 500  # a scatter of more dots is a blot
_DIAGONAL = Layer("guide", np.array([0.0, 1.0]), np.array([0.0, 1.0]))


@dataclass(frozen=True)
class Figure:
    """One chart and the sentence under it."""

    drawing: Markup
    caption: str


def _named(c: Comparison, values: list[str]) -> list[tuple[str, str]]:
    return [(side.name, f"{side.name} {value}".strip()) for side, value in zip(c.sides, values, strict=True)]


def _pooled(c: Comparison) -> str:
    if c.task == "binary":
        return f"positive: {c.classes[c.positive]}"
    return "each class against the rest, pooled"


def _roc(c: Comparison) -> Figure:
    points = [roc(*outcomes(c, side)) for side in c.sides]
    lines = [Layer("line", *xy, side.name) for xy, side in zip(points, c.sides, strict=True)]
    areas = [figure(float(np.trapezoid(y, x)), 3) for x, y in points]
    drawing = chart(
        "ROC curve", Axis("false positive rate"), Axis("true positive rate"), [_DIAGONAL, *lines],
        _named(c, areas), "lower right",
    )  # fmt: skip
    return Figure(drawing, f"ROC curve ({_pooled(c)}). Numbers: area under the curve.")


def _precision_recall(c: Comparison) -> Figure:
    ranked = [outcomes(c, side) for side in c.sides]
    lines = [Layer("line", *precision_recall(*r), s.name) for r, s in zip(ranked, c.sides, strict=True)]
    base = float(ranked[0][0].mean())
    guide = Layer("guide", np.array([0.0, 1.0]), np.array([base, base]))
    drawing = chart(
        "Precision and recall", Axis("recall"), Axis("precision"), [guide, *lines],
        _named(c, [""] * len(lines)), "lower left",
    )  # fmt: skip
    return Figure(drawing, f"Precision against recall ({_pooled(c)}). Dotted: a random ranking.")


def _calibration(c: Comparison) -> Figure:
    layers = [_DIAGONAL]
    for side in c.sides:
        mean, came, share = calibration(c, side)
        layers += [Layer("line", mean, came, side.name), Layer("dots", mean, came, side.name, share)]
    errors = [figure(calibration_error(c, side), 3) for side in c.sides]
    what = f"of {c.classes[c.positive]}" if c.task == "binary" else "given to the predicted class"
    drawing = chart(
        "Calibration",
        Axis("probability given"),
        Axis("share that came true"),
        layers,
        _named(c, errors),
        "lower right",
    )
    caption = f"Calibration: the probability {what}, and how often it came true. Dot size: share of the rows."
    return Figure(drawing, f"{caption} Numbers: mean distance from the diagonal.")


def _coverage(c: Comparison) -> Figure:
    points = [coverage(c, side) for side in c.sides]
    lines = [Layer("line", *xy, side.name) for xy, side in zip(points, c.sides, strict=True)]
    low = min(0.9, *(float(y.min()) for _, y in points))
    floor = max(0.0, np.floor((low - 0.35 * (1 - low)) * 20) / 20)  # room for the legend under the lines
    drawing = chart(
        "Accuracy among the surest rows", Axis("share of rows kept, surest first"), Axis("accuracy", floor, 1.0),
        lines, _named(c, [""] * len(lines)), "lower left",
    )  # fmt: skip
    return Figure(drawing, "Accuracy among the surest rows: what is left to gain by handing the rest to a person.")


def _scatter(c: Comparison, side: Predicted, across: Axis, up: Axis) -> Figure:
    keep = np.unique(np.linspace(0, len(c.truth) - 1, min(len(c.truth), _DOTS)).round().astype(int))
    ends = np.array([max(across.low, up.low), min(across.high, up.high)])
    layers = [Layer("guide", ends, ends), Layer("dots", c.truth[keep], side.label[keep], side.name)]
    title = f"Predicted against actual, {side.name}"
    note = "" if len(keep) == len(c.truth) else f" {len(keep)} of {len(c.truth)} rows."
    name = [(side.name, side.name)]
    return Figure(chart(title, across, up, layers, name, "upper left"), f"{title}. On the dotted line: exact.{note}")


def _residuals(c: Comparison) -> Figure:
    errors = [side.label - c.truth for side in c.sides]
    every: Floats = np.concatenate(errors)
    reach = float(np.quantile(np.abs(every), 0.995)) or 1.0
    edges = np.linspace(-reach, reach, 26)
    lines = [outline(np.clip(e, -reach, reach), edges) for e in errors]
    layers = [Layer("line", *xy, side.name) for xy, side in zip(lines, c.sides, strict=True)]
    top = max(float(y.max()) for _, y in lines)
    zero = Layer("guide", np.zeros(2), np.array([0.0, top * 1.25]))
    drawing = chart(
        "Residuals", Axis("predicted minus actual", -reach, reach), Axis("share of rows", 0.0, top * 1.25),
        [zero, *layers], _named(c, [""] * len(errors)), "upper left",
    )  # fmt: skip
    return Figure(drawing, "Residuals. The outermost bars hold everything beyond them.")


def _error_curve(c: Comparison) -> Figure:
    points = [error_curve(c, side) for side in c.sides]
    lines = [Layer("line", *xy, side.name) for xy, side in zip(points, c.sides, strict=True)]
    reach = max(float(np.quantile(x, 0.99)) for x, _ in points) or 1.0
    inside = [Layer(line.kind, line.x[line.x <= reach], line.y[line.x <= reach], line.side) for line in lines]
    mae = [figure(score(c, side)["MAE"]) for side in c.sides]
    drawing = chart(
        "Size of the error", Axis("absolute error", 0.0, reach), Axis("share of rows within"), inside,
        _named(c, mae), "lower right",
    )  # fmt: skip
    return Figure(drawing, "Share of rows no further off than so much; higher is better. Numbers: mean absolute error.")


def figures(c: Comparison) -> tuple[Figure, ...]:
    """The charts of this comparison's task."""
    if c.task != "regression":
        return (_roc(c), _precision_recall(c), _calibration(c), _coverage(c))
    across = axis("actual", c.truth)
    up = axis("predicted", np.concatenate([side.label for side in c.sides]))
    return (*(_scatter(c, side, across, up) for side in c.sides), _residuals(c), _error_curve(c))
