"""Labels: the first one counts, once."""

from typing import Any

import pytest

from tests.service.conftest import Start, digits, numbers, people, rows_of

ROW = rows_of(people(), 1)[0]


def outcomes(running: Any) -> dict[str, float]:
    """What was counted, without zeros."""
    names = ("right", "wrong", "unmatched", "duplicate", "contradicting")
    counts = {name: running.count("mainline_feedback_total", outcome=name) for name in names}
    return {name: count for name, count in counts.items() if count}


def test_right_and_wrong_are_told_apart(start: Start) -> None:
    """Row by row."""
    running, rows = start("digits"), rows_of(digits(), 3)
    said = running.post("/predict", {"rows": rows}).json()
    labels = [said["predictions"][0], (said["predictions"][1] + 1) % 10, said["predictions"][2]]
    for row, label in enumerate(labels):
        answer = running.post("/feedback", {"request_id": said["request_id"], "label": label, "row": row})
        assert answer.status_code == 200
    assert outcomes(running) == {"right": 2, "wrong": 1}


def test_the_same_label_again_changes_nothing(start: Start) -> None:
    """It is a duplicate, however often it comes."""
    running = start("people")
    said = running.post("/predict", {"row": ROW}).json()
    told = {"request_id": said["request_id"], "label": said["prediction"]}
    assert [running.post("/feedback", told).json()["outcome"] for _ in range(3)] == ["right", "duplicate", "duplicate"]
    assert outcomes(running) == {"right": 1, "duplicate": 2}


def test_another_label_is_refused_and_recorded(start: Start) -> None:
    """409: the first one stays; the records have both."""
    running = start("people")
    said = running.post("/predict", {"row": ROW}).json()
    answers = [running.post("/feedback", {"request_id": said["request_id"], "label": x}) for x in ("yes", "no", "yes")]
    assert [answer.status_code for answer in answers] == [200, 409, 200]
    assert answers[1].json()["outcome"] == "contradicting"
    assert sum(outcomes(running).values()) == 3
    assert [record["label"] for record in running.records()[1:]] == ["yes", "no", "yes"]


@pytest.mark.parametrize("told", [{"request_id": "never-seen", "label": "yes"}, {"row": 7, "label": "yes"}])
def test_a_label_of_nothing_known_is_taken_as_unmatched(told: dict[str, Any], start: Start) -> None:
    """Of an unknown request, or of a row that it did not have: counted and recorded."""
    running = start("people")
    said = running.post("/predict", {"row": ROW}).json()
    answer = running.post("/feedback", {"request_id": said["request_id"]} | told)
    assert (answer.status_code, answer.json()["outcome"]) == (200, "unmatched")
    assert outcomes(running) == {"unmatched": 1}
    assert running.records()[-1]["outcome"] == "unmatched"


def test_a_label_that_comes_too_late_is_unmatched(start: Start) -> None:
    """After so many other predictions that it is forgotten."""
    running = start("people", FEEDBACK_MEMORY="8")
    said = running.post("/predict", {"row": ROW}).json()
    running.post("/predict", {"rows": [ROW] * 50})
    told = {"request_id": said["request_id"], "label": "yes"}
    assert running.post("/feedback", told).json()["outcome"] == "unmatched"


@pytest.mark.parametrize("label", [3, 3.0, "3"])
def test_a_class_is_known_by_what_it_says(label: Any, start: Start) -> None:
    """Files do not tell 3 and "3" apart."""
    running = start("digits")
    said = running.post("/predict", {"row": rows_of(digits(), 4)[3]}).json()
    assert said["prediction"] == 3
    told = {"request_id": said["request_id"], "label": label}
    assert running.post("/feedback", told).json()["outcome"] == "right"


@pytest.mark.parametrize(("off", "outcome"), [(0.0, "right"), (0.4, "right"), (-0.6, "wrong"), (100, "wrong")])
def test_a_number_is_right_when_it_is_near(off: float, outcome: str, start: Start) -> None:
    """Within FEEDBACK_TOLERANCE; how far off is summed up."""
    running = start("numbers", FEEDBACK_TOLERANCE="0.5")
    said = running.post("/predict", {"row": rows_of(numbers(), 1)[0]}).json()
    told = {"request_id": said["request_id"], "label": said["prediction"] + off}
    assert running.post("/feedback", told).json()["outcome"] == outcome
    assert running.count("mainline_feedback_absolute_error_sum") == pytest.approx(abs(off))


def test_near_is_by_default_a_tenth_of_the_usual_range(start: Start) -> None:
    """Of the distance from the first to the last decile of the training target."""
    labels = numbers()["label"]
    tenth = (labels.quantile(0.9) - labels.quantile(0.1)) / 10
    for share, outcome in ((0.99, "right"), (1.01, "wrong")):
        running = start("numbers")
        said = running.post("/predict", {"row": rows_of(numbers(), 1)[0]}).json()
        told = {"request_id": said["request_id"], "label": said["prediction"] + share * tenth}
        assert running.post("/feedback", told).json()["outcome"] == outcome


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("people", [], "must be an object"),
        ("people", {"label": "yes"}, "'request_id' is missing"),
        ("people", {"request_id": "a"}, "'label' is missing"),
        ("people", {"request_id": "a", "labl": "yes"}, "'labl' is unknown; did you mean 'label'?"),
        ("people", {"request_id": 7, "label": "yes"}, "request_id: must be"),
        ("people", {"request_id": "a b", "label": "yes"}, "request_id: must be"),
        ("people", {"request_id": "a", "label": "maybe"}, "label: is no class of this model; there are: no, yes"),
        ("people", {"request_id": "a", "label": None}, "label: is no class"),
        ("people", {"request_id": "a", "label": ["yes"]}, "label: is no class"),
        ("people", {"request_id": "a", "label": "yes", "row": -1}, "row: must be"),
        ("people", {"request_id": "a", "label": "yes", "row": 1.5}, "row: must be"),
        ("people", {"request_id": "a", "label": "yes", "row": True}, "row: must be"),
        ("people", {"request_id": "a", "label": "yes", "row": 2**31}, "row: must be"),
        ("digits", {"request_id": "a", "label": 10}, "label: is no class"),
        ("digits", {"request_id": "a", "label": 1e300}, "label: is no class"),
        ("digits", {"request_id": "a", "label": True}, "label: is no class"),
        ("numbers", {"request_id": "a", "label": "1.5"}, "label: must be a number"),
        ("numbers", {"request_id": "a", "label": True}, "label: must be a number"),
        ("numbers", {"request_id": "a", "label": 10**400}, "label: must be a number"),
    ],
)
def test_what_is_no_label_is_refused(name: str, content: Any, said: str, start: Start) -> None:
    """Each field by name; nothing is counted."""
    running = start(name)
    answer = running.post("/feedback", content)
    assert answer.status_code == 400
    assert said in answer.json()["error"]
    assert outcomes(running) == {}


def test_another_type_of_body_is_refused(start: Start) -> None:
    """Labels are JSON."""
    answer = start("people").post("/feedback", content=b"a,yes", headers={"Content-Type": "text/csv"})
    assert answer.status_code == 415
