"""With a real uv and a real index: what comes, what stays, and what is refused. No index here, no test."""

from pathlib import Path

import pytest

from line.tests.dependencies.conftest import contents
from line.tests.test_cli import run
from mainline.dependencies import compiling
from mainline.dependencies.compiling import Unreachable
from mainline.dependencies.layout import OWN
from mainline.dependencies.scratch import scratch
from mainline.project import Project

pytestmark = pytest.mark.slow
PINS = ("requirements/dev.txt", "requirements/service.txt", "requirements/pipeline.txt")


@pytest.fixture
def pinned(small: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project with pins that are real, and not the newest."""
    monkeypatch.chdir(small)
    path = small / "pyproject.toml"
    path.write_text(path.read_text().replace('    "skops>=0.16",\n', "").replace("click>=8", "click==8.0.4"))
    for path in (small / "requirements").iterdir():
        path.write_text("click\n" if path.suffix == ".in" else "")
    try:
        with scratch(Project(small), OWN) as found:
            compiling.compile_all(found, "")
            for name in PINS:
                (small / name).write_text(found.text(name))
    except Unreachable as error:
        pytest.skip(str(error))
    path = small / "pyproject.toml"
    path.write_text(path.read_text().replace("click==8.0.4", "click>=8"))
    return small


def test_a_package_comes_alone_and_goes_without_a_trace(pinned: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another pin stays, though a newer version is allowed; removed, all files are the same to the byte."""
    before = contents(pinned)
    assert run("add", "humanize", "Tabulate>=0.9", "--no-setup") == 0
    assert "✓ added humanize" in capsys.readouterr().out
    for name in PINS:
        assert "\nclick==8.0.4 " in "\n" + (pinned / name).read_text()
        assert "\nhumanize==" in (pinned / name).read_text()
        assert "\ntabulate==" in (pinned / name).read_text()
    text = (pinned / "pyproject.toml").read_text()
    assert '    "humanize>=4.' in text
    assert '    "tabulate>=0.9",' in text
    assert (pinned / "requirements/service.in").read_text() == "click\nhumanize\ntabulate\n"
    assert run("remove", "tabulate", "humanize", "--no-setup") == 0
    assert contents(pinned) == before


def test_what_cannot_be_had_is_refused_in_one_line(pinned: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No such package, a version too young, a pin in the way, no index: nothing is changed by any."""
    before = contents(pinned)
    cases = {
        ("no-such-package-at-all",): (2, "✗ no-such-package-at-all: the package index has no such package; nothing"),
        ("humanize>=4", "--age", "100 years"): (2, "✗ humanize>=4: only a version that has not been out for 100 years"),
        ("flask>=3.1",): (2, "✗ flask>=3.1: would move click 8.0.4 to "),
        ("click>=8.2",): (2, "✗ click: is here at 8.0.4, and >=8.2 asks for another; say so in pyproject.toml"),
    }
    for words, (code, said) in cases.items():
        assert run("add", *words, "--no-setup") == code
        told = capsys.readouterr().err.splitlines()
        assert [line for line in told if line.startswith("✗")] == told
        assert told[0].startswith(said)
    assert contents(pinned) == before


def test_without_an_index_it_says_so(
    pinned: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In one line, with exit code 1."""
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_OFFLINE", "1")
    before = contents(pinned)
    assert run("add", "humanize", "--no-setup") == 1
    assert capsys.readouterr().err == "✗ no package index answers; is there a network, and does uv know its address?\n"
    assert contents(pinned) == before
