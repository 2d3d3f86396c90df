"""What the label queue is worth: wrong labels that it finds, and labels that it saves, on scikit-learn's digits.

The yardstick is a queue at random. A forest answers. To find wrong labels, 5% are flipped to another class; to save
some, no training row has a label, and dev and sealed rows have one. Seeds are fixed, so all figures repeat exactly.
"""

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits

from pipeline.model import fitting, predicting
from pipeline.params import Params
from pipeline.stages import queue, split
from pipeline.table import votes

FOREST = {"estimator": "sklearn.ensemble.RandomForestClassifier", "scale": False}
FLIPPED = 0.05
SEEDS = range(3)
BATCH, POOL = 20, 1200
RANDOM = 700
"""Labels at random whose accuracy the queue is to reach."""


def digits(seed: int) -> pd.DataFrame:
    """All 1,797, in another order: (rows, row_id + pixels + target)."""
    found = load_digits()
    frame = pd.DataFrame(found.data, columns=[f"p{n}" for n in range(64)]).assign(target=found.target)
    frame = frame.sample(frac=1, random_state=seed).reset_index(drop=True)
    frame.insert(0, "row_id", [f"r{n}" for n in range(len(frame))])
    return frame


def settings(seed: int) -> Params:
    """Most rows train, so that the figures are the ranking's."""
    data, shares = {"source": "sklearn:digits", "target": "target", "id": "row_id"}, {"dev": 0.05, "sealed": 0.05}
    return Params.model_validate(
        {"data": data, "split": shares, "labels": {"wanted": True}, "train": FOREST | {"seed": seed}}
    )


def found(seed: int) -> tuple[float, float]:
    """Precision of the first 5% by suspicion, which is recall, too; and of the first 2.5%."""
    frame, random = digits(seed), np.random.default_rng(seed)
    flips = random.choice(len(frame), round(FLIPPED * len(frame)), replace=False)
    frame.loc[flips, "target"] = (frame.loc[flips, "target"] + random.integers(1, 10, len(flips))) % 10
    order = queue.doubts(frame, settings(seed)).index
    return tuple(float(np.isin(order[: len(flips) // n], flips).mean()) for n in (1, 2))  # type: ignore[return-value]


def accuracy(rows: pd.DataFrame, test: pd.DataFrame, params: Params) -> float:
    """Of the model of these rows."""
    fitted, about = fitting.fit(rows, params)
    return float((predicting.predict(fitted, about, test)["prediction"].to_numpy() == test["target"].to_numpy()).mean())


def needed(seed: int) -> tuple[float, int]:
    """The accuracy of 700 labels at random, and how many of the queue reach it, its blind quarter among them."""
    frame, params = digits(seed), settings(seed)
    pool, test = frame.iloc[:POOL], frame.iloc[POOL:]
    side = split.assign(pool, params)
    learn = pool[side == "train"]
    goal = accuracy(learn.iloc[:RANDOM], test, params)
    truth, blank = pool.set_index("row_id")["target"], pool.assign(target=pool["target"].where(side != "train"))
    said: list[tuple[str, str, str, str, str, str]] = []
    while len(said) < POOL - BATCH:
        known = pd.DataFrame(said, columns=["row", "label", "by", "at", "how", "where"], dtype="object")
        asked, _ = queue.rank(blank, known, params, BATCH, "anna")
        said += [(row, str(truth[row]), "anna", "2026", how, "") for row, how in asked[["row_id", "how"]].to_numpy()]
        known = pd.DataFrame(said, columns=["row", "label", "by", "at", "how", "where"], dtype="object")
        labels = votes.settle(blank, known, side, params).labels[learn.index]
        rows = learn[labels.notna()].assign(target=votes.typed(labels.dropna()))
        if len(rows) and rows["target"].nunique() > 1 and accuracy(rows, test, params) >= goal:
            break
    return goal, len(said)


def main() -> None:
    """Print both tables."""
    print("| seed | first 5%: precision = recall | over chance | first 2.5%: precision |\n|---|---|---|---|")
    for seed in SEEDS:
        five, half = found(seed)
        print(f"| {seed} | {five:.2f} | {five / FLIPPED:.0f} x | {half:.2f} |", flush=True)
    print(f"\n| seed | accuracy of {RANDOM} at random | labels of the queue | over random |\n|---|---|---|---|")
    for seed in SEEDS:
        goal, count = needed(seed)
        print(f"| {seed} | {goal:.3f} | {count} | {count / RANDOM:.2f} x |", flush=True)


if __name__ == "__main__":
    main()
