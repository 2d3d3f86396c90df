"""The search that was taken: read, compared with params.yaml, and told."""

from pathlib import Path

import pytest

from mainline import searched
from mainline.project import Project


def project(folder: Path, train: str) -> Project:
    """With a search that was taken, and what params.yaml says now."""
    (folder / "models").mkdir()
    (folder / "params.yaml").write_text(f"train: {train}\n")
    (folder / searched.PATH).write_text(
        '{"date": "2026-11-30", "metric": "log_loss", "score": 0.33, "se": 0.01, "trials": 60, "minutes": 9.8,'
        ' "budget": {"minutes": 10, "trials": null}, "folds": 5, "train_rows": "abc", "models": ["a.b.Forest"],'
        ' "train": {"estimator": "a.b.Forest", "params": {"depth": 3, "weights": {"0": 1.0}},'
        ' "scale": true, "columns": {}}}'
    )
    return Project(folder)


def test_the_search_that_chose_the_model_is_told(tmp_path: Path) -> None:
    """With its budget and its day; and whether the rows are still those."""
    taken = project(tmp_path, "{estimator: a.b.Forest, params: {depth: 3, weights: {0: 1.0}}, seed: 4}")
    found = searched.read(taken)
    assert searched.chose(found, taken), "the seed is free, and what is left out is as usual"
    assert "On 2026-11-30, 60 trials in 9.8 minutes (budget: 10 minutes)" in searched.told(found, "abc")[0]
    assert searched.told(found, "abc")[1:] == ["Tried: Forest."]
    assert "None" in searched.told({"budget": [3], "models": 4}, "abc")[0], "an edited file breaks nothing"
    assert searched.told(found, "def")[-1] == "The training rows are others since: search again."


@pytest.mark.parametrize(
    "train",
    [
        "{estimator: a.b.Forest, params: {depth: 4, weights: {0: 1.0}}}",
        "{estimator: a.b.Tree, params: {depth: 3, weights: {0: 1.0}}}",
        "{estimator: a.b.Forest, params: {depth: 3, weights: {0: 1.0}}, scale: false}",
        "[]",
    ],
)
def test_a_search_for_another_model_chose_none(tmp_path: Path, train: str) -> None:
    """Nor did one that cannot be read."""
    other = project(tmp_path, train)
    assert not searched.chose(searched.read(other), other)
    (tmp_path / searched.PATH).write_text("[")
    assert searched.read(other) == {}
    assert not searched.chose({}, other)
