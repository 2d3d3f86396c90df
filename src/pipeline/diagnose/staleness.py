"""How a model ages: those that stop learning earlier and earlier, from equally many rows, judge the newest ones."""

from typing import Any

import numpy as np
import pandas as pd

from pipeline.diagnose import scores
from pipeline.diagnose.finding import Check, Finding
from pipeline.diagnose.view import View
from pipeline.table import keys

PARTS, LEARNT = 6, 2  # of the rows by time; how many of them each model learns
NAME = "staleness"


def look(view: View) -> Finding | None:
    """Fit the model to rows up to four moments, and ask all of the newest sixth.

    Returns:
        None where there is no split.time, or too few rows with one.

    Raises:
        ModelError: it cannot be fitted so.
    """
    column = view.params.split.time
    if column is None:
        return None
    moments = view.rows[column]
    parts = np.array_split(moments.dropna().sort_values(kind="stable").index.to_numpy(), PARTS)
    newest = _strangers(view, parts)
    if len(newest) < 2 or len(set(view.labels[newest].tolist())) < 2:
        return None
    ages, credits = [], []
    for end in range(PARTS - 1, LEARNT - 1, -1):
        window = np.concatenate(parts[end - LEARNT : end])
        if len(set(view.labels[window].tolist())) < 2:
            break
        said = view.says(view.fit(view.make(), window), view.features.iloc[newest])
        credits.append(scores.credit(said, view.labels[newest], numbers=view.numbers))
        ages.append(_apart(moments.iloc[newest].median(), moments.iloc[window].max()))
    return _judged(view, column, newest, ages, np.array(credits)) if len(ages) > 1 else None


def _strangers(view: View, parts: list[np.ndarray]) -> np.ndarray:
    """Places of the newest part's rows whose keys are in no older one."""
    named = keys.of(view.rows, view.params).to_numpy()
    return parts[-1][~np.isin(named[parts[-1]], named[np.concatenate(parts[:-1])])]


def _judged(view: View, column: str, newest: np.ndarray, ages: list[float], credits: np.ndarray) -> Finding:
    actual = view.labels[newest]
    weights = scores.draws(np.arange(len(newest)), view.params.train.seed)
    found = [scores.score(each, actual, numbers=view.numbers) for each in credits]
    drawn = scores.weighted(credits[[0, -1]], actual, weights, numbers=view.numbers)
    loss, se = found[0] - found[-1], scores.deviation(drawn[:, 0] - drawn[:, 1])
    unit = "days" if pd.api.types.is_datetime64_any_dtype(view.rows[column]) else f"of {column}"
    said = (
        f"{ages[0]:g} {unit} old, a model scores {found[0]:.3f} on the newest rows; {ages[-1]:g} old, {found[-1]:.3f}"
    )
    stale = loss > 2 * se
    said += "; retrain in less time than that: see retrain.every" if stale else ""
    figures = {
        "column": column,
        "unit": unit,
        "ages": ages,
        "scores": found,
        "rows": len(newest),
        "loss": loss,
        "se": se,
    }
    return Finding(Check(NAME, "warning" if stale else "fine", said), figures)


def _apart(late: Any, early: Any) -> float:
    apart = late - early
    days = apart / pd.Timedelta(days=1) if isinstance(apart, pd.Timedelta) else float(apart)
    return round(days, 2)
