"""`mainline run` on the example: all that it means to show, the loop too."""

import re
import sys
from pathlib import Path

import pytest

from line.tests.template.conftest import TOP
from mainline import ledger
from mainline.run.days import SET_BACK
from mainline.tools import git, process

pytestmark = pytest.mark.slow


def test_the_example_goes_around_the_loop(tmp_path: Path) -> None:
    """Drifted, worse, trained again, certified, in production, and fewer wrong answers; on the page, as a picture."""
    root = tmp_path / "project"
    git.git("clone", "--quiet", str(TOP), str(root), root=tmp_path)
    said = process.capture([sys.executable, "-m", "mainline", "run"], cwd=root)
    way = (
        r"✓ the loop: drifted on day \d+, worse on day \d+, trained again, certified on \d+ fresh rows, in production; "
    )
    found = re.search(way + r"wrong answers in the new world: (\d+)% before, (\d+)% after", said)
    assert found, said[-3000:]
    assert int(found[2]) < int(found[1]) / 2
    assert not re.search("^[✗] ", said.split("What happened")[1], re.M)
    entries = ledger.read(root / ".mainline/run/clone").entries
    assert [entry["verdict"] for entry in entries if entry["kind"] == "retrain"] == ["PASS"]
    assert sum(entry.get("reason") == SET_BACK for entry in entries) == 4
    page = (root / ".mainline/run/reports/releases.html").read_text()
    for word in ("Simulated days", "the users&#39; world changes", "▼ worse", "▲ retrained", "retrained, v1.1.0"):
        assert word in page
    assert SET_BACK not in page + (root / ".mainline/run/reports/history.html").read_text()
