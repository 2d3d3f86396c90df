"""The page: one self-contained HTML file that a reviewer reads before a merge."""

import math
from dataclasses import dataclass
from pathlib import Path

import jinja2
import numpy as np

from mainline import pages
from mainline.report import looks, plot, text
from mainline.report.bootstrap import RESAMPLES, Estimate
from mainline.report.changes import SMALLEST, Changes
from mainline.report.classes import MATRIX_LIMIT, ClassRow, confused_pairs, confusion, most_changed
from mainline.report.compare import Array, Comparison
from mainline.report.contents import Contents, contents
from mainline.report.figures import figures
from mainline.report.side import Side
from mainline.report.slices import SliceTable
from mainline.report.summary import places
from mainline.report.verdict import Verdict

_CLASSES_SHOWN = 40
_PAIRS_SHOWN = 15


@dataclass(frozen=True)
class Matrix:
    """One side's confusion matrix: counts (classes, classes) and each count's share of its line."""

    name: str
    counts: Array
    share: Array


def _matrices(c: Comparison) -> tuple[Matrix, ...]:
    if not c.classes or len(c.classes) > MATRIX_LIMIT:
        return ()
    counts = [confusion(c, side) for side in c.sides]
    lines = [np.maximum(count.sum(axis=1, keepdims=True), 1) for count in counts]
    return tuple(Matrix(s.name, n, n / line) for s, n, line in zip(c.sides, counts, lines, strict=True))


def _whisker(estimate: Estimate) -> str:
    change = estimate.difference
    if change is None:
        return ""
    flip = 1 if estimate.metric.higher_is_better else -1
    ends = sorted((flip * change.low, flip * change.high))
    reach = 1.1 * max(abs(ends[0]), abs(ends[1]))
    return plot.whisker(ends[0], flip * change.value, ends[1], reach, estimate.finding)


def _slice_reach(table: SliceTable) -> float:
    changes = [row.difference for row in table.rows if row.difference]
    ends = [abs(end) for change in changes for end in (change.low, change.high) if math.isfinite(end)]
    return max(ends, default=0.0)


def _floor(rows: tuple[ClassRow, ...]) -> float:
    scores = [score.f1 for row in rows for score in (row.challenger, row.champion) if score]
    return max(0.0, math.floor(min(scores, default=0.0) * 10 - 0.5) / 10)


def _environment() -> jinja2.Environment:
    words = {"text": text, "plot": plot, "whisker": _whisker, "places": places}
    return pages.environment(Path(__file__).parent / "templates", resamples=RESAMPLES, smallest_shift=SMALLEST, **words)


def render(made: Contents) -> str:
    """The page's HTML, the same bytes for the same contents."""
    c = made.comparison
    shown = most_changed(made.classes, _CLASSES_SHOWN)
    return (
        _environment()
        .get_template("page.html")
        .render(
            it=made,
            c=c,
            two=c.champion is not None,
            shown_classes=shown,
            class_floor=_floor(shown),
            matrices=_matrices(c),
            pairs=confused_pairs(c, _PAIRS_SHOWN) if c.classes else (),
            figures=figures(c),
            slice_reach=_slice_reach(made.slices),
            looked=looks.figures(made.challenger.diagnosis),
            worth=looks.columns(made.challenger.diagnosis),
            most=looks.COLUMNS,
        )
    )


def write_page(
    challenger: Side, champion: Side | None, *, verdict: Verdict | None, changes: Changes, out: Path
) -> Path:
    """Write the page to `out`, making its folder, and return `out`."""
    return pages.write(render(contents(challenger, champion, verdict=verdict, changes=changes)), out)
