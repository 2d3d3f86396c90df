"""What each column is worth: how far the score falls where its cells change places among rows that were held out."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from pipeline.diagnose import scores
from pipeline.diagnose.finding import Check, Finding
from pipeline.diagnose.itself import Itself
from pipeline.diagnose.view import View

REPEATS, COLUMNS = 3, 200
CELLS = 20_000_000  # that models are asked of in all
AT_ONCE = 20_000  # rows
NAME = "columns"


def look(view: View, own: Itself) -> Finding:
    """Permute each column in turn, on the rows that each model has not seen; columns come most worth first.

    Raises:
        ModelError: a model fails on rows so mixed.
    """
    names = _asked(list(view.features.columns))
    repeats, share = _affordable(len(view.held), len(view.features.columns), len(names))
    answers, places = [], []
    random = np.random.default_rng(view.params.train.seed)
    for fold, model in zip(view.folds, own.models, strict=True):
        held = fold.held
        if share < 1:
            held = np.sort(random.permutation(held)[: max(1, int(share * len(held)))])
        orders = np.array([random.permutation(len(held)) for _ in range(repeats)])
        answers.append(np.concatenate([*_permuted(view, model, held, names, orders)]))
        places.append(held)
    found = _worth(view, names, np.concatenate(answers, axis=2), np.concatenate(places), own.said)
    return Finding(Check(NAME, "fine", said_of(found, len(view.features.columns) - len(names))), found)


def _asked(names: list[str]) -> list[str]:
    """At most so many columns, evenly from the first to the last: neighbours often say the same."""
    if len(names) <= COLUMNS:
        return names
    return [names[at] for at in np.linspace(0, len(names) - 1, COLUMNS).round().astype(int)]


def _affordable(rows: int, columns: int, asked: int) -> tuple[int, float]:
    """How often each column is permuted, and on which share of the rows."""
    once = rows * columns * asked
    repeats = max(1, min(REPEATS, CELLS // max(1, once)))
    return repeats, CELLS / max(1, once * repeats)


def _permuted(
    view: View, model: Pipeline, held: np.ndarray, names: Sequence[str], orders: np.ndarray
) -> Iterator[np.ndarray]:
    """Answers with each column permuted, (columns, repeats, rows) at a time: the copies stand in one table."""
    features, (repeats, count) = view.features.iloc[held], orders.shape
    few = max(1, AT_ONCE // (repeats * count))
    for start in range(0, len(names), few):
        some = names[start : start + few]
        usual = np.tile(np.arange(count), len(some) * repeats)
        table = {name: features[name].take(usual) for name in features if name not in some}
        for number, name in enumerate(some):
            take = usual.copy()
            take[number * repeats * count : (number + 1) * repeats * count] = orders.ravel()
            table[name] = features[name].take(take)
        stacked = pd.DataFrame({name: table[name].array for name in features})
        yield view.says(model, stacked).reshape(len(some), repeats, count)


def _worth(
    view: View, names: Sequence[str], answers: np.ndarray, places: np.ndarray, said: np.ndarray
) -> list[dict[str, object]]:
    """Figures of each column.

    Args:
        answers: (columns, repeats, rows).
        places: (rows,) of the table.
    """
    actual, at = view.labels[places], np.searchsorted(view.held, places)
    usual = scores.credit(said[at], actual, numbers=view.numbers)
    changed = scores.credit(answers, actual, numbers=view.numbers).mean(axis=1)
    both, weights = np.vstack([usual, changed]), view.weights[:, at]
    exact = scores.weighted(both, actual, np.ones((1, len(at))), numbers=view.numbers)[0]
    drawn = scores.weighted(both, actual, weights, numbers=view.numbers)
    found = [
        {"name": name, "worth": worth, "se": se, "useless": bool(worth - 2 * se <= 0)}
        for name, worth, se in zip(
            names, exact[0] - exact[1:], map(scores.deviation, (drawn[:, :1] - drawn[:, 1:]).T), strict=True
        )
    ]
    return sorted(found, key=lambda each: (-float(f"{each['worth']:.6f}"), str(each["name"])))


def said_of(found: Sequence[dict[str, object]], left: int) -> str:
    """The sentence about them."""
    useless = [str(each["name"]) for each in found if each["useless"]]
    more = f" and {len(useless) - 8} more" if len(useless) > 8 else ""
    text = f"{len(found) - len(useless)} of {len(found)} columns are worth something by themselves"
    text += f"; not sure of {', '.join(useless[:8])}{more}: try the model without them" if useless else ""
    return f"{text}; {left:,} more columns were not tried" if left else text
