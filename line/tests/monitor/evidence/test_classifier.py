"""A nightly classifier finds what no column shows alone, and ranks evenly what has not changed."""

from typing import Any

import numpy as np
import pytest

from mainline.monitor.evidence.classifier import Night, null

KINDS = {"x": "number", "y": "number", "kind": "category"}


def rows(rng: np.random.Generator, count: int, together: bool = False) -> dict[str, Any]:
    """Two columns and a category; `together` makes one column follow the other, each staying as it was."""
    x, y = rng.standard_normal((2, count))
    return {"x": x, "y": 0.8 * x + 0.6 * y if together else y, "kind": rng.choice(["a", "b"], count)}


def test_rows_that_hang_together_anew_rank_high() -> None:
    """No column has changed; their product has, and today's rows rank well above the half."""
    rng = np.random.default_rng(0)
    night = Night.learn(rows(rng, 2000), rows(rng, 1000, together=True), KINDS)
    bins = night.bins(rows(rng, 1000, together=True))
    assert bins.mean() / 9 > 0.56
    assert ((bins >= 0) & (bins <= 9)).all()


def test_unchanged_rows_rank_evenly() -> None:
    """Whatever was learnt from rows like the reference's, the mean rank of new ones is within what is allowed."""
    rng = np.random.default_rng(1)
    nights = [Night.learn(rows(rng, 2000), rows(rng, 1000), KINDS) for _ in range(5)]
    ranks = [(night.bins(rows(rng, 1000)) + 0.5).mean() / 10 for night in nights]
    assert np.mean(ranks) == pytest.approx(0.5, abs=0.02)
    shares = np.mean([np.bincount(night.bins(rows(rng, 1000)), minlength=10) for night in nights], axis=0) / 1000
    assert shares == pytest.approx(np.full(10, 0.1), abs=0.03)


def test_the_rows_it_learnt_from_would_deceive() -> None:
    """Why today's rows are ranked, not the recent ones: those it has seen rank higher though nothing changed."""
    rng = np.random.default_rng(2)
    wide = {f"c{at}": "number" for at in range(30)}

    def draw(count: int) -> dict[str, Any]:
        return {name: rng.standard_normal(count) for name in wide}

    recent = draw(300)
    night = Night.learn(draw(600), recent, wide)
    assert night.bins(recent).mean() - night.bins(draw(300)).mean() > 1
    assert night.bins(draw(1000)).mean() == pytest.approx(4.5, abs=0.5)  # nor is the reference's half one it has seen


def test_a_change_of_categories_alone_is_found() -> None:
    """More of one kind ranks high."""
    rng = np.random.default_rng(3)
    recent, today = ({**rows(rng, 1000), "kind": ["a"] * 1000} for _ in range(2))
    assert Night.learn(rows(rng, 1000), recent, KINDS).bins(today).mean() / 9 > 0.55


def test_the_same_rows_teach_the_same() -> None:
    """Its randomness is fixed: two hosts that hold the same rows count the same bins."""
    parts = [rows(np.random.default_rng(4), count) for count in (300, 200, 100)]
    one, other = (Night.learn(*parts[:2], KINDS).bins(parts[2]).tolist() for _ in range(2))
    assert one == other


def test_only_the_latest_thousand_are_learnt_from() -> None:
    """What came before them makes no difference."""
    rng = np.random.default_rng(5)
    reference, recent, today = rows(rng, 400), rows(rng, 1500), rows(rng, 50)
    last = {name: values[-1000:] for name, values in recent.items()}
    one, other = (Night.learn(reference, each, KINDS).bins(today).tolist() for each in (recent, last))
    assert one == other


def test_rows_that_are_all_alike_rank_in_the_middle() -> None:
    """Ties take the middle of their ranks: a constant table is no drift."""
    same = {"x": np.ones(200)}
    assert set(Night.learn(same, same, {"x": "number"}).bins(same).tolist()) == {5}


def test_its_null_is_the_uniform_rank() -> None:
    """Ten bins of ranks, a half on average, and .02 above it."""
    assert null().scores[0] == pytest.approx(np.arange(10) / 10 + 0.05)
    assert null().allowed == pytest.approx(np.array([[0.52]]))
    assert null(icc=0.1).icc == pytest.approx([0.1])


@pytest.mark.parametrize(("before", "recent"), [(99, 50), (100, 49)])
def test_too_few_rows_are_refused(before: int, recent: int) -> None:
    """Of fewer rows nothing is learnt, in words; of just enough something is."""
    rng = np.random.default_rng(6)
    with pytest.raises(ValueError, match="100 reference rows and 50 recent ones are needed"):
        Night.learn(rows(rng, before), rows(rng, recent), KINDS)
    Night.learn(rows(rng, 100), rows(rng, 50), KINDS)
