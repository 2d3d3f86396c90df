"""The wheel that a project holds the line in: the same files give the same bytes, and nothing else gets in."""

import ast
import os
import re
import shutil
import sys
import sysconfig
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from line import wheel
from line.tests.template.conftest import BARE, TOP, call, tool

pytestmark = pytest.mark.slow

MAKERS = ["line/wheel.py", *sorted(f"scripts/{each.name}" for each in TOP.glob("scripts/*.py"))]


@pytest.fixture
def copy(template: Path, tmp_path: Path) -> Path:
    """The template's files, to be changed."""
    return Path(shutil.copytree(template, tmp_path / "copy"))


def built(root: Path, *options: str, **env: str) -> Path:
    """The wheel of a tree, built by a Python without packages."""
    said = call(BARE, *options, root / "line/wheel.py", root / "out", cwd=root.parent, **env).said
    return Path(said.strip())


def fields(path: Path) -> dict[str, list[str]]:
    """What a wheel says of itself."""
    with zipfile.ZipFile(path) as archive:
        name = next(name for name in archive.namelist() if name.endswith("/METADATA"))
        said = Parser().parsestr(archive.read(name).decode())
    return {key: said.get_all(key) for key in said}


def requirements(lines: list[str]) -> set[tuple[str, frozenset[str], SpecifierSet, frozenset[str]]]:
    """Dependencies, whatever their spelling."""
    return {
        (each.name, frozenset(each.extras), each.specifier, frozenset(str(each.marker or "").split(" and ")))
        for each in map(Requirement, lines)
    }


def test_the_same_files_give_the_same_bytes(template: Path, copy: Path) -> None:
    """From another folder, at another time, by another Python, for another user."""
    other = Path(shutil.copytree(template, copy.parent / "elsewhere/other"))
    for path in (other / "line").rglob("*"):
        os.utime(path, (1, 1))
    before = os.umask(0o077)
    try:
        second = built(other, "-OO", PYTHONHASHSEED="7", LC_ALL="C", TZ="Asia/Tokyo", SOURCE_DATE_EPOCH="1")
    finally:
        os.umask(before)
    first = built(copy)
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(
    ("name", "text", "other"),
    [
        ("line/src/mainline/tools/git.py", "\n", True),
        ("docs/glossary.md", "\n", True),
        ("line/pyproject.toml", "\n", True),
        (".ci/tool", "# mine\n", True),
        ("Makefile", "# only the template\n", False),
        ("line/src/mainline/__pycache__/git.cpython-39.pyc", "x", False),
        ("line/src/mainline/.DS_Store", "x", False),
        ("line/src/mainline/tools/git.py~", "x", False),
        ("docs/.DS_Store", "x", False),
        (".github/workflows/.verify.yml.swp", "x", False),
        ("requirements/line.txt", "x", False),
        ("deploy/production.env", "IMAGE=x", False),
        ("line/tests/x.py", "x", False),
        ("src/pipeline/x.py", "x", False),
    ],
)
def test_a_byte_makes_another_version_and_a_stray_file_none(copy: Path, name: str, text: str, other: bool) -> None:
    """Whatever is in the wheel counts; what tools leave behind, and what is the project's own, is not in it."""
    before = built(copy).name
    (copy / name).parent.mkdir(parents=True, exist_ok=True)
    with (copy / name).open("a") as stream:
        stream.write(text)
    assert (built(copy).name != before) == other


def test_it_says_what_pyproject_says(template: Path, tmp_path: Path) -> None:
    """Version, licence, Python and dependencies: as tomllib reads them, and as uv would write them."""
    project = tomllib.loads((TOP / "line/pyproject.toml").read_text())["project"]
    said = fields(wheel.build(tmp_path / "ours"))
    assert said["Version"][0].partition("+")[0] == project["version"]
    assert re.fullmatch(r"h[0-9a-f]{10}", said["Version"][0].partition("+")[2])
    assert said["Name"] == [project["name"]]
    assert said["License-Expression"] == [project["license"]]
    assert said["Requires-Python"] == [project["requires-python"]]
    assert requirements(said["Requires-Dist"]) == requirements(project["dependencies"])
    shutil.copytree(template / "line", tmp_path / "line")
    options = ("--offline", "--no-build-isolation", "--python", sys.executable, "--out-dir", tmp_path / "uv")
    call(tool("uv"), "build", "--wheel", *options, tmp_path / "line", cwd=tmp_path)
    (other,) = (tmp_path / "uv").glob("*.whl")
    assert requirements(said["Requires-Dist"]) == requirements(fields(other)["Requires-Dist"])
    with zipfile.ZipFile(other) as uvs, zipfile.ZipFile(next((tmp_path / "ours").iterdir())) as ours:
        theirs, mine = (
            {name for name in each.namelist() if re.match("mainline/.*[^/]$", name)} for each in (uvs, ours)
        )
    assert {name for name in mine if not name.startswith("mainline/files/")} == theirs


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_it_is_installed_by_its_hash_or_not_at_all(template: Path, tmp_path: Path, installer: str) -> None:
    """From the project's folder and offline, with a version of its own; another file by that name is refused."""
    path = wheel.build(tmp_path / "project/vendor")
    project = tmp_path / "project"
    (project / "requirements").mkdir()
    (project / "requirements/line.txt").write_text(wheel.pinned(path))
    call(tool("uv"), "venv", "--quiet", "--offline", "--python", sys.executable, ".venv", cwd=project)
    python = project / ".venv/bin/python"
    options = ("--no-deps", "--no-index", "--require-hashes", "-r", "requirements/line.txt")
    if installer == "pip":
        command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", *options]
    else:
        command = [tool("uv"), "pip", "install", "--quiet", "--offline", "--python", str(python), *options]
    call(*command, cwd=project)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = project / f".venv/lib/{version}/site-packages"
    (packages / "here.pth").write_text(sysconfig.get_path("purelib"))
    said = call(project / ".venv/bin/mainline", "--version", cwd=project).said
    assert said == f"mainline, version {path.name.split('-')[1]}\n"
    assert (packages / "mainline/files/Makefile").exists()
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("mainline/more.py", "\n")
    command.insert(command.index("install") + 1, "--force-reinstall")
    done = call(*command, cwd=project, code=None)
    assert done.code != 0
    assert "hash" in done.said.lower()


def test_it_names_each_file_with_its_hash(tmp_path: Path) -> None:
    """RECORD is whole, so that an installer can check and remove what it installed."""
    with zipfile.ZipFile(wheel.build(tmp_path)) as archive:
        record = next(name for name in archive.namelist() if name.endswith("/RECORD"))
        lines = [line.rsplit(",", 2) for line in archive.read(record).decode().splitlines()]
        assert [name for name, _, _ in lines] == archive.namelist()
        assert {name: int(size) for name, _, size in lines if size} == {
            each.filename: each.file_size for each in archive.infolist() if each.filename != record
        }


@pytest.mark.parametrize(
    "name", ["line/wheel.py", *sorted(f"scripts/{each.name}" for each in TOP.glob("scripts/*.py"))]
)
def test_a_project_is_made_by_any_python_from_3_9_on(name: str) -> None:
    """No syntax that is newer; a newer one is seen."""
    ast.parse((TOP / name).read_text(), feature_version=(3, 9))
    with pytest.raises(SyntaxError):
        ast.parse("match x:\n    case 1: pass\n", feature_version=(3, 9))


def test_an_upgrade_brings_nothing_that_a_new_project_does_not_get() -> None:
    """What scripts/rename.py leaves out is not carried by the wheel: two lists that have to agree."""
    sys.path.insert(0, str(TOP / "scripts"))
    import rename

    carried = wheel.carried(TOP)
    assert len(carried) > 30
    assert [path for path in carried if any(left_out(path, each) for each in rename.LEFT_OUT)] == []
    assert left_out("docs/images/releases.svg", "docs/images/releases.svg")
    assert left_out("docs/images/loop.svg", "docs/images/loop.svg")
    assert left_out("line/wheel.py", "line")


def left_out(path: str, name: str) -> bool:
    """Whether a path is a file or lies in a folder of that name."""
    return path == name or path.startswith(f"{name}/")
