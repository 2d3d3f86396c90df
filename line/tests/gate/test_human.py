"""A first model may be held to how right one person is by the others."""

import json
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import binomtest

from mainline import config
from mainline.errors import Refused
from mainline.gate import human
from mainline.project import Project

HUMAN = config.Gate(baseline="human")


def project(tmp_path: Path, figures: Any, task: str = "binary") -> Project:
    """With a signature and metrics/labels.json."""
    for path, content in (("models/signature.json", {"task": task, "target": "y"}), (human.FIGURES, figures)):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(json.dumps(content))
    return Project(tmp_path)


def test_the_word_becomes_the_figure(tmp_path: Path) -> None:
    """Other baselines stay as they are."""
    found = project(tmp_path, {"human": {"accuracy": 0.93}})
    assert human.settled(HUMAN, found).baseline == 0.93
    assert human.settled(config.Gate(baseline=0.5), found).baseline == 0.5


@pytest.mark.parametrize(("accuracy", "rows"), [(0.93, 100), (0.5, 12), (1.0, 20)])
def test_it_is_the_lower_end_of_wilsons_interval(tmp_path: Path, accuracy: float, rows: int) -> None:
    """The level that people reach for sure, which is below 1 where they agree on every row."""
    figures = {"human": {"accuracy": accuracy, "low": 1.0, "high": 1.0, "rows": rows}}
    expected = binomtest(round(accuracy * rows), rows).proportion_ci(method="wilson").low
    assert human.settled(HUMAN, project(tmp_path, figures)).baseline == pytest.approx(expected, abs=1e-6)
    assert 0 < expected < accuracy


@pytest.mark.parametrize(
    "figures",
    [
        *({"human": None}, {}, []),
        *({"human": {"accuracy": each}} for each in ("high", True, float("nan"), -1.0, 1.5)),
        *({"human": {"accuracy": 0.9, "rows": each}} for each in (0, "many", None)),
    ],
    ids=list("abcdefghijk"),
)
def test_without_a_human_level_it_is_refused(tmp_path: Path, figures: Any) -> None:
    """In a line that says what it takes."""
    with pytest.raises(Refused, match=r"holds no human level: it takes rows that two people have labelled"):
        human.settled(HUMAN, project(tmp_path, figures))


def test_it_is_a_level_of_accuracy(tmp_path: Path) -> None:
    """Of numbers, and of other metrics, there is none."""
    figures = {"human": {"accuracy": 0.93}}
    with pytest.raises(Refused, match=r"human is a level of accuracy, and the gate goes by squared_error"):
        human.settled(HUMAN, project(tmp_path, figures, "regression"))
    with pytest.raises(Refused, match=r"goes by log_loss"):
        human.settled(config.Gate(baseline="human", metric="log_loss"), project(tmp_path, figures))
