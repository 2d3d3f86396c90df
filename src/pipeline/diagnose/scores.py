"""One score for all questions: balanced accuracy of classes, r2 of numbers; and how sure it is, by a bootstrap."""

import numpy as np

DRAWS = 200


def credit(said: np.ndarray, actual: np.ndarray, *, numbers: bool) -> np.ndarray:
    """What each answer is worth: (..., rows), 1 or 0 for a class, minus the squared error for a number."""
    if numbers:
        errors: np.ndarray = -((said.astype("float64") - actual.astype("float64")) ** 2)
        return errors
    return np.asarray(said == actual, dtype="float64")


def weighted(credits: np.ndarray, actual: np.ndarray, weights: np.ndarray, *, numbers: bool) -> np.ndarray:
    """Scores under weights of the rows, as a bootstrap draws them.

    Args:
        credits: (models, rows), as `credit` gives them.
        actual: (rows,) of labels.
        weights: (draws, rows).

    Returns:
        (draws, models); nan where a draw has nothing to score.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        if numbers:
            values, total = actual.astype("float64"), weights.sum(axis=1)
            values = values - values.mean()
            spread = weights @ values**2 - (weights @ values) ** 2 / total
            of_numbers: np.ndarray = 1 + (weights @ credits.T) / spread[:, None]
            return of_numbers
        classes = [actual == label for label in sorted(set(actual.tolist()))]
        recalls = [(weights[:, of] @ credits[:, of].T) / weights[:, of].sum(axis=1)[:, None] for of in classes]
    counted = ~np.isnan(recalls)
    of_classes: np.ndarray = np.where(counted, recalls, 0.0).sum(axis=0) / counted.sum(axis=0)
    return of_classes


def score(credits: np.ndarray, actual: np.ndarray, *, numbers: bool) -> float:
    """The score of one model's answers: (rows,) of credit."""
    return float(weighted(credits[None], actual, np.ones((1, len(actual))), numbers=numbers)[0, 0])


def chance(actual: np.ndarray, *, numbers: bool) -> float:
    """The score of answers that have nothing to do with the row."""
    return 0.0 if numbers else 1 / len(set(actual.tolist()))


def score_of(said: np.ndarray, actual: np.ndarray, *, numbers: bool) -> float:
    """The score of answers: (rows,)."""
    return score(credit(said, actual, numbers=numbers), actual, numbers=numbers)


def by_luck(
    said: np.ndarray, actual: np.ndarray, random: np.random.Generator, orders: int, *, numbers: bool
) -> np.ndarray:
    """The scores of the same answers in other orders: (orders,).

    Args:
        said: (rows,) of answers.
        actual: (rows,) of labels.
    """
    if numbers:
        answers, labels, whole = said.astype("float64"), actual.astype("float64"), 1.0
        weights = np.full(len(actual), 1 / ((labels - labels.mean()) ** 2).sum())
    else:
        both = np.unique(np.concatenate([said, actual]), return_inverse=True)[1]
        answers, labels, whole = both[: len(said)], both[len(said) :], 0.0
        sizes = np.bincount(labels)
        weights = 1 / (sizes[labels] * np.count_nonzero(sizes))
    found = [whole + weights @ credit(random.permutation(answers), labels, numbers=numbers) for _ in range(orders)]
    return np.array(found)


def draws(member: np.ndarray, seed: int) -> np.ndarray:
    """Weights of a bootstrap that draws groups of rows: (DRAWS, rows).

    Args:
        member: (rows,) of the group's number, from 0.
    """
    groups = int(member.max()) + 1
    weights = np.random.default_rng(seed).multinomial(groups, np.full(groups, 1 / groups), size=DRAWS)
    return weights[:, member].astype("float64")


def deviation(scores: np.ndarray) -> float:
    """The standard error that the scores of a bootstrap tell; 0 where none could be scored."""
    known = scores[np.isfinite(scores)]
    return float(known.std()) if len(known) else 0.0
