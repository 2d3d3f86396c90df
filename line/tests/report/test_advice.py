"""What to do next: the parts that err more than they should, and for each the remedy that fits what is seen."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mainline.report.advice import advice
from mainline.report.changes import Changes
from mainline.report.comment import comment
from mainline.report.compare import Comparison, compare
from mainline.report.contents import contents
from mainline.report.gaps import gaps
from mainline.report.page import render
from mainline.report.side import Column, Side, Signature

Pairs = dict[str, tuple[Side, Side]]
NONE = Changes()
ROWS = 400
RISING = {"doubled": {"gain": 0.02, "low": 0.01, "high": 0.03}}
FLAT = {"doubled": {"gain": 0.0, "low": -0.01, "high": 0.01}}


def world(
    wrong: dict[str, float], *, diagnosis: Any = None, labels: Any = None, rare: bool = False, **change: Any
) -> tuple[Comparison, Side]:
    """A model of two kinds of rows, half of each, wrong on so large a share of either; with its own answers."""
    rng = np.random.default_rng(7)

    def table(name: str) -> pd.DataFrame:
        found = pd.DataFrame(
            {"row_id": [f"{name}{at}" for at in range(ROWS)], "kind": np.repeat(["a", "b"], ROWS // 2)}
        )
        found["size"], found["y"] = rng.random(ROWS), np.where(np.arange(ROWS) % (20 if rare else 2), "no", "yes")
        return found

    dev, train = table("d"), table("t")
    miss = np.zeros(ROWS, bool)
    for kind, share in wrong.items():
        at = np.flatnonzero((dev["kind"] == kind) | (dev["y"] == kind))
        miss[at[: int(share * len(at))]] = True
    said = np.where(miss, np.where(dev["y"] == "yes", "no", "yes"), dev["y"])
    answers = pd.DataFrame({"row_id": dev["row_id"], "prediction": said})
    answers["p_no"], answers["p_yes"] = (said == "no").astype(float), (said == "yes").astype(float)
    columns = (Column("kind", "categorical", categories=("a", "b")), Column("size", "numeric", 0.0, 1.0))
    signature = Signature("binary", "y", ("no", "yes"), "yes", "a.LogisticRegression", ROWS, columns)
    side = Side("challenger", "c0ffee", {}, signature, {}, dev, train, answers, 10, diagnosis=diagnosis or {})
    side = replace(side, labels=labels or {}, **{name: do(side) for name, do in change.items()})
    return compare(side, None), side


def looked(train_score: float, learning: Any) -> dict[str, Any]:
    """What metrics/diagnosis.json says of how a model learns."""
    return {"rows": ROWS, "model": {"train_score": train_score}, "learning": learning}


def first(c: Comparison, side: Side) -> tuple[str, str, str]:
    """The first advice: of what, what it says, and the command."""
    found = advice(c, side, ())[0]
    return found.gap.part.label, found.said, found.command


def test_a_gap_brings_what_its_rows_would_gain() -> None:
    """Half of the rows at 30 % wrong and the others at 10: 10 points of a half, with an interval above zero."""
    c, side = world({"a": 0.3, "b": 0.1})
    found = gaps(c, side, ())[0]
    assert (found.part.label, found.rows, found.share) == ("kind: a", 200, 0.75)
    assert found.error == pytest.approx(0.3)
    assert found.brings.value == pytest.approx(0.05)
    assert 0 < found.brings.low < 0.05 < found.brings.high


def test_a_gap_that_may_be_luck_is_none() -> None:
    """Its interval holds zero; nor is there one where all rows err alike, or none does."""
    for wrong in ({"a": 0.12, "b": 0.1}, {"a": 0.2, "b": 0.2}, {}):
        assert gaps(*world(wrong), ()) == ()


def test_people_are_the_level_where_there_is_one() -> None:
    """Slices that err as the whole does may still gain what one person would get right; at most ten are told."""
    c, side = world({"a": 0.3, "b": 0.3}, labels={"human": {"accuracy": 0.95}})
    found = gaps(c, side, ())
    assert 1 < len(found) <= 10
    assert found[0].brings.value == pytest.approx(0.5 * 0.25, abs=0.01)
    assert [each.brings.value for each in found] == sorted((each.brings.value for each in found), reverse=True)


def test_the_same_rows_are_told_once() -> None:
    """A column that says what another says brings nothing new."""
    c, side = world({"a": 0.3, "b": 0.05})
    twin = replace(c, rows=c.rows.assign(size=c.rows["kind"] == "a"))
    labels = [each.part.label for each in gaps(twin, side, ("size",))]
    assert len([each for each in labels if each.startswith(("kind", "size"))]) == 1


def test_more_rows_are_asked_for_where_they_help() -> None:
    """The model knows its own rows, and the curve rises; the command asks for these rows."""
    label, said, command = first(*world({"a": 0.3, "b": 0.05}, diagnosis=looked(0.99, RISING)))
    assert label == "kind: a"
    assert said.startswith("It has learnt 200 such rows")
    assert command == "mainline label --where \"kind == 'a'\""


@pytest.mark.parametrize(
    ("train_score", "learning", "said"),
    [
        (0.99, FLAT, "a simpler model"),
        (0.7, RISING, "other columns or a larger model, not more rows"),
        (0.99, None, "a simpler model"),
    ],
)
def test_more_rows_are_not_asked_for_where_they_do_not(train_score: float, learning: Any, said: str) -> None:
    """The curve is flat, or the model errs on its own rows, too."""
    found = first(*world({"a": 0.3, "b": 0.05}, diagnosis=looked(train_score, learning)))
    assert said in found[1]
    assert found[2] == "mainline search"


def doubted(share: float) -> Callable[[Side], pd.DataFrame]:
    """Out-of-fold answers that are sure of another label on this share of kind a, and on few others."""

    def make(side: Side) -> pd.DataFrame:
        assert side.train is not None
        at = np.arange(ROWS) < share * ROWS / 2
        return pd.DataFrame({"row_id": side.train["row_id"], "suspicion": np.where(at, 0.97, 0.1)})

    return make


def test_labels_that_the_model_doubts_are_looked_at() -> None:
    """Twenty of them, as a queue."""
    _, said, command = first(*world({"a": 0.3, "b": 0.05}, diagnosis=looked(0.99, FLAT), unseen=doubted(0.2)))
    assert said == "Of 20% of such training rows it is sure that the label is another, of all 10%: look at 20 of them."
    assert command == "mainline label --batch 20 --where \"kind == 'a'\""


def test_a_few_doubts_are_none() -> None:
    """Four rows are no pattern."""
    said = first(*world({"a": 0.3, "b": 0.05}, diagnosis=looked(0.99, FLAT), unseen=doubted(0.02)))[1]
    assert "simpler model" in said


@pytest.mark.parametrize(
    ("searched", "words", "command"),
    [(False, "a larger model", "mainline search"), (True, "other columns.", "mainline explore")],
)
def test_after_a_search_no_larger_model_is_asked_for(searched: bool, words: str, command: str) -> None:
    """It was looked for, and this is what was found."""
    wrong = {"a": 0.3, "b": 0.05}
    found = first(*world(wrong, diagnosis=looked(0.7, FLAT), searched=lambda _: searched))
    assert words in found[1]
    assert found[2] == command


def test_the_same_remedy_is_told_once() -> None:
    """The next part that it would help names the first; each reader of page and comment finds it there."""
    c, side = world({"a": 0.3, "b": 0.3}, labels={"human": {"accuracy": 0.95}})
    found = advice(c, side, ())
    same = [each for each in found if (each.said, each.command) == (found[0].said, found[0].command)]
    assert [each.like for each in same] == [None, *[found[0].gap.part.label] * (len(same) - 1)]
    assert len(same) > 2
    html = render(contents(side, None, verdict=None, changes=NONE))
    said = comment(side, None, verdict=None, changes=NONE)
    assert html.count(found[0].said) == said.count(found[0].said) == 1


@pytest.mark.parametrize(
    ("cell", "words"), [(np.nan, "25% of their cells are empty, of all rows 12%"), (9.0, "25% of their cells are out")]
)
def test_cells_that_say_nothing_are_cleaned(cell: float, words: str) -> None:
    """Empty, or out of what was learnt, twice as often as elsewhere; the column is named."""
    c, side = world({"a": 0.3, "b": 0.05}, diagnosis=looked(0.99, RISING))
    rows = c.rows.assign(size=c.rows["size"].mask(np.arange(ROWS) < ROWS / 4, cell))
    found = next(each for each in advice(replace(c, rows=rows), side, ()) if each.gap.part.label == "kind: a")
    assert found.said.startswith(words)
    assert "'size' most" in found.said
    assert found.command == "mainline explore"


def test_a_model_without_columns_has_no_cells_to_clean() -> None:
    """All of them are ignored; a class may still err more than it should."""
    c, side = world({"yes": 0.3}, diagnosis=looked(0.99, FLAT))
    ignored = replace(side, signature=replace(side.signature, columns=(Column("kind", "ignored"),)))
    assert first(c, ignored)[0] == "y: yes"


def test_a_rare_class_is_weighed() -> None:
    """Where the model takes weights, and has none yet; else it is to be augmented."""
    c, side = world({"yes": 0.9}, rare=True)
    assert first(c, side)[::2] == ("y: yes", "mainline lock")
    assert "class_weight: balanced" in first(c, side)[1]
    weighed = replace(side, params={"train": {"params": {"class_weight": "balanced"}}})
    other = replace(side, signature=replace(side.signature, estimator="a.KNeighborsClassifier"))
    for each in (weighed, other):
        assert "augment" in first(c, each)[1]


def test_a_private_column_is_named_in_no_command() -> None:
    """`mainline label` would refuse it."""
    c, side = world({"a": 0.3, "b": 0.05}, diagnosis=looked(0.99, RISING))
    for params in ({"service": {"private": ["kind"]}}, {"data": {"private": {"kind": "hash"}}}):
        assert first(c, replace(side, params=params))[2] == "mainline label"


def test_without_a_diagnosis_one_is_asked_for() -> None:
    """As in a project of before."""
    assert first(*world({"a": 0.3, "b": 0.05}))[2] == "mainline lock"


@pytest.mark.parametrize("task", ["binary", "regression", "digits", "text"])
def test_every_task_has_its_advice_on_the_page(pairs: Pairs, task: str) -> None:
    """With what it would bring; the comment has the first three."""
    html = render(contents(*pairs[task], verdict=None, changes=NONE))
    assert "What to do next" in html
    said = comment(*pairs[task], verdict=None, changes=NONE)
    assert 1 <= said.partition("#### What to do next")[2].count("of all errors, would bring") <= 3


def test_a_model_without_a_gap_gets_no_advice() -> None:
    """Nor a place for it."""
    _, side = world({})
    assert "What to do next" not in render(contents(side, None, verdict=None, changes=NONE))
    assert "What to do next" not in comment(side, None, verdict=None, changes=NONE)
