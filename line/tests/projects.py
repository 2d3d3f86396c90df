"""Projects to try the line on: real git, real DVC, built once for all tests."""

import io
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from dvc.utils import strictyaml
from dvc.utils.serialize import _yaml
from filelock import FileLock
from ruamel.yaml import YAML

from line.tests import loaded
from line.wheel import project_s
from mainline import cli
from mainline.commands import lock
from mainline.project import Project
from mainline.tools import git, process, warm

TOP = Path(__file__).parents[2]
"""The repository: the template, a project that uses `line/` in place."""
OF_THE_TEMPLATE = ("line/", "scripts/", "hooks/", "cookiecutter.json", "{{cookiecutter")
"""What a project that is made from it does not have."""
EXAMPLE = Path(__file__).parent / "example.yaml"


def commit_all(root: Path, message: str) -> None:
    """Commit everything in a scratch project."""
    git.git("add", "--all", root=root)
    identity = ["-c", "user.name=Test", "-c", "user.email=test@localhost"]
    git.git(*identity, "commit", "--quiet", "--no-verify", "--message", message, root=root)


def with_origin(folder: Path) -> Path:
    """An empty repository on main, `project`, whose origin is `origin.git` beside it."""
    root, origin = folder / "project", folder / "origin.git"
    git.git("init", "--quiet", "--bare", "--initial-branch=main", str(origin), root=folder)
    git.git("clone", "--quiet", str(origin), str(root), root=folder)
    for key, value in {"user.name": "Test", "user.email": "test@localhost", "commit.gpgsign": "false"}.items():
        git.git("config", key, value, root=root)
    git.git("switch", "--quiet", "--create", "main", root=root)
    return root


def edit(root: Path, **sections: dict) -> None:
    """Change values of params.yaml, by section."""
    yaml, path = YAML(), root / "params.yaml"
    params = yaml.load(path.read_text())
    for name, values in sections.items():
        params.setdefault(name, {}).update(values)
    written = io.StringIO()
    yaml.dump(params, written)  # a null in a list as a dash and a blank, which no hook lets pass
    path.write_text("".join(f"{line.rstrip()}\n" for line in written.getvalue().splitlines()))


def with_package(root: Path, name: str) -> None:
    """List a package that the template's environment holds among those that a project's service installs."""
    pins = re.search(rf"(?m)^{name}==.*\n(?: .*\n)*", (TOP / "line/requirements.txt").read_text())
    assert pins
    for end, line in ((".in", f"{name}\n"), (".txt", pins[0])):
        with (root / f"requirements/service{end}").open("a") as file:
            file.write(line)


@pytest.fixture(scope="session", autouse=True)
def _no_shared_record() -> Iterator[None]:
    """Runs of the tests are recorded nowhere but in the scratch projects."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.delenv("PYTHONPATH", raising=False)
        for name in [name for name in os.environ if name.startswith(("GITHUB_", "GH_"))]:
            patch.delenv(name)  # a run of the tests on GitHub is no run of the scratch projects there
        yield


@pytest.fixture(scope="session", autouse=True)
def _libraries_once() -> Iterator[None]:
    """DVC's and the stages' libraries are loaded once for all builds in this process, not once a build."""
    with pytest.MonkeyPatch.context() as patch:
        loader = loaded.loader()
        patch.setattr(warm, "running", partial(loaded.forked, loader))
        patch.setattr(process, "stream", partial(loaded.streamed, loader, process.stream))
        patch.setattr(process, "capture_bytes", partial(loaded.captured, loader, process.capture_bytes))
        patch.setattr(strictyaml, "parse_yaml", loaded.reading(_yaml.parse_yaml))
        patch.setattr(_yaml, "parse_yaml", strictyaml.parse_yaml)
        yield


def _copy_of_tree(target: Path) -> None:
    names = subprocess.run(["git", "ls-files"], cwd=TOP, capture_output=True, text=True, check=True).stdout.split("\n")
    for name in filter(None, names):
        if (TOP / name).exists() and not name.startswith(OF_THE_TEMPLATE):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(TOP / name, target / name)
            (target / name).write_bytes(project_s(TOP / name))
    shutil.copy2(EXAMPLE, target / "params.yaml")
    git.git("init", "--quiet", "--initial-branch=main", ".", root=target)
    commit_all(target, "As committed")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project made of this repository, with the example's params.yaml, built; one for all workers, never changed."""
    shared = tmp_path_factory.getbasetemp()
    shared = (shared.parent if os.environ.get("PYTEST_XDIST_WORKER") else shared) / "built"
    with FileLock(f"{shared}.lock"):
        if not (shared / ".done").exists():
            shared.mkdir()
            _copy_of_tree(shared)
            lock.refresh(Project(shared))
            shutil.copytree(shared / ".dvc/cache", shared.parent / "cache")
            (shared / ".git/info/exclude").write_text(".done\n")
            (shared / ".done").touch()
    return shared


@pytest.fixture
def project(built: Path, tmp_path: Path) -> Path:
    """A built project of one's own: main has the champion, the branch `challenger` is checked out."""
    root = tmp_path / "project"
    shutil.copytree(built, root, symlinks=True)
    if git.dirty(root):
        commit_all(root, "Build the champion")
    git.git("switch", "--quiet", "--create", "challenger", root=root)
    return root


@pytest.fixture
def one_cache(project: Path, built: Path) -> None:
    """Let the project have the cache of all tests that ask for this: what one of them has built, the next restores."""
    use_cache(project, built)


def use_cache(root: Path, built: Path) -> None:
    """Give a project the cache that lies beside the one that is built, for all workers."""
    git.git("config", "--file", ".dvc/config.local", "cache.dir", str(built.parent / "cache"), root=root)


def branch_without_model(root: Path, name: str = "empty") -> None:
    """Make a branch that pins no model yet."""
    blob = git.git("rev-parse", "HEAD:dvc.yaml", root=root)
    tree = git.git("mktree", root=root, stdin=f"100644 blob {blob}\tdvc.yaml\n")
    identity = ["-c", "user.name=Test", "-c", "user.email=test@localhost"]
    git.git("branch", name, git.git(*identity, "commit-tree", tree, "-m", "No model", root=root), root=root)


@pytest.fixture
def change(project: Path) -> Callable[..., Path]:
    """Edit params.yaml of the project, rebuild, and commit."""

    def apply(**sections: dict) -> Path:
        edit(project, **sections)
        lock.refresh(Project(project))
        commit_all(project, "Try another model")
        return project

    return apply


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Type a verb; answers what it prints, and its exit code before an error."""

    def type_(*arguments: str) -> str:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main(arguments)
        shown = capsys.readouterr()
        return shown.out + shown.err if not ended.value.code else f"{ended.value.code} {shown.err}"

    return type_
