"""What the hook for secrets lets pass: a hash, on the lines where DVC, cruft and the line write one."""

import shutil
import subprocess
from pathlib import Path

import pytest

from mainline import git
from tests.mainline.conftest import commit_all

pytestmark = pytest.mark.slow

TOP = Path(__file__).parents[1]
COPIED = (
    *(
        ".dvc/.gitignore",
        ".dvc/config",
        ".dvcignore",
        ".gitignore",
        ".pre-commit-config.yaml",
        "data/source/.gitignore",
    ),
    *("dvc.lock", "dvc.yaml", "models/card.md", "params.yaml", "pyproject.toml", "requirements/service.txt"),
)
COMMIT = "9e3fa081cf05edf27227c33fcb1470f5c5bd89fd"


def run(root: Path, *command: str) -> None:
    """A program that has to end well."""
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def hooked(tmp_path: Path) -> Path:
    """What of this project git, DVC and the hooks are set up by, on main, with the hooks that `make setup` installs."""
    root = tmp_path / "project"
    for name in COPIED:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(TOP / name, root / name)
    git.git("init", "--quiet", "--initial-branch=main", ".", root=root)
    for key, value in {"user.name": "Test", "user.email": "test@localhost", "commit.gpgsign": "false"}.items():
        git.git("config", key, value, root=root)
    commit_all(root, "Begin")
    run(root, "pre-commit", "install")
    return root


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ("md5: 62abd3b35ca3f90339b7b694" + "e0f09510", False),
        ("MODEL_COMMIT=" + COMMIT, False),
        ("ask_password = true", False),
        ("token: '62abd3b35ca3f90339b7b694" + "e0f09510'", True),
        ("md5: '62abd3b35ca3f90339b7b694" + "e0f09510' # and 'a7c1d3b35ca3f90339b7b694" + "e0f09511'", True),
        ("MODEL_COMMIT='wJalrXUtnFEMI/K7MDENG" + "/bPxRfiCYzzzzzzzKEY'", True),
        ("password = 'tr" + "ue-friends'", True),
    ],
)
def test_a_hash_passes_on_its_own_line_only(hooked: Path, line: str, secret: bool) -> None:
    """By its key and its whole shape, in whatever file."""
    (hooked / "some.txt").write_text(f"{line}\n")
    git.git("add", "some.txt", root=hooked)
    done = subprocess.run(["pre-commit", "run", "secrets"], cwd=hooked, capture_output=True, text=True, check=False)
    assert (done.returncode == 1) == secret, done.stdout
