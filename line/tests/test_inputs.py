"""The table comes along to a clone and a worktree, whichever way a project has it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from line.tests.projects import commit_all
from mainline import inputs
from mainline.project import Project
from mainline.tools import dvc, git

STAGES = """\
stages:
  ingest:
    cmd: find data/source -name '*.csv' -exec cat {} + >raw
    deps: [data/source]
    outs: [raw]
"""
TABLE = "data/source/t \u00fc.csv"
ROWS = "x,y\n1,2\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of one stage that reads a folder, of which git sees what is not a table."""
    root = tmp_path / "project"
    git.git("init", "--quiet", "--initial-branch=main", str(root), root=tmp_path)
    dvc.dvc("init", "--quiet", root=root)
    (root / "dvc.yaml").write_text(STAGES)
    (root / "data/source").mkdir(parents=True)
    (root / "data/source/.gitignore").write_text("*\n!.gitignore\n!*.dvc\n")
    (root / "params.yaml").write_text(f"data: {{source: {TABLE}}}\n")
    (root / TABLE).write_text(ROWS)
    return root


def added(root: Path, target: str = TABLE) -> None:
    """Put it under DVC."""
    with dvc.opened(root) as repo:
        repo.add(target)


def in_a_folder(root: Path) -> None:
    """The table lies in a folder that is under DVC as one."""
    folder = root / "data/source/2024"
    folder.mkdir()
    (root / TABLE).rename(folder / "t.csv")
    (folder / "u.csv").write_text("u\n")
    added(root, "data/source/2024")
    (root / "params.yaml").write_text("data: {source: data/source/2024/t.csv}\n")


def imported(root: Path) -> None:
    """Fetched from an address by `dvc import-url`."""
    place = root.parent / "elsewhere.csv"
    (root / TABLE).rename(place)
    with dvc.opened(root) as repo:
        repo.imp_url(str(place), out=TABLE)
    place.unlink()


def only_the_file_is_left(root: Path) -> None:
    """Somebody has made room: the cache is gone, the table is there."""
    added(root)
    shutil.rmtree(root / ".dvc/cache")


def only_the_remote_has_it(root: Path) -> None:
    """As in the clone of a colleague, who was given neither."""
    added(root)
    with dvc.opened(root) as repo, repo.config.edit("repo") as settings:
        settings["remote"] = {"shared": {"url": str(root.parent / "remote")}}
        settings["core"]["remote"] = "shared"
    with dvc.opened(root) as repo:
        repo.push()
    shutil.rmtree(root / ".dvc/cache")
    (root / TABLE).unlink()


def committed(root: Path) -> None:
    """In git itself."""
    git.git("add", "--force", TABLE, root=root)


def in_a_database(root: Path) -> None:
    """A file of SQLite, which no stage names."""
    (root / TABLE).rename(root / "t.db")
    (root / ".git/info/exclude").write_text("t.db\n")
    (root / "params.yaml").write_text("data: {source: 'sqlite:///t.db?mode=ro', query: SELECT 1}\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("have", "there"),
    [
        (lambda root: None, TABLE),
        (committed, TABLE),
        (added, TABLE),
        (in_a_folder, "data/source/2024/t.csv"),
        (imported, TABLE),
        (only_the_file_is_left, TABLE),
        (only_the_remote_has_it, TABLE),
        (in_a_database, "t.db"),
    ],
)
def test_a_clone_gets_the_table(project: Path, tmp_path: Path, have: Callable[[Path], object], there: str) -> None:
    """Ignored by git, committed, under DVC as a file or folder, imported, in the remote alone, or a database's file."""
    have(project)
    commit_all(project, "A table")
    clone = tmp_path / "clone"
    git.git("clone", "--quiet", str(project), str(clone), root=tmp_path)
    assert inputs.bring(Project(project), Project(clone)) == []
    assert (clone / there).read_text() == ROWS
    assert git.dirty(clone) == ([] if there != "t.db" else ["t.db"])
    if have in (added, in_a_folder):  # which are stages of their own, that would not go over what is there
        with dvc.opened(clone) as repo, repo.config.edit("local") as settings:
            settings["remote"] = {"empty": {"url": str(tmp_path / "empty")}}
        dvc.repro(clone, quiet=True)
        assert ROWS in (clone / "raw").read_text()


@pytest.mark.slow
def test_what_is_nowhere_is_named(project: Path, tmp_path: Path) -> None:
    """Neither the file nor the cache nor a remote has what HEAD means; another file of that name is not it."""
    added(project)
    commit_all(project, "A table")
    shutil.rmtree(project / ".dvc/cache")
    (project / TABLE).write_text("another\n")
    clone = tmp_path / "clone"
    git.git("clone", "--quiet", str(project), str(clone), root=tmp_path)
    assert inputs.bring(Project(project), Project(clone)) == [TABLE]
    assert not (clone / TABLE).exists()


@pytest.mark.slow
def test_what_git_could_carry_and_was_not_committed_stays_behind(project: Path, tmp_path: Path) -> None:
    """A .dvc file or a module that nobody committed is no part of what HEAD has; a second table that git ignores is."""
    commit_all(project, "As it is")
    added(project)
    (project / "data/source/second.csv").write_text("2\n")
    clone = tmp_path / "clone"
    git.git("clone", "--quiet", str(project), str(clone), root=tmp_path)
    assert inputs.bring(Project(project), Project(clone)) == []
    assert sorted(path.name for path in (clone / "data/source").iterdir()) == [
        ".gitignore",
        "second.csv",
        Path(TABLE).name,
    ]


@pytest.mark.parametrize(
    ("source", "absolute"),
    [
        ("../t.csv", "{}/t.csv"),
        ("data/../../t.csv", "{}/t.csv"),
        ("sqlite:///../t.db?mode=ro", "sqlite:///{}/t.db?mode=ro"),
        ("/elsewhere/t.csv", None),
        ("data/source/t.csv", None),
        ("./data/source/../t.csv", None),
        ("sqlite:///t.db", None),
        ("https://host/t.csv", None),
        ("postgresql://me:${DB_PASSWORD}@host/db", None),
        ("sklearn:digits", None),
        ("openml:61", None),
    ],
)
def test_a_path_that_leaves_the_project_is_made_absolute(tmp_path: Path, source: str, absolute: str | None) -> None:
    """From another folder it would lead elsewhere; every other source means the same anywhere."""
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/params.yaml").write_text(f"data: {{source: '{source}'}}\n")
    said = inputs.from_elsewhere(Project(tmp_path / "project"), Project(tmp_path / "tree"))
    assert said == (absolute and absolute.format(tmp_path))
