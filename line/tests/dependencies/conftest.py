"""A small project with the lists that `mainline add` changes."""

from pathlib import Path

import pytest

from mainline.tools import git

HASH = "0" * 64
PYPROJECT = """\
[project]
name = "small"
version = "1"
requires-python = ">=3.11"
dependencies = [
    "click>=8", # what one says in it
    "skops>=0.16",
]

[dependency-groups]
dev = ["ruff"] # and stays as it is
"""
MAKEFILE = "setup:\n\t@echo set up\n"


def pins(**versions: str) -> str:
    """A list of pins, with a hash each."""
    return "".join(f"{name}=={version} \\\n    --hash=sha256:{HASH}\n" for name, version in versions.items())


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The project, in git, with nothing committed."""
    root = tmp_path / "small"
    (root / "requirements").mkdir(parents=True)
    lists = {
        "service.in": "# what is served\nclick\nskops\n",
        "pipeline.in": "click\nskops\n",
        "dev.txt": pins(click="8.3.1", ruff="0.14.1", skops="0.16.0"),
        "service.txt": pins(click="8.3.1", skops="0.16.0"),
        "pipeline.txt": pins(click="8.3.1", skops="0.16.0"),
        "line.txt": "# no wheel\n",
    }
    for name, text in lists.items():
        (root / "requirements" / name).write_text(text)
    (root / "pyproject.toml").write_text(PYPROJECT)
    (root / "Makefile").write_text(MAKEFILE)
    (root / "dvc.yaml").write_text("stages: {}\n")
    (root / "params.yaml").write_text("train: { estimator: sklearn.tree.DecisionTreeClassifier }\n")
    git.git("init", "--quiet", "--initial-branch=main", ".", root=root)
    return root


def contents(root: Path) -> dict[str, bytes]:
    """All files of the project, by path."""
    found = (path for path in root.rglob("*") if path.is_file() and ".git" not in path.parts)
    return {str(path.relative_to(root)): path.read_bytes() for path in found}
