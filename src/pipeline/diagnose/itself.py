"""The model itself, fitted anew without each fold: all else is held against these answers."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from pipeline.diagnose.view import View
from pipeline.model import folds

NAME = "rows that it has not seen"


@dataclass(frozen=True)
class Itself:
    """The models of the folds, what they say, and what that is worth."""

    models: list[Pipeline]
    answers: pd.DataFrame
    """(held, row_id + prediction + p_<class>... + fold), as folds.answers gives them."""
    score: float
    se: float
    train_score: float
    """Of the rows that each model has learnt, on average."""

    @property
    def said(self) -> np.ndarray:
        """Its answers: (held,)."""
        said: np.ndarray = self.answers["prediction"].to_numpy()
        return said


def ask(view: View) -> Itself:
    """Fit the model to all folds but one, and ask it of that one.

    Raises:
        ModelError: it fails on them.
    """
    answers, models = folds.answers(view.rows, view.folds, view.about, view.make)
    score, se = view.score(view.credit(answers["prediction"].to_numpy()))
    own = [view.fitting_score(model, fold.learnt) for model, fold in zip(models, view.folds, strict=True)]
    return Itself(models, answers, score, se, float(np.mean(own)))
