"""Outputs go from one machine to another by their content: nothing else gets in, and what nobody has is built anew."""

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

from line.tests.projects import commit_all, edit
from mainline import outputs
from mainline.commands import lock
from mainline.commands import outputs as outputs_verb
from mainline.errors import ConfigError, Refused, StaleLock
from mainline.gate import thresholds
from mainline.project import Project
from mainline.tools import dvc, git, github, storage

pytestmark = pytest.mark.slow

BIN = Path(__file__).parent / "runner/bin"
MODEL = "models/model.skops"


@pytest.fixture
def folder(project: Path, tmp_path: Path) -> Path:
    """The folder that travels, filled on one machine."""
    outputs_verb.save(Project(project), tmp_path / "outputs")
    return tmp_path / "outputs"


@pytest.fixture
def clone(project: Path, tmp_path: Path) -> Path:
    """Another machine: the commit and nothing else."""
    git.git("clone", "--quiet", str(project), str(tmp_path / "clone"), root=tmp_path)
    git.git("remote", "remove", "origin", root=tmp_path / "clone")
    return tmp_path / "clone"


def objects(folder: Path) -> list[Path]:
    """The folder's files, by content."""
    return sorted((folder / "files/md5").glob("*/*"))


def never(*_: object, **__: object) -> None:
    """Stands where nothing may be built."""
    raise AssertionError("it was built again")


@pytest.mark.smoke
def test_what_was_saved_is_restored_without_building(
    clone: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other machine has every file that dvc.lock pins, its lock is current, and its tree is clean."""
    monkeypatch.setattr(dvc, "repro", never)
    outputs_verb.restore(Project(clone), folder)
    lock.check(Project(clone))
    assert git.dirty(clone) == []


def test_older_outputs_give_way_to_the_pinned_ones(project: Path, folder: Path) -> None:
    """What lies in the tree from another commit is derived, and is replaced."""
    pinned = dvc.md5(project / MODEL)
    (project / MODEL).unlink()
    (project / MODEL).write_bytes(b"older")
    outputs_verb.restore(Project(project), folder)
    assert dvc.md5(project / MODEL) == pinned


def test_half_a_file_of_the_cache_is_built_again(project: Path) -> None:
    """A power cut left a part of the model under its name: what is restored is the pinned one all the same."""
    pinned = str(dvc.md5(project / MODEL))
    (project / MODEL).unlink()
    kept = project / ".dvc/cache/files/md5" / pinned[:2] / pinned[2:]
    kept.chmod(0o644)
    os.truncate(kept, 100)
    kept.chmod(0o444)
    outputs_verb.restore(Project(project))
    assert dvc.md5(project / MODEL) == dvc.md5(kept) == pinned
    lock.check(Project(project))


@pytest.mark.parametrize("leads", ["../../out", "/tmp/out"])
def test_a_folders_list_that_leads_out_of_it_is_refused(clone: Path, folder: Path, leads: str) -> None:
    """As a branch may hand it over under a name that is its content's; nothing of it gets into the cache."""
    (old,) = (path for path in objects(folder) if path.name.endswith(".dir"))
    text = json.dumps([{**each, "relpath": leads} for each in json.loads(old.read_bytes())])
    content = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    (folder / "files/md5" / content[:2]).mkdir(exist_ok=True)
    (folder / "files/md5" / content[:2] / f"{content[2:]}.dir").write_text(text)
    with pytest.raises(Refused, match="which is no file of the folder"):
        outputs_verb.restore(Project(clone), folder)
    assert not list((clone / ".dvc").glob("cache/files/md5/*/*"))


@pytest.mark.parametrize("how", ["changed", "swapped", "linked"])
def test_a_file_that_was_changed_on_its_way_is_refused(clone: Path, folder: Path, how: str) -> None:
    """By its path; nothing of the folder gets into the cache."""
    first, second = objects(folder)[:2]
    first.parent.chmod(0o755)
    if how == "changed":
        first.chmod(0o644)
        first.write_bytes(first.read_bytes() + b" ")
    elif how == "swapped":
        first.unlink()
        shutil.copy(second, first)
    else:  # a link out of the folder, to the right content for now
        shutil.move(first, folder / "elsewhere")
        first.symlink_to(folder / "elsewhere")
    with pytest.raises(Refused, match=f"{first.name}: its content is not that of its name"):
        outputs_verb.restore(Project(clone), folder)
    assert not list((clone / ".dvc").glob("cache/files/md5/*/*"))


def test_a_folder_that_is_something_else_is_left_alone(project: Path, tmp_path: Path) -> None:
    """Neither written over, nor read."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").touch()
    with pytest.raises(ConfigError, match="holds other files"):
        outputs_verb.save(Project(project), tmp_path / "mine")
    with pytest.raises(ConfigError, match="makes such a folder"):
        outputs_verb.restore(Project(project), tmp_path / "mine")
    assert (tmp_path / "mine/thesis.txt").exists()


def test_only_what_dvc_lock_pins_is_saved(project: Path, tmp_path: Path) -> None:
    """A tree that would build something else is refused."""
    edit(project, train={"params": {"max_depth": 3}})
    with pytest.raises(StaleLock):
        outputs_verb.save(Project(project), tmp_path / "outputs")


def test_with_a_remote_the_outputs_go_there(project: Path, clone: Path, tmp_path: Path) -> None:
    """And not into the folder: what is in a remote with a lock on its door must not lie in an artifact."""
    for root in (project, clone):
        dvc.dvc("remote", "add", "--local", "--default", "storage", str(tmp_path / "storage"), root=root)
    assert storage.unshared(project)
    outputs_verb.save(Project(project), tmp_path / "outputs")
    assert storage.unshared(project) == []
    assert [path.name for path in (tmp_path / "outputs").iterdir()] == ["facts.json"]
    outputs_verb.restore(Project(clone), tmp_path / "outputs")
    lock.check(Project(clone))


def test_a_lock_whose_outputs_were_not_pushed_is_found(project: Path, tmp_path: Path) -> None:
    """Where a remote is set up, `lock --check` names the file and the command."""
    dvc.dvc("remote", "add", "--local", "--default", "storage", str(tmp_path / "storage"), root=project)
    with pytest.raises(StaleLock, match=r"is not in the DVC remote.*run `dvc push`"):
        lock.check(Project(project))
    storage.push(project)
    lock.check(Project(project))


def test_what_nobody_has_is_built_again_and_held_to_the_lock(clone: Path) -> None:
    """The same code, data and parameters give the same bytes on this machine."""
    outputs_verb.restore(Project(clone))
    assert git.dirty(clone) == []
    lock.check(Project(clone))


def test_what_is_built_otherwise_is_refused(clone: Path) -> None:
    """As on another kind of processor: the lock stays, and the gate is to judge what this machine builds."""
    text = (clone / dvc.LOCK).read_text()
    (clone / dvc.LOCK).write_text(text.replace(dvc.outputs(text)[MODEL], "ab" * 16))
    commit_all(clone, "Built elsewhere")
    with pytest.raises(Refused, match=rf"{MODEL} is not the one that dvc.lock pins.*lock --push"):
        outputs_verb.restore(Project(clone))
    assert git.dirty(clone) == []


def test_a_stale_lock_is_not_built_from(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two merges can leave a lock that is of neither: it is refused before anything is trained."""
    edit(clone, train={"params": {"max_depth": 3}})
    commit_all(clone, "Merge")
    monkeypatch.setattr(dvc, "repro", never)
    with pytest.raises(StaleLock, match=r"is not current: train.*lock --push"):
        outputs_verb.restore(Project(clone))


def test_an_artifact_on_github_will_do(
    clone: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run of a fork does not count, and a damaged artifact is as good as none."""
    for name, value in {"GITHUB_REPOSITORY": "someone/digits", "GH_TOKEN": "t", "STAND_IN": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", f"{BIN}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "runs").mkdir()
    name = str(outputs.name(Project(clone)))
    for run, fork in ((3, False), (5, True)):
        shutil.copytree(folder, tmp_path / "artifacts" / str(run) / name)
        (tmp_path / "runs" / f"{run}.json").write_text(json.dumps({"fork": fork}))
    assert github.artifact(clone, name, tmp_path / "got") == "3"
    assert github.artifact(clone, "outputs-0", tmp_path / "none") is None
    monkeypatch.setattr(dvc, "repro", never)
    outputs_verb.restore(Project(clone))
    lock.check(Project(clone))

    shutil.rmtree(clone / ".dvc/cache")
    (clone / MODEL).unlink()
    damaged = objects(tmp_path / "artifacts/3" / name)[0]
    damaged.chmod(0o644)
    damaged.write_bytes(b"x")
    with pytest.raises(AssertionError, match="built again"):
        outputs_verb.restore(Project(clone))


def test_a_latency_is_measured_where_the_code_may_run(
    project: Path, clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a bar for it, the figure travels with the model; the machine that judges runs none of the branch's code."""
    for root in (project, clone):
        edit(root, gate={"bars": {"latency_ms": 1000}})
    outputs_verb.save(Project(project), tmp_path / "outputs")
    outputs_verb.restore(Project(clone), tmp_path / "outputs")
    settings = Project(clone).gate.bars
    monkeypatch.setattr("mainline.tools.process.capture", never)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert list(thresholds._latency(Project(clone), settings)) == []
    (clone / MODEL).unlink()
    (clone / MODEL).write_bytes(b"another model")
    with pytest.raises(Refused, match="was not handed over"):
        list(thresholds._latency(Project(clone), settings))
    monkeypatch.delenv("GITHUB_ACTIONS")
    with pytest.raises(AssertionError):
        list(thresholds._latency(Project(clone), settings))


def test_nothing_is_built_in_place_of_what_a_folder_lacks(
    clone: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A branch that leaves a file out of its artifact does not have its code run by the job that takes it."""
    first = objects(folder)[0]
    first.parent.chmod(0o755)
    first.unlink()
    monkeypatch.setattr(dvc, "repro", never)
    with pytest.raises(Refused, match=r"outputs: not all that dvc.lock pins is in it"):
        outputs_verb.restore(Project(clone), folder)
