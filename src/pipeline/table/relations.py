"""How columns hang together, how train and dev differ beyond chance, and which rows say the same."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from pipeline.sections import Kind
from pipeline.table import profile

SAMPLE = 10_000  # training rows, for associations; drawn with a fixed seed
MOST = 40  # columns whose associations with each other are told: those closest to the target
LEVELS = 20  # of a category, the commonest; all others are one
LEVEL = 0.01  # the chance that any drift at all is told where there is none
FEWEST = 5  # rows that a test expects of a category
TESTED = 50_000  # rows a side, for drift


def associations(train: pd.DataFrame, kinds: Mapping[str, Kind], target: str) -> dict[str, Any]:
    """How closely columns go together, from 0 to 1 (numbers: -1 to 1).

    Numbers with numbers by Spearman's correlation, categories with categories by Cramer's V, and one with the other by
    the correlation ratio of the ranks; the last two less what chance makes of them. A missing number counts as the
    median, a missing category as one of its own.

    Args:
        train: (rows, at least the columns of `kinds`), parsed; at most 10,000 rows are looked at.
        kinds: of numbers, dates, categories and texts (by their length), the target among them.

    Returns:
        "rows": how many were looked at; "target": by column, the closest first; "columns", and "matrix" of those that
        are closest to the target, itself the first.
    """
    sample = train if len(train) <= SAMPLE else train.sample(SAMPLE, random_state=0)
    ranks = {name: _ranks(profile.figures(sample[name], kind)) for name, kind in kinds.items() if kind != "categorical"}
    codes = {name: _codes(sample[name]) for name, kind in kinds.items() if kind == "categorical"}

    def measure(one: str, other: str) -> float:
        if one in ranks and other in ranks:
            return float(profile.said(ranks[one] @ ranks[other]))
        if one in codes and other in codes:
            return float(profile.said(_cramer(codes[one], codes[other])))
        group, number = (one, other) if one in codes else (other, one)
        return float(profile.said(_ratio(codes[group], ranks[number])))

    to_target = {name: measure(name, target) for name in kinds if name != target}
    closest = sorted(to_target, key=lambda name: (-abs(to_target[name]), name))
    names = [target, *closest[:MOST]]
    square = np.eye(len(names))
    for i, one in enumerate(names):
        for j, other in enumerate(names[:i]):
            square[i, j] = square[j, i] = to_target[one] if other == target else measure(one, other)
    return {
        "rows": len(sample),
        "target": {name: to_target[name] for name in closest},
        "columns": names,
        "matrix": square.tolist(),
    }


def _ranks(values: pd.Series) -> np.ndarray:
    """Ranks around 0, of length 1: their products are correlations. A constant is 0."""
    filled = values.fillna(values.median() if values.notna().any() else 0.0)
    ranks: np.ndarray = filled.rank().to_numpy() - (len(filled) + 1) / 2
    length = float(np.linalg.norm(ranks))
    return ranks / length if length else ranks


def _codes(values: pd.Series) -> np.ndarray:
    bins = profile.Bins.of(values.dropna().astype("str"), "categorical")
    codes = np.full(len(values), len(bins))
    known = values.notna().to_numpy()
    codes[known] = bins.at(values[known].astype("str"))
    dense: np.ndarray = np.unique(codes, return_inverse=True)[1]
    return dense


def _cramer(one: np.ndarray, other: np.ndarray) -> float:
    """Cramer's V, less its bias (Bergsma 2013)."""
    table = _crossed(one, other)
    rows, (height, width) = len(one), table.shape
    if min(height, width) < 2:
        return 0.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / rows
    square = float(((table - expected) ** 2 / expected).sum()) / rows
    less = max(0.0, square - (height - 1) * (width - 1) / (rows - 1))
    high, wide = (each - (each - 1) ** 2 / (rows - 1) for each in (height, width))
    return min(1.0, float(np.sqrt(less / max(min(high, wide) - 1, 1e-9))))


def _ratio(codes: np.ndarray, ranks: np.ndarray) -> float:
    """The correlation ratio, less its bias (Kelley 1935): ranks are centred and of length 1."""
    held = np.bincount(codes)
    within = float(ranks @ ranks) - float((np.bincount(codes, weights=ranks) ** 2 / held).sum())
    if not ranks.any() or len(held) < 2 or len(codes) <= len(held):
        return 0.0
    return float(np.sqrt(max(0.0, 1 - within * (len(codes) - 1) / (len(codes) - len(held)))))


def _crossed(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    width = int(other.max()) + 1
    return np.bincount(one * width + other, minlength=(int(one.max()) + 1) * width).reshape(-1, width)


def drift(sides: Mapping[str, pd.DataFrame], kinds: Mapping[str, Kind]) -> list[dict[str, Any]]:
    """The columns that differ between train and dev beyond chance, the surest first.

    Numbers, dates and lengths of texts by Kolmogorov and Smirnov's test, categories and the share of missing cells by
    chi-square; Holm's correction for all of them together, at a level of 0.01.

    Args:
        sides: "train" and "dev", whose rows were drawn one by one; at most 50,000 of each are looked at.
    """
    train, dev = (sides[side].head(TESTED) for side in ("train", "dev"))
    found = []
    for name, kind in kinds.items():
        pair = [profile.figures(each[name], kind) for each in (train, dev)]
        known = [each.dropna() for each in pair]
        missing = [[len(k), len(each) - len(k)] for k, each in zip(known, pair, strict=True)]
        if missing[0][1] or missing[1][1]:
            found.append((name, "missing", *_chi_square(np.array(missing))))
        if all(map(len, known)):
            found.append((name, *_moved(known[0], known[1], kind)))
    found.sort(key=lambda each: each[3])
    told = []
    for rank, (name, what, size, chance) in enumerate(found):
        if chance * (len(found) - rank) > LEVEL:
            break
        told.append({"column": name, "what": what, "size": profile.said(size), "p": float(f"{chance:.3g}")})
    return told


def _moved(train: pd.Series, dev: pd.Series, kind: Kind) -> tuple[str, float, float]:
    if kind == "categorical":
        bins = profile.Bins.of(train, kind)
        counted = [np.bincount(bins.at(each), minlength=len(bins)) for each in (train, dev)]
        return ("shares", *_chi_square(np.array(counted)))
    tested = stats.ks_2samp(train, dev, method="asymp")
    return "values", float(tested.statistic), float(tested.pvalue)


def _chi_square(table: np.ndarray) -> tuple[float, float]:
    """How far two rows of counts are apart (total variation), and how probable that is by chance."""
    share = table / table.sum(axis=1, keepdims=True)
    size = float(np.abs(share[0] - share[1]).sum()) / 2
    few = table.sum(axis=0) * table.sum(axis=1).min() / table.sum() < FEWEST
    pooled = np.column_stack([table[:, ~few], table[:, few].sum(axis=1)])
    pooled = pooled[:, pooled.sum(axis=0) > 0]
    if pooled.shape[1] < 2:
        return size, 1.0
    return size, float(stats.chi2_contingency(pooled, correction=False).pvalue)


def duplicates(sides: Mapping[str, pd.DataFrame], features: Sequence[str], target: str, ids: str) -> dict[str, Any]:
    """Rows of the same content, and those of them that disagree on the target.

    Returns:
        "rows" that say what an earlier one says, of how many "contents"; "disagree": how many contents and rows, with
        some pairs of row ids.
    """
    rows = pd.concat(
        [
            pd.DataFrame(
                {
                    "content": pd.util.hash_pandas_object(frame[list(features)], index=False).to_numpy(),
                    "target": frame[target].to_numpy(),
                    "id": frame[ids].to_numpy(),
                }
            )
            for frame in sides.values()
        ],
        ignore_index=True,
    )
    again = rows[rows["content"].duplicated(keep=False)]
    contents = int(again["content"].nunique())
    several = again.groupby("content")["target"].transform("nunique") > 1
    apart = again[several].drop_duplicates(["content", "target"])
    pairs = [list(each["id"].head(2)) for _, each in apart.head(50).groupby("content", sort=False) if len(each) > 1]
    return {
        "rows": len(again) - contents,
        "contents": contents,
        "disagree": {
            "contents": int(apart["content"].nunique()),
            "rows": int(several.sum()),
            "pairs": pairs[:5],
        },
    }
