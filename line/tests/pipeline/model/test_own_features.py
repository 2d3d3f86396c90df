"""What `features.own` names goes to the model beside the columns, and is saved with it."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline import features
from pipeline.errors import ModelError
from pipeline.model import fitting, predicting, saving
from tests.pipeline.conftest import Settings

COLUMNS = [("age", "numeric"), ("since", "date")]


def doubled(numbers: pd.DataFrame) -> np.ndarray:
    """Twice each number, where a gap counts as 0: (rows, columns) -> (rows, columns)."""
    return 2 * numbers.fillna(0).to_numpy()


def naming(monkeypatch: pytest.MonkeyPatch, *steps: tuple[str, Any, list[str]]) -> None:
    """Let a project have these features of its own."""
    monkeypatch.setattr(features, "own", lambda columns: list(steps))


@pytest.mark.parametrize(
    ("step", "width"),
    [
        (("twice", doubled, ["age"]), 7),
        (("days", features.DateParts(), ["since"]), 11),
        (("none", doubled, []), 6),
    ],
)
def test_own_features_stand_beside_the_columns(
    step: tuple, width: int, mixed: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function, or a transformer; one that gets no column is left out."""
    naming(monkeypatch, step)
    assert features.transformer(COLUMNS, scale=False).fit_transform(mixed.dropna()).shape[1] == width


def test_a_model_of_what_is_in_features_is_saved(
    settings: Settings, mixed: pd.DataFrame, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a word in train.trusted, and it answers the same afterwards."""
    naming(monkeypatch, ("clipped", features.Clip(), ["age"]))
    mixed["age"] = mixed["age"].fillna(0)
    fitted, about = fitting.fit(mixed, settings())
    saving.save(fitted)
    said = [predicting.predict(model, about, mixed) for model in (fitted, saving.load())]
    pd.testing.assert_frame_equal(*said)


def test_a_model_of_what_is_elsewhere_is_not(
    settings: Settings, mixed: pd.DataFrame, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused by name, until train.trusted holds it."""
    naming(monkeypatch, ("twice", doubled, ["age"]))
    fitted, _ = fitting.fit(mixed, settings())
    with pytest.raises(ModelError, match=r"doubled, which nobody vouched for.*train\.trusted"):
        saving.save(fitted)
    saving.save(fitted, trusted=[f"{doubled.__module__}.doubled"])
    assert saving.load(trusted=[f"{doubled.__module__}.doubled"]).steps[0][0] == "columns"
