"""Rotation: a fresh sealed set, by itself, at no cost, and never backwards."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from line.tests.projects import commit_all, edit
from mainline import ledger, outputs, unopened
from mainline.commands import lock
from mainline.errors import MainlineError, Refused
from mainline.gate import rotate
from mainline.gate.decide import decide
from mainline.gate.verdict import NEW_ROWS, NOT_CERTIFIED, PASS, ROTATED
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


def test_a_rotation_seals_other_rows_and_starves_nobody(project: Path) -> None:
    """The new sealed rows were training rows; of the retired the dev rows are taken, and the others are learnt from."""
    before = sealed(project)
    train = set(pd.read_parquet(project / "data/train.parquet")["row_id"])
    rotate.rotate(Project(project))
    lock.refresh(Project(project))
    assert sealed(project) <= train
    assert len(sealed(project)) > 0.8 * len(before)
    dev, learnt = (set(pd.read_parquet(project / f"data/{side}.parquet")["row_id"]) for side in ("dev", "train"))
    assert dev <= before <= dev | learnt
    assert len(learnt) > 0.9 * len(train)


def test_a_rotation_is_merged_at_no_cost_and_counts_anew(rotated: Path, tmp_path: Path) -> None:
    """The gate lets a rotation through without a decision; the next challenger is decision 1 of the new set."""
    decision = decide(Project(rotated), "main")
    assert decision.verdict == ROTATED
    assert re.search(r"^\d\d\d of main's 522 sealed rows are left to judge it on$", decision.notes[-1])
    assert ledger.read(rotated).entries == ()
    outputs.pack(Project(rotated), tmp_path / "handed over", {})
    commit = git.commit_of("HEAD", rotated)
    with unopened.opened(Project(rotated), commit, tmp_path / "handed over") as unseen:  # without its code, as in CI
        assert decide(unseen, "main") == decision
    git.git("branch", "--force", "main", root=rotated)
    edit(rotated, train={"estimator": "sklearn.ensemble.RandomForestClassifier", "params": {"n_estimators": 30}})
    lock.refresh(Project(rotated))
    commit_all(rotated, "Try a forest")
    decision = decide(Project(rotated), "main")
    assert (decision.verdict, decision.used) == (PASS, 1)
    assert (ledger.read(rotated).entries[0]["salt"], ledger.read(rotated).entries[0]["generation"]) == ("mainline", 1)


def test_a_rotation_may_bring_new_terms(rotated: Path) -> None:
    """Another life for another sealed set is no other model: it goes through with the rotation.

    Though the set that is retired was used under the old one.
    """
    used = {"kind": "decision", "salt": "mainline", "generation": 0, "t": 1, "delta": 0.05, "life": 32}
    entry = {**used, "verdict": NOT_CERTIFIED, "challenger": {"model": "x"}, "predictions": ["x"]}
    assert ledger.append(rotated, ledger.read(rotated), entry)
    edit(rotated, gate={"life": 8})
    commit_all(rotated, "A shorter life")
    assert decide(Project(rotated), "main").verdict == ROTATED


def test_a_rotation_stands_by_itself(rotated: Path) -> None:
    """Together with another model, a rotation is refused: there is nobody to judge it by."""
    edit(rotated, train={"params": {"max_depth": 3}})
    lock.refresh(Project(rotated))
    commit_all(rotated, "And another model")
    with pytest.raises(Refused, match=r"train: of params\.yaml differs, and another sealed set is a change by itself"):
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


def table(root: Path, spoilt: float = 0.0, rows: int = 3000, seed: int = 0, **columns: Any) -> None:
    """Commit a table of one's own as the source, with a share of its labels shuffled."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(rows, 4)).round(3), columns=list("abcd"))
    target = np.where(frame["a"] + frame["b"] + rng.normal(scale=0.4, size=rows) > 0, "yes", "no")
    mixed = rng.random(rows) < spoilt
    target[mixed] = rng.permutation(target[mixed])
    frame.assign(answer=target, **columns).to_csv(root / "data/source/own.csv", index=False)


@pytest.fixture
def own(project: Path) -> Path:
    """A project whose champion, on main, was built from a table of its own."""
    table(project)
    edit(project, data={"source": "data/source/own.csv", "rows": None, "target": "answer"}, validate={"rules": {}})
    lock.refresh(Project(project))
    commit_all(project, "A table of its own")
    git.git("branch", "--force", "main", root=project)
    return project


def moved(root: Path, *, new_rows: bool) -> Path:
    """The project at another sealed set, built and committed."""
    rotate.rotate(Project(root), new_rows=new_rows)
    lock.refresh(Project(root))
    commit_all(root, "Another sealed set")
    return root


def test_another_table_does_not_ride_along_with_a_rotation(own: Path) -> None:
    """A table whose labels are spoilt is refused with a rotation, and judged as new rows: at a price, and by a no."""
    table(own, spoilt=0.6)
    with pytest.raises(Refused, match=r"data/raw.parquet differs, .* or say `mainline gate rotate --new-rows`"):
        decide(Project(moved(own, new_rows=False)), "main")
    assert ledger.read(own).entries == ()
    git.git("reset", "--quiet", "--hard", "HEAD~1", root=own)
    decision = decide(Project(moved(own, new_rows=True)), "main")
    assert (decision.verdict, decision.used) == (NOT_CERTIFIED, 1)


def test_new_rows_take_a_number_of_the_old_set(own: Path) -> None:
    """A longer table under a salt of its own: judged on what is left of main's rows, and counted from 1 after it."""
    edit(own, data={"rows": ":2990"})
    before = sealed(own)
    decision = decide(Project(moved(own, new_rows=True)), "main")
    assert (decision.verdict, decision.used) == (NEW_ROWS, 1)
    (entry,) = ledger.read(own).entries
    assert (entry["salt"], entry["generation"], entry["verdict"]) == ("mainline", 0, PASS)
    assert entry["to"] == list(Project(own).sealed_set)
    assert 0 < entry["rows"][1] < len(before)
    assert decide(Project(own), "main").used == 1  # asked again, nothing is spent
    git.git("branch", "--force", "main", root=own)
    edit(own, train={"params": {"max_depth": 3}})
    lock.refresh(Project(own))
    commit_all(own, "Another model")
    assert decide(Project(own), "main").used == 1
    assert ledger.read(own).entries[-1]["salt"] == Project(own).sealed_set[0]


def test_new_rows_of_which_none_was_mains_are_a_first_model(own: Path) -> None:
    """With other rows altogether nothing is left to judge on: the baseline is to be beaten, on the new sealed rows."""
    table(own, seed=5)
    decision = decide(Project(moved(own, new_rows=True)), "main")
    assert decision.verdict == NEW_ROWS
    assert re.search(
        r"^0 of main's [\d,]+ sealed rows are left to judge it on, so it is a first model$", decision.notes[-1]
    )
    (entry,) = ledger.read(own).entries
    assert (entry["champion"], entry["condition"]) == (None, "accuracy: better than a model that ignores its input")


def test_a_salt_is_used_once(own: Path) -> None:
    """Back at a salt of before, or at one that somebody made up along the way, is refused."""
    moved(own, new_rows=True)
    assert decide(Project(own), "main").verdict == NEW_ROWS
    git.git("branch", "--force", "main", root=own)
    edit(own, split={"salt": "mainline"})
    lock.refresh(Project(own))
    commit_all(own, "Back")
    with pytest.raises(Refused, match=r"split\.salt .mainline. was used before"):
        decide(Project(own), "main")


def test_a_rotation_goes_on_by_one(rotated: Path) -> None:
    """Nobody picks among the sets."""
    edit(rotated, split={"generation": 2, "sealed": 0.25})
    lock.refresh(Project(rotated))
    commit_all(rotated, "Two at once")
    with pytest.raises(Refused, match="goes from 0 to 2; `mainline gate rotate` goes on by one"):
        decide(Project(rotated), "main")


def test_a_rotation_whose_model_is_worse_is_not_merged(rotated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Free or not, it must be shown to be not worse by gate.max_mde: here no loss at all is allowed."""
    edit(rotated, gate={"max_mde": 1e-6})
    commit_all(rotated, "As good, to the last bit")
    git.git("checkout", "--quiet", "-B", "strict", "main", root=rotated)
    edit(rotated, gate={"max_mde": 1e-6})
    commit_all(rotated, "As good, to the last bit")
    git.git("branch", "--force", "main", root=rotated)
    git.git("switch", "--quiet", "challenger", root=rotated)
    lock.refresh(Project(rotated))
    decision = decide(Project(rotated), "main")
    assert (decision.verdict, decision.used) == (NOT_CERTIFIED, 0)
    assert "it is not shown to be not worse than the champion by 1e-06 of the largest loss" in decision.reasons[0]
