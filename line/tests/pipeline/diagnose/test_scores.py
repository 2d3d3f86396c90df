"""The score, its error and what luck makes of it, against other ways to compute them."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, r2_score

from pipeline.diagnose import learning, scores

RANDOM = np.random.default_rng(0)
CLASSES = RANDOM.choice(["a", "b", "c"], 90, p=[0.6, 0.3, 0.1]), RANDOM.choice(["a", "b", "c"], 90, p=[0.5, 0.2, 0.3])
NUMBERS = RANDOM.normal(size=90), RANDOM.normal(size=90) * 0.4


@pytest.mark.parametrize(
    ("actual", "said", "other", "numbers"),
    [(*CLASSES, balanced_accuracy_score, False), (*NUMBERS, r2_score, True)],
)
def test_scores_are_scikit_learns(actual, said, other, numbers: bool) -> None:
    """Of all rows, and of rows that a bootstrap counts several times."""
    credits = scores.credit(said, actual, numbers=numbers)
    assert scores.score(credits, actual, numbers=numbers) == pytest.approx(other(actual, said))
    weights = scores.draws(np.arange(90), 0)[:5]
    found = scores.weighted(credits[None], actual, weights, numbers=numbers)[:, 0]
    again = [np.repeat(np.arange(90), each.astype(int)) for each in weights]
    assert found == pytest.approx([other(actual[at], said[at]) for at in again])


@pytest.mark.parametrize(("actual", "said", "numbers"), [(*CLASSES, False), (*NUMBERS, True)])
def test_luck_is_what_other_orders_give(actual, said, numbers: bool) -> None:
    """As the same answers, in other orders, score one by one; answers that are all the same have none."""
    found = scores.by_luck(said, actual, np.random.default_rng(1), 2000, numbers=numbers)
    random = np.random.default_rng(2)
    tried = [scores.score_of(random.permutation(said), actual, numbers=numbers) for _ in range(2000)]
    assert found.mean() == pytest.approx(np.mean(tried), abs=0.01)
    assert found.std() == pytest.approx(np.std(tried), rel=0.08)
    idle = np.repeat(said[:1], 90)
    fixed = scores.by_luck(idle, actual, random, 2, numbers=numbers)
    assert fixed == pytest.approx(scores.score_of(idle, actual, numbers=numbers))


@pytest.mark.parametrize(("fall", "rises"), [(2.0, True), (0.0, False)])
def test_a_rising_curve_promises_more_and_a_flat_one_nothing(fall: float, rises: bool) -> None:
    """By the power law that made it."""
    sizes = np.array([50, 100, 200, 400, 800])
    curve = (0.9 - fall * sizes**-0.5)[None]
    found = learning.gain(sizes, curve, 800)[0]
    assert found == pytest.approx(fall * (800**-0.5 - 1600**-0.5) if rises else 0, abs=1e-9)


def test_no_curve_promises_more_than_there_is() -> None:
    """The score is 1 at most, whatever the power law goes on to."""
    sizes = np.array([50, 100, 200, 400, 800])
    curve = (1.5 - sizes**-0.1)[None]
    left = float(1 - curve[0, -1])
    assert 0 < left < 800**-0.1 - 1600**-0.1
    assert learning.gain(sizes, curve, 800)[0] == pytest.approx(left)
