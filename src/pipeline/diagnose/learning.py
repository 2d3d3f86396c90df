"""What more rows would bring: the score at five sizes, and a power law a - b n^-c through them."""

from collections.abc import Callable

import numpy as np
from sklearn.pipeline import Pipeline

from pipeline.diagnose import view as views
from pipeline.diagnose.finding import Check, Finding
from pipeline.diagnose.itself import Itself
from pipeline.diagnose.view import View

SIZES, SMALLEST, FEWEST = 5, 0.1, 20
BENDS = np.linspace(0.1, 2.0, 20)  # the exponents that are tried
NAME = "twice the rows"


def look(view: View, own: Itself, train: int) -> Finding | None:
    """Fit the model to a part of each fold's rows.

    Args:
        own: the models that have learnt them all.
        train: how many training rows there are, which may be more than are looked at.

    Returns:
        None where there are too few rows to take away some.

    Raises:
        ModelError: it cannot be fitted so.
    """
    full = min(len(fold.learnt) for fold in view.folds)
    if full < 2 * FEWEST:
        return None
    orders = [
        views.mixed(view.labels, fold.learnt, number, numbers=view.numbers) for number, fold in enumerate(view.folds)
    ]
    sizes, credits, train_scores = [], [], []
    for share in np.geomspace(max(SMALLEST, FEWEST / full), 1, SIZES):
        parts = [order[: max(FEWEST, round(share * len(order)))] for order in orders]
        fitted = own.models if share >= 1 else [view.fit(view.make(), part) for part in parts]
        sizes.append(round(float(np.mean([len(part) for part in parts]))))
        credits.append(view.credit(own.said if share >= 1 else view.out_of_fold(_each(fitted))))
        train_scores.append(float(np.mean([view.fitting_score(*each) for each in zip(fitted, parts, strict=True)])))
    found = [view.score(each)[0] for each in credits]
    doubled = _doubled(np.array(sizes), np.array([found]), view.drawn(np.array(credits)), train)
    figures = {"rows": sizes, "scores": found, "train_scores": train_scores, "doubled": doubled}
    return Finding(Check(NAME, "fine", said_of(doubled, len(view.rows), train)), figures)


def _doubled(sizes: np.ndarray, scores: np.ndarray, drawn: np.ndarray, rows: int) -> dict[str, float]:
    low, high = np.quantile(gain(sizes, drawn, rows), [0.025, 0.975])
    return {"gain": float(gain(sizes, scores, rows)[0]), "low": float(low), "high": float(high)}


def said_of(doubled: dict[str, float], looked: int, train: int) -> str:
    """The sentence about it; where not all rows are looked at, the curve is drawn on beyond what was tried."""
    said = f"{doubled['gain']:+.3f} ({doubled['low']:+.3f} to {doubled['high']:+.3f})"
    said += ", by the learning curve" if doubled["low"] > 0 else ", if anything"
    if looked < train:
        said += f"; drawn from {looked:,} of {train:,} rows, beyond which it is a guess: raise diagnose.rows to know"
    return said


def _each(fitted: list[Pipeline]) -> Callable[[int, object], Pipeline]:
    return lambda at, _: fitted[at]


def gain(sizes: np.ndarray, scores: np.ndarray, rows: int) -> np.ndarray:
    """What twice the rows bring, by the power law: (draws, sizes) -> (draws,)."""
    level, fall, bend = law(sizes, scores)
    found: np.ndarray = fall * (rows**-bend - (2.0 * rows) ** -bend)
    bounded: np.ndarray = np.minimum(found, np.maximum(0, 1 - (level - fall * rows**-bend)))
    return bounded


def law(sizes: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """a, b and c of the a - b n^-c with the least squared error, b not below 0: (draws,) each.

    Args:
        sizes: (sizes,) of rows.
        scores: (draws, sizes).
    """
    tried = []
    centred = scores - scores.mean(axis=1, keepdims=True)
    for bend in BENDS:
        curve = sizes**-bend
        off = curve - curve.mean()
        fall = np.maximum(0, -(centred @ off) / (off @ off))
        level = scores.mean(axis=1) + fall * curve.mean()
        error = ((scores - (level[:, None] - fall[:, None] * curve)) ** 2).sum(axis=1)
        tried.append((error, level, fall, np.full(len(scores), bend)))
    errors, levels, falls, bends = (np.array(each) for each in zip(*tried, strict=True))
    best = errors.argmin(axis=0), np.arange(len(scores))
    return levels[best], falls[best], bends[best]
