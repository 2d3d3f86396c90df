"""The template in a repository of its own, with a tag; and projects that are made of it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

TOP = Path(__file__).parents[3]
NEWER = "newer.md"  # in the template since its tag v1; no file of the line's, so that the wheel stays the same
UNTRACKED = "mine.txt"
BARE = getattr(sys, "_base_executable", sys.executable)  # a Python without the project's packages
FOR_GIT = {"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@x", "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@x"}
TREE = dict[str, tuple[bool, bytes]]


class Done(NamedTuple):
    """What a program said, on both ways out, and how it ended."""

    code: int
    said: str


def tool(name: str) -> str:
    """A program of this environment: beside the interpreter, else on PATH."""
    found = shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert found, f"{name} is not installed; run make setup"
    return found


def call(*command: str | Path, cwd: Path, code: int | None = 0, **env: str) -> Done:
    """Run a program as a shell in that folder would, where nothing of this machine's settings is seen.

    Args:
        code: how it must end; None where that is what is asked.
    """
    hidden = ("MLFLOW_", "GIT_", "GITHUB_", "PYTHON", "VIRTUAL_ENV")
    plain = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    here = {"PWD": str(cwd), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, **FOR_GIT}
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, env=plain | here | env, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert code is None or done.returncode == code, said
    return Done(done.returncode, said)


def tree(root: Path) -> TREE:
    """Every file of a project but git's, cruft's and what Python compiles: whether it can be run, and what is in it."""
    return {
        str(path.relative_to(root)): (os.access(path, os.X_OK), path.read_bytes())
        for path in root.rglob("*")
        if path.is_file()
        and not {".git", "__pycache__"}.intersection(path.relative_to(root).parts)
        and path.name != ".cruft.json"
    }


def tracked(root: Path) -> list[str]:
    """The files that git tracks."""
    return subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True).stdout.split("\n")


def commit(root: Path, message: str, tag: str = "") -> None:
    """Commit everything, and tag it."""
    call("git", "add", "--all", cwd=root)
    call("git", "commit", "--quiet", "--no-verify", "--message", message, cwd=root)
    if tag:
        call("git", "tag", "--annotate", "--message", tag, tag, cwd=root)


def copy(names: list[str], target: Path) -> None:
    """Copy files of this tree, as they stand here."""
    for name in filter(None, names):
        if (TOP / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(TOP / name, target / name)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This tree as a repository with the tag v1 and a newer commit."""
    root = tmp_path_factory.mktemp("of") / "template"
    root.mkdir()
    copy(tracked(TOP), root)
    call("git", "init", "--quiet", "--initial-branch=main", ".", cwd=root)
    commit(root, "The template", "v1")
    (root / NEWER).write_text("# Newer\n")
    commit(root, "Something newer")
    (root / UNTRACKED).write_text("what git does not track here\n")
    return root


@pytest.fixture(scope="session")
def settings_of_cookiecutter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where cookiecutter keeps its clones and replays, instead of in the home of whoever runs the tests."""
    folder = tmp_path_factory.mktemp("cookiecutter")
    file = folder / "settings.yaml"
    file.write_text(f"cookiecutters_dir: {folder / 'clones'}\nreplay_dir: {folder / 'replay'}\n")
    return file


@pytest.fixture
def make(settings_of_cookiecutter: Path, tmp_path: Path) -> Callable[..., Done]:
    """Call cookiecutter in an empty folder: make(template, "--checkout", "v1", table="x.csv")."""

    def cookiecutter(
        source: object, *options: str, cwd: Path = tmp_path, code: int = 0, typed_in: object = "", **answers: str
    ) -> Done:
        command = [tool("cookiecutter"), "--no-input", "--config-file", str(settings_of_cookiecutter), *options]
        said = [f"{name}={value}" for name, value in answers.items()]
        return call(*command, str(source), *said, cwd=cwd, code=code, PWD=str(typed_in or cwd))

    return cookiecutter
