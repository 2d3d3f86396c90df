"""Each way from the template to a project gives the same project, and nothing of the template is in it."""

import re
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from line.tests.template.conftest import NEWER, TREE, UNTRACKED, Done, call, tool, tree

pytestmark = pytest.mark.slow

Make = Callable[..., Done]
SLUG = "digit" + "line"


def renamed(template: Path, folder: Path, *options: str, tag: str = "main") -> Path:
    """A project as "Use this template" begins it: the files in a history of one's own; then the script."""
    root = folder / "renamed"
    call("git", "clone", "--quiet", "--branch", tag, template, root, cwd=folder)
    shutil.rmtree(root / ".git")
    call("git", "init", "--quiet", ".", cwd=root)
    call("git", "add", "--all", cwd=root)
    call("python3", "scripts/rename.py", "my-model", *options, cwd=root)
    return root


def zipped(template: Path, folder: Path) -> Path:
    """The template as a zip, as one downloads it."""
    call("git", "archive", "--prefix=template/", f"--output={folder}/template.zip", "HEAD", cwd=template)
    return folder / "template.zip"


@pytest.fixture
def project(make: Make, template: Path, tmp_path: Path) -> Path:
    """A project with every answer as it is."""
    make(template)
    return tmp_path / "my-model"


def test_every_way_gives_the_same_project(make: Make, template: Path, project: Path, tmp_path: Path) -> None:
    """By path, file:// URL, zip, cruft and the script: the same files, with the same content and run bits."""
    wanted = tree(project)
    ways: dict[str, Callable[[Path], object]] = {
        "relative": lambda here: make("../of/template", cwd=here),
        "url": lambda here: make(f"git+file://{template}", cwd=here),
        "zip": lambda here: make(zipped(template, here), cwd=here),
        "cruft": lambda here: call(tool("cruft"), "create", f"file://{template}", "--no-input", cwd=here),
    }
    (tmp_path / "of").symlink_to(template.parent)
    for way, go in ways.items():
        (tmp_path / way).mkdir()
        go(tmp_path / way)
        assert different(tree(tmp_path / way / "my-model"), wanted) == [], way
    assert different(tree(renamed(template, tmp_path)), wanted) == []
    assert NEWER in wanted
    assert UNTRACKED not in wanted


def different(one: TREE, other: TREE) -> list[str]:
    """The files that are not the same in two trees."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def test_a_tag_gives_the_project_of_that_tag(make: Make, template: Path, project: Path, tmp_path: Path) -> None:
    """`--checkout v1` leaves out what is newer, and nothing else; so does cruft."""
    for way in ("url", "cruft"):
        (tmp_path / way).mkdir()
    make(f"git+file://{template}", "--checkout", "v1", cwd=tmp_path / "url")
    call(tool("cruft"), "create", template, "--checkout", "v1", "--no-input", cwd=tmp_path / "cruft")
    for way in ("url", "cruft"):
        assert different(tree(tmp_path / way / "my-model"), tree(project)) == [NEWER]
    assert different(tree(renamed(template, tmp_path, tag="v1")), tree(project)) == [NEWER]


@pytest.mark.parametrize("way", ["cookiecutter", "a table", "cruft", "the script"])
def test_a_project_is_small(make: Make, template: Path, tmp_path: Path, way: str) -> None:
    """At most 300 files, the line one of them; no Python but what makes, serves and tests the model.

    Each stage, each section of params.yaml, each check of the diagnosis, each part of a search and each protocol of the
    service is a short file; so are the objects of a cluster and what large tables need, of which one takes what one
    needs.
    """
    root = tmp_path / "my-model"
    if way == "cruft":
        call(tool("cruft"), "create", template, "--no-input", cwd=tmp_path)
    elif way == "the script":
        root = renamed(template, tmp_path)
    else:
        (tmp_path / "t.csv").write_text("x,y\n" + "".join(f"{n / 7},{n % 2}\n" for n in range(40)))
        make(template, table="t.csv" if way == "a table" else "")
    names = tree(root)
    assert len(names) <= 300
    assert [name for name in names if name.endswith(".py") and not name.startswith(("src/", "tests/"))] == []
    assert len([name for name in names if name.endswith(".whl")]) == 1


def test_nothing_is_to_be_built_anew_at_birth(project: Path) -> None:
    """dvc finds no command, parameter or file changed: its outputs are not here yet, and that is all."""

    def changed() -> set[str]:
        return set(re.findall(r"^\s+(\w[\w ]*):  ", call(tool("dvc"), "status", cwd=project).said, re.MULTILINE))

    assert changed() <= {"not in cache", "deleted"}
    path = project / "src/pipeline/stages/split.py"
    path.write_text(path.read_text() + "# mine\n")
    assert "modified" in changed()


@pytest.mark.parametrize(
    ("licence", "first", "beside"),
    [("Apache-2.0", "Apache License", False), ("MIT", "MIT License", True), ("Proprietary", "Copyright (c)", True)],
)
def test_a_licence_is_chosen(template: Path, tmp_path: Path, licence: str, first: str, beside: bool) -> None:
    """Its text is there and pyproject.toml names it; the template's own stays beside another."""
    root = renamed(template, tmp_path, "--licence", licence, "--remote", "s3://bucket/models")
    assert (root / "LICENSE").read_text().strip().startswith(first)
    assert (root / "LICENSE.mainline").exists() == beside
    named = tomllib.loads((root / "pyproject.toml").read_text())["project"]["license"]
    assert named == {"Proprietary": "LicenseRef-Proprietary"}.get(licence, licence)
    assert SLUG not in (root / "LICENSE").read_text()
    assert call(tool("dvc"), "remote", "list", cwd=root).said.split() == ["storage", "s3://bucket/models", "(default)"]


def test_without_a_name_for_git_the_first_commit_is_left_to_the_author(
    make: Make, template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The project is whole all the same, and says what to do."""
    nobody = {name: "" for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")}
    monkeypatch.setattr("line.tests.template.conftest.FOR_GIT", nobody)
    assert "commit it before anything else; git would not yet" in make(template).said
    assert call("git", "status", "--porcelain", cwd=tmp_path / "my-model").said.startswith("A  ")
