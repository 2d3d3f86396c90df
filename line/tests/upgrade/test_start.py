"""What has to be right before an upgrade begins; what is not is one line, and nothing changes."""

import re
import signal
from pathlib import Path

import pytest

from line.tests.upgrade.conftest import LINE, owned, state, wheel, write
from mainline.errors import ConfigError
from mainline.upgrade import start, vendored

WHEEL = "vendor/mainline-1-py3-none-any.whl"


def refused(root: Path, *arguments: str | None) -> str:
    """What is said where it does not begin."""
    before = state(root)
    with pytest.raises(ConfigError) as error:
        start.start(root, *(arguments or (str(root / WHEEL), None)))
    assert state(root) == before
    return str(error.value)


def test_work_that_is_not_committed_is_named(project: Path) -> None:
    """Changed and new files both; a clean tree is asked for, so that `git reset --hard` loses nothing."""
    write(project, {"README.md": "changed\n", "new.txt": "new\n"})
    assert refused(project).startswith("README.md (and 1 more): not committed; commit or stash it")


def test_which_template_has_to_be_known(project: Path) -> None:
    """Where none is named, and none was last time, it says how to."""
    assert "mainline upgrade https://HOST/OWNER/NAME" in refused(project, None, None)


def test_the_template_is_no_project(project: Path) -> None:
    """It has to be made one first."""
    owned(project, {"cookiecutter.json": "{}\n", "line/wheel.py": "\n"})
    assert "scripts/rename.py" in refused(project)


def test_a_line_beside_somebodys_project_is_left_alone(project: Path) -> None:
    """Their Makefile and pyproject.toml are no files of the line's, whatever they are called."""
    owned(project, {"mainline.mk": "setup:\n"})
    assert "mainline.mk: the line stands beside a project of yours" in refused(project)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({vendored.PINNED: "mainline==1\n"}, "requirements/line.txt: names no wheel in vendor/"),
        ({WHEEL: None}, f"{WHEEL}: not here, though requirements/line.txt names it"),
        ({WHEEL: "damaged"}, f"{WHEEL}: cannot be read as a wheel of the line"),
    ],
)
def test_the_line_that_is_here_has_to_be_whole(project: Path, changed: dict[str, str | None], told: str) -> None:
    """It is what the new one is compared with."""
    owned(project, changed)
    assert told in refused(project, "elsewhere", None)


def test_another_file_than_the_pinned_one_is_refused(project: Path) -> None:
    """A wheel of the same name with something else in it is no base."""
    wheel(project / "vendor", "1", {**LINE, "Makefile": "other\n"})
    owned(project, {})
    assert "not the file that requirements/line.txt names by its hash" in refused(project, "elsewhere", None)


def test_a_line_that_knows_no_upgrade_is_refused(project: Path, tmp_path: Path) -> None:
    """Its code would have to do the work."""
    wheel(tmp_path / "new", "0", LINE, upgrades=False)
    new = tmp_path / "new/mainline-0-py3-none-any.whl"
    assert refused(project, str(new), None) == f"{new}: that line is from before `mainline upgrade`; name a newer one"


def test_the_new_lines_own_code_does_the_work(project: Path, tmp_path: Path) -> None:
    """It is run from the new wheel, with what was found, and its exit code is the answer; Ctrl-C is left to it."""
    import zipfile

    path = tmp_path / "mainline-2-py3-none-any.whl"
    code = """import os, signal, sys
os.kill(os.getppid(), signal.SIGINT)
open("seen", "w").write(" ".join(sys.argv))
sys.exit(7)
"""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {"files/Makefile": "", "__init__.py": "", "upgrade/__init__.py": ""}.items():
            archive.writestr(f"mainline/{name}", content)
        archive.writestr("mainline/upgrade/__main__.py", code)
    usual = signal.getsignal(signal.SIGINT)
    assert start.start(project, str(path), "abc") == 7
    assert signal.getsignal(signal.SIGINT) is usual
    assert re.fullmatch(rf"{path}/mainline/upgrade/__main__.py {path} --base=abc", (project / "seen").read_text())
