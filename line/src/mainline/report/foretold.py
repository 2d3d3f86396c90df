"""Whether the other columns foretell a sensitive one: then leaving it out does not keep a model from it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.tree import DecisionTreeClassifier

from mainline.report.compare import Floats
from mainline.report.side import Side
from mainline.report.slices import groups, kind_of

MOST_ROWS, FOLDS, LEAVES = 5000, 5, 32
FEWEST = 10  # rows of a group
FARTHEST = 1e15  # a tree counts in 32 bits, and squares
SKILL = 0.25  # the share of the way from chance to certainty, from where on it is said


@dataclass(frozen=True)
class Foretold:
    """Balanced accuracy on rows held out, what chance gives, and the column that tells most."""

    score: float
    chance: float
    most: str


def foretold(side: Side, column: str) -> Foretold | None:
    """How well a small tree tells the groups of a column from the model's other columns; None where it does not.

    By cross-validation on train and dev rows, MOST_ROWS of them.
    """
    rows = pd.concat([each for each in (side.train, side.dev) if each is not None], ignore_index=True)
    rows = rows.sample(min(len(rows), MOST_ROWS), random_state=0)
    named = groups(rows[column], kind_of(side.signature, column, rows[column]))
    kept = (named.map(named.value_counts()) >= FEWEST).to_numpy()
    rows, named = rows[kept], named[kept]
    others = [each for each in side.signature.of_kind("numeric", "categorical", "date") if each != column]
    if named.nunique() < 2 or not others:
        return None
    cells = np.clip(np.column_stack([_numbers(rows[name]) for name in others]), -FARTHEST, FARTHEST)
    tree = DecisionTreeClassifier(max_leaf_nodes=LEAVES, min_samples_leaf=5, class_weight="balanced", random_state=0)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    scores = cross_val_score(tree, cells, named, cv=folds, scoring="balanced_accuracy")
    score, chance = float(scores.mean()), 1 / named.nunique()
    sure = score - 2 * scores.std(ddof=1) / np.sqrt(FOLDS) > chance
    if not sure or (score - chance) / (1 - chance) < SKILL:
        return None
    return Foretold(score, chance, others[int(tree.fit(cells, named).feature_importances_.argmax())])


def _numbers(values: pd.Series) -> Floats:
    """A column as numbers, the same in each run; missing stays missing."""
    if pd.api.types.is_numeric_dtype(values):
        return np.asarray(values.astype(float), dtype=np.float64)
    if pd.api.types.is_datetime64_any_dtype(values):
        days = (values - pd.Timestamp(0, tz=values.dt.tz)) / pd.Timedelta(days=1)
        return np.asarray(days, dtype=np.float64)
    codes = pd.factorize(values.astype(str), sort=True)[0].astype(float)
    return np.asarray(np.where(values.isna(), np.nan, codes), dtype=np.float64)
