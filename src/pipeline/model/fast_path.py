"""Predicts rows without a table around them, to the same bits as predicting.predict, where the model's parts are known.

Building a DataFrame and scikit-learn's checks of it take milliseconds; what the model computes from one row takes
microseconds. The steps that `features` makes are simple enough to be done on plain arrays. Whether that gives the same
bits is not taken on trust: `of` compares both ways on probe rows, and answers None where they differ.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from pipeline.errors import FAILURES
from pipeline.features import Clip, DateParts
from pipeline.model import predicting, sample_rows
from pipeline.model.inputs import Inputs, Layout
from pipeline.model.signature import Column, Signature

Step = Callable[[Inputs], np.ndarray]
TREES = (DecisionTreeClassifier, DecisionTreeRegressor)
FORESTS = (RandomForestClassifier, RandomForestRegressor, ExtraTreesClassifier, ExtraTreesRegressor)


@dataclass(frozen=True)
class Quick:
    """A fitted model as plain functions of arrays."""

    steps: Sequence[Step]
    order: Any
    """The layout in memory that scikit-learn hands its estimator: products of matrices depend on it to the last bit."""
    answer: Callable[[np.ndarray], np.ndarray]

    def predict(self, inputs: Inputs) -> np.ndarray:
        """Answer for rows.

        Returns:
            (rows, classes) of probabilities, or (rows,) of numbers for a regression.

        Raises:
            ValueError: a value is too large for the model.
        """
        blocks = [step(inputs) for step in self.steps]
        features = blocks[0] if len(blocks) == 1 else np.hstack(blocks)
        return self.answer(np.asarray(features, order=self.order))


def of(fitted: Pipeline, signature: Signature) -> Quick | None:
    """The quick way through a model, or None where it has a part that is not known here or an answer that differs."""
    layout = Layout.of(signature)
    inputs = sample_rows.rows(signature)
    frame = inputs.frame(layout)
    try:
        columns = fitted.named_steps["columns"]
        steps = [_step(name, step, names, layout) for name, step, names in columns.transformers_]
        seen = columns.transform(signature.conform(frame))
        order = "F" if seen.flags.f_contiguous and not seen.flags.c_contiguous else "C"
        quick = Quick(steps, order, _estimator(fitted.named_steps["estimator"], signature))
        same = all(_same(quick, fitted, signature, part) for part in (inputs, *sample_rows.each(inputs)))
    except FAILURES:
        return None
    return quick if same else None


def _same(quick: Quick, fitted: Pipeline, signature: Signature, inputs: Inputs) -> bool:
    said = predicting.predict(fitted, signature, inputs.frame(Layout.of(signature)))
    if signature.classes is None:
        expected = said["prediction"].to_numpy()
    else:
        expected = said[[f"p_{label}" for label in fitted.classes_]].to_numpy()
    return np.array_equal(quick.predict(inputs), expected)


def _step(name: str, transformer: Any, names: Sequence[str], layout: Layout) -> Step:
    parts = [part for _, part in transformer.steps] if isinstance(transformer, Pipeline) else [transformer]
    kind = name.split(" ", 1)[0]  # what follows says how its columns are treated
    if kind == "numeric":
        rest, places = _numbers(parts), _places(names, layout.numbers)
        return lambda inputs: rest(inputs.numbers[:, places])
    if kind == "date" and isinstance(parts[0], DateParts):
        rest, places = _numbers(parts[1:]), _places(names, layout.dates)
        return lambda inputs: rest(_date_parts(inputs.dates[:, places]))
    if kind == "categorical" and isinstance(parts[0], OneHotEncoder):
        return _one_hot(parts[0], _places(names, layout.words))
    if kind == "categorical" and isinstance(parts[0], OrdinalEncoder):
        return _codes(parts[0], _places(names, layout.words))
    raise TypeError(f"{name}: a step that is not known here")


def _places(names: Sequence[str], those: Sequence[Column]) -> slice | list[int]:
    """Where columns stand among those of their kind; a slice, which copies nothing, where they are all of them."""
    known = [column.name for column in those]
    return slice(None) if list(names) == known else [known.index(name) for name in names]


def _numbers(parts: Sequence[Any]) -> Callable[[np.ndarray], np.ndarray]:
    """What an imputer does to numbers, with perhaps a Clip before it and a scaler after it."""
    clip, parts = (parts[0], parts[1:]) if isinstance(parts[0], Clip) else (None, parts)
    imputer, *scalers = parts
    if not isinstance(imputer, SimpleImputer) or not all(isinstance(scaler, StandardScaler) for scaler in scalers):
        raise TypeError(f"{imputer}: a step that is not known here")
    medians = imputer.statistics_
    flagged = imputer.indicator_.features_ if imputer.add_indicator else []

    def apply(values: np.ndarray) -> np.ndarray:
        gaps = np.isnan(values)
        if clip is not None:
            values = np.clip(values, clip.low_, clip.high_)
        values = np.where(gaps, medians, values)
        if len(flagged):
            values = np.hstack([values, gaps[:, flagged]])
        for scaler in scalers:
            values -= scaler.mean_
            values /= scaler.scale_
        return values

    return apply


def _date_parts(dates: np.ndarray) -> np.ndarray:
    """The parts of features.PARTS of each date: (rows, dates) -> (rows, dates x 5)."""
    parts = np.full((*dates.shape, 5), np.nan)
    for place, moment in np.ndenumerate(dates.astype(object)):
        if moment is not None:
            parts[place] = moment.year, moment.month, moment.day, moment.weekday(), moment.hour
    return parts.reshape(len(dates), -1)


def _one_hot(encoder: OneHotEncoder, columns: slice | list[int]) -> Step:
    """Where each category's one stands among the encoder's outputs; asked of the encoder itself, value by value."""
    places: list[dict[Any, int]] = []
    strangers: list[int | None] = []
    usual = [categories[0] for categories in encoder.categories_]
    start = 0
    for i, categories in enumerate(encoder.categories_):
        asked = [*categories, sample_rows.STRANGER, np.nan]
        grid = pd.DataFrame([[*usual[:i], value, *usual[i + 1 :]] for value in asked], dtype=object)
        rare = encoder.infrequent_categories_[i]
        end = start + len(categories) - (0 if rare is None else len(rare) - 1)
        own = encoder.transform(grid.set_axis(encoder.feature_names_in_, axis=1)).toarray()[:, start:end]
        found = [start + int(row.argmax()) if row.any() else None for row in own]
        known = {value: place for value, place in zip(asked[:-2], found, strict=False) if isinstance(value, str)}
        places.append({word: place for word, place in (known | {None: found[-1]}).items() if place is not None})
        strangers.append(found[-2])
        start = end

    def apply(inputs: Inputs) -> np.ndarray:
        ones = np.zeros((len(inputs), start))
        for row, said in zip(ones, inputs.words[:, columns], strict=True):
            for word, known, stranger in zip(said, places, strangers, strict=True):
                place = known.get(word, stranger if word is not None else None)
                if place is not None:
                    row[place] = 1.0
        return ones

    return apply


def _codes(encoder: OrdinalEncoder, columns: slice | list[int]) -> Step:
    """The number of each category, asked of the encoder itself; strangers and gaps are nan."""
    codes: list[dict[Any, float]] = []
    usual = [categories[0] for categories in encoder.categories_]
    for i, categories in enumerate(encoder.categories_):
        words = [word for word in categories if isinstance(word, str)]
        grid = pd.DataFrame([[*usual[:i], word, *usual[i + 1 :]] for word in words], dtype=object)
        grid = grid.reindex(columns=range(len(usual))).set_axis(encoder.feature_names_in_, axis=1)
        codes.append(dict(zip(words, encoder.transform(grid)[:, i] if words else (), strict=True)))

    def apply(inputs: Inputs) -> np.ndarray:
        rows = [
            [known.get(word, np.nan) for word, known in zip(said, codes, strict=True)]
            for said in inputs.words[:, columns]
        ]
        return np.array(rows, dtype="float64").reshape(len(inputs), len(codes))

    return apply


def _estimator(estimator: Any, signature: Signature) -> Callable[[np.ndarray], np.ndarray]:
    regression = signature.classes is None
    if type(estimator) in TREES:
        return _tree(estimator, regression)
    if type(estimator) in FORESTS:
        return _forest([_tree(tree, regression) for tree in estimator.estimators_])
    if regression:
        return lambda features: estimator.predict(features).ravel().astype("float64")
    return lambda features: estimator.predict_proba(features)


def _tree(estimator: Any, regression: bool) -> Callable[[np.ndarray], np.ndarray]:
    grown = estimator.tree_
    classes = None if regression else estimator.n_classes_

    def answer(features: np.ndarray) -> np.ndarray:
        said: np.ndarray = grown.predict(_narrow(features))
        return said[:, 0] if classes is None else said[:, :classes]

    return answer


def _forest(trees: Sequence[Callable[[np.ndarray], np.ndarray]]) -> Callable[[np.ndarray], np.ndarray]:
    """The mean of the trees, added up in their order, as scikit-learn does with one thread."""

    def answer(features: np.ndarray) -> np.ndarray:
        features = _narrow(features)
        total = trees[0](features).copy()
        for tree in trees[1:]:
            total += tree(features)
        total /= len(trees)
        return total

    return answer


def _narrow(features: np.ndarray) -> np.ndarray:
    """The 32-bit numbers that trees read."""
    if features.dtype == np.float32:
        return features
    with np.errstate(over="ignore"):
        narrow = features.astype(np.float32)
    if not np.isfinite(narrow).all():
        raise ValueError("a value is too large for the 32-bit numbers that trees read")
    return narrow
