"""What the template has learned comes into a project whose owner changed it: nothing of either is lost in silence.

The older template is a real commit of this repository, from before canaries were judged; today's cookiecutter.json,
hooks and scripts are laid on top of it, as it had none.
"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from line.tests.template.conftest import BARE, TOP, call, commit, copy, tool, tracked

pytestmark = pytest.mark.slow

OLD = "cdd4537~1"
MACHINERY = (
    "cookiecutter.json",
    "hooks/",
    "scripts/",
    "{{cookiecutter.__folder}}/",
    "tests/template/",
    "docs/upgrade.md",
)
DOC = (TOP / "docs/upgrade.md").read_text()
# the owner's own: elsewhere than the template's changes, in the same lines as one of them, and in the README
OWN = {
    "params.yaml": ("max_depth: 8", "max_depth: 5"),
    "src/pipeline/split.py": ('"""Stage 3', '"""My own stage 3'),
    "src/pipeline/tracking.py": ('_TELEMETRY", "true")', '_TELEMETRY", "false")'),
    "README.md": ("## Two commands", "## How we work here"),
}


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template as a repository with two tags: v1, as it was long ago, and v2, as it is."""
    if call("git", "cat-file", "-e", OLD, cwd=TOP, code=None).code:
        pytest.skip("this clone is shallow: it lacks the older template's commit; git fetch --unshallow brings it")
    root = tmp_path_factory.mktemp("upgrade") / "template"
    root.mkdir()
    archive = subprocess.run(["git", "archive", OLD], cwd=TOP, stdout=subprocess.PIPE, check=True).stdout
    subprocess.run(["tar", "-x"], cwd=root, input=archive, check=True)
    copy([name for name in tracked(TOP) if name.startswith(MACHINERY)], root)
    call("git", "init", "--quiet", "--initial-branch=main", ".", cwd=root)
    for path in [*root.glob("hooks/*.py"), *root.glob("scripts/*.py"), *root.glob("tests/template/*.py")]:
        path.write_text(path.read_text() + "# as it was long ago\n")  # nothing of these may come into a project
    commit(root, "Long ago", "v1")
    call("git", "rm", "--quiet", "-r", ".", cwd=root)
    copy(tracked(TOP), root)
    commit(root, "Today", "v2")
    return root


def begun(history: Path, folder: Path) -> Path:
    """A project made of v1 by "Use this template" and the script; not committed yet."""
    root = folder / "my-model"
    call("git", "clone", "--quiet", "--branch", "v1", history, root, cwd=folder)
    shutil.rmtree(root / ".git")
    call(BARE, root / "scripts/rename.py", "my-model", cwd=folder)
    call("git", "init", "--quiet", "--initial-branch=main", ".", cwd=root)
    return root


def owned(root: Path, *, conflict: bool) -> None:
    """The owner's changes, committed."""
    for name, (before, after) in OWN.items():
        if conflict or name != "src/pipeline/tracking.py":
            text = (root / name).read_text()
            assert text.count(before) == 1, name
            (root / name).write_text(text.replace(before, after))
    (root / "docs/canary.md").write_text("# Ours\n")
    commit(root, "Make it ours")


def commands(section: str) -> list[str]:
    """The lines of the shell that a section of docs/upgrade.md shows, one after the other."""
    text = DOC[DOC.index(f"## {section}\n") :]
    shown = re.search(r"```sh\n(.*?)```", text, re.DOTALL)
    assert shown
    return shown[1].replace("\\\n", "").splitlines()


def follow(section: str, root: Path, template: Path) -> list[tuple[str, int, str]]:
    """Type what the docs say; answers each command with its exit code and what it said."""
    env = {"TEMPLATE": str(template), "OLD": "v1", "NEW": "v2", "PATH": f"{Path(tool('cruft')).parent}:/usr/bin:/bin"}
    return [(line, *call("bash", "-c", line, cwd=root, code=None, **env)) for line in commands(section)]


@pytest.fixture(params=["With cruft", "Without cruft"])
def way(request: pytest.FixtureRequest) -> str:
    """A section of docs/upgrade.md."""
    return str(request.param)


@pytest.fixture
def project(way: str, history: Path, tmp_path: Path) -> Path:
    """A project that began with v1."""
    if way == "With cruft":
        call(tool("cruft"), "create", history, "--checkout", "v1", "--no-input", cwd=tmp_path)
        root = tmp_path / "my-model"
        call("git", "init", "--quiet", "--initial-branch=main", ".", cwd=root)
    else:
        root = begun(history, tmp_path)
    commit(root, "Start")
    return root


def test_improvements_come_and_what_is_ours_stays(project: Path, way: str, history: Path) -> None:
    """The canary's section, its rooms and its docs are there, beside the owner's own changes; the name stays."""
    owned(project, conflict=False)
    for line, code, said in follow(way, project, history):
        assert code == 0, f"{line}: {said}"
    kept = {name: change[1] for name, change in OWN.items() if name != "src/pipeline/tracking.py"}
    assert {name: text in (project / name).read_text() for name, text in kept.items()} == dict.fromkeys(kept, True)
    assert "\ncanary: #" in (project / "params.yaml").read_text()
    for name in tracked(history):
        ours = project / name
        if name.startswith("src/") and name not in OWN:
            assert ours.read_text() == (history / name).read_text().replace("digit" + "line", "my-model"), name
    assert 'name = "my-model"' in (project / "pyproject.toml").read_text()
    for name in ("scripts", "hooks", "tests/template", "cookiecutter.json"):
        assert not (project / name).exists()
    assert (project / "docs/canary.md").read_text() == "# Ours\n"


def test_a_conflict_is_reported_and_both_sides_are_there(project: Path, way: str, history: Path) -> None:
    """Where both changed the same lines, the docs' last commands name the file, and its text holds both."""
    owned(project, conflict=True)
    followed = follow(way, project, history)
    checked = next(each for each in followed if each[0] == "git diff --check")
    assert checked[1] != 0
    assert (
        re.findall(r"^(\S+?):\d+: leftover conflict marker", checked[2], re.MULTILINE)[0] == "src/pipeline/tracking.py"
    )
    assert "UU src/pipeline/tracking.py" in call("git", "status", "--short", cwd=project).said
    text = (project / "src/pipeline/tracking.py").read_text()
    assert OWN["src/pipeline/tracking.py"][1] in text
    new = (history / "src/pipeline/tracking.py").read_text()
    old = call("git", "show", "v1:src/pipeline/tracking.py", cwd=history).said
    assert [line for line in new.splitlines() if line not in old and line not in text] == []
    assert "max_depth: 5" in (project / "params.yaml").read_text()


def test_a_file_that_the_owner_removed_is_said_and_nothing_is_half_done(history: Path, tmp_path: Path) -> None:
    """Without cruft: git names it and changes nothing; left out, as the docs say, the rest comes."""
    root = begun(history, tmp_path)
    (root / "src/pipeline/tracking.py").unlink()
    commit(root, "Record nothing")
    *_, (line, code, said), _ = follow("Without cruft", root, history)
    assert (line, code) == ("git apply --3way upgrade.patch", 1)
    assert "src/pipeline/tracking.py: does not exist in index" in said
    assert call("git", "status", "--short", "--untracked-files=no", cwd=root).said == ""
    narrower = commands("Without cruft")[2].replace("':!README.md'", "':!README.md' ':!src/pipeline/tracking.py'")
    call("bash", "-c", f"{narrower} && git apply --3way upgrade.patch", cwd=root)
    assert (root / "src/mainline/canary").is_dir()


def test_the_tag_that_a_project_began_with_can_be_found(history: Path, tmp_path: Path) -> None:
    """The command of the docs shows one line for it, and more for another."""
    root = begun(history, tmp_path)
    commit(root, "Start")
    call("git", "fetch", "--quiet", history, "refs/tags/*:refs/tags/*", cwd=root)
    shown = re.search(r"`(git diff --shortstat[^`]+)`", DOC)
    assert shown
    for tag, one in (("v1", True), ("v2", False)):
        said = call("bash", "-c", shown[1], cwd=root, OLD=tag).said
        assert ("1 file changed, 1 insertion(+), 1 deletion(-)" in said) == one
