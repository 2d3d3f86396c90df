"""What is added, what is there, and what is refused before anybody is asked."""

import re
from pathlib import Path

import pytest

from line.tests.dependencies.conftest import PYPROJECT, contents
from line.tests.test_cli import run
from mainline.dependencies import adding, change, compiling, lists, refusal, told
from mainline.dependencies.layout import GUEST, OWN, layout
from mainline.dependencies.scratch import scratch
from mainline.errors import ConfigError, ToolFailed
from mainline.project import Project


def test_what_is_in_every_list_is_there(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command says so, ends with 0, and asks nobody."""
    monkeypatch.chdir(small)
    monkeypatch.setenv("UV_OFFLINE", "1")
    before = contents(small)
    assert run("add", "click", "Skops>=0.1") == 0
    assert contents(small) == before


def test_what_one_list_lacks_is_to_be_added(small: Path) -> None:
    """In pyproject.toml alone, as by hand before, it is not there yet; its range stays then."""
    (small / "requirements/service.in").write_text("skops\n")
    with scratch(Project(small), OWN) as found:
        assert adding.sorted_out(found, [lists.wanted("click"), lists.wanted("skops")]) == (
            adding.Added(new=("click",), here=("skops",))
        )


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ("click>=9", "click: is here at 8.3.1, and >=9 asks for another; say so in pyproject.toml"),
        ("xgboost-cpu", "xgboost is here, and is imported by the same name; first: mainline remove xgboost"),
    ],
)
def test_another_version_or_another_build_of_what_is_there_is_refused(small: Path, asked: str, reason: str) -> None:
    """No pin moves, and no two packages write the same files."""
    path = small / "requirements/dev.txt"
    path.write_text(path.read_text() + "xgboost==3.2.0 --hash=sha256:0\n")
    with scratch(Project(small), OWN) as found, pytest.raises(ConfigError, match=reason):
        adding.sorted_out(found, [lists.wanted(asked)])


def test_a_range_in_pyproject_toml_keeps_all_around_it(small: Path) -> None:
    """Comments and the order stay; taken out, the file is the same to the byte."""
    with scratch(Project(small), OWN) as found:
        found.allow("numpy>=2,<3")
        assert '    "click>=8", # what one says in it\n    "numpy>=2,<3",\n' in found.text("pyproject.toml")
        found.forbid("numpy")
        assert found.text("pyproject.toml") == PYPROJECT


def test_a_repository_of_init_keeps_its_ranges_in_a_list_of_the_lines(small: Path) -> None:
    """Its own pyproject.toml is not the line's to change."""
    (small / "mainline.mk").touch()
    for name in ("mainline.in", "mainline.txt"):
        (small / "requirements" / name).write_text("# more\nclick\n")
    place = layout(Project(small))
    with scratch(Project(small), place) as found:
        assert place == GUEST
        found.allow("numpy>=2,<3")
        assert found.text("requirements/mainline.in") == "# more\nclick\nnumpy>=2,<3\n"
        assert found.text("pyproject.toml") == PYPROJECT


def test_a_list_that_is_not_there_is_named(small: Path) -> None:
    """A project without the service's list has another way to install it."""
    (small / "requirements/service.in").unlink()
    with pytest.raises(ConfigError, match=r"^requirements/service\.in: not here"), scratch(Project(small), OWN):
        pass


@pytest.mark.parametrize("makefile", ["setup:\n\t@exit 3\n", "setup:\n\t@kill -INT $$PPID; sleep 5\n"])
def test_a_set_up_that_fails_leaves_all_as_it_was(small: Path, makefile: str) -> None:
    """Whether it says no or somebody presses Ctrl-C."""
    (small / "Makefile").write_text(makefile)
    before = contents(small)
    with pytest.raises((ToolFailed, KeyboardInterrupt)):
        change.put(Project(small), OWN, {"pyproject.toml": b"other", "requirements/dev.txt": b"other"}, set_up=True)
    assert contents(small) == before


def test_what_is_put_is_what_has_changed(small: Path) -> None:
    """A file with the same content is not named among those to be committed."""
    same = (small / "requirements/dev.txt").read_bytes()
    told = change.put(Project(small), OWN, {"pyproject.toml": b"other", "requirements/dev.txt": same}, set_up=True)
    assert told == ["pyproject.toml"]
    assert (small / "pyproject.toml").read_bytes() == b"other"


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (
            "error: No solution found when resolving dependencies\n  cause: Because only humanize<=4.17.0 is available "
            "and you require humanize>=99, we can conclude that your requirements are unsatisfiable.",
            "only humanize<=4.17.0 is available and you require humanize>=99",
        ),
        ("error: Failed to build `nltk==2.0.5`\n  cause: The build backend returned an error", "Failed to build"),
        ("", "uv found no solution"),
    ],
)
def test_what_uv_says_is_shortened(output: str, reason: str) -> None:
    """To its first reason, in one line."""
    assert refusal.said(output).startswith(reason)
    assert "\n" not in refusal.said(output)


def test_a_pin_that_moved_is_named_and_one_that_came_or_went_is_not() -> None:
    """With both versions; the order of two says nothing."""
    before, now = {"a": ["1"], "b": ["1", "2"], "c": ["1"]}, {"a": ["2"], "b": ["2", "1"], "d": ["1"]}
    assert compiling.moved(before, now) == ["a 1 to 2"]


def test_the_weight_is_that_of_the_installed_files() -> None:
    """What is not installed here is named instead."""
    said = told.weight(["click", "no-such-package"])
    assert said.startswith("the image grows by 0.")
    assert said.endswith(" MB, and by no-such-package, which are not installed here")


def test_what_make_requirements_compiles_with_is_what_add_does(root: Path) -> None:
    """Apart from `--upgrade`, which moves pins; else a list would differ by which of the two wrote it."""
    makefile = (root / "Makefile").read_text().replace("\\\n", " ")
    said = re.search(r"(?m)^COMPILE = (.*?)\$\(if", makefile)
    assert said
    words = said[1].split()
    assert words.count("--upgrade") == 1
    assert [word for word in words if word != "--upgrade"] == list(compiling.COMMAND)
