"""models/card.md: the right numbers, rounded, deterministic, safe to render."""

from dataclasses import replace

import numpy as np
import pytest

from mainline.errors import ConfigError
from mainline.report.card import card, rounded
from mainline.report.side import Side

Pairs = dict[str, tuple[Side, Side]]
LINEAGE = {"data": "md5 0f3c", "estimator": "a.b.C"}


@pytest.mark.parametrize("task", ["binary", "regression", "digits", "text"])
def test_two_runs_write_the_same_card(pairs: Pairs, task: str) -> None:
    """Byte for byte; and there is no side, commit or time in it."""
    side, _ = pairs[task]
    text = card(side, lineage=LINEAGE)
    assert text == card(replace(side, commit="other", fit_seconds=99.0, name="champion"), lineage=LINEAGE)
    for title in ("Intended use", "Data", "Metrics", "Limits", "Lineage", "Reproduce"):
        assert f"\n## {title}\n" in text
    assert "`mainline lock`" in text


def test_the_metrics_are_those_of_the_predictions(pairs: Pairs) -> None:
    """Accuracy by hand, to four digits."""
    side, _ = pairs["digits"]
    right = (side.dev["digit"].to_numpy() == side.predictions["prediction"].to_numpy()).mean()
    assert f"| accuracy | {right:.4f} |" in card(side, lineage={})


def test_another_model_has_another_card(pairs: Pairs) -> None:
    """The diff is the change."""
    challenger, champion = pairs["digits"]
    assert card(challenger, lineage=LINEAGE) != card(champion, lineage=LINEAGE)


def test_groups_of_a_sensitive_column_are_compared(pairs: Pairs) -> None:
    """Selection rate by hand, the widest gap, and fairlearn's differences."""
    side, _ = pairs["binary"]
    text = card(side, lineage={}, sensitive=["gender"])
    chosen = (side.predictions["prediction"] == "Yes").groupby(side.dev["gender"].to_numpy()).mean()
    line = next(line for line in text.splitlines() if line.startswith("| `f` | 2"))
    assert f"{chosen['f']:.4f}" in line
    assert f"demographic parity difference: {abs(chosen['f'] - chosen['m']):.4f}" in text
    assert "Fairness" not in card(side, lineage={})


def test_a_groups_scores_are_counted_on_its_own_rows(pairs: Pairs) -> None:
    """Accuracy, selection, true and false positive rate of one group, by hand."""
    side, _ = pairs["binary"]
    part = (side.dev["gender"] == "m").to_numpy()
    truth, said = (v[part].to_numpy() == "Yes" for v in (side.dev["churn"], side.predictions["prediction"]))
    scores = ((truth == said).mean(), said.mean(), said[truth].mean(), said[~truth].mean())
    line = f"| `m` | {part.sum()} | " + " | ".join(f"{score:.4f}" for score in scores) + " |"
    assert line in card(side, lineage={}, sensitive=["gender"])


@pytest.mark.parametrize(
    ("task", "column", "score"), [("regression", "district", "mean error"), ("text", "topic", "accuracy")]
)
def test_other_tasks_have_their_own_fairness_scores(pairs: Pairs, task: str, column: str, score: str) -> None:
    """No selection where nobody is selected."""
    text = card(pairs[task][0], lineage={}, sensitive=[column])
    assert f"| `{column}` | dev rows |" in text
    assert score in text
    assert "selection rate" not in text


def test_small_groups_come_with_a_warning(pairs: Pairs) -> None:
    """Forty-nine rows say little."""
    side, _ = pairs["binary"]
    few = replace(side, dev=side.dev.assign(gender=np.where(np.arange(len(side.dev)) < 49, "x", "y")))
    assert "say little" in card(few, lineage={}, sensitive=["gender"])
    assert "say little" not in card(side, lineage={}, sensitive=["gender"])


@pytest.mark.parametrize("option", ["sensitive", "slices"])
def test_a_column_that_does_not_exist_is_refused(pairs: Pairs, option: str) -> None:
    """By name."""
    with pytest.raises(ConfigError, match="'tariff'"):
        card(pairs["binary"][0], lineage={}, **{option: ["tariff"]})


def test_slices_are_those_asked_for(pairs: Pairs) -> None:
    """And no others."""
    side, _ = pairs["binary"]
    text = card(side, lineage={}, slices=["plan"])
    assert all(f"`plan: {name}`" in text for name in ("basic", "family", "business"))
    assert "`gender: f`" not in text


def test_what_people_say_is_text(pairs: Pairs) -> None:
    """Paragraphs stay; markup and mentions do not."""
    side, _ = pairs["digits"]
    text = card(side, lineage={"a|b": "`x`|y"}, intended_use="One.\n\n# Two <b> @team", limits="")
    assert "One.\n\n&#35; Two &#60;b&#62; @\u200bteam" in text
    assert "## Limits\n\nNot stated yet." in text
    assert "| a&#124;b | <code>&#96;x&#96;&#124;y</code> |" in text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.123456, "0.1235"),
        (-0.00001, "0.0000"),
        (12.3456, "12.35"),
        (23886.4, "23886"),
        (-5.5, "-5.5000"),
        (float("nan"), "–"),
    ],
)
def test_numbers_have_four_digits(value: float, expected: str) -> None:
    """And no minus before zero."""
    assert rounded(value) == expected
