"""A small project in production, with a remote and a source of its own; made once, copied for each test."""

import shutil
from pathlib import Path

import pytest

from line.tests.projects import commit_all, edit
from line.tests.retrain import world
from line.tests.runner.github import GitHub
from mainline import outputs
from mainline.project import Project
from mainline.tools import git


@pytest.fixture(scope="session")
def made(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `project` and the database `rows.db` that it is about.

    With a cache of its own: DVC does not see what is in a database, so in one that is shared with a test whose database
    has grown, it would take that one's rows for these.
    """
    folder = tmp_path_factory.mktemp("retrain")
    shutil.copytree(built, folder / "project", symlinks=True)
    if git.dirty(folder / "project"):
        commit_all(folder / "project", "Build the champion")
    world.fill(folder / "rows.db", 600, seed=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DB_PASSWORD", world.word(folder))
        world.begin(folder / "project")
    return folder


@pytest.fixture
def served(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The project, one's own: on main, which its remote has; records come from `records` beside it."""
    shutil.copytree(made / "project", tmp_path / "project", symlinks=True)
    shutil.copy2(made / "rows.db", tmp_path / "rows.db")
    root = tmp_path / "project"
    monkeypatch.setenv("DB_PASSWORD", world.word(tmp_path))
    edit(root, retrain={"records": str(tmp_path / "records")})
    (tmp_path / "records").mkdir()
    commit_all(root, "Its own records")
    world.share(root, tmp_path / "origin.git")
    monkeypatch.chdir(root)
    return Project(root)


@pytest.fixture
def hub(served: Project, tmp_path: Path) -> GitHub:
    """GitHub with the project on it, as a robot that merges would have it; deliver.yml has left its outputs."""
    edit(served.root, retrain={"mode": "merge", "every": 1})
    commit_all(served.root, "Let a robot merge")
    (tmp_path / "hub").mkdir()
    made = GitHub(tmp_path / "hub")
    made.secrets["DB_PASSWORD"] = world.word(tmp_path)
    git.git("push", "--quiet", str(made.origin), "main", root=served.root)
    git.git("remote", "set-url", "origin", str(made.origin), root=served.root)
    folder = tmp_path / str(outputs.name(served))
    outputs.pack(served, folder, {})
    shutil.copytree(folder, made.artifact(1, folder.name))
    (made.folder / "runs").mkdir()
    (made.folder / "runs/1.json").write_text('{"fork": false}')
    return made
