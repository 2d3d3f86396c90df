"""What the model is held against, and what its diagnosis says, in page, comment and card."""

from dataclasses import replace
from typing import Any

import pytest

from mainline.report import looks
from mainline.report.baselines import baselines
from mainline.report.bootstrap import estimates
from mainline.report.card import card
from mainline.report.changes import Changes
from mainline.report.comment import comment
from mainline.report.compare import compare
from mainline.report.contents import contents
from mainline.report.page import render
from mainline.report.side import Side

Pairs = dict[str, tuple[Side, Side]]
DIAGNOSIS: dict[str, Any] = {
    "score": "balanced_accuracy",
    "rows": 900,
    "of": 1200,
    "model": {"estimator": "a.B", "score": 0.83, "se": 0.01, "train_score": 0.99},
    "checks": [
        {"name": "shuffled labels", "state": "fine", "said": "nothing leaks"},
        {"name": "simpler models", "state": "warning", "said": "linear <is> better"},
    ],
    "simpler": [
        {"name": "dummy", "estimator": "a.D", "score": 0.5, "se": 0.0},
        {"name": "linear", "estimator": "a.L", "score": 0.85, "se": 0.01},
    ],
    "features": [
        {"name": "age", "worth": 0.1, "se": 0.01, "useless": False},
        {"name": "noise", "worth": -0.001, "se": 0.002, "useless": True},
    ],
    "learning": {
        "rows": [90, 180, 360, 720],
        "scores": [0.7, 0.75, 0.8, 0.83],
        "train_scores": [1.0, 1.0, 0.99, 0.99],
        "doubled": {"gain": 0.014, "low": 0.002, "high": 0.03},
    },
    "staleness": {"column": "joined", "unit": "days", "ages": [0.0, 30.0, 60.0], "scores": [0.83, 0.8, 0.7]},
    "remarks": ["ConvergenceWarning: lbfgs failed"],
}
HUMAN = {"human": {"accuracy": 0.93, "low": 0.9, "high": 0.95, "rows": 120}}
NONE = Changes()


@pytest.fixture
def known(pairs: Pairs) -> tuple[Side, Side]:
    """A pair whose challenger is diagnosed, with people's labels and a paper."""
    side, champion = pairs["binary"]
    stated = {**side.params, "card": {"literature": {"Smith 2020": 0.91}}}
    return replace(side, diagnosis=DIAGNOSIS, labels=HUMAN, params=stated), champion


def test_each_level_says_its_measure_and_its_rows(known: tuple[Side, Side]) -> None:
    """Simpler models and this one on training rows, both sides on dev rows, people, and what is only stated."""
    side, champion = known
    c = compare(side, champion)
    found = {(b.name, b.rows): b for b in baselines(side, champion, estimates(c))}
    assert [name for name, _ in found] == [
        *("dummy", "linear", "this model", "the champion", "this model", "one person, by the others", "Smith 2020")
    ]
    linear = found["linear", "900 training rows, out of fold"]
    assert (linear.measure, round(linear.level.low, 4)) == ("balanced accuracy", 0.8304)
    assert found["one person, by the others", "120 rows with labels of two people or more"].level.low == 0.9
    assert found["Smith 2020", "not tested here"].level.value == 0.91
    assert {measure for (name, rows), b in found.items() if "dev" in rows for measure in [b.measure]} == {"accuracy"}


def test_without_a_diagnosis_there_are_the_dev_rows_alone(pairs: Pairs) -> None:
    """As in a project of before; nothing else is said."""
    side, _ = pairs["binary"]
    assert [b.name for b in baselines(side, None, estimates(compare(side, None)))] == ["this model"]
    assert "## Diagnosis" not in card(side, lineage={})
    off = replace(side, diagnosis={"rows": 0, "checks": []})
    assert card(off, lineage={}) == card(side, lineage={})


def test_card_and_comment_and_page_hold_them(known: tuple[Side, Side]) -> None:
    """The card all checks, the comment those that are not fine, the page pictures, too; markup is no markup."""
    text = card(known[0], lineage={})
    assert "| linear | 0.8500 | 0.8304 to 0.8696 | balanced accuracy |" in text
    assert "- simpler models (warning): linear &#60;is&#62; better" in text
    said = comment(*known, verdict=None, changes=NONE)
    assert "#### Diagnosis\n\n- `simpler models`: linear &#60;is&#62; better" in said
    assert "nothing leaks" not in said
    html = render(contents(*known, verdict=None, changes=NONE))
    for words in ("Learning curve. Twice the rows: +0.014", "Staleness by joined", "nothing leaks", "What each column"):
        assert words in html
    assert "linear &lt;is&gt; better" in html
    assert "ConvergenceWarning: lbfgs failed" in html


def test_a_page_without_a_diagnosis_has_no_place_for_one(pairs: Pairs) -> None:
    """Nor an empty picture."""
    html = render(contents(*pairs["binary"], verdict=None, changes=NONE))
    assert "h-diagnosis" not in html
    assert looks.figures({"rows": 0, "checks": []}) == ()
    assert looks.columns({}) == ""
    side, champion = pairs["binary"]
    leak = {"rows": 0, "checks": [{"name": "shuffled labels", "state": "failed", "said": "it leaks"}], "remarks": []}
    html = render(contents(replace(side, diagnosis=leak), champion, verdict=None, changes=NONE))
    assert "it leaks" in html, "a leak is told where nothing else could be looked at"
    assert looks.figures(DIAGNOSIS | {"learning": None, "staleness": None}) == ()
