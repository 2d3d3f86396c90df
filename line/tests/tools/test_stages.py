"""The code of the stages and the service: src/ of the tree or the commit, or else the wheel that it pins."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from line.tests.projects import commit_all
from mainline.errors import ConfigError
from mainline.tools import git, stages

WHEEL = "vendor/mainline_stages-0.1.0-py3-none-any.whl"
Change = Callable[[Path], object]


@pytest.fixture
def guest(tmp_path: Path) -> Path:
    """A commit whose packages are in a wheel, and each of whose packages can say where it came from."""
    root = tmp_path / "guest"
    (root / "vendor").mkdir(parents=True)
    (root / "requirements").mkdir()
    with zipfile.ZipFile(root / WHEEL, "w") as archive:
        for name in ("pipeline/__init__.py", "pipeline/deep/er.py", "service/__init__.py", "mainline_stages/METADATA"):
            archive.writestr(name, "CAME = 'wheel'\n")
    (root / stages.PINNED).write_text(stages.pin(WHEEL, (root / WHEEL).read_bytes()))
    git.git("init", "--quiet", "--initial-branch=main", ".", root=root)
    commit_all(root, "A wheel")
    return root


def own(root: Path, *packages: str) -> None:
    """Give it packages of its own."""
    for name in packages:
        (root / "src" / name).mkdir(parents=True)
        (root / "src" / name / "__init__.py").write_text("CAME = 'src'\n")


def came(root: Path) -> list[str]:
    """Where a process that runs the tree's code has each package from."""
    code = "import pipeline, service; print(pipeline.CAME, service.CAME)"
    env = {**os.environ, "PYTHONPATH": stages.python_path(root)}
    return subprocess.run(
        [sys.executable, "-P", "-c", code], env=env, capture_output=True, text=True, check=True
    ).stdout.split()


@pytest.mark.parametrize("mine", [(), ("pipeline",), ("pipeline", "service")])
def test_a_package_is_srcs_where_it_is_there_and_the_wheels_otherwise(
    mine: tuple[str, ...], guest: Path, tmp_path: Path
) -> None:
    """In the tree as in the commit: who makes one package their own changes nothing else."""
    own(guest, *mine)
    (guest / "src").mkdir(exist_ok=True)
    (guest / "src/theirs.py").touch()
    commit_all(guest, "Code of theirs")
    wanted = ["src" if name in mine else "wheel" for name in stages.PACKAGES]
    assert came(guest) == wanted
    stages.lay_out("HEAD", guest, tmp_path)
    laid = [(tmp_path / name / "__init__.py").read_text() for name in stages.PACKAGES]
    assert laid == [f"CAME = '{where}'\n" for where in wanted]
    assert (tmp_path / "pipeline/deep/er.py").exists() == ("pipeline" not in mine)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["guest", *stages.PACKAGES]


def test_loose_changes_are_in_the_tree_and_not_in_the_commit(guest: Path, tmp_path: Path) -> None:
    """A package that is not committed is run, and not packaged; of one that is asked for no other comes along."""
    own(guest, "pipeline")
    assert came(guest) == ["src", "wheel"]
    stages.lay_out("HEAD", guest, tmp_path, ["pipeline"])
    assert "wheel" in (tmp_path / "pipeline/__init__.py").read_text()
    assert not (tmp_path / "service").exists()


def test_without_a_wheel_it_is_src_alone(tmp_path: Path) -> None:
    """A project's own code, or another framework's, and nothing that would have to be there beside it."""
    assert stages.python_path(tmp_path) == str(tmp_path / "src")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda root: (root / WHEEL).write_bytes(b"another"), f"{WHEEL}: not the file that {stages.PINNED} pins"),
        (lambda root: (root / WHEEL).unlink(), f"{WHEEL}: not here, and {stages.PINNED} pins it"),
        (lambda root: (root / stages.PINNED).write_text("stages==1\n"), f"{stages.PINNED}: is not one line"),
        (lambda root: (root / stages.PINNED).write_text(stages.pin(WHEEL, b"").replace("./", "../", 1)), "is not one"),
    ],
    ids=["another wheel", "no wheel", "no pin", "outside"],
)
def test_another_wheel_than_the_pinned_one_is_not_run(change: Change, said: str, guest: Path, tmp_path: Path) -> None:
    """Neither from the tree nor out of a commit; the file is named, and how it comes back."""
    change(guest)
    with pytest.raises(ConfigError) as refused:
        stages.python_path(guest)
    assert said in str(refused.value)
    commit_all(guest, "Otherwise")
    with pytest.raises(ConfigError) as refused:
        stages.lay_out("HEAD", guest, tmp_path)
    assert said in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == ["guest"]


def test_a_pinned_file_that_is_no_wheel_is_no_traceback(guest: Path, tmp_path: Path) -> None:
    """It is what the pin says, and holds no package."""
    (guest / WHEEL).write_bytes(b"no zip")
    (guest / stages.PINNED).write_text(stages.pin(WHEEL, b"no zip"))
    commit_all(guest, "No wheel")
    with pytest.raises(ConfigError, match="and it is no wheel"):
        stages.lay_out("HEAD", guest, tmp_path)


def test_a_commit_without_code_says_so(guest: Path, tmp_path: Path) -> None:
    """Neither a package nor a wheel: both are named."""
    git.git("rm", "--quiet", "-r", "requirements", root=guest)
    own(guest, "pipeline")
    commit_all(guest, "No service")
    with pytest.raises(ConfigError, match=r"no src/pipeline or no src/service, and no requirements/stages\.txt"):
        stages.lay_out("HEAD", guest, tmp_path)
