"""The commands that `mainline init` prints, in the order that works."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mainline.init import show
from mainline.tools import git

TABLE = "data/our 'own' table.csv"


def plan(root: Path, *, kept: bool, estimator: str = "sklearn.svm.SVC") -> Any:
    """What is to be added to a repository."""
    git.git("init", "--quiet", "--initial-branch=main", str(root), root=root.parent)
    found = SimpleNamespace(root=root, table=SimpleNamespace(path=TABLE), kept=kept)
    return SimpleNamespace(theirs=found, estimator=SimpleNamespace(path=estimator), files=())


def test_a_table_that_nobody_keeps_goes_under_dvc_before_git_has_it(tmp_path: Path) -> None:
    """DVC takes nothing that git tracks; and dvc comes with the environment."""
    root = tmp_path / "their's"
    steps = show.after(plan(root, kept=False))
    assert steps[0] == f"cd '{tmp_path}/their'\"'\"'s'"
    order = [
        next(i for i, step in enumerate(steps) if word in step) for word in ("setup", "dvc add", "git add", "lock")
    ]
    assert order == sorted(order)
    assert steps[order[1]] == "dvc add 'data/our '\"'\"'own'\"'\"' table.csv'"


def test_a_package_of_their_own_is_added_before_anything_is_built(tmp_path: Path) -> None:
    """XGBoost, LightGBM and CatBoost do not come with the line; scikit-learn does."""
    steps = show.after(plan(tmp_path / "one", kept=True, estimator="lightgbm.LGBMClassifier"))
    at = next(i for i, step in enumerate(steps) if step.startswith("mainline add lightgbm && "))
    assert "setup" in steps[at - 1]
    assert steps[at + 1].startswith("mainline lock")
    assert not any("mainline add" in step for step in show.after(plan(tmp_path / "other", kept=True)))


@pytest.mark.parametrize("hidden", [True, False])
def test_a_table_that_is_kept_or_cannot_be_needs_no_dvc(tmp_path: Path, hidden: bool) -> None:
    """Git or DVC has it already; or git ignores the folder, and would not see DVC's word on it."""
    made = plan(tmp_path / "theirs", kept=not hidden)
    (tmp_path / "theirs/.gitignore").write_text("data/\n" if hidden else "")
    assert not any("dvc add" in step for step in show.after(made))


def test_what_has_no_remote_is_not_pushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nobody is sent to where he stands."""
    made = plan(tmp_path / "theirs", kept=True)
    monkeypatch.chdir(tmp_path / "theirs")
    steps = show.after(made)
    assert steps[0] == "git switch -c delivery"
    assert "git push" not in steps[-1]
    git.git("remote", "add", "origin", "nowhere", root=tmp_path / "theirs")
    assert "&& git push" in show.after(made)[-1]
