"""The first paragraph, the costs, and what the pipeline recorded besides."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from mainline.report.bootstrap import estimates
from mainline.report.compare import Comparison
from mainline.report.disagreement import disagreement
from mainline.report.side import Side, Signature
from mainline.report.summary import costs, recorded, summary

Make = Callable[..., Comparison]
Pairs = dict[str, tuple[Side, Side]]
SIGNATURE = Signature("binary", "y", (), None, "m", 1, ())


def _told(c: Comparison) -> str:
    return summary(c, estimates(c), disagreement(c, SIGNATURE))


@pytest.mark.parametrize(
    ("challenger", "champion", "expected"),
    [
        ([0, 1] * 20, [0, 0] * 20, "accuracy is 1.000, the champion's 0.500: better by +0.500"),
        ([0, 0] * 20, [0, 1] * 20, "accuracy is 0.500, the champion's 1.000: worse by −0.500"),
        ([0, 1] * 20, [0, 1] * 19 + [0, 0], "no clear difference, +0.025"),
        ([0, 0] * 20, [0, 0] * 20, "They give every row the same label."),
        (
            [0, 1] * 20,
            [0, 0] * 20,
            "disagree on 20 rows: the challenger alone is right on 20, the champion alone on 0.",
        ),
        ([0, 1] * 20, None, "On 40 dev rows the challenger's accuracy is 1.000 [1.000, 1.000]."),
    ],
)
def test_the_first_paragraph_says_what_was_found(
    compared: Make, challenger: list[int], champion: list[int] | None, expected: str
) -> None:
    """Better or worse only where the interval says so; who is right where they disagree."""
    assert expected in _told(compared([0, 1] * 20, challenger, champion))


def test_a_regression_has_no_labels_to_disagree_on(compared: Make) -> None:
    """One sentence."""
    assert "disagree" not in _told(compared([1.0, 2, 4], [1.0, 2, 3], [2.0, 2, 2], task="regression"))


def test_costs_are_compared_where_both_are_known(pairs: Pairs) -> None:
    """Ratios of time, latency and size."""
    time, latency, size = costs(*pairs["digits"])
    assert (time.champion, time.challenger, time.ratio) == ("21 ms", "1.84 s", "×87.6")
    assert (latency.champion, latency.challenger, latency.ratio) == ("0.72 ms", "3.1 ms", "×4.31")
    assert size.ratio == "×1"


def test_a_cost_nobody_measured_is_left_out(pairs: Pairs) -> None:
    """And one that only one side has gets a dash and no ratio."""
    challenger, champion = pairs["digits"]
    bare = replace(challenger, fit_seconds=None, latency_ms=None)
    assert [cost.name for cost in costs(bare, None)] == ["model file"]
    assert [(c.challenger, c.ratio) for c in costs(bare, champion)][:2] == [("–", "–"), ("–", "–")]


def test_only_what_the_report_does_not_work_out_is_recorded(pairs: Pairs, compared: Make) -> None:
    """A measure of the project's own is shown for both sides; accuracy is not shown twice."""
    challenger, champion = pairs["digits"]
    made = estimates(compared([0, 1, 2], [0, 1, 2], task="multiclass"))
    own = replace(challenger, metrics={"rows": 3, "accuracy": 1.0, "f1_macro": 1.0, "lift": 2.5})
    assert recorded(own, champion, made) == (("lift", "–", "2.500"),)
    assert recorded(replace(own, metrics={"log_loss": 0.1}), None, made) == ()
