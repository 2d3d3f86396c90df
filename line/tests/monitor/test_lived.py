"""What each version had promised, beside what labels said of it."""

import json
from datetime import date
from pathlib import Path

import pytest

from line.tests.monitor import world
from line.tests.monitor.served import promote
from line.tests.monitor.world import FIRST, NAME, OLDER, World, day
from line.tests.projects import commit_all
from mainline.history import page
from mainline.monitor import dev_rows, lived
from mainline.monitor.lived import Lived
from mainline.monitor.profiles import branch, files
from mainline.project import Project
from mainline.tools import git

pytestmark = pytest.mark.slow


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Two versions were in production, the second is worse there than the first."""
    root = tmp_path / "project"
    root.mkdir()
    git.git("init", "--quiet", "--initial-branch=main", ".", root=root)
    (root / "dvc.yaml").write_text("stages: {}\n")
    commit_all(root, "Begin")
    promote(root, OLDER, day(-41))
    promote(root, NAME, day(-1))
    # ten days of NAME as a canary, before it was in production, in which it did everything wrong: they do not count
    early = world.books(10, World(wrong=1.0), first=day(-20))
    books = world.books(40, World(wrong=0.1), then=World(wrong=0.3), at=0, older=40)
    for when, each in early.items():
        books[when] |= each
    texts = {
        files.path_of_day(when, "00000000000000aa"): files.text_of_day({name: b.to_json() for name, b in each.items()})
        for when, each in books.items()
    }
    about = {files.path_of_version(name): files.text_of(world.version(name).to_json()) for name in (NAME, OLDER)}
    branch.put(root, texts, "Profiles", about)
    kept = root / dev_rows.KEPT / f"{OLDER}.json"
    kept.parent.mkdir(parents=True)
    kept.write_text(json.dumps({"scores": [900, 100], "confidence": None}))
    return Project(root)


def test_each_version_has_its_line(project: Project) -> None:
    """By its first day; what was never measured here is blank, and asks for nothing."""
    older, newer = lived.lived(project)
    assert (older.version, older.first, older.last) == (OLDER, day(-40), day(-2))
    assert (newer.version, newer.first, newer.last) == (NAME, FIRST, None)
    assert older.promised == 0.1
    assert older.found == pytest.approx(0.1, abs=0.02)
    assert newer.promised is None
    assert newer.found == pytest.approx(0.3, abs=0.02)
    assert older.labels > 3000
    assert newer.cells()[1:3] == (f"{FIRST} to now", "")


def test_history_shows_them(project: Project, say: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the terminal, and on its page."""
    monkeypatch.chdir(project.root)
    told = say("history")  # type: ignore[operator]
    assert "on the dev rows, and in production" in told
    assert "10.0%" in told
    html = page.write(project).read_text()
    assert "Promised, and found in production" in html
    assert html.count(f'<code class="id">{NAME}</code>') == 2  # in production, and here


def made(promised: list[float], found: list[float]) -> list[Lived]:
    """Versions of nothing but their rates."""
    return [
        Lived(str(n), date(2026, 1, 1), None, *pair, 100) for n, pair in enumerate(zip(promised, found, strict=True))
    ]


def test_ranks_are_compared_from_five_versions_on() -> None:
    """Of four nothing is said, nor where all are the same."""
    rates = [0.1, 0.2, 0.3, 0.4, 0.5]
    assert ": 1.00 " in lived.agreement(made(rates, [each + 0.1 for each in rates]))
    assert ": -1.00 " in lived.agreement(made(rates, rates[::-1]))
    assert lived.agreement(made(rates[:4], rates[:4])) == ""
    assert lived.agreement(made([0.1] * 5, rates)) == ""
    unknown = [*made(rates, rates)[:4], Lived("x", date(2026, 1, 1), None, None, 0.2, 9)]
    assert lived.agreement(unknown) == ""
