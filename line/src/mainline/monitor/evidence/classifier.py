"""A change that no column shows alone: can a classifier tell recent rows from those of the reference?

Each night a logistic regression learns to tell recent rows from one half of a reference sample. The rows of the day
after, which it has not seen, are ranked among the other half. While nothing has changed their ranks are uniform, so
that their mean is .5, whatever was learnt (Lopez-Paz and Oquab, "Revisiting classifier two-sample tests", ICLR 2017).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.linear_model import LogisticRegression

from mainline.monitor.evidence.features import Encoder
from mainline.monitor.evidence.null import Floats, Null

RECENT = 1000  # rows to learn from, of each side at most
BINS = 10
TOLERANCE = 0.02
LEAST = 50  # rows of each half
SOFT = 0.02  # how little the weights are held back, at 2,000 rows (scikit-learn's C)


def null(icc: float = 0.0) -> Null:
    """Return the null "today's rows rank no higher than the reference's", for the bins of a `Night`.

    >>> null().allowed
    array([[0.52]])
    """
    return Null.of([(np.arange(BINS) + 0.5) / BINS], [[0.5]], TOLERANCE, icc)


@dataclass(frozen=True)
class Night:
    """What one night has learnt.

    >>> draw = np.random.default_rng(0).standard_normal
    >>> kinds = {"x": "number", "y": "number"}
    >>> reference, recent = ({"x": draw(400), "y": draw(400)} for _ in range(2))
    >>> recent["y"] = recent["x"]  # each column is as it was: only together they are not
    >>> night = Night.learn(reference, recent, kinds)
    >>> today = draw(200)
    >>> bool(night.bins({"x": today, "y": today}).mean() > 5.5)
    True
    """

    encoder: Encoder
    model: Any
    held: Floats
    """Scores of the reference's other half, in order."""

    @classmethod
    def learn(
        cls,
        reference: Mapping[str, ArrayLike],
        recent: Mapping[str, ArrayLike],
        kinds: Mapping[str, str],
        seed: int = 0,
    ) -> Self:
        """Learn to tell `recent` rows from half of the `reference`.

        Args:
            reference: name to values (N,) of a sample of the reference weeks; halved the same way for the same seed.
            recent: the same of the latest rows, before the day to be ranked: their last 1,000. Where days of the week
                differ, of whole weeks.
            kinds: name to number, date, category or text.

        Raises ValueError with fewer than 100 rows of the reference or 50 recent ones.
        """
        encoder = Encoder.of(reference, kinds)
        before, after = encoder.squared(reference), encoder.squared(recent)[-RECENT:]
        if len(before) < 2 * LEAST or len(after) < LEAST:
            raise ValueError(
                f"{2 * LEAST} reference rows and {LEAST} recent ones are needed: {len(before)}, {len(after)}"
            )
        order = np.random.default_rng(seed).permutation(len(before))
        old, held = before[order[: len(order) // 2]][:RECENT], before[order[len(order) // 2 :]]
        sides = np.repeat([0, 1], [len(old), len(after)])
        model = LogisticRegression(C=SOFT, class_weight="balanced", max_iter=200, random_state=seed)
        model.fit(np.concatenate([old, after]), sides)
        return cls(encoder, model, np.sort(model.decision_function(held)))

    def bins(self, today: Mapping[str, ArrayLike]) -> NDArray[np.int64]:
        """Return (N,), in which tenth of the reference's other half each row ranks, from 0 to 9.

        Rows that score the same as several of the reference take the middle of their ranks.
        """
        scores = self.model.decision_function(self.encoder.squared(today))
        ranks = sum(np.searchsorted(self.held, scores, side=side) for side in ("left", "right")) / 2 / len(self.held)
        return np.asarray(np.minimum(ranks * BINS, BINS - 1), dtype=np.int64)
