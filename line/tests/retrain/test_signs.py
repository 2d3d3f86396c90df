"""What speaks against a robot's merge, and what the monitor's word comes to: each where it holds and where not."""

from datetime import date
from typing import Any

import pytest

from line.tests.retrain.world import retrained
from mainline.monitor import retrained as outcome
from mainline.retrain import signs
from mainline.retrain.due import Past

ANSWERS = [{"answer": "paid", "answered": 900, "labelled": 800}, {"answer": "refused", "answered": 400, "labelled": 4}]


def said(changed: str | None = None, labelled: int = 40) -> dict[str, Any]:
    """What the monitor says of labels."""
    return {"labels": {"changed": changed, "answers": [ANSWERS[0], {**ANSWERS[1], "labelled": labelled}]}}


@pytest.mark.parametrize(
    ("dev", "monitor", "why"),
    [
        ([0.1, 0.15], None, ""),
        ([0.1, 0.2], None, "on main's dev rows, from before these labels, its accuracy loss is 0.200"),
        ([0.1, 0.1], said(), ""),
        ([0.1, 0.1], {"labels": None}, ""),
        ([0.1, 0.1], said("2026-11-02"), "labels do not come as they did, since 2026-11-02"),
        ([0.1, 0.1], said(labelled=3), "of the answer refused hardly any has a label (3 of 400)"),
        ([0.1, 0.1], said(labelled=4), ""),
    ],
    ids=range(7),
)
def test_a_robot_leaves_to_a_person_what_labels_cannot_vouch_for(
    dev: list[float], monitor: dict[str, Any] | None, why: str
) -> None:
    """The old dev rows, the monitor's alarm about labels, and an answer that hardly gets any."""
    found = signs.against_a_robot({**retrained(1, "PASS"), "dev": {"accuracy": dev}}, monitor)
    assert found.startswith(why)
    assert bool(found) == bool(why)


def test_the_monitors_worse_is_a_sentence_of_evidence() -> None:
    """Its first, and of no other verdict any."""
    sentences = {"risk": ["More are wrong.", "Trained again."]}
    assert signs.worse({"verdict": "worse", "sentences": sentences}) == "More are wrong."
    assert signs.worse({"verdict": "drifted", "sentences": {"risk": []}}) == ""
    assert signs.worse(None) == ""


def test_the_ledger_says_what_retrainings_have_come_to() -> None:
    """Of all its lines those alone; the last of them in words, for whoever reads an alarm."""
    lines = [
        retrained(1, "PASS", on=date(2026, 3, 1)),
        {"kind": "decision"},
        retrained(2, "NOT CERTIFIED", on=date(2026, 4, 1)),
    ]
    assert signs.past(lines) == (Past(date(2026, 3, 1), "PASS", 100), Past(date(2026, 4, 1), "NOT CERTIFIED", 100))
    assert outcome.last(lines) == (
        "Trained again on 2026-04-01, number 2: NOT CERTIFIED on 400 rows; "
        "training again did not help; the next takes twice the new rows."
    )
    assert outcome.last(lines[:2]) == "Trained again on 2026-03-01, number 1: PASS on 400 rows."
    assert outcome.last([]) == ""
