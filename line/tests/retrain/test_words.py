"""What a retraining says of itself, to whoever is to merge it."""

from dataclasses import replace

from mainline import retraining
from mainline.retrain import words
from mainline.retraining import Retraining, Trigger
from mainline.tools import github

TOLD = Retraining(
    number=3,
    date="2026-11-29",
    base="c" * 40,
    trigger=Trigger("worse", "More answers are wrong than allowed."),
    until="2026-11-20",
    rows={
        "in": {"train": 900, "dev": 40, "asked": 812},
        "source": {"new": 5, "gone": 0},
        "out": {"known already": 7, "a": 9},
    },
    labels={"no": 1500, "yes": 252.0},
    level=retraining.LEVEL,
    stream="a" * 32,
)


def test_the_pull_request_says_all_that_the_file_holds() -> None:
    """Trigger and evidence, rows in and out by reason, labels by class, the level, and what the gate will judge."""
    said = words.text(TOLD)
    for part in ("More answers are wrong", "| to learn from | 900 |", "| left out: known already | 7 |", "yes: 252"):
        assert part in said
    assert "812 fresh rows, at level 0.0042, of which 12 a year keep 5% together" in said
    assert "Predictions up to 2026-11-20." in said
    assert words.title(TOLD) == "Train again, number 3: worse"
    assert said.index("left out: a") < said.index("left out: known already")


def test_without_production_it_says_nothing_of_it() -> None:
    """No days, and no labels."""
    said = words.text(replace(TOLD, until="", labels={}))
    assert "Predictions up to" not in said
    assert "Labels" not in said


def test_columns_of_ill_will_are_text() -> None:
    """A class or a reason may be called anything: it mentions nobody, ends no table, and is no mark-up."""
    evil = "@all | x\n<script>alert(1)</script>"
    rows = {**TOLD.rows, "out": {evil: 1}}
    said = github.tame(words.text(replace(TOLD, labels={evil: 1}, rows=rows)))
    assert "@all" not in said
    assert "<script" not in said
    assert "\\| x &lt;script>" in said
