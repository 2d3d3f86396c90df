"""Each thing that may come of a step of `mainline run`, held to what the step means to show."""

import pytest

from mainline.run import outcome
from mainline.run.outcome import Came, Outcome

DIED = "it died 5 times: it ended (PREDICTION_EDGES: must hold numbers)"


def opinion(answer: str = "rollback", cause: str = "harm", **harm: float) -> dict:
    """A judge's, with the evidence that the canary is worse, by signal."""
    return {"answer": answer, "cause": cause, "signals": {name: {"harm": log} for name, log in harm.items()}}


@pytest.mark.parametrize(
    ("code", "other", "state", "said"),
    [
        (0, True, "shown", "certified and merged"),
        (3, True, "open", "not certified"),
        (4, True, "open", "refused by the gate"),
        (0, False, "open", "the champion's own model"),
    ],
)
def test_a_better_model_need_not_be_one(code: int, other: bool, state: str, said: str) -> None:
    """A tick if it was certified; else a dot: a table may be small, or its champion good already."""
    came = outcome.better("better-model", code, other=other)
    assert (came.state, came.name) == (state, "better-model")
    assert came.said.startswith(said)
    assert outcome.unmeant([came]) == ""


@pytest.mark.parametrize(
    ("code", "other", "state"), [(3, True, "shown"), (0, True, "wrong"), (4, True, "open"), (0, False, "open")]
)
def test_a_worse_model_is_not_certified(code: int, other: bool, state: str) -> None:
    """One that learns nothing and is certified all the same is an error of the line."""
    assert outcome.worse("worse-model", code, other=other).state == state


@pytest.mark.parametrize(
    ("became", "state"),
    [("in production", "shown"), ("held", "wrong"), ("rolled back", "wrong"), ("failed", "wrong"), ("passed", "wrong")],
)
def test_a_good_release_gets_into_production(became: str, state: str) -> None:
    """Whatever else becomes of it is told with a cross."""
    came = outcome.promoted("better-model", "v1.0.0", became, "why")
    assert came.state == state
    assert ("in production as v1.0.0" in came.said) == (state == "shown")


@pytest.mark.parametrize(
    ("became", "why", "harmed", "state"),
    [
        ("rolled back", "9 of 9 labelled answers were wrong", ("labels",), "shown"),
        ("rolled back", "both", ("latency", "labels"), "shown"),
        ("rolled back", "slow", ("latency",), "wrong"),
        ("rolled back", DIED, (), "wrong"),
        ("held", "not yet shown to be as good in labels", (), "wrong"),
        ("passed", "", (), "wrong"),
    ],
)
def test_a_broken_release_goes_back_by_the_judge(became: str, why: str, harmed: tuple[str, ...], state: str) -> None:
    """On what it is broken in: one that dies, or is held, or passes, shows nothing of the judge."""
    came = outcome.taken_back("faster-input", "labels", became, why, harmed)
    assert came.state == state
    assert came.mark == {"shown": "\u2713", "wrong": "\u2717"}[state]
    assert why in came.said


@pytest.mark.parametrize(
    ("said", "signals"),
    [
        (opinion(labels=9.0, latency=0.1, errors=-1.0), ("labels",)),
        (opinion(labels=9.0, latency=4.0), ("labels", "latency")),
        (opinion(labels=2.0, latency=2.5), ("latency",)),
        (opinion(labels=2.0, drift=50.0), ("labels",)),
        (opinion("hold", "looking", labels=9.0), ()),
        (opinion("rollback", "timeout", labels=0.2), ()),
        (None, ()),
    ],
)
def test_the_judge_says_on_which_signals_it_rolled_back(said: dict | None, signals: tuple[str, ...]) -> None:
    """Those that are enough by themselves, else the strongest; never drift, and none where it did not roll back."""
    assert outcome.harmed(said, 0.05) == signals


@pytest.mark.parametrize(
    ("answered", "failed", "state"), [(9, [], "shown"), (9, ["/predict: 500"], "wrong"), (0, [], "wrong")]
)
def test_no_request_of_a_user_fails(answered: int, failed: list[str], state: str) -> None:
    """And there are users: nobody who asked was nobody who failed."""
    assert outcome.users(answered, failed).state == state


SEEN = {"drifted": 37, "worse": 39}
JUDGED = {**SEEN, "retrained": True, "gate": 0, "fresh": 104, "before": 0.61}


@pytest.mark.parametrize(
    ("came", "state", "said"),
    [
        (
            Came(**JUDGED, released=True, after=0.09),
            "shown",
            "drifted on day 37, worse on day 39, trained again, certified on 104 fresh rows, in production; "
            "wrong answers in the new world: 61% before, 9% after",
        ),
        (Came(**JUDGED, released=True, after=0.7), "open", "61% before, 70% after"),
        (Came(**JUDGED, released=False), "wrong", "was to get into production"),
        (Came(**JUDGED, released=True, after=0.09, squared=True), "shown", "the squared error in the new world: 61%"),
        (Came(**JUDGED, released=True, after=0.09, failed=["/predict: 500"]), "wrong", "1 requests failed, the first"),
        (Came(**SEEN, retrained=True, gate=3, fresh=9), "open", "not certified: 9 fresh rows do not show"),
        (Came(**SEEN, retrained=True, gate=4), "open", "refused by the gate, which says why above; not merged"),
        (Came(**SEEN, why="no retraining is due, as said above"), "open", "worse on day 39, no retraining is due"),
        (Came(drifted=37), "open", "drifted on day 37, not worse than allowed, so that nothing is"),
        (Came(why="no column holds numbers"), "open", "no column holds numbers"),
        (Came(), "open", "not worse than allowed"),
    ],
)
def test_the_loop_is_told_as_far_as_it_came(came: Came, state: str, said: str) -> None:
    """A tick where risk fell, a dot where a table does not care; a cross where a release or a request failed."""
    found = outcome.loop(came)
    assert found.state == state
    assert said in str(found)


def test_what_was_not_meant_is_one_line() -> None:
    """It names all of it, and nothing where each step came out as it may."""
    fine, open_ = Outcome("a", "done", "shown"), Outcome("b", "not certified", "open")
    assert outcome.unmeant([fine, open_]) == ""
    said = outcome.unmeant([fine, Outcome("c", DIED, "wrong"), open_, Outcome("d", "held", "wrong")])
    assert said == f"the run did not go as it is meant to: c: {DIED}; d: held"
