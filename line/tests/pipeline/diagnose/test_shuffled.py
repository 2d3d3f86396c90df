"""How seldom a sound model is accused of a leak, and that a leak of little is seen."""

import numpy as np
import pytest

from pipeline.diagnose import shuffled
from pipeline.diagnose.shuffled import Trial, Try

TRIAL = Trial(shuffled.FIRST.tries, 100, 0.05)


def tries(random: np.random.Generator, known: float, numbers: bool) -> list[Try]:
    """Answers to 40 rows, of rare classes or of far outliers; a share of them is the label."""
    found = []
    for _ in range(TRIAL.tries):
        draws = [np.exp(2 * random.normal(size=40)) if numbers else random.choice(3, 40, p=[0.8, 0.15, 0.05])] * 2
        said, labels = (random.permutation(each) for each in draws)
        found.append(Try(np.where(random.random(40) < known, labels, said), labels))
    return found


@pytest.mark.parametrize("numbers", [False, True])
def test_chance_is_accused_as_rarely_as_was_said(numbers: bool) -> None:
    """One in twenty where that was asked for, give or take luck, in small tables of rare classes and outliers."""
    random = np.random.default_rng(4)
    alarms = [shuffled._judged(tries(random, 0, numbers), TRIAL, random, numbers=numbers).leaks for _ in range(200)]
    assert 2 <= sum(alarms) <= 18


def test_a_leak_of_some_labels_is_seen() -> None:
    """Where three answers in ten are the label itself."""
    random = np.random.default_rng(5)
    found = [shuffled._judged(tries(random, 0.3, False), TRIAL, random, numbers=False).leaks for _ in range(30)]
    assert sum(found) >= 27


def test_answers_that_are_all_the_same_tell_nothing() -> None:
    """In whatever order, they score the same."""
    random = np.random.default_rng(6)
    same = [Try(np.zeros(30, int), random.choice(2, 30)) for _ in range(TRIAL.tries)]
    told = shuffled._judged(same, TRIAL, random, numbers=False)
    assert (told.leaks, told.score, told.bound) == (False, pytest.approx(0.5), pytest.approx(0.5))
