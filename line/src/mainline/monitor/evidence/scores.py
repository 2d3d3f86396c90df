"""What is looked at in a signal's bins: scores from 0 to 1 whose mean must not rise.

Each says one way in which a distribution may move, under a name to be shown to people. A score of numbers is the rank
in the reference: any change of unit leaves it as it is.
"""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import ArrayLike

from mainline.monitor.evidence.null import Floats, numbers

Scores = tuple[tuple[str, ...], Floats]
"""S names and (S, K) scores."""
MOST = 20


def numeric(reference: ArrayLike, missing: int | None = None) -> Scores:
    """Scores of what has an order: numbers, distances in time, lengths.

    Args:
        reference: (K,) of units in each bin, in their order.
        missing: which bin is that of no value; it stands in the middle, and moves nothing.

    >>> names, scores = numeric([10, 10, 20])
    >>> names
    ('higher', 'lower', 'further out', 'closer in')
    >>> scores[0]
    array([0.125, 0.375, 0.75 ])
    """
    counts = _reference(reference)
    known = np.delete(counts, missing) if missing is not None else counts
    rank = (known.cumsum() - known / 2) / max(known.sum(), 1e-12) if known.sum() else np.full(len(known), 0.5)
    out = np.abs(2 * rank - 1)
    if missing is not None:
        usual = float((out * known).sum() / known.sum()) if known.sum() else 0.5
        rank, out = np.insert(rank, missing, 0.5), np.insert(out, missing, usual)
    return ("higher", "lower", "further out", "closer in"), np.clip([rank, 1 - rank, out, 1 - out], 0, 1)


def categorical(
    reference: ArrayLike, words: Sequence[str] | None = None, most: int = MOST, apart: Collection[int] = ()
) -> Scores:
    """Scores of what has no order: the share of each of the commonest, and of all others together; both ways.

    Args:
        reference: (K,) of units in each bin.
        words: a word for each bin; its number as they are not given.
        apart: bins that are watched elsewhere, such as those of missing cells.

    >>> names, scores = categorical([70, 20, 6, 4], ["red", "blue", "green", "grey"], most=2)
    >>> names
    ('more red', 'more blue', 'more of the others', 'less red', 'less blue', 'less of the others')
    >>> scores[2]
    array([0., 0., 1., 1.])
    """
    counts = _reference(reference)
    said = [str(at) for at in range(len(counts))] if words is None else list(words)
    if len(said) != len(counts):
        raise ValueError(f"words must be one for each of the {len(counts)} bins, not {len(said)}")
    here = [at for at in np.argsort(-counts, kind="stable").tolist() if at not in apart]
    groups = [([at], said[at]) for at in here[:most]]
    if here[most:]:
        groups.append((here[most:], "of the others"))
    if len(groups) < 2:  # whatever is the same for all units never moves
        return (), np.zeros((0, len(counts)))
    shares = np.array([np.isin(np.arange(len(counts)), bins) for bins, _ in groups], dtype=np.float64)
    names = [f"{way} {word}" for way in ("more", "less") for _, word in groups]
    return tuple(names), np.concatenate([shares, 1 - shares])


def bad(bins: int, which: Sequence[int]) -> Floats:
    """Return (S, K), 1 in one of the bins `which` and 0 elsewhere: the shares of what is missing, or out of range.

    >>> bad(4, [0, 3])
    array([[1., 0., 0., 0.],
           [0., 0., 0., 1.]])
    """
    if any(not 0 <= at < bins for at in which):
        raise ValueError(f"which must be bins from 0 to {bins - 1}, not {list(which)}")
    return np.eye(bins)[list(which)]


def _reference(counts: ArrayLike) -> Floats:
    made = numbers("reference", counts)
    if made.ndim != 1 or len(made) < 1 or not (np.isfinite(made) & (made >= 0)).all():
        raise ValueError(f"reference must be counts of bins, at least 0: {made.tolist()}")
    return made
