"""`mainline lock`: rebuilds what changed and nothing else, and says when something is stale."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from line.tests.projects import commit_all, edit, with_origin
from mainline import card
from mainline.commands import lock
from mainline.errors import ConfigError, Refused, StaleLock, ToolFailed
from mainline.project import Project
from mainline.tools import dvc, git, process, storage

pytestmark = pytest.mark.slow


@pytest.mark.smoke
def test_a_second_lock_changes_nothing(project: Path) -> None:
    """Where nothing changed, nothing is rebuilt and nothing is left to commit."""
    before = (project / "models/model.skops").stat().st_mtime_ns
    assert card.changed(lock.refresh(Project(project))) == []
    assert (project / "models/model.skops").stat().st_mtime_ns == before
    lock.check(Project(project))


def test_a_card_is_written_anew_where_its_words_or_its_code_changed(project: Path) -> None:
    """With a current dvc.lock, too: the card holds words of params.yaml, and what the line's code makes of them."""
    assert card.changed(lock.refresh(Project(project))) == []
    edit(project, card={"limits": "Untried with other pens."})
    assert "models/card.md" in card.changed(lock.refresh(Project(project)))
    assert "Untried with other pens." in (project / "models/card.md").read_text()
    (project / "models/card.md").unlink()
    lock.refresh(Project(project))
    assert "Untried with other pens." in (project / "models/card.md").read_text()


def test_rows_of_another_branch_are_not_trained_on(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What no .dvc pins is dropped where the cache has it, as nobody else would; what is nowhere else stays."""
    mine, theirs = (project / f"data/stream/{name}.parquet" for name in ("waiting", "rows"))
    for path in (mine, theirs):
        path.write_bytes(path.name.encode())
    storage.keep(project, {str(dvc.md5(theirs)): theirs})
    with pytest.raises(ToolFailed):
        dvc.repro(project, quiet=True)  # it would be read
    lock._drop_strangers(Project(project))
    assert (mine.exists(), theirs.exists()) == (True, False)
    assert "data/stream/rows.parquet: of another branch" in capsys.readouterr().err
    mine.unlink()
    assert card.changed(lock.refresh(Project(project))) == []


def test_a_list_of_the_forgotten_that_is_not_there_is_asked_for(project: Path) -> None:
    """Before anything is built, and with what writes it."""
    edit(project, data={"forget": "data/forget.txt"})
    before = (project / "dvc.yaml").read_text()
    with pytest.raises(ConfigError, match=r"data.forget: data/forget.txt is not here; `python -m pipeline forget"):
        lock.refresh(Project(project))
    assert (project / "dvc.yaml").read_text() == before


def test_a_changed_parameter_makes_the_lock_stale(project: Path) -> None:
    """The check names the stage, and the lock mends it."""
    edit(project, train={"params": {"max_depth": 3}})
    with pytest.raises(StaleLock, match=r"train \(.*\); run `mainline lock` and commit"):
        lock.check(Project(project))
    assert card.changed(lock.refresh(Project(project))) == ["dvc.lock", "models/card.md"]
    with pytest.raises(StaleLock, match="not committed"):
        lock.check(Project(project))
    commit_all(project, "Lock")
    lock.check(Project(project))


def test_a_stage_that_dvc_yaml_has_no_longer_leaves_the_lock(project: Path) -> None:
    """Of a stage that was renamed, too, so that no output is pinned twice; all other lines stay as they are."""
    before = (project / "dvc.lock").read_text()
    old = "  trained:\n    cmd: renamed\n    outs:\n    - path: models/model.skops\n      hash: md5\n"
    (project / "dvc.lock").write_text(before + old + f"      md5: {'ab' * 16}\n      size: 1\n")
    assert dvc.twice((project / "dvc.lock").read_text()) == ["models/model.skops"]
    assert card.changed(lock.refresh(Project(project))) == []
    assert (project / "dvc.lock").read_text() == before


def test_an_edited_card_is_not_the_models_card(project: Path) -> None:
    """Figures changed by hand are noticed, and written right again."""
    card = project / "models/card.md"
    card.write_text(card.read_text().replace("0.7", "0.9"))
    commit_all(project, "Polish the figures")
    with pytest.raises(StaleLock, match=r"models/card\.md is not that of this model and its table"):
        lock.check(Project(project))
    assert lock.card.changed(lock.refresh(Project(project))) == ["models/card.md"]


def test_the_cards_of_the_table_follow_its_words_and_its_rows(project: Path) -> None:
    """A change of them is a line in a diff; of the model alone, they say nothing."""
    edit(project, dataset={"licence": "CC-BY-4.0", "collected": 1990})
    changed = card.changed(lock.refresh(Project(project)))
    assert {"data/card.md", "data/croissant.json"} <= set(changed)
    assert "dvc.lock" not in changed
    assert "| collected | 1990 |" in (project / "data/card.md").read_text()
    commit_all(project, "Say whose it is")
    lock.check(Project(project))
    (project / "data/croissant.json").write_text("{}\n")
    with pytest.raises(StaleLock, match=r"data/croissant\.json is not that of this model and its table"):
        lock.check(Project(project))
    edit(project, data={"rows": ":1400"})
    assert card.changed(lock.refresh(Project(project))) == sorted([*card.KEPT])
    assert "| from the source | 1,400 |" in (project / "data/card.md").read_text()


def test_a_table_under_dvc_that_was_changed_is_read_and_not_reverted(project: Path) -> None:
    """New rows in a file that DVC tracks are somebody's work: the lock builds from them and leaves them alone."""
    table = project / "data/source/own.csv"
    rows = [f"{i},{i % 7},{'yes' if (i * 37 % 100) < 50 else 'no'}" for i in range(400)]
    table.write_text("a,b,answer\n" + "\n".join(rows[:300]) + "\n")
    dvc.dvc("add", "--quiet", str(table), root=project)
    edit(project, data={"source": "data/source/own.csv", "rows": None, "target": "answer"}, validate={"rules": {}})
    commit_all(project, "A table of our own")
    table.write_text("a,b,answer\n" + "\n".join(rows) + "\n")
    assert "dvc.lock" in card.changed(lock.refresh(Project(project)))
    assert table.read_text().count("\n") == 401
    assert len(pd.read_parquet(project / "data/raw.parquet")) == 400


def test_what_is_missing_comes_from_the_cache(project: Path) -> None:
    """A deleted model is brought back without training; with the cache gone too, it is not said to be there."""
    (project / "models/model.skops").unlink()
    assert storage.materialise(project)
    assert (project / "models/model.skops").exists()
    (project / "models/model.skops").unlink()
    shutil.rmtree(project / ".dvc/cache")
    assert not storage.materialise(project)


def test_a_stage_that_fails_says_why_and_loses_nothing(project: Path) -> None:
    """The error is the stage's own line; the old lock and model stay."""
    before = (project / "dvc.lock").read_text()
    edit(project, train={"params": {"max_dept": 3}})
    with pytest.raises(ToolFailed, match=r"no parameter 'max_dept'; did you mean 'max_depth'\?"):
        lock.refresh(Project(project))
    assert (project / "dvc.lock").read_text() == before
    git.git("checkout", "--quiet", "params.yaml", root=project)
    assert card.changed(lock.refresh(Project(project))) == []


def test_the_command_that_is_printed_commits_what_made_the_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Typed as it stands: new files as well as changed ones, with any name; what the build does not read stays."""
    root = with_origin(tmp_path)
    (root / "params.yaml").write_text("a: 1\n")
    (root / "notes.txt").write_text("mine\n")
    commit_all(root, "Begin")
    (root / "params.yaml").write_text("a: 2\n")
    (root / "notes.txt").write_text("still mine\n")
    for name in (*card.KEPT, "data/our 'own' table.csv.dvc", "src/pipeline/new.py", "labels/anna.jsonl"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x\n")
    lock.explain(card.changed(Project(root)), Project(root))
    command = " ".join(capsys.readouterr().out.split()).partition("commit what changed: ")[2]
    assert command.startswith("git add data/card.md data/croissant.json dvc.lock models/card.md ")
    process.capture(["bash", "-c", command], cwd=root)
    assert git.dirty(root) == ["notes.txt"]


LEAK = '''"""A tree that keeps labels from one fit to the next, by what stands in the row."""

from sklearn.tree import DecisionTreeClassifier

KNOWN = {}


class Remembers(DecisionTreeClassifier):
    """A leak: it knows whatever it has been fitted to."""

    def fit(self, x, y, **more):
        """Learn by heart, beside."""
        KNOWN.update({row.tobytes(): label for row, label in zip(x.astype("float32"), y)})
        return super().fit(x, y, **more)

    def predict_proba(self, x):
        """What is known of a row, or what the tree says."""
        told = super().predict_proba(x)
        for at, row in enumerate(x.astype("float32")):
            if row.tobytes() in KNOWN:
                told[at] = self.classes_ == KNOWN[row.tobytes()]
        return told
'''


def test_a_model_with_labels_from_elsewhere_is_refused(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By `lock --check`, which names where to look; the same tree without the leak passes."""
    (project / "src/pipeline/own.py").write_text(LEAK)
    params = project / "params.yaml"
    params.write_text(params.read_text().replace("diagnose: false", "diagnose: { rows: 300 }"))
    monkeypatch.chdir(project)
    for estimator in ("sklearn.tree.DecisionTreeClassifier", "pipeline.own.Remembers"):
        edit(project, train={"estimator": estimator, "params": {"max_depth": 2}, "trusted": ["pipeline.own.Remembers"]})
        lock.verb.main([], standalone_mode=False)
        commit_all(project, "Lock")
        if estimator.startswith("sklearn"):
            lock.check(Project(project))
    with pytest.raises(
        Refused, match=r"shuffled labels: .* look in src/pipeline/features.py and in your own estimator"
    ):
        lock.verb.main(["--check"], standalone_mode=False)
