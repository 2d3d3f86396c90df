"""Projects of today and of long ago go on to this line: what the docs say works, and nothing is lost in silence."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from line.tests.template.conftest import BARE, TOP, Done, call, commit, copy, tool, tracked, tree

pytestmark = pytest.mark.slow

BEFORE = "b5fc732"  # the last commit without a wheel: projects of it hold src/mainline
LONG_AGO = "cdd4537~1"  # before canaries were judged, and before there was a way to make a project
UPGRADE = TOP / "line/upgrade.py"
DOC = (TOP / "docs/the-line.md").read_text()
SLUG = "digit" + "line"
# the owner's own: in files that are theirs, and elsewhere than the line's changes in one that is not
OWN = {
    "params.yaml": ("max_depth: 8", "max_depth: 5"),
    "src/pipeline/stages/split.py": ('"""Stage', '"""My own stage'),
    ".github/workflows/verify.yml": ("timeout-minutes: 20", "timeout-minutes: 25"),
}
# the same where stages had no folder of their own
OWN_BEFORE = {name.replace("/stages", ""): change for name, change in OWN.items()}
Make = Callable[..., Done]


def owned(root: Path, own: dict[str, tuple[str, str]] = OWN) -> None:
    """The owner's changes, committed."""
    for name, (before, after) in own.items():
        text = (root / name).read_text()
        assert before in text, name
        (root / name).write_text(text.replace(before, after, 1))
    (root / "README.md").write_text("# How we work here\n")
    (root / "docs/ours.md").write_text("# Ours\n")
    commit(root, "Make it ours")


def kept(root: Path, own: dict[str, tuple[str, str]] = OWN) -> bool:
    """Whether everything of the owner's is there."""
    changes = all(after in (root / name).read_text() for name, (_, after) in own.items())
    files = {"README.md": "# How we work here\n", "docs/ours.md": "# Ours\n"}
    return changes and {name: (root / name).read_text() for name in files} == files


def status(root: Path) -> list[str]:
    """What git says, in short."""
    return call("git", "status", "--short", cwd=root).said.splitlines()


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template at the last commit without a wheel, with its history."""
    if call("git", "cat-file", "-e", BEFORE, cwd=TOP, code=None).code:
        pytest.skip("this clone is shallow: it lacks the older template's commits; git fetch --unshallow brings them")
    root = tmp_path_factory.mktemp("before") / "template"
    call("git", "clone", "--quiet", "--no-checkout", TOP, root, cwd=TOP)
    call("git", "checkout", "--quiet", "-B", "main", BEFORE, cwd=root)
    return root


@pytest.fixture(scope="module")
def today(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project made of this tree."""
    root = tmp_path_factory.mktemp("today") / "my-model"
    copy(tracked(TOP), root)
    call(BARE, "scripts/rename.py", "my-model", cwd=root)
    return root


def by_cookiecutter(template: Path, folder: Path, make: Make) -> None:
    """Its own history, of one commit."""
    make(template, cwd=folder)


def by_cruft(template: Path, folder: Path, _: Make) -> None:
    """The same, and the commit is written down."""
    call(tool("cruft"), "create", template, "--no-input", cwd=folder)
    call("git", "init", "--quiet", "--initial-branch=main", ".", cwd=folder / "my-model")
    commit(folder / "my-model", "Start")


def by_the_script(template: Path, folder: Path, _: Make) -> None:
    """On top of the template's history."""
    call("git", "clone", "--quiet", template, "my-model", cwd=folder)
    call(BARE, "scripts/rename.py", "my-model", cwd=folder / "my-model")
    commit(folder / "my-model", "Start")


@pytest.mark.parametrize(
    ("way", "found"),
    [(by_cookiecutter, "whose files are most like yours"), (by_cruft, ".cruft.json"), (by_the_script, "both have")],
)
def test_a_project_that_holds_the_lines_code_gets_the_wheel(
    way: Callable[[Path, Path, Make], None], found: str, before: Path, today: Path, make: Make, tmp_path: Path
) -> None:
    """By Python and git alone; what the owner changed stays, the rest is as in a new project; once is enough."""
    way(before, tmp_path, make)
    root = tmp_path / "my-model"
    own = {name: content for name, content in tree(root).items() if name.startswith(("src/service", "tests/pipeline"))}
    owned(root, OWN_BEFORE)
    said = call(BARE, UPGRADE, cwd=root).said
    assert f"your project began with the template's {BEFORE}" in said
    assert found in said
    assert kept(root, OWN_BEFORE)
    here, new = tree(root), tree(today)
    assert {name: here[name] for name in own} == own
    lines = (".ci/", ".github/", "deploy/", "docs/", "requirements/", "vendor/", "Makefile", ".pre-commit", ".git")
    theirs = {name for name in here.keys() | new.keys() if name.startswith(lines)} - {"docs/ours.md"}
    assert {name for name in theirs if here.get(name) != new.get(name)} <= {*OWN_BEFORE, "requirements/dev.txt"}
    assert [name for name in here if name.startswith(("src/mainline", "tests/mainline", "benchmarks", "line"))] == []
    assert "moto[server]" in (root / "pyproject.toml").read_text()  # its tests need it
    dvc = re.findall(r"^\s+modified: +(\S+)", call(tool("dvc"), "status", cwd=root).said, re.MULTILINE)
    assert set(dvc) == {"src/pipeline/split.py", "train"}  # the owner's two changes, and nothing that came
    commit(root, "Upgrade")
    assert "✓ nothing to do" in call(BARE, UPGRADE, cwd=root).said


def test_what_the_owner_changed_in_the_lines_code_is_never_dropped(before: Path, tmp_path: Path, make: Make) -> None:
    """It is in conflict and stays until they decide; git names it, so does a second call, and all can be taken back."""
    by_cookiecutter(before, tmp_path, make)
    root = tmp_path / "my-model"
    gone, line = "src/mainline/gate/decide.py", "run: make test-change"
    owned(root, {gone: ('"""', '"""Ours. '), ".github/workflows/verify.yml": (line, "run: make our-test")})
    was = tree(root)
    assert call(BARE, UPGRADE, cwd=root, code=3).said.count(gone) >= 2
    shown = [each for each in status(root) if each[:2] in ("UU", "UD", "AA")]
    assert shown == ["UU .github/workflows/verify.yml", f"UD {gone}"]
    assert (root / gone).read_bytes() == was[gone][1]
    text = (root / ".github/workflows/verify.yml").read_text()
    assert re.search(r"<<<<<<< HEAD\n.*make our-test\n=======\n.*make test\n>>>>>>> ", text)
    again = call(BARE, UPGRADE, cwd=root, code=3).said
    assert f"{gone}: changed by you, removed from the line" in again
    assert "`git status` shows them" in again
    call("git", "reset", "--quiet", "--hard", cwd=root)
    assert tree(root) == was


def test_a_project_of_long_ago_goes_on_too(before: Path, tmp_path: Path) -> None:
    """From before there was a way to make one: its first commit is known by its files."""
    root = tmp_path / "my-model"
    root.mkdir()
    archive = subprocess.run(["git", "archive", LONG_AGO], cwd=TOP, stdout=subprocess.PIPE, check=True).stdout
    subprocess.run(["tar", "-x"], cwd=root, input=archive, check=True)
    for path in [path for path in root.rglob("*") if path.is_file() and SLUG.encode() in path.read_bytes()]:
        path.write_text(path.read_text().replace(SLUG, "my-model"))
    call("git", "init", "--quiet", "--initial-branch=main", ".", cwd=root)
    commit(root, "Start")
    began = call("git", "rev-parse", "--short", LONG_AGO, cwd=TOP).said.strip()
    assert f"your project began with the template's {began}" in call(BARE, UPGRADE, cwd=root).said
    assert [each for each in status(root) if each[0] == "U" or each[1] != " "] == []
    assert not (root / "src/mainline").exists()


@pytest.fixture
def going_on(tmp_path: Path) -> Path:
    """A template with two tags: v1, this tree; and v2, whose line has gone on, and whose example, too."""
    root = tmp_path / "upstream"
    copy(tracked(TOP), root)
    call("git", "init", "--quiet", "--initial-branch=main", ".", cwd=root)
    commit(root, "Today", "v1")
    newer = {
        "line/src/mainline/__init__.py": ('"""', '"""Newer. '),
        "docs/github.md": ("# ", "# Newer: "),
        ".github/workflows/verify.yml": ("name: Tests\n", "name: Newer tests\n"),
        "src/pipeline/stages/split.py": ('"""Stage', '"""Newer stage'),
        "src/pipeline/stages/train.py": ('"""', '"""Newer. '),
    }
    for name, (old, new) in newer.items():
        text = (root / name).read_text()
        assert old in text, name
        (root / name).write_text(text.replace(old, new, 1))
    commit(root, "Later", "v2")
    return root


def commands(section: str) -> list[str]:
    """The lines of the shell that a section of docs/the-line.md shows, one after the other."""
    shown = re.search(r"```sh\n(.*?)```", DOC[DOC.index(f"# {section}\n") :], re.DOTALL)
    assert shown
    return [line for line in shown[1].splitlines() if not line.startswith("make")]


def mainline(folder: Path, wheel: Path) -> str:
    """A folder for PATH with the command `mainline` of a wheel."""
    folder.mkdir()
    (folder / "mainline").write_text(f'#!/bin/sh\nPYTHONPATH={wheel} exec {sys.executable} -P -m mainline "$@"\n')
    (folder / "mainline").chmod(0o755)
    return f"{folder}:{Path(tool('cruft')).parent}:/usr/bin:/bin"


def test_from_one_wheel_to_the_next_as_the_docs_say(going_on: Path, tmp_path: Path) -> None:
    """The line's files come by `mainline upgrade`, the template's by cruft, the owner's stay; a second time is none.

    Where the owner and the template changed the same lines, the docs' last commands name the file, which holds both.
    """
    call(tool("cruft"), "create", going_on, "--checkout", "v1", "--no-input", cwd=tmp_path)
    root = tmp_path / "my-model"
    assert not [*root.rglob("__pycache__")]  # which cruft would compare
    call("git", "init", "--quiet", "--initial-branch=main", ".", cwd=root)
    commit(root, "Start")
    (old,) = (root / "vendor").iterdir()
    env = {"PATH": mainline(tmp_path / "bin", shutil.copy2(old, tmp_path)), "NEW": "v2"}
    owned(root, OWN | {"src/pipeline/stages/train.py": ("import ", "import os\nimport ")})
    for line in commands("mainline upgrade"):
        call("bash", "-c", line, cwd=root, TEMPLATE=f"file://{going_on}@v2", **env)
    (new,) = (root / "vendor").iterdir()
    assert new.name != old.name
    assert (root / "docs/github.md").read_text().startswith("# Newer: ")
    assert "name: Newer tests" in (root / ".github/workflows/verify.yml").read_text()
    assert kept(root)
    assert "Newer" not in (root / "src/pipeline/stages/train.py").read_text()
    commit(root, "Upgrade")
    assert "✓ nothing to do" in call("bash", "-c", "mainline upgrade", cwd=root, **env).said

    update, check, shown = commands("Files that are yours, but began as the template's")
    updated = call("bash", "-c", update, cwd=root, **env).said
    checked = call("bash", "-c", check, cwd=root, code=None, **env)
    assert checked.code != 0, updated
    assert set(re.findall(r"(?m)^(\S+?):\d+: leftover", checked.said)) == {"src/pipeline/stages/split.py"}
    said = call("bash", "-c", shown, cwd=root, **env).said.splitlines()
    assert [each for each in said if "cruft" not in each] == [
        "UU src/pipeline/stages/split.py",
        "M  src/pipeline/stages/train.py",
    ]
    assert kept(root)
    assert "Newer stage" in (root / "src/pipeline/stages/split.py").read_text()
    train = (root / "src/pipeline/stages/train.py").read_text()
    assert ("import os\n" in train, "Newer" in train) == (True, True)


def test_the_docs_commands_for_old_projects_are_these(going_on: Path, tmp_path: Path) -> None:
    """A clone of the template beside the project, and the script in it."""
    clone, script = commands("From before the line was a wheel")
    root = tmp_path / "project"
    root.mkdir()
    call("bash", "-c", clone, cwd=root, TEMPLATE=str(going_on))
    assert (tmp_path / "template/line/upgrade.py").is_file()
    refused = call("bash", "-c", script, cwd=root, code=1)
    assert "not in a git repository" in refused.said
    assert "Traceback" not in refused.said
