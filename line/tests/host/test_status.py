"""What a host says of itself, from its memory alone."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mainline import config
from mainline.canary.counts import Counts
from mainline.canary.judge import Judge
from mainline.host import state, status
from mainline.host.model import Phase, Placed, Release, State
from mainline.host.state import Memory


def kept(folder: Path, opinion: dict[str, Any]) -> list[str]:
    """What is said of a canary with this opinion."""
    placed = Placed("blue", Release("v2"), "canary", 0.0, up=True, share=0.1)
    memory = Memory(State(other=placed), judged="v2 in blue beside v1", opinion=opinion)
    state.save(folder, memory)
    return status.notes(folder)


def test_what_the_judge_cannot_promise_stands_under_its_evidence(tmp_path: Path) -> None:
    """Where nothing tells of users, each request counts as one; an opinion of before said nothing of it."""
    judge = Judge(config.Canary(signals=config.Signals(latency=False, labels=False, drift=False)))
    judge.observe(Counts(), Counts(), 0.1, 0)
    opinion = judge.observe(Counts(10, 1), Counts(90, 1), 0.1, 10).as_dict()
    said = kept(tmp_path, opinion)
    assert said[1] == "  errors: canary 1 of 10, production 1 of 90"
    assert said[3:] == [f"  {note}" for note in opinion["notes"]]
    assert said[3] == "  each request counts as a user of its own: the services do not tell of users"
    before = {key: value for key, value in opinion.items() if key != "notes"}
    assert kept(tmp_path, before) == said[:3]


def test_nothing_is_said_of_another_version(tmp_path: Path) -> None:
    """Nor of one that leaves."""
    placed = Placed("blue", Release("v3"), "canary", 0.0)
    memory = Memory(State(other=placed), judged="v2 in blue beside v1", opinion={"reason": "held", "signals": {}})
    for other in (placed, replace(placed, release=Release("v2"), phase="leaving")):
        state.save(tmp_path, replace(memory, state=State(other=other)))
        assert status.notes(tmp_path) == []


@pytest.mark.parametrize(("phase", "ends"), [("canary", "deploy canary --version v1"), ("releasing", "rollback")])
def test_of_a_paused_candidate_it_is_said_how_it_goes_on_and_how_it_ends(
    tmp_path: Path, phase: Phase, ends: str
) -> None:
    """It gets nothing, and both are commits on main."""
    other = Placed("blue", Release("v2"), phase, 0.0, up=True, share=0.1, paused="it refuses more")
    production = Placed("green", Release("v1"), "production", 0.0, up=True)
    state.save(tmp_path, Memory(State(production, other), services={"green": {}}))
    why, on, away = status.notes(tmp_path)
    name = "production" if phase == "releasing" else "canary"
    assert why == "v2 is paused: it refuses more"
    assert f"mainline deploy {name} --version v2 --force --push" in on
    assert f"mainline {ends}" in away
    assert [(row[0], row[3]) for row in status.rows(tmp_path, 1.0)] == [("production", "100%"), ("is paused", "0%")]
    state.save(tmp_path, Memory(State(production, replace(other, paused=""))))
    assert status.notes(tmp_path) == []
