"""Python, the installed packages, and the pins against what they were compiled from."""

from importlib.metadata import version
from pathlib import Path

import pytest

from line.tests.projects import TOP
from mainline.dependencies.layout import OWN
from mainline.doctor import environment, requirements
from mainline.doctor.finding import FINE, WRONG, Finding
from mainline.errors import ConfigError
from mainline.project import Project

HASH = "--hash=sha256:" + "0" * 64


def pins(*lines: str) -> str:
    """A requirements file as `make requirements` writes it."""
    return "".join(f"{line} \\\n    {HASH}\n" for line in lines)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Two pinned packages, one of them for the service too."""
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements/dev.txt").write_text(pins("click==8.1.0", "pytest==8.0", "rich==13.1"))
    (tmp_path / "requirements/service.in").write_text("# what it needs\nclick\n")
    (tmp_path / "requirements/service.txt").write_text(pins("click==8.1.0"))
    (tmp_path / "pyproject.toml").write_text(
        '[project]\ndependencies = ["Click>=8", "rich[all]"]\n[dependency-groups]\ndev = ["pytest>=8"]\n'
    )
    return tmp_path


def found(root: Path) -> dict[str, Finding]:
    """What is found of each file of pins."""
    return {each.check: each for each in requirements.look(Project(root))}


@pytest.mark.parametrize(("release", "state"), [((3, 11, 0), FINE), ((3, 14, 1), FINE), ((3, 10, 9), WRONG)])
def test_python_has_to_be_new_enough(release: tuple[int, ...], state: str) -> None:
    """An older one is wrong, and the command makes the environment with a newer one."""
    said = environment.python(release, OWN)
    assert said.state == state
    assert ("make PYTHON=python3.11 setup" in said.mend) == (state == WRONG)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([f"click=={version('click')}"], None),
        ([f"click=={version('click')}", "nosuch==1 ; sys_platform == 'amiga'"], None),
        (["click==0.1", "rich==0.1"], "and 1 more"),
        (["nosuch-package==1.0"], "nosuch-package is not installed"),
    ],
    ids=["the same", "for another machine", "other versions", "missing"],
)
def test_what_is_installed_is_held_to_the_pins(lines: list[str], said: str | None, tmp_path: Path) -> None:
    """A package that is missing or has another version is named, with the command that sets up anew."""
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements/dev.txt").write_text(pins(*lines))
    finding = environment.packages(Project(tmp_path))
    assert finding.state == (WRONG if said else FINE)
    assert (said or "1 installed") in finding.said
    assert finding.mend == ("rm -f .venv/.ready && make setup" if said else "")


def test_without_pins_nothing_can_be_held_to_them(tmp_path: Path) -> None:
    """A file that is not there is one line."""
    with pytest.raises(ConfigError, match=r"^dev\.txt: cannot be read \(No such file or directory\)$"):
        environment.packages(Project(tmp_path))


def test_pins_in_step_are_fine(tree: Path) -> None:
    """Names are compared as pip does, extras and other groups left aside; so it is with this repository's own."""
    for root in (tree, TOP):
        assert {each.state for each in found(root).values()} == {FINE}
    assert list(found(tree)) == ["requirements/dev.txt", "requirements/service.txt"]


@pytest.mark.parametrize(
    ("path", "old", "new", "check", "said"),
    [
        ("pyproject.toml", "Click>=8", "Click>=9", "dev", "Click is pinned to 8.1.0, and >=9 is asked for"),
        ("pyproject.toml", "rich[all]", "numpy", "dev", "numpy is not pinned"),
        ("pyproject.toml", "pytest>=8", "pytest<8", "dev", "pytest is pinned to 8.0, and <8 is asked for"),
        ("pyproject.toml", "dependencies", "dependencies =", "dev", "pyproject.toml: not TOML"),
        ("requirements/service.in", "click", "click\nrich", "service", "rich is not pinned"),
        ("requirements/service.in", "click", "click !", "service", "service.in: 'click !' names no package"),
        ("requirements/service.txt", "8.1.0", "8.2", "service", "dev.txt: click is pinned to 8.1.0, and ==8.2"),
    ],
)
def test_a_pin_that_is_not_in_step_is_named(path: str, old: str, new: str, check: str, said: str, tree: Path) -> None:
    """One file is wrong, the others stay fine, and the command pins anew."""
    (tree / path).write_text((tree / path).read_text().replace(old, new))
    before = {name: each for name, each in found(tree).items() if name != f"requirements/{check}.txt"}
    wrong = found(tree)[f"requirements/{check}.txt"]
    assert wrong.state == WRONG
    assert wrong.said.startswith(said)
    assert wrong.mend == "make requirements"
    assert {each.state for each in before.values()} == {FINE}


def test_a_guests_pins_have_names_of_their_own(tree: Path) -> None:
    """Where `mainline init` put the line beside somebody's files, their requirements/dev.txt is not asked."""
    (tree / "mainline.mk").touch()
    (tree / "requirements/dev.txt").write_text("whatever\n")
    (tree / "requirements/mainline.in").write_text("click\n")
    (tree / "requirements/mainline.txt").write_text(pins("click==8.1.0"))
    assert {name: each.state for name, each in found(tree).items()} == {
        "requirements/mainline.txt": FINE,
        "requirements/service.txt": FINE,
    }
    (tree / "requirements/mainline.txt").write_text("")
    assert found(tree)["requirements/mainline.txt"].mend == "make --file=mainline.mk requirements"


@pytest.mark.parametrize(
    ("named", "there", "state", "said"),
    [
        (version("mainline"), True, FINE, "as requirements/line.txt pins it"),
        ("9+h0", True, WRONG, "is installed, not 9+h0; requirements/line.txt pins it"),
        ("9+h0", False, WRONG, "vendor/mainline-9+h0-py3-none-any.whl: not here"),
        (None, False, FINE, "names no wheel of this project's"),
    ],
)
def test_the_line_that_runs_is_the_one_that_is_pinned(
    named: str | None, there: bool, state: str, said: str, tree: Path
) -> None:
    """As after an upgrade that somebody else made, before `make setup`; an index's version is not looked into."""
    wheel = f"vendor/mainline-{named}-py3-none-any.whl"
    (tree / "requirements/line.txt").write_text(f"./{wheel} {HASH}\n" if named else f"mainline==9 {HASH}\n")
    if there:
        (tree / "vendor").mkdir()
        (tree / wheel).touch()
    told = environment.line(Project(tree))
    assert (told.state, said in told.said) == (state, True)
    assert (told.mend != "") == (state == WRONG)
