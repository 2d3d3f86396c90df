"""What the gate's rules on rows are worth: `python line/benchmarks/rows.py`, about 10 s.

Two models of one accuracy where the new one's errors are deleted, and what a rotation of the example leaves to learn
from, by where retired rows go.
"""

import hashlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.tree import DecisionTreeClassifier

from mainline.gate.levels import level
from mainline.gate.tests import paired_counts_p

Mask = NDArray[np.bool_]

DRAWS, SEALED_ROWS, RIGHT = 400, 525, 0.8
SALTS, DEV, SEALED = 40, 0.15, 0.35
MAX_MDE, DELTA = 0.1, 0.05


def certified(new: Mask, old: Mask, margin: float, alpha: float) -> bool:
    """Whether one side, right where it says so, is shown to be better than another by more than a margin."""
    counts = int((new & ~old).sum()), int((old & ~new).sum()), len(new)
    return bool(paired_counts_p(*counts, margin=margin, alpha=alpha) <= alpha)


def deleted(share: float) -> tuple[int, int]:
    """Of DRAWS pairs of equal models how often the new one is certified where a share of its errors is not counted.

    Returns:
        How often, and how often where main's rows stay: a row that is not answered is one that is answered wrongly.
    """
    alpha, found = level(1, 0, delta=DELTA, life=32), [0, 0]
    for seed in range(DRAWS):
        rng = np.random.default_rng(seed)
        new, old = rng.random(SEALED_ROWS) < RIGHT, rng.random(SEALED_ROWS) < RIGHT
        left = new | (rng.random(SEALED_ROWS) >= share)
        found[0] += certified(new[left], old[left], 0.0, alpha)
        found[1] += certified(new, old, 0.0, alpha)
    return found[0], found[1]


# where a row lies in [0, 1) -> (who is learnt from after a rotation, who is judged on)
LAYOUTS: dict[str, Callable[[NDArray[np.float64]], tuple[Mask, Mask]]] = {
    "dev rows": lambda at: (at >= DEV + 2 * SEALED, (at >= DEV) & (at < DEV + SEALED)),
    "training rows, the dev rows stay": lambda at: ((at >= DEV) & ~_within(at, DEV + SEALED, SEALED), at < DEV),
    "dev rows and training rows": lambda at: (~_within(at, SEALED, DEV + SEALED), _within(at, SEALED, DEV)),
}


def _within(at: NDArray[np.float64], start: float, length: float) -> Mask:
    return (at >= start) & (at < start + length)


def main() -> None:
    """Print both tables."""
    print("errors deleted | certified where the rest is the test | certified where main's rows stay")
    for share in (0.2, 0.3, 0.5, 0.7):
        print(f"{share:.0%} | {' | '.join(f'{count} of {DRAWS}' for count in deleted(share))}")
    pixels, digits = (each[:1500] for each in load_digits(return_X_y=True))
    print("retired rows become | training rows | judged on | accuracy | shown to be not worse")
    for name, layout in LAYOUTS.items():
        rows = []
        for salt in range(SALTS):
            hashes = [hashlib.blake2b(f"s{salt}\0{n}".encode(), digest_size=8).digest() for n in range(len(digits))]
            at = np.array([int.from_bytes(each) / 2**64 for each in hashes])
            learnt, judged = layout(at)
            right = []
            for train in (learnt, at >= DEV + SEALED):
                tree = DecisionTreeClassifier(max_depth=8, random_state=0).fit(pixels[train], digits[train])
                right.append(tree.predict(pixels[judged]) == digits[judged])
            shown = certified(right[0], right[1], -MAX_MDE, DELTA)
            rows.append(((at >= DEV + SEALED).sum(), learnt.sum(), judged.sum(), *map(np.mean, right[::-1]), shown))
        before, after, judged_on, old, new, _ = np.mean(rows, axis=0)
        shown_in = sum(bool(row[-1]) for row in rows)
        print(
            f"{name} | {before:.0f} -> {after:.0f} | {judged_on:.0f} | {old:.2f} -> {new:.2f} | {shown_in} of {SALTS}"
        )


if __name__ == "__main__":
    main()
