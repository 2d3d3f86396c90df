"""The commit of the template that a project from before there were wheels stands on."""

import json
from pathlib import Path

import pytest

from line.tests.projects import commit_all
from line.tests.upgrade.conftest import write
from mainline.errors import ConfigError
from mainline.tools import git
from mainline.upgrade import beginning

CODE = {f"src/mainline/{name}.py": f"# {name}\n" for name in "abcdef"}


def repository(root: Path) -> Path:
    """An empty one."""
    root.mkdir()
    git.git("init", "--quiet", "--initial-branch=main", ".", root=root)
    return root


@pytest.fixture
def history(tmp_path: Path) -> tuple[Path, list[str]]:
    """A template of four commits: code, a page, the page changed, more code."""
    root, commits = repository(tmp_path / "template"), []
    for changed in (CODE, {"docs/a.md": "one\n"}, {"docs/a.md": "two\n"}, {"src/mainline/g.py": "# g\n"}):
        write(root, changed)
        commit_all(root, "Go on")
        commits.append(git.git("rev-parse", "HEAD", root=root))
    return root, commits


def project(root: Path, changed: dict[str, str | None]) -> Path:
    """A project with a history of its own."""
    repository(root)
    write(root, {name: text for name, text in {**CODE, "README.md": "ours\n", **changed}.items() if text is not None})
    commit_all(root, "Start")
    return root


@pytest.mark.parametrize(
    ("changed", "which"),
    [
        ({}, 0),
        ({"docs/a.md": "one\n"}, 1),
        ({"docs/a.md": "two\n", "src/mainline/a.py": "ours\n"}, 2),  # changed by the owner
        ({"docs/a.md": "two\n", "src/mainline/g.py": "# g\n", "src/mainline/b.py": None}, 3),  # removed by the owner
        ({"docs/a.md": "ours\n"}, 0),  # cannot be told from the next two: the oldest, so that no change is left out
    ],
)
def test_the_commit_is_the_one_whose_files_are_there(
    tmp_path: Path, history: tuple[Path, list[str]], changed: dict[str, str | None], which: int
) -> None:
    """Also where the owner has changed some of them."""
    template, commits = history
    assert beginning.find(project(tmp_path / "project", changed), template, None).commit == commits[which]


def test_cruft_a_common_history_and_the_user_know_better(tmp_path: Path, history: tuple[Path, list[str]]) -> None:
    """.cruft.json names it; a clone has it; and what is said on the command line goes before all."""
    template, commits = history
    root = project(tmp_path / "project", {beginning.CRUFT: json.dumps({"commit": commits[2]})})
    assert beginning.find(root, template, None) == (beginning.Beginning(commits[2], "as .cruft.json says"))
    assert beginning.find(root, template, commits[1][:9]).commit == commits[1]
    git.git("clone", "--quiet", str(template), str(tmp_path / "clone"), root=tmp_path)
    git.git("reset", "--quiet", "--hard", commits[1], root=tmp_path / "clone")
    write(tmp_path / "clone", {"docs/a.md": "ours\n", "src/mainline/g.py": "# g\n"})
    commit_all(tmp_path / "clone", "Ours")
    assert beginning.find(tmp_path / "clone", template, None).commit == commits[1]


def test_where_there_is_none_that_is_like_it_one_has_to_be_named(
    tmp_path: Path, history: tuple[Path, list[str]]
) -> None:
    """Another template, a shallow clone, a commit that is not there, a project without the line."""
    template, _ = history
    other = project(tmp_path / "other", {name: "other\n" for name in CODE})
    with pytest.raises(ConfigError, match=r"no commit is like the template .*; name it with --base COMMIT"):
        beginning.find(other, template, None)
    git.git("clone", "--quiet", "--depth=1", f"file://{template}", str(tmp_path / "shallow"), root=tmp_path)
    with pytest.raises(ConfigError, match="git fetch --unshallow"):
        beginning.find(other, tmp_path / "shallow", None)
    with pytest.raises(ConfigError, match="--base nosuch: no such commit in "):
        beginning.find(other, template, "nosuch")
    without = project(tmp_path / "without", dict.fromkeys(CODE))
    with pytest.raises(ConfigError, match="neither vendor/ nor src/mainline/ is here; `mainline init`"):
        beginning.find(without, template, None)


def test_the_owners_files_are_not_among_the_lines(tmp_path: Path) -> None:
    """Neither are those that never came into a project; run bits and bytes are not touched."""
    root = repository(tmp_path / "template")
    own = ("README.md", "params.yaml", "dvc.lock", "src/pipeline/a.py", "tests/service/a.py", "tests/conftest.py")
    only = ("cookiecutter.json", "hooks/a.py", "scripts/a.py", "tests/template/a.py")
    lines = ("src/mainline/a.py", "tests/mainline/a.py", "tests/test_docs.py", "docs/a.md", ".ci/run", "Makefile")
    write(root, {name: "text\n" for name in (*own, *only, *lines)} | {"docs/a.png": b"\0\r\n"})
    commit_all(root, "All")
    found = beginning.lines_files("HEAD", root)
    assert sorted(found) == sorted([*lines, "docs/a.png"])
    assert found["docs/a.png"] == b"\0\r\n"
