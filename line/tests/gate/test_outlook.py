"""How far sealed rows see is said from what anybody may know, and tells nothing of what is in them."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mainline import config
from mainline.gate import comparison, levels, outlook
from mainline.gate.answers import Answers

ROWS = 200
ENTRY = {"t": 1, "alpha": 0.0015625, "condition": "accuracy: better", "margin": 0.0, "rows": ["", 623], "champion": {}}


def dev(task: str = "binary", *, old: Any = None, new: Any = None) -> comparison.Comparison:
    """A comparison on 200 dev rows: 20 errors of the champion, none of the challenger."""
    labels = np.arange(ROWS) % 2 if task == "binary" else np.linspace(-2, 2, ROWS)
    wrong = np.where(np.arange(ROWS) < 20, 1 - labels, labels) if task == "binary" else labels + np.sin(np.arange(ROWS))

    def said(answer: Any) -> Answers:
        return Answers(answer, lambda position: np.where(answer == position, 0.9, 0.1))

    old, new = (wrong if old is None else old), (labels if new is None else new)
    return comparison.Comparison(
        task, (0, 1) if task == "binary" else (), 1, 1.0, np.arange(ROWS), labels, said(new), said(old)
    )


def test_a_verdict_of_no_says_the_condition_and_how_far_the_rows_see() -> None:
    """In one sentence, by the gate's own mathematics."""
    said = outlook.why_not(dev(), config.Gate(), ENTRY, ("accuracy",))
    seen = 100 * levels.detectable_effect(ENTRY["alpha"], 0.1 * 0.9, 623)
    assert said == (
        "the condition is superiority (accuracy: better); with 623 sealed rows at the level of decision 1 of 32 "
        f"(0.0016) only gains above about {seen:.1f} points can be told from luck"
    )


def test_it_is_the_same_for_whatever_challenger() -> None:
    """Two that answer otherwise, on dev and sealed rows, are told the same: nothing but the one bit comes out."""
    sides = [dev(new=answer) for answer in (np.zeros(ROWS, int), np.ones(ROWS, int), None)]
    entries = [ENTRY, {**ENTRY, "predictions": ["other"], "challenger": {"model": "m"}}]
    said = {outlook.why_not(d, config.Gate(), e, ("accuracy", "brier")) for d in sides for e in entries}
    assert len(said) == 1


@pytest.mark.parametrize(
    "change", [{"alpha": 1e-5}, {"rows": ["", 100]}, {"t": 2}, {"margin": 0.02}, {"champion": None}], ids=str
)
def test_it_follows_what_is_public(change: dict[str, Any]) -> None:
    """The level, the rows, the number, the condition: with another the sentence is another."""
    before = outlook.why_not(dev(), config.Gate(), ENTRY, ("accuracy",))
    assert outlook.why_not(dev(), config.Gate(), ENTRY | change, ("accuracy",)) != before
    worse = dev(old=1 - dev().labels)
    assert outlook.why_not(worse, config.Gate(), ENTRY, ("accuracy",)) != before


@pytest.mark.parametrize(
    ("condition", "margin", "said"),
    [
        ({"min_gain": 0.02}, 0.02, "the condition is min_gain (accuracy: better); with"),
        ({"min_gain": 0.02}, 0.02, "only gains above about 6.6 points can be told"),
        ({"non_inferiority": 0.01}, -0.01, "only gains above about 3.6 points"),
        ({"non_inferiority": 0.2}, -0.2, "only losses below about 15.4 points"),
    ],
)
def test_a_margin_shifts_what_is_visible(condition: dict[str, float], margin: float, said: str) -> None:
    """A gain to exceed comes on top; a loss that is allowed comes off."""
    settings = config.Gate(condition=config.Condition(**condition))
    assert said in outlook.why_not(dev(), settings, {**ENTRY, "margin": margin}, ("accuracy",))


def test_more_than_there_is_to_gain_is_said() -> None:
    """A champion with few errors on few rows: no challenger could be told from luck, and that is said."""
    few = {**ENTRY, "rows": ["", 52]}
    assert "(more than its errors on the dev rows, 10.0 points)" in outlook.why_not(
        dev(), config.Gate(), few, ("accuracy",)
    )
    assert "more than" not in outlook.why_not(dev(), config.Gate(), ENTRY, ("accuracy",))


def test_where_nothing_is_to_gain_that_is_said() -> None:
    """A champion that makes no error on the dev rows: gains above 0.0 points are no news."""
    told = "(but it makes no error on the dev rows, so there is nothing to gain)"
    assert told in outlook.why_not(dev(old=dev().labels), config.Gate(), ENTRY, ("accuracy",))
    assert told not in outlook.why_not(dev(), config.Gate(), ENTRY, ("accuracy",))


def test_other_metrics_have_their_own_unit_or_no_figure() -> None:
    """Squared errors in variances of the target, brier as such; where a metric is no mean over rows, no figure."""
    numbers = outlook.why_not(dev("regression"), config.Gate(), ENTRY, ("squared_error",))
    assert "only gains above about 0.054 of the target's variance can be told" in numbers
    assert " in brier can be told" in outlook.why_not(dev(), config.Gate(), ENTRY, ("accuracy", "brier"))
    auc = outlook.why_not(dev(), config.Gate(), ENTRY, ("roc_auc",))
    assert auc.endswith("; 623 sealed rows do not show it at the level of decision 1 of 32 (0.0016)")
    level = outlook.why_not(dev(), config.Gate(baseline=0.9), ENTRY | {"champion": None}, ("accuracy",))
    assert "the condition is gate.baseline" in level
    assert "only" not in level


def test_a_new_set_is_foreseen_at_its_first_level() -> None:
    """With fewer decisions more is visible."""
    said = [outlook.before(dev(), config.Gate(life=life), 312) for life in (32, 8)]
    assert said[0].startswith("with 312 sealed rows and 32 decisions (gate.life), gains above about 6.4 points")
    assert said[1].startswith("with 312 sealed rows and 8 decisions (gate.life), gains above about 5.7 points")
    assert outlook.before(dev(), config.Gate(metric="roc_auc"), 312) == ""


def test_the_spread_is_that_of_a_challenger_without_errors() -> None:
    """The variance of the champion's losses is that of the gains of one that is always right."""
    side = dev()
    known = side.old_losses("accuracy")
    assert known is not None
    assert known[1] == pytest.approx(side.spread_of_gain("accuracy"))
    assert replace(side, new=side.old).spread_of_gain("accuracy") == 0
