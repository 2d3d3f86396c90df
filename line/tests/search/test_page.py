"""The page of a search, from what the pipeline kept."""

from typing import Any

import pytest

from mainline.errors import ConfigError
from mainline.search import found, page

TRAIN = {
    "estimator": "a.b.Forest",
    "params": {"C": 0.1234567, "w": None},
    "scale": False,
    "columns": {"<x>": {"rare": 2}},
}


def trial(number: int, score: float | None, *, kind: str = "", seconds: float = 1.0, **more: Any) -> dict[str, Any]:
    """One of a search."""
    return {
        "number": number,
        "kind": kind,
        "today": False,
        "score": score,
        "se": None if score is None else 0.01,
        "fit_seconds": seconds,
        "minutes": number / 10,
        "reason": None if score is not None else "<b>broken</b>",
        "train": TRAIN,
        **more,
    }


def told(*trials: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What a search kept."""
    said = {"metric": "log_loss", "lower": True, "folds": 5, "rows": 1234, "minutes": 9.8, "best": 2, "named": 1}
    return {**said, "importance": {"model": 0.7, "Forest.params.C": 0.2}, "trials": list(trials), **more}


TRIALS = (trial(0, 0.69, kind="dummy"), trial(1, 0.305), trial(2, 0.3, seconds=9.0, today=True), trial(3, None))


def test_the_page_tells_everything() -> None:
    """The named and the best, pictures, what mattered, failures with reasons; markup in names is text."""
    html = page.render(told(*TRIALS), dev=0.35)
    assert "far cheaper to fit, is trial 1, Forest: 0.3050" in html
    assert "0.3500 on the dev rows" in html
    assert "+0.0500" in html
    assert html.count("<svg") == 6
    assert "&lt;b&gt;broken" in html
    assert "<b>broken" not in html
    assert "C: 0.123, scale: false, &lt;x&gt;: {rare: 2}" in html


def test_the_best_so_far_is_a_line_that_is_seen() -> None:
    """The legend names it: its class has a stroke, which `line` alone has not."""
    assert page.render(told(*TRIALS)).count('class="axis"') == 2


def test_a_share_of_one_is_told_from_a_count() -> None:
    """A forest that may take all columns has 1.0 of them; 1 would be a single one."""
    forest = {**TRAIN, "params": {"max_features": 1.0, "min_samples_leaf": 1, "C": 1e8}}
    assert page.settings(trial(1, 0.3, train=forest)).startswith("max_features: 1.0, min_samples_leaf: 1, C: 1e+08,")


def test_a_search_without_a_score_has_a_page_too() -> None:
    """All failed: the reasons stand there, and no picture."""
    html = page.render(told(trial(0, None), best=None, named=None, importance={}))
    assert "No trial came to a score" in html
    assert "<svg" not in html


def test_where_higher_is_better_the_highest_is_first() -> None:
    """And one trial alone can be drawn."""
    both = told(trial(1, 0.8), trial(2, 0.9), metric="accuracy", lower=False)
    assert [each["number"] for each in page.ranked(both)] == [2, 1]
    assert "higher is better" in page.render(told(trial(1, 0.8, seconds=0.0), best=1, lower=False))


def test_a_trial_is_found_by_its_number_or_named() -> None:
    """One that is not there, or that failed, is refused."""
    search = told(*TRIALS)
    assert found.trial(search, None)["number"] == 1
    assert found.trial(search, 2)["number"] == 2
    with pytest.raises(ConfigError, match="no trial of this number; its last is 3"):
        found.trial(search, 7)
    with pytest.raises(ConfigError, match="this trial failed"):
        found.trial(search, 3)
