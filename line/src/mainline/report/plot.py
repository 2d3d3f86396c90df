"""Line charts and small marks as hand-made SVG, coloured by the page's style sheet."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from mainline.report.compare import Floats
from mainline.report.text import tick

_WIDTH, _HEIGHT = 360, 270
_LEFT, _RIGHT, _TOP, _BOTTOM = 54, 348, 10, 226

_ACROSS = Markup('<path class="grid" d="M{{}} {}V{}"/>').format(_TOP, _BOTTOM)
_UP = Markup('<path class="grid" d="M{} {{}}H{}"/>').format(_LEFT, _RIGHT)


@dataclass(frozen=True)
class Axis:
    """One axis: its label and its range."""

    label: str
    low: float = 0.0
    high: float = 1.0

    def ticks(self) -> tuple[float, ...]:
        """About five round numbers inside the range."""
        step = _round_step((self.high - self.low) / 5)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return tuple(k * step for k in range(first, last + 1))


@dataclass(frozen=True)
class Layer:
    """One thing drawn: a line, dots or a guide. `side` names the colour; `weight` (n,) in 0..1 sizes dots."""

    kind: str
    x: Floats
    y: Floats
    side: str = ""
    weight: Floats | None = None


def axis(label: str, values: Floats, pad: float = 0.04) -> Axis:
    """An axis that holds all the values, with a little room."""
    low, high = float(np.min(values)), float(np.max(values))
    room = (high - low) * pad or abs(high) * pad or 1.0
    return Axis(label, low - room, high + room)


def _round_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next((m * power for m in (1.0, 2.0, 2.5, 5.0) if m * power >= rough * 0.999), 10 * power)


def _tick(value: float, step: float) -> str:
    places = max(0, -math.floor(math.log10(step) + 1e-9))
    if round(step * 10**places) != round(step * 10**places, 6):
        places += 1
    return tick(value, places)


def _at_x(x: Axis, value: Floats | float) -> Floats:
    return np.asarray(_LEFT + (np.asarray(value) - x.low) / (x.high - x.low) * (_RIGHT - _LEFT))


def _at_y(y: Axis, value: Floats | float) -> Floats:
    return np.asarray(_BOTTOM - (np.asarray(value) - y.low) / (y.high - y.low) * (_BOTTOM - _TOP))


def _tick_marks(scale: Axis, horizontal: bool) -> Markup:
    line, name = (_ACROSS, "middle") if horizontal else (_UP, "end")
    ticks = scale.ticks()
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
    parts = []
    for value in ticks:
        at = round(float(_at_x(scale, value) if horizontal else _at_y(scale, value)), 1)
        x, y = (at, _BOTTOM + 16) if horizontal else (_LEFT - 7, round(at + 4, 1))
        word = Markup('<text x="{}" y="{}" class="{}">{}</text>').format(x, y, name, _tick(value, step))
        parts.append(line.format(at) + word)
    return Markup("").join(parts)


def _axes(x: Axis, y: Axis) -> Markup:
    label = Markup('<text x="{}" y="{}" class="label middle">{}</text>').format(
        (_LEFT + _RIGHT) / 2, _HEIGHT - 8, x.label
    )
    turned = Markup('<text x="11" y="{0}" class="label middle" transform="rotate(-90 11 {0})">{1}</text>')
    frame = Markup('<path class="axis" d="M{0} {1}V{2}H{3}"/>').format(_LEFT, _TOP, _BOTTOM, _RIGHT)
    words = label + turned.format((_TOP + _BOTTOM) / 2, y.label)
    return _tick_marks(x, True) + _tick_marks(y, False) + words + frame


def _layer(layer: Layer, x: Axis, y: Axis) -> Markup:
    across, up = np.round(_at_x(x, layer.x), 1), np.round(_at_y(y, layer.y), 1)
    if layer.kind == "dots":
        weight = layer.weight if layer.weight is not None else np.full(len(across), 0.08)
        radius = np.round(np.clip(7 * np.sqrt(weight), 1.6, 7), 1)
        dot = Markup('<circle cx="{}" cy="{}" r="{}"/>')
        dots = Markup("").join(dot.format(*place) for place in zip(across, up, radius, strict=True))
        return Markup('<g class="dots {}">{}</g>').format(layer.side, dots)
    points = " ".join(f"{a},{b}" for a, b in zip(across, up, strict=True))
    return Markup('<polyline class="{} {}" points="{}"/>').format(layer.kind, layer.side, points)


def _key(names: Sequence[tuple[str, str]], corner: str) -> Markup:
    """The legend: (side, text) lines in a corner, "lower right", "upper left" and so on."""
    top = _TOP + 16 if "upper" in corner else _BOTTOM - 12 - 17 * (len(names) - 1)
    right = "right" in corner
    mark = _RIGHT - 26 if right else _LEFT + 10
    word = mark - 6 if right else mark + 24
    return Markup("").join(
        Markup('<path class="line {}" d="M{} {}h18"/><text x="{}" y="{}" class="key{}">{}</text>').format(
            side, mark, top + 17 * i - 4, word, top + 17 * i, " end" if right else "", text
        )
        for i, (side, text) in enumerate(names)
    )


def chart(
    title: str,
    x: Axis,
    y: Axis,
    layers: Sequence[Layer],
    key: Sequence[tuple[str, str]] = (),
    corner: str = "",
) -> Markup:
    """A chart with axes, layers in drawing order and a legend; `title` is also what a screen reader says."""
    return Markup('<svg class="chart" role="img" viewBox="0 0 {} {}"><title>{}</title>{}{}{}</svg>').format(
        _WIDTH,
        _HEIGHT,
        title,
        _axes(x, y),
        Markup("").join(_layer(layer, x, y) for layer in layers),
        _key(key, corner) if key else "",
    )


def whisker(low: float, value: float, high: float, reach: float, finding: str) -> Markup:
    """An interval of a difference about zero, on a scale of +-reach; the numbers beside it are its text."""
    if not math.isfinite(low) or reach <= 0:
        return Markup("")
    start, middle, end = (round(60 + 56 * max(min(at / reach, 1), -1), 1) for at in (low, value, high))
    return Markup(
        '<svg class="whisker {0}" aria-hidden="true" viewBox="0 0 120 14"><path class="zero" d="M60 0V14"/>'
        '<path d="M{1} 7H{3}M{1} 4V10M{3} 4V10"/><circle cx="{2}" cy="7" r="3.2"/></svg>'
    ).format(finding.replace(" ", "-"), start, middle, end)


def dumbbell(champion: float | None, challenger: float, low: float) -> Markup:
    """A score of each side on a scale from `low` to 1, joined; the numbers beside it are its text."""
    new, old = (round(6 + 108 * (v - low) / (1 - low), 1) for v in (challenger, low if champion is None else champion))
    bar = Markup('<path d="M{} 7H{}"/>').format(old, new)
    dot = Markup('<circle class="{}" cx="{}" cy="7" r="3.4"/>')
    dots = (dot.format("champion", old) if champion is not None else Markup("")) + dot.format("challenger", new)
    return Markup('<svg class="dumbbell" aria-hidden="true" viewBox="0 0 120 14">{}{}</svg>').format(bar, dots)


def life(used: int, total: int) -> Markup:
    """The sealed test set's life as a row of ticks, the used ones filled; at most 64 ticks."""
    shown = min(max(total, 1), 64)
    filled = round(used / max(total, 1) * shown)
    tick = Markup('<rect class="{}" x="{}" width="5" height="12"/>')
    ticks = Markup("").join(tick.format("used" if i < filled else "left", i * 7) for i in range(shown))
    title = f"{used} of {total} decisions used"
    return Markup('<svg class="life" role="img" viewBox="0 0 {} 12"><title>{}</title>{}</svg>').format(
        shown * 7 - 2, title, ticks
    )
