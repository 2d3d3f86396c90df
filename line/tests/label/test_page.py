"""The page of `mainline label`, driven by keys in a real browser."""

import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from line.tests.browser import Browser, browser, program
from line.tests.report.test_in_a_browser import MEASURE
from mainline.label import files
from mainline.label.server import Server
from mainline.label.session import Asked, Batch
from mainline.label.shown import Shown
from mainline.label.sitting import Sitting
from mainline.project import Project
from mainline.tools import process

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(program() is None, reason="no Chromium or Chrome; .ci/chromium installs it as root on Debian"),
]

PATIENCE = 40  # seconds


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser for all tests of this file."""
    with browser(tmp_path_factory.mktemp("profile")) as made:
        yield made


def until(tab: Browser, script: str, wanted: Any = True) -> None:
    """Wait for what a page comes to say."""
    limit = time.monotonic() + PATIENCE
    while (said := tab.ask(script)) != wanted:
        assert time.monotonic() < limit, f"{script}: {said!r}, and not {wanted!r}; {tab.ask('document.body.innerText')}"
        time.sleep(0.02)


def words(name: str) -> str:
    """The script that asks what stands in an element."""
    return f"document.getElementById('{name}').innerText"


def press(tab: Browser, key: str, wanted: str) -> None:
    """Press a key, and wait until the page asks about a row, and has heard that the vote is written."""
    tab.press(key)
    until(tab, f"behind ? '' : {words('where')}", wanted)


@contextmanager
def ended(running: subprocess.Popen) -> Iterator[None]:
    """Let nothing that was started outlive a test that fails."""
    try:
        yield
    except BaseException:
        running.kill()
        raise


def test_a_person_labels_by_keys(project: Path, tab: Browser) -> None:
    """Votes, a skip, two undos, a reload in the middle, the summary, the next batch, and done."""
    command = [sys.executable, "-m", "mainline", "label", "--as", "anna", "--batch", "6", "--no-open"]
    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, cwd=project, env=process.environment(), **quiet) as running, ended(running):
        address = re.search(r"http\S+", (running.stdout or sys.stdin).readline())
        assert address
        tab.open(address[0], 1280, "light")
        until(tab, words("where"), "Row 1 of 6")
        press(tab, "3", "Row 2 of 6")
        press(tab, "0", "Row 3 of 6")
        press(tab, "u", "Row 2 of 6")
        press(tab, "7", "Row 3 of 6")
        press(tab, "s", "Row 4 of 6")
        tab.open(address[0], 390, "dark")
        until(tab, words("where"), "Row 4 of 6")
        assert "2 answered, 1 skipped" in tab.ask(words("pace"))
        assert "blind" in tab.ask(words("why"))
        press(tab, "1", "Row 5 of 6")
        tab.press("z", control=True)
        until(tab, f"behind ? '' : {words('where')}", "Row 4 of 6")
        press(tab, "1", "Row 5 of 6")
        assert "blind" not in tab.ask(words("why"))
        press(tab, "2", "Row 6 of 6")
        tab.press("9")
        until(tab, words("h-over"), "Batch 1: 5 answered, 1 skipped")
        until(tab, f"{words('told')}.includes('have no vote of yours')")
        tab.press("Enter")
        until(tab, "state.batch + state.phase", "2asking")
        tab.press("4")
        until(tab, f"behind ? '' : {words('where')}", "Row 2 of 6")
        tab.ask("document.querySelector('#asking [data-does=done]').click()")
        until(tab, words("h-ended"), "Done: 6 votes of this sitting")
        said, _ = running.communicate(timeout=PATIENCE)
    assert running.returncode == 0, said
    assert "labels/anna.jsonl: 6 votes of this sitting" in said
    assert "`mainline lock` trains with them, and says what to commit" in said
    votes = files.read(Project(project), "anna")
    assert [vote.label for vote in votes] == ["3", "0", None, "7", "1", None, "1", "2", "9", "4"]
    assert votes[1].row == votes[2].row == votes[3].row
    assert Counter(vote.how for vote in files.last(votes).values()) == {"queue": 4, "blind": 2}
    assert all((vote.seen is None) == (vote.how == "blind") for vote in votes)


@contextmanager
def page(root: Path, frame: pd.DataFrame, classes: Sequence[str] | None) -> Iterator[tuple[str, Project]]:
    """The page over all rows of a table, asked about as they stand."""
    (root / "data").mkdir()
    frame.insert(0, "row_id", [f"r{i}" for i in range(len(frame))])
    frame.to_parquet(root / "data/valid.parquet")
    (root / "params.yaml").write_text("data: {target: '<b>y</b>'}\nservice: {private: [email]}\n")
    sitting = Sitting(Project(root), "anna", len(frame))
    shown = Shown.of(Project(root)).rows(list(frame["row_id"]))
    rows = [Asked(row, "queue", None, "<i>why</i>", cells) for row, cells in shown.items()]
    sitting.session.begin(Batch(rows, classes, len(rows)))
    server = Server(sitting.serves())
    server.start()
    yield server.url, Project(root)
    server.close()


def test_a_row_is_read_and_never_run(tmp_path: Path, tab: Browser) -> None:
    """Whatever it holds, in columns' names and classes too; no private column, nothing wider than a phone."""
    nasty = "<script>document.title = 'run'</script><img src=x onerror=\"document.title = 'run'\">"
    frame = pd.DataFrame(
        {
            nasty: [nasty, "b"],
            "review": ["line one\nline two " + "long " * 40, "x" * 400],
            "hebrew": ["שלום עולם", "ab"],
            "email": ["anna@example.org", "bert@example.org"],
            "day": pd.to_datetime(["2026-01-31", "2026-02-01"]),
            **{f"p_{i}_{j}": [i * j, i + j] for i in range(4) for j in range(4)},
        }
    )
    with page(tmp_path, frame, ["yes", "no", nasty]) as (url, project):
        tab.open(url, 390, "light")
        until(tab, words("where"), "Row 1 of 2")
        assert tab.ask("document.title") == "Label <b>y</b>"
        row, text = tab.ask(words("row")), tab.ask("document.body.innerText")
        assert nasty in row
        assert "line one\nline two long" in row
        assert "2026-01-31" in row
        assert "example.org" not in text
        assert "1 private column not shown" in text
        assert tab.ask("document.querySelectorAll('#row img, #row script, #row b').length") == 0
        turned = "[...document.querySelectorAll('td')].filter(e => getComputedStyle(e).direction === 'rtl').length"
        assert tab.ask(turned) == 1
        assert tab.ask("[document.querySelector('canvas').width, document.querySelector('canvas').height]") == [4, 4]
        for scheme in ("dark", "light"):
            tab.open(url, 390, scheme)
            until(tab, words("where"), "Row 1 of 2")
            seen = tab.ask(MEASURE)
            assert (seen["small"], seen["faint"]) == ([], [])
            assert seen["across"] <= 390
        low = "Math.min(...[...document.querySelectorAll('#asking button')].map(e => e.offsetHeight || 99))"
        assert tab.ask(low) >= 44  # large enough for a thumb (WCAG 2.2, 2.5.5)
        tab.ask("document.querySelectorAll('#classes button')[2].click()")
        until(tab, f"behind ? '' : {words('where')}", "Row 2 of 2")
        assert tab.ask(words("live")) == f"{nasty} saved."
        assert tab.ask("document.documentElement.scrollWidth") <= 390
        assert [vote.label for vote in files.read(project, "anna")] == [nasty]


def test_numbers_are_typed(tmp_path: Path, tab: Browser) -> None:
    """Enter saves one; what is none is said, and asked again; u takes back from the empty field."""
    with page(tmp_path, pd.DataFrame({"x": [1, 2]}), None) as (url, project):
        tab.open(url, 1280, "light")
        until(tab, "document.activeElement.id", "value")
        for key in ("1", ",", "5", "Enter"):
            tab.press(key)
        until(tab, words("error"), "'1,5' is no number; write it as 1234.5")
        tab.ask("document.getElementById('value').select()")
        for key in ("2", ".", "5"):
            tab.press(key)
        press(tab, "Enter", "Row 2 of 2")
        assert tab.ask("document.getElementById('value').value") == ""
        press(tab, "u", "Row 1 of 2")
        assert [vote.label for vote in files.read(project, "anna")] == [2.5, None]


def test_a_class_among_many_is_found(tmp_path: Path, tab: Browser) -> None:
    """Where there are more than keys: a slash, some letters, Enter."""
    classes = [f"class {i:03}" for i in range(200)]
    with page(tmp_path, pd.DataFrame({"x": [1, 2]}), classes) as (url, project):
        tab.open(url, 1280, "light")
        until(tab, words("where"), "Row 1 of 2")
        for key in ("/", "1", "7", "3"):
            tab.press(key)
        press(tab, "Enter", "Row 2 of 2")
        tab.press("2")
        until(tab, "behind || state.phase", "over")
        assert [vote.label for vote in files.read(project, "anna")] == ["class 173", "class 001"]


def test_what_is_not_written_is_said(tmp_path: Path, tab: Browser) -> None:
    """The row is asked about again; once the server is gone, the page says that it is."""
    with page(tmp_path, pd.DataFrame({"x": [1, 2]}), ["a", "b"]) as (url, project):
        tab.open(url, 1280, "dark")
        until(tab, words("where"), "Row 1 of 2")
        (tmp_path / "labels").write_text("no folder")
        tab.press("a")
        until(tab, words("error"), "not written: File exists")
        assert tab.ask(words("where")) == "Row 1 of 2"
        (tmp_path / "labels").unlink()
        press(tab, "b", "Row 2 of 2")
        assert tab.ask(words("error")) == ""
    tab.press("a")
    until(tab, f"{words('error')}.includes('runs no more here')")
    assert tab.ask(words("where")) == "Row 2 of 2"
    assert [vote.label for vote in files.read(project, "anna")] == ["b"]
