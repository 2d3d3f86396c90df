"""A second person's clone: what a DVC remote gives it, and what is said where nobody can give it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from line.tests.projects import commit_all, with_origin
from mainline.tools import dvc, git, storage

pytestmark = pytest.mark.slow

# letters, blanks and signs that mean something to DVC's settings, to shells and to addresses
ODD = 'jörg o\'b #1, 50% "张"'
STAGES = "stages:\n  train: {cmd: cp data/source/table.csv model, deps: [data/source], outs: [model]}\n"
CARD = "models/card.md"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of such a project and of its origin, which no test changes."""
    root = with_origin(tmp_path_factory.mktemp("made"))
    git.git("remote", "set-url", "origin", "../origin.git", root=root)
    dvc.dvc("init", "--quiet", root=root)
    (root / "data/source").mkdir(parents=True)
    (root / "data/source/table.csv").write_bytes(b"a,b\r\n1,2\r\n")
    (root / "dvc.yaml").write_text(STAGES)
    (root / "params.yaml").write_text("data: {source: data/source/table.csv}\n")
    dvc.dvc("add", "--quiet", "data/source/table.csv", root=root)
    dvc.repro(root, quiet=True)
    commit_all(root, "Build")
    git.git("push", "--quiet", "origin", "main", root=root)
    return root.parent


@pytest.fixture
def owner(made: Path, tmp_path: Path) -> Path:
    """A project with a table under `dvc add` and a model made of it, pushed to its origin; no DVC remote."""
    shutil.copytree(made, tmp_path / ODD, symlinks=True)
    return tmp_path / ODD / "project"


def share(owner: Path, url: str) -> None:
    """Set a remote up, as the owner."""
    dvc.dvc("remote", "add", "--quiet", "--default", "storage", url, root=owner)
    commit_all(owner, "Use a remote")
    git.git("push", "--quiet", "origin", "main", root=owner)


@pytest.fixture
def clone(owner: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Path]:
    """Clone the project as somebody else, who does not have the owner's cache, and go there."""

    def make() -> Path:
        shutil.rmtree(owner.parent / "clone", ignore_errors=True)
        git.git("clone", "--quiet", "origin.git", "clone", root=owner.parent)
        monkeypatch.chdir(owner.parent / "clone")
        return owner.parent / "clone"

    return make


@pytest.mark.smoke
def test_with_a_remote_one_command_makes_a_clone_whole(
    owner: Path, clone: Callable[[], Path], say: Callable[..., str]
) -> None:
    """Table and model are there to the byte, and the status is green; before, it says which command that is."""
    share(owner, "../storage")
    storage.push(owner)
    root = clone()
    assert "data/source/table.csv: not here, as in a fresh clone; run `mainline outputs restore`" in say("status")
    assert "are those that dvc.lock pins" in say("outputs", "restore")
    assert "✓ dvc.lock is current" in say("status")
    assert (root / "data/source/table.csv").read_bytes() == (root / "model").read_bytes() == b"a,b\r\n1,2\r\n"


def test_without_a_remote_the_table_is_named_and_who_can_mend_it(
    clone: Callable[[], Path], say: Callable[..., str]
) -> None:
    """By each verb, and none advises what cannot work."""
    root = clone()
    said = "data/source/table.csv: not here and in no cache; no DVC remote is set up. Who has it runs: dvc remote add"
    for verb in (("status",), ("outputs", "restore"), ("lock",)):
        assert said in " ".join(say(*verb).split())
    shutil.copy(root.parent / "project/data/source/table.csv", root / "data/source")
    assert "are those that dvc.lock pins" in say("outputs", "restore")  # from the table, to the last bit


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ("all", "the DVC remote storage is the folder "),
        ("table", "does not give it: who has it runs `dvc push`; `dvc pull` says more"),
    ],
)
def test_a_remote_that_lacks_the_table_is_told(
    owner: Path, clone: Callable[[], Path], say: Callable[..., str], gone: str, said: str
) -> None:
    """A folder of another machine, and one that got a part of what there is."""
    share(owner, str(owner.parent.parent / "storage"))
    storage.push(owner)
    folder = owner.parent.parent / "storage"
    content = dvc.md5(owner / "data/source/table.csv") or ""
    place = folder if gone == "all" else folder / "files/md5" / content[:2]
    place.rename(folder.parent / "elsewhere")
    clone()
    told = " ".join(say("lock").split())
    assert told.startswith("2 ✗ data/source/table.csv: not here and in no cache; ")
    assert said in told


def test_a_table_that_was_not_pushed_is_told_where_all_else_is_there(
    owner: Path, clone: Callable[[], Path], say: Callable[..., str]
) -> None:
    """The model is restored, and the next build's lack is said."""
    (owner / "dvc.yaml").write_text(STAGES.replace("cp data/source/table.csv model", "echo one >model"))
    dvc.repro(owner, quiet=True)
    commit_all(owner, "Another model")
    share(owner, "../storage")
    dvc.dvc("push", "--quiet", "train", root=owner)
    root = clone()
    told = " ".join(say("outputs", "restore").split())
    assert (root / "model").read_text() == "one\n"
    assert "! data/source/table.csv: not here and in no cache; the DVC remote storage" in told


def test_a_worktree_takes_cache_and_remote_whatever_the_paths(owner: Path) -> None:
    """From the cache, or from a remote whose place is relative, in a folder whose name DVC could not write down."""
    share(owner, "../storage")
    storage.push(owner)
    dvc.dvc("remote", "add", "--local", "--default", "mine", "../storage", root=owner)
    with git.worktree("HEAD", owner) as tree:
        storage.share_cache(owner, tree)
        assert storage.materialise(tree)
        assert git.dirty(tree) == []
    shutil.rmtree(owner / ".dvc/cache")
    dvc.dvc("remote", "remove", "storage", root=owner)
    with git.worktree("HEAD", owner) as tree:
        storage.share_cache(owner, tree)
        assert storage.materialise(tree)
        assert (tree / "model").read_bytes() == (owner / "model").read_bytes()
    assert (owner / ".dvc/cache/files").is_dir()


def test_line_ends_are_the_same_on_every_machine(owner: Path, root: Path) -> None:
    """With core.autocrlf a clone has the bytes of the commit: scripts and settings with \\n, a table as it came."""
    shutil.copy(root / ".gitattributes", owner)
    (owner / "plain.csv").write_bytes(b"a,b\r\n1,2\r\n")
    (owner / "data/table.txt").write_bytes(b"a\tb\r\n")
    (owner / "script.sh").write_bytes(b"#!/bin/sh\n")
    commit_all(owner, "Files")
    git.git("clone", "--quiet", "--config", "core.autocrlf=true", "project", "crlf", root=owner.parent)
    there = owner.parent / "crlf"
    for name in ("plain.csv", "data/table.txt", "script.sh", "dvc.yaml", "dvc.lock", "data/source/table.csv.dvc"):
        assert (there / name).read_bytes() == (owner / name).read_bytes(), name
    assert git.dirty(there) == []
