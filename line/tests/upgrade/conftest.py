"""Tiny lines and a tiny project that stands on one of them."""

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from line.tests.projects import commit_all
from mainline.tools import git
from mainline.upgrade import __main__ as upgrading
from mainline.upgrade import vendored

NAME = "digit" + "line"
PYPROJECT = f"""[project]
name = "{NAME}" # the example's
version = "0.1.0"
description = "An example"
dependencies = [
    "numpy>=2",
    "pandas>=3", # tables
]

[dependency-groups]
dev = [
    "pytest>=8",
    "ruff>=0.11",
]
"""
LINE: dict[str, str | bytes] = {
    "pyproject.toml": PYPROJECT,
    "Makefile": "one:\n\ttrue\n\ntwo:\n\ttrue\n\nthree:\n\ttrue\n",
    ".ci/tool": f"#!/bin/sh\necho {NAME}\n",
    "docs/images/a.png": b"\x89PNG\0one",
    "docs/page.md": "# A page\n\nof the line\n",
    "requirements/dev.txt": "numpy==2.0 \\\n    --hash=sha256:aa\npandas==3.0 \\\n    --hash=sha256:bb\n",
}
OWN = {
    "README.md": "# Ours\n",
    "dvc.yaml": "stages: {}\n",
    "params.yaml": "a: 1\n",
    "src/pipeline/a.py": "A = 1\n",
    "docs/canvas.md": "ours\n",
}


def wheel(folder: Path, version: str, files: Mapping[str, str | bytes], *, upgrades: bool = True) -> vendored.Wheel:
    """A wheel of a line, with these files of a project's and nothing else in it."""
    path = folder / f"mainline-{version}-py3-none-any.whl"
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(f"mainline/files/{name}"), content)
        if upgrades:
            archive.writestr(zipfile.ZipInfo("mainline/upgrade/__main__.py"), "")
    return vendored.Wheel.read(path)


def write(root: Path, files: Mapping[str, str | bytes | None]) -> None:
    """Write files, or remove them."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            path.unlink()
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)


def state(root: Path) -> tuple[dict[str, tuple[bytes, bool]], str]:
    """Every file of a project with its run bit, git's own aside, and what git says of the index."""
    files = {
        str(path.relative_to(root)): (path.read_bytes(), bool(path.stat().st_mode & 0o100))
        for path in root.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(root).parts
    }
    return files, git.git("ls-files", "--stage", root=root)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of version 1, called my-model."""
    root = tmp_path / "project"
    old = wheel(root / "vendor", "1", LINE)
    files = {name: text.replace(NAME, "my-model") if isinstance(text, str) else text for name, text in LINE.items()}
    files["pyproject.toml"] = PYPROJECT.replace(f'"{NAME}" # the example\'s', '"my-model"').replace(
        "An example", "Ours"
    )
    write(root, files | OWN | {vendored.PINNED: vendored.pin("", old)})
    (root / ".ci/tool").chmod(0o755)
    git.git("init", "--quiet", "--initial-branch=main", ".", root=root)
    for key, value in {"user.name": "Test", "user.email": "test@localhost"}.items():
        git.git("config", key, value, root=root)
    commit_all(root, "Start")
    return root


Upgrade = Callable[..., int]


@pytest.fixture
def upgrade(project: Path, tmp_path: Path) -> Upgrade:
    """Bring the project up to version 2, which changes these files; answers the exit code."""

    def to(changed: Mapping[str, str | bytes | None] = {}, version: str = "2", address: str | None = None) -> int:
        files = {name: content for name, content in {**LINE, **changed}.items() if content is not None}
        new = wheel(tmp_path / "new", version, files)
        return upgrading.upgrade(project, tmp_path / "new" / new.name, None, address, None)

    return to


def owned(root: Path, changed: Mapping[str, str | bytes | None]) -> None:
    """The owner's changes, committed."""
    write(root, changed)
    commit_all(root, "Ours")


def short(root: Path) -> list[str]:
    """What git says of the tree, but for the wheel and its pin."""
    lines = git.git("status", "--short", "--no-renames", root=root).splitlines()
    return [line for line in lines if "vendor/" not in line and vendored.PINNED not in line]
