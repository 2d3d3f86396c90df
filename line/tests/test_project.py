"""The project is a picture of the moment it was opened in; whoever changes it goes on with a new one."""

import subprocess
import sys
from pathlib import Path

import pytest

from line.tests.projects import commit_all
from mainline import card, champion, config, inputs, outputs
from mainline.commands import lock
from mainline.errors import ConfigError, MainlineError, ToolFailed
from mainline.gate import rotate
from mainline.project import Lock, Project
from mainline.tools import dvc, git, storage

PARAMS = "split: {{generation: {generation}}}\ngate: {{life: {life}}}\n"
LOCK = "stages:\n  train:\n    outs: [{{path: models/model.skops, md5: '{model}'}}, {{path: data/a.csv, md5: a1}}]\n"
OLD, NEW = "0" * 32, "f" * 32


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository whose one commit pins a model."""
    root = tmp_path / "project"
    git.git("init", "--quiet", "--initial-branch=main", str(root), root=tmp_path)
    (root / "models").mkdir()
    (root / "dvc.yaml").write_text("stages: {}\n")
    (root / "params.yaml").write_text(PARAMS.format(generation=0, life=8))
    (root / "dvc.lock").write_text(LOCK.format(model=OLD))
    commit_all(root, "As committed")
    return root


@pytest.fixture
def rebuilding(monkeypatch: pytest.MonkeyPatch) -> None:
    """A DVC that has no outputs of anything, and whose rebuilding pins another model."""
    monkeypatch.setattr(dvc, "repro", lambda root, **_: (root / "dvc.lock").write_text(LOCK.format(model=NEW)))
    monkeypatch.setattr(dvc, "stale", lambda root, **_: ["train"])
    monkeypatch.setattr(dvc, "forget", lambda root: None)
    monkeypatch.setattr(outputs, "bring", lambda project, *_: outputs.name(project) is None)
    monkeypatch.setattr(inputs, "bring", lambda *_: [])
    for name in ("require_tables", "share_cache"):
        monkeypatch.setattr(storage, name, lambda *_: None)


def test_it_is_found_from_a_folder_in_it(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A verb works from wherever in the project it is typed."""
    monkeypatch.chdir(root / "models")
    assert Project.here() == Project(root)
    assert Project.here() / "dvc.lock" == root / "dvc.lock"


def test_there_is_none_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere it is said that there is no project."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MainlineError, match="not in a git repository"):
        Project.here()


def test_params_are_read_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All sections come out of one reading of params.yaml."""
    reads, read = [], config.read
    monkeypatch.setattr(config, "read", lambda path: reads.append(path) or read(path))
    project = Project(root)
    assert (project.gate.life, project.canary, project.card.limits, project.generation) == (8, config.Canary(), "", 0)
    assert reads == [root / "params.yaml"]


def test_what_was_read_stays(root: Path) -> None:
    """A project goes on as it was opened, whatever happens to its files; opened anew, it is as they are."""
    project = Project(root)
    assert (project.gate.life, project.generation, project.lock.model) == (8, 0, OLD)
    (root / "params.yaml").write_text(PARAMS.format(generation=1, life=4))
    (root / "dvc.lock").write_text(LOCK.format(model=NEW))
    assert (project.gate.life, project.generation, project.lock.model) == (8, 0, OLD)
    again = project.again()
    assert (again.gate.life, again.generation, again.lock.model) == (4, 1, NEW)


def test_a_section_that_is_not_understood_is_refused_each_time(root: Path) -> None:
    """A mistake in params.yaml is no reason to go on without it."""
    (root / "params.yaml").write_text("gate: {lives: 8}\n")
    project = Project(root)
    for _ in range(2):
        with pytest.raises(ConfigError, match=r"gate\.lives: no such key"):
            _ = project.gate
    assert project.canary == config.Canary()


def test_a_lock_says_what_it_pins(root: Path) -> None:
    """By path; the tree's, and that of a commit."""
    (root / "dvc.lock").write_text(LOCK.format(model=NEW))
    project = Project(root)
    assert project.lock
    assert project.lock.outputs == {"models/model.skops": NEW, "data/a.csv": "a1"}
    assert project.lock_at("HEAD").model == OLD
    assert project.lock_at("HEAD") != project.lock
    (root / "dvc.lock").write_text(LOCK.format(model=OLD) + "\n\n")
    assert project.again().lock == project.lock_at("HEAD")  # what ends a file makes it no other


def test_a_lock_that_is_not_there_pins_nothing(root: Path) -> None:
    """Before the first build there is none, neither in the tree nor in its commit."""
    git.git("rm", "--quiet", "dvc.lock", root=root)
    commit_all(root, "Without a model")
    for found in (Project(root).lock, Project(root).lock_at("HEAD"), Lock(None)):
        assert (bool(found), dict(found.outputs), found.model) == (False, {}, "")
    assert Lock("")  # an empty file is there


def test_a_commit_is_a_project_too(root: Path) -> None:
    """Checked out beside the tree, with the parameters it had; afterwards it is gone."""
    (root / "params.yaml").write_text(PARAMS.format(generation=3, life=4))
    with Project(root).worktree("HEAD") as tree:
        assert (tree.root != root, tree.generation, tree.gate.life) == (True, 0, 8)
    assert not tree.root.exists()


@pytest.mark.usefixtures("rebuilding")
def test_a_rebuilt_project_is_opened_anew(root: Path) -> None:
    """What a rebuild answers with pins what was built; what was there before still says what was pinned then."""
    project = Project(root)
    assert project.lock.model == OLD
    assert project.rebuilt().lock.model == NEW
    assert project.lock.model == OLD


def test_a_failed_rebuild_says_so(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stage's error is not lost."""

    def fail(root: Path, *, quiet: bool) -> None:
        raise ToolFailed("train: no rows")

    monkeypatch.setattr(dvc, "repro", fail)
    with pytest.raises(ToolFailed, match="train: no rows"):
        Project(root).rebuilt()


def test_a_rotation_goes_on_at_the_next_generation(root: Path) -> None:
    """Though the generation before was asked for first."""
    project = Project(root)
    assert (project.generation, rotate.rotate(project).generation) == (0, 1)


@pytest.mark.usefixtures("rebuilding")
def test_the_card_is_that_of_the_model_just_built(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`mainline lock` has read dvc.lock before it builds, and writes the card from the one after."""
    monkeypatch.setattr(card, "text", lambda project: f"of {project.lock.model}\n")
    assert lock.refresh(Project(root)).lock.model == NEW
    assert (root / "models/card.md").read_text() == f"of {NEW}\n"


def test_a_lock_from_elsewhere_is_the_projects_from_then_on(root: Path, tmp_path: Path) -> None:
    """`mainline lock --from` goes on with what it took."""
    there = tmp_path / "lock"
    (there / "models").mkdir(parents=True)
    (there / "models/card.md").write_text("of the new\n")
    (there / "dvc.lock").write_text(LOCK.format(model=NEW))
    project = Project(root)
    assert (project.lock.model, lock.take(project, there).lock.model) == (OLD, NEW)


@pytest.mark.usefixtures("rebuilding")
def test_a_champion_built_again_is_known_by_what_was_built(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its rows are compared by the dvc.lock that the build has left; its model's name is the one that was pinned."""
    compared = []
    monkeypatch.setattr(champion, "_score_again", lambda tree, project: compared.append(tree.lock.model) or False)
    with champion.at("main", Project(root), rows=Project(root)) as current:
        assert current is not None
        assert (compared, current.project.lock.model, current.lock.model) == ([NEW], NEW, OLD)


def test_to_open_it_takes_no_library() -> None:
    """A verb that refuses at once waits for none of them."""
    heavy = {"pydantic", "ruamel", "numpy", "pandas", "dvc"}
    said = f"import sys, mainline.project; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True).stdout == "[]\n"
