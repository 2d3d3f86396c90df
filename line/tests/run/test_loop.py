"""The act after the releases, on the example, with a host of its own: all of it."""

from pathlib import Path

import pytest

from mainline import ledger
from mainline.project import Project
from mainline.run import host, live, loop, page, release, scratch
from mainline.run.days import SET_BACK
from mainline.run.loop import Loop
from mainline.run.users import Tally

pytestmark = pytest.mark.slow


def test_the_example_goes_around_the_loop(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drifted, worse, trained again, certified, in production, and fewer wrong answers; on the page, as a picture."""
    monkeypatch.chdir(project)
    clone = scratch.prepare(Project(project))
    release.settle(clone)
    clone.mainline("lock")
    clone.commit("Build the champion", built=True)
    weeks = Loop()
    with host.at_work(clone, live.tolerance(clone)) as machine:
        release.first(clone, machine)
        loop.play(weeks, clone, machine, live.live(clone))
    assert weeks.said.state == "shown", str(weeks.said)
    came = weeks.came
    assert came.drifted is not None
    assert came.worse is not None
    assert came.before is not None
    assert came.after is not None
    assert 36 <= came.drifted <= came.worse  # on day 36 the world begins to change
    assert came.after < came.before / 2
    entries = ledger.read(clone.root).entries
    assert [entry["verdict"] for entry in entries if entry["kind"] == "retrain"] == ["PASS"]
    assert sum(entry.get("reason") == SET_BACK for entry in entries) == 4

    page.write(clone.reports / "releases.html", clone.project, machine, [weeks.said], Tally(), weeks)
    page.write_history(clone)
    text = (clone.reports / "releases.html").read_text()
    for word in ("Simulated days", "the users&#39; world changes", "▼ worse", "▲ retrained", "retrained, v1.1.0"):
        assert word in text
    assert SET_BACK not in text + (clone.reports / "history.html").read_text()
