"""Rotation: a fresh sealed set, by itself, at no cost, and never backwards."""

from pathlib import Path

import pandas as pd
import pytest

from line.tests.projects import commit_all, edit
from mainline.commands import lock
from mainline.errors import MainlineError, Refused
from mainline.gate import rotate
from mainline.gate.decide import PASS, ROTATED, decide
from mainline.project import Project
from mainline.tools import git

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_cache")]


def sealed(root: Path) -> set[str]:
    """The row ids of the sealed set."""
    return set(pd.read_parquet(root / "data/sealed/labels.parquet")["row_id"])


@pytest.fixture
def rotated(project: Path) -> Path:
    """A project that has rotated its sealed set, and nothing else."""
    edit(project, train={"params": {"max_depth": 6}})
    git.git("checkout", "--quiet", "params.yaml", root=project)
    assert rotate.rotate(Project(project)).generation == 1
    lock.refresh(Project(project))
    commit_all(project, "Rotate the sealed set")
    return project


def test_a_rotation_seals_other_rows_and_retires_the_old_to_dev(project: Path) -> None:
    """The new sealed rows were training rows; the retired ones may be looked at now."""
    before = sealed(project)
    train = set(pd.read_parquet(project / "data/train.parquet")["row_id"])
    rotate.rotate(Project(project))
    lock.refresh(Project(project))
    assert sealed(project) <= train
    assert before <= set(pd.read_parquet(project / "data/dev.parquet")["row_id"])
    assert len(sealed(project)) > 0.8 * len(before)


def test_a_rotation_is_merged_at_no_cost_and_counts_anew(rotated: Path) -> None:
    """The gate lets a rotation through without a decision; the next challenger is decision 1 of the new set."""
    assert decide(Project(rotated), "main").verdict == ROTATED
    git.git("branch", "--force", "main", root=rotated)
    edit(rotated, train={"estimator": "sklearn.ensemble.RandomForestClassifier", "params": {"n_estimators": 30}})
    lock.refresh(Project(rotated))
    commit_all(rotated, "Try a forest")
    decision = decide(Project(rotated), "main")
    assert (decision.verdict, decision.used) == (PASS, 1)


def test_a_rotation_may_bring_new_terms(rotated: Path) -> None:
    """Another life for another sealed set is no other model: it goes through with the rotation."""
    edit(rotated, gate={"life": 8})
    commit_all(rotated, "A shorter life")
    assert decide(Project(rotated), "main").verdict == ROTATED


def test_a_rotation_stands_by_itself(rotated: Path) -> None:
    """Together with another model, a rotation is refused: there is nobody to judge it by."""
    edit(rotated, train={"params": {"max_depth": 3}})
    lock.refresh(Project(rotated))
    commit_all(rotated, "And another model")
    with pytest.raises(Refused, match="together with another change"):
        decide(Project(rotated), "main")


def test_a_retired_set_does_not_come_back(rotated: Path) -> None:
    """People have looked at a retired set: going back to it is refused."""
    git.git("branch", "--force", "main", root=rotated)
    edit(rotated, split={"generation": 0}, train={"params": {"max_depth": 3}})
    lock.refresh(Project(rotated))
    commit_all(rotated, "Turn back")
    with pytest.raises(Refused, match="goes back from 1 to 0"):
        decide(Project(rotated), "main")


@pytest.mark.smoke
def test_a_rotation_over_other_changes_is_not_written(project: Path) -> None:
    """With changes in params.yaml that are not committed, nothing is written."""
    edit(project, train={"params": {"max_depth": 3}})
    before = (project / "params.yaml").read_text()
    with pytest.raises(MainlineError, match="not committed"):
        rotate.rotate(Project(project))
    assert (project / "params.yaml").read_text() == before
