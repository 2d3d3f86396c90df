"""How sure the widest gap of a score between groups is: the interval of the difference between the two."""

import numpy as np
import pandas as pd

from mainline.report.bootstrap import Interval, interval, resamples
from mainline.report.compare import Array, Floats


def intervals(task: str, truth: Array, said: Array, named: Array, scores: pd.DataFrame) -> tuple[Interval, ...]:
    """95% intervals by bootstrap, one for each score; not defined where a group has no row that it is about.

    The two groups are those furthest apart, so with many groups an interval is rather too far from zero.

    Args:
        truth: (n,), of a binary task 1 where positive.
        said: (n,) likewise, the answers.
        named: (n,) each row's group.
        scores: (groups, scores), in the order of `_ratios`.
    """
    ratios = _ratios(task, truth, said)
    columns = []
    for name, (top, bottom) in zip(scores.columns, ratios, strict=True):
        for group in (scores[name].idxmax(), scores[name].idxmin()):
            inside = named == group
            columns += [top * inside, bottom * inside]
    cells = np.column_stack(columns).astype(float)
    point = _gaps(np.ones((1, len(truth))) @ cells)[0]
    drawn = np.concatenate([_gaps(weights @ cells) for weights in resamples(len(truth))])
    return tuple(interval(float(value), drawn[:, place]) for place, value in enumerate(point))


def _ratios(task: str, truth: Array, said: Array) -> list[tuple[Floats, Floats]]:
    """Each score as what is summed over rows, (n,), and what that is a share of, (n,)."""
    every = np.ones(len(truth))
    if task == "regression":
        return [(np.abs(said - truth), every), (said - truth, every)]
    right = [((truth == said).astype(float), every)]
    if task == "multiclass":
        return right
    return [*right, (said, every), (said * truth, truth), (said * (1 - truth), 1 - truth)]


def _gaps(sums: Floats) -> Floats:
    """(b, scores) Of sums (b, 4 * scores) of the higher group and the lower one: how far their ratios lie apart."""
    four = sums.reshape(len(sums), -1, 4)
    top, bottom = four[..., ::2], four[..., 1::2]
    ratio = np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom > 0)
    return np.asarray(ratio[..., 0] - ratio[..., 1])
