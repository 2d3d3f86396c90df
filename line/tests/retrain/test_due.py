"""Whether to train again: each reason, and each brake, where it holds and where it does not."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from mainline import config, retraining
from mainline.gate import budget
from mainline.gate.verdict import NOT_CERTIFIED, PASS
from mainline.retrain import due
from mainline.retrain.due import Past, Seen

TODAY = date(2026, 11, 29)
WORSE = "More answers are wrong than allowed, since those of 2026-11-02: 14.1%; measured were 10.0%."
SEEN = Seen(
    today=TODAY,
    every=30,
    trained=1000,
    since=TODAY - timedelta(days=40),
    learn=60,
    source=0,
    fresh=400,
    spread=0.2,
    max_mde=0.1,
)
YOUNG = {"since": TODAY - timedelta(days=3)}


def failed(*learnt: int, days: int = 20) -> dict[str, Any]:
    """Retrainings that were not certified."""
    return {"past": tuple(Past(TODAY - timedelta(days=days), NOT_CERTIFIED, each) for each in learnt)}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, "every"),
        (YOUNG, ""),
        ({"learn": 49}, ""),
        ({"learn": 50}, "every"),
        ({"fresh": 100}, ""),
        ({"max_mde": 0.03}, ""),
        (YOUNG | {"worse": WORSE}, "worse"),
        (YOUNG | {"worse": WORSE, "learn": 1}, "worse"),
        (YOUNG | {"worse": WORSE, "fresh": 100}, ""),
        (YOUNG | {"source": 50}, "new data"),
        (YOUNG | {"source": 49}, ""),
        (YOUNG | {"source": 50, "fresh": 100}, ""),
        (failed(60), ""),
        (failed(60) | {"learn": 119, "fresh": 600}, ""),
        (failed(60) | {"learn": 120, "fresh": 600}, "every"),
        (failed(60, 120) | {"learn": 239, "fresh": 1200}, ""),
        (failed(60, 120) | {"learn": 240, "fresh": 1200}, "every"),
        (failed(60) | YOUNG | {"worse": WORSE, "learn": 119, "fresh": 600}, ""),
        (failed(60) | YOUNG | {"worse": WORSE, "learn": 120, "fresh": 600}, "worse"),
        ({"past": (*failed(60)["past"], Past(TODAY, PASS, 120))}, "every"),
    ],
    ids=range(20),
)
def test_a_reason_takes_rows_to_learn_from_and_rows_to_be_judged_by(changes: dict[str, Any], why: str) -> None:
    """Worse needs rows that can judge; time, and new data, need both; what did not help doubles both."""
    found = due.decide(replace(SEEN, **changes))
    assert found.why == why
    assert found.due == bool(why)
    assert bool(found.waits) == (not why)


def test_what_it_waits_for_is_said_with_how_much_is_there() -> None:
    """So that a person knows whether it is a matter of days."""
    found = due.decide(replace(SEEN, worse=WORSE, fresh=120))
    assert found.words == "worse is said, and it waits for rows"
    assert found.waits == (f"fresh rows to judge it by: 120 of {due.to_judge(SEEN)}",)
    found = due.decide(replace(SEEN, since=TODAY - timedelta(days=3), learn=7))
    assert found.waits[:2] == ("days: 3 of 30", "new rows to learn from: 7 of 50")


@pytest.mark.parametrize(
    ("fresh", "days", "why"),
    [
        (0, ("2026-11-08",), "; rows of days up to 2026-11-08 have judged"),
        (0, ("2026-11-08", "2026-10-01", ""), "; rows of days up to 2026-11-08 have judged"),
        (0, ("",), ""),
        (0, (), ""),
        (5000, ("2026-11-08",), ""),
    ],
    ids=range(5),
)
def test_why_new_rows_are_not_fresh_is_said(fresh: int, days: tuple[str, ...], why: str) -> None:
    """Days that were asked about are named where rows are short, asked for or not; else nobody wonders."""
    seen = replace(SEEN, learn=0, fresh=fresh, past=tuple(Past(TODAY, PASS, 60, day) for day in days))
    assert due.decide(seen).waits[-1] == f"fresh rows to judge it by: {fresh:,} of {due.to_judge(seen)}{why}"
    asked = due.decide(seen, now=True)
    assert (asked.waits == ()) if fresh else asked.waits[0].endswith(f"{due.to_judge(seen)}{why}")


def test_the_evidence_is_what_the_monitor_said() -> None:
    """It stands in the pull request."""
    assert due.decide(replace(SEEN, worse=WORSE)).words == WORSE


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        (YOUNG | {"learn": 1}, "asked"),
        (YOUNG | {"learn": 1, "fresh": 100}, ""),
        (YOUNG | failed(60, 120) | {"learn": 1}, "asked"),
    ],
    ids=range(3),
)
def test_a_person_may_ask_and_is_not_let_off_what_keeps_the_promise(changes: dict[str, Any], why: str) -> None:
    """Time and new rows do not matter then; that rows can judge it does."""
    assert due.decide(replace(SEEN, **changes), now=True).why == why


def test_rows_are_enough_where_the_gate_says_so() -> None:
    """The number is the least with which gate.max_mde can be seen at a retraining's level."""
    terms, least = config.Gate(max_mde=SEEN.max_mde), due.to_judge(SEEN)
    assert budget.beyond(retraining.LEVEL, least, SEEN.spread, terms) is None
    assert budget.beyond(retraining.LEVEL, least - 1, SEEN.spread, terms) is not None
    assert due.to_judge(replace(SEEN, spread=None)) == 10


YEAR = tuple(Past(TODAY - timedelta(days=365 - n), PASS, 60) for n in range(12))


@pytest.mark.parametrize(
    ("mode", "there", "past", "said"),
    [
        ("pull_request", "", (), ""),
        ("propose", "", YEAR[1:], ""),
        ("off", "", (), "retrain.mode is off"),
        ("merge", "mainline/retrain-2026-11-01", (), "mainline/retrain-2026-11-01 is open; one at a time"),
        ("merge", "", YEAR, "12 retrainings were judged within a year, as many as may be; the next from 2026-11-30 on"),
    ],
    ids=range(5),
)
def test_what_holds_it_holds_whatever_speaks_for_it(mode: str, there: str, past: tuple[Past, ...], said: str) -> None:
    """Off is off, one at a time, twelve a year."""
    found = due.held(mode, there, past, TODAY)
    assert found.startswith(said)
    assert bool(found) == bool(said)


def test_where_no_row_can_come_nothing_is_looked_for() -> None:
    """Each night that would build a champion again whose files are gone."""
    assert due.held("merge", "", (), TODAY, comes=False).startswith(
        "no row comes by itself: retrain.records names none"
    )
    assert due.held("merge", "", (), TODAY) == ""
