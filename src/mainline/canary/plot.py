"""The evidence over time as a picture: is the canary worse, is it as good, and what share did it have."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from textwrap import wrap

from markupsafe import Markup

from mainline import config
from mainline.canary.judge import Point

WIDTH, LEFT, RIGHT = 760, 64, 610
LOW, HIGH = -2.0, 4.0  # powers of ten that are shown; what is beyond lies on the edge
PANEL, BAND = 170, 46
GAP, LETTERS = 44, 96
APART = 15  # between labels
COLOURS = {
    "errors": ("#b3261e", "#ff8a80"),
    "refusals": ("#8a5a00", "#ffc46b"),
    "latency": ("#1f5fbf", "#82b1ff"),
    "labels": ("#7b2d8e", "#d9a1ea"),
    "joins": ("#5f6368", "#a0a5ab"),
    "drift": ("#00695c", "#6fd6c4"),
}
UNITS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
Line = tuple[str, list[float]]
"""A name, and the evidence at each look as a power of ten."""

STYLE = """
svg{font:12px system-ui,sans-serif;background:#fff;color:#1c1e21}text{fill:currentColor}.soft{fill:#5f6368}
.title{font-weight:600}.grid{stroke:#e3e5e8}.bar{stroke:#1c1e21;stroke-dasharray:5 4}
.share{fill:#c9d7ee}.end{stroke:#5f6368;stroke-dasharray:1 3}path{fill:none}polyline{fill:none;stroke-width:1.6}
.all{stroke:#1c1e21;stroke-width:2.6}%s
@media(prefers-color-scheme:dark){svg{background:#17191c;color:#e8eaed}.soft{fill:#a0a5ab}.grid{stroke:#303439}
.bar,.all{stroke:#e8eaed}.share{fill:#34476b}.end{stroke:#a0a5ab}%s}
"""


@dataclass(frozen=True)
class Time:
    """The horizontal axis: seconds since the first look."""

    begin: float
    length: float

    def at(self, moment: float) -> float:
        """Where a moment is drawn."""
        return round(LEFT + (RIGHT - LEFT) * (moment - self.begin) / self.length, 1)


def draw(points: Sequence[Point], settings: config.Canary, reason: str) -> str:
    """An SVG that stands by itself, in light and dark.

    Args:
        points: of a Judge, one a look; none at all is an empty picture.
        reason: what came of it; stands above.
    """
    moments = [float(each.time) for each in points] or [0.0]
    time = Time(moments[0], max(moments[-1] - moments[0], 1.0))
    worse = [*_lines([each.worse for each in points]), ("all", [each.harm / math.log(10) for each in points])]
    said = wrap(reason, LETTERS)
    first = 30 + 16 * len(said) + GAP
    second = first + PANEL + GAP
    band = second + PANEL + GAP
    height = band + BAND + 34
    bars = f"{1 / settings.alpha:g}", f"{1 / settings.beta:g}"
    parts = [
        _words(said),
        _panel(first, f"is it worse? rolled back once all together are above {bars[0]}", worse, moments, time),
        _bar(first, settings.alpha),
        _panel(
            second,
            f"is it as good? may go on once each is above {bars[1]}",
            _lines([each.shown for each in points]),
            moments,
            time,
        ),
        _bar(second, settings.beta),
        _shares(band, points, moments, time),
        _clock(band + BAND, time),
    ]
    return str(
        Markup('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img">')
        .format(WIDTH, height)
        + Markup("<title>{}</title><style>{}</style>").format(reason, _style())
        + Markup("").join(parts)
        + Markup("</svg>\n")
    )  # fmt: skip


def _words(lines: Sequence[str]) -> Markup:
    each = (
        Markup('<text x="{}" y="{}" class="title">{}</text>').format(LEFT, 28 + 16 * i, line)
        for i, line in enumerate(lines)
    )
    return Markup("").join(each)


def _style() -> str:
    light, dark = (
        "".join(
            f".{name}{{stroke:{each[i]}}}text.{name}{{fill:{each[i]};stroke:none}}" for name, each in COLOURS.items()
        )
        for i in (0, 1)
    )
    return " ".join((STYLE % (light + "text.all{stroke:none;font-weight:600}", dark)).split("\n"))


def _lines(logs: Sequence[Mapping[str, float]]) -> list[Line]:
    names = dict.fromkeys(name for each in logs for name in each)
    return [(name, [each.get(name, 0.0) / math.log(10) for each in logs]) for name in names]


def _height(top: float, power: float) -> float:
    inside = min(max(power, LOW), HIGH)
    return round(top + PANEL * (HIGH - inside) / (HIGH - LOW), 1)


def _panel(top: float, title: str, lines: Sequence[Line], moments: Sequence[float], time: Time) -> Markup:
    made = [Markup('<text x="{}" y="{}">{}</text>').format(LEFT, top - 9, title)]
    for power in range(int(LOW), int(HIGH) + 1):
        y = _height(top, power)
        word = f"{10**power:,}" if power >= 0 else f"1/{10**-power}"
        made.append(Markup('<path class="grid" d="M{} {}H{}"/>').format(LEFT, y, RIGHT))
        made.append(
            Markup('<text x="{}" y="{}" class="soft" text-anchor="end">{}</text>').format(LEFT - 8, y + 4, word)
        )
    for name, powers in lines:
        dots = " ".join(f"{time.at(m)},{_height(top, p)}" for m, p in zip(moments, powers, strict=False))
        made.append(Markup('<polyline class="{}" points="{}"/>').format(name, dots))
    ends = {name: _height(top, powers[-1]) for name, powers in lines if powers}
    for name, y in _apart(ends, top, top + PANEL).items():
        word = "all together" if name == "all" else name
        made.append(Markup('<path class="{}" d="M{} {}L{} {}"/>').format(name, RIGHT + 2, ends[name], RIGHT + 14, y))
        made.append(Markup('<text x="{}" y="{}" class="{}">{}</text>').format(RIGHT + 18, y + 4, name, word))
    return Markup("").join(made)


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


def _bar(top: float, chance: float) -> Markup:
    return Markup('<path class="bar" d="M{} {}H{}"/>').format(LEFT, _height(top, -math.log10(chance)), RIGHT)


def _shares(top: float, points: Sequence[Point], moments: Sequence[float], time: Time) -> Markup:
    made = [Markup('<text x="{}" y="{}">its share of the users</text>').format(LEFT, top - 9)]
    changes = [i for i, each in enumerate(points) if i == 0 or each.share != points[i - 1].share]
    room = -math.inf
    for i, following in pairwise([*changes, len(points) - 1 if points else 0]):
        share, x = points[i].share, time.at(moments[i])
        width = max(1.0, round(time.at(moments[following]) - x, 1))
        made.append(
            Markup('<rect class="share" x="{}" y="{}" width="{}" height="{}"/>').format(
                x, round(top + BAND * (1 - share), 1), width, round(BAND * share, 1)
            )
        )
        if x >= room:  # a step too short for its figure goes without
            made.append(Markup('<text x="{}" y="{}">{:g}%</text>').format(x + 4, top + BAND - 5, 100 * share))
            room = x + 40
    made.append(Markup('<path class="grid" d="M{0} {1}H{2}M{0} {3}H{2}"/>').format(LEFT, top, RIGHT, top + BAND))
    for power, word in ((0, "0%"), (1, "100%")):
        y = top + BAND * (1 - power) + 4
        made.append(Markup('<text x="{}" y="{}" class="soft" text-anchor="end">{}</text>').format(LEFT - 8, y, word))
    return Markup("").join(made)


def _clock(top: float, time: Time) -> Markup:
    """Some round times since the first look, in the unit that suits."""
    unit, seconds = next((each for each in UNITS if time.length >= 2 * each[1]), UNITS[-1])
    length = time.length / seconds
    power = 10.0 ** math.floor(math.log10(length))
    step = next(each * power for each in (0.2, 0.5, 1, 2) if length / (each * power) <= 6)
    made = []
    for i in range(math.floor(length / step + 1e-9) + 1):
        x, word = time.at(time.begin + i * step * seconds), f"{i * step:g}{f' {unit}' if i == 1 else ''}"
        made.append(Markup('<text x="{}" y="{}" class="soft" text-anchor="middle">{}</text>').format(x, top + 20, word))
    return Markup("").join(made)
