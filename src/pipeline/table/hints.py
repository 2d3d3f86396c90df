"""What looks odd in the training rows, each with the line of params.yaml that settles it; too few before too many."""

import json
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.sections import Kind
from pipeline.table import columns, dates
from pipeline.table.text import NOTHING
from pipeline.table.wording import yaml_key

MEASURED = 10  # different numbers that make a column one of numbers
MOST_WORDS = 3  # that stand for nothing in one column
MOSTLY = 0.7  # numbers, among which a few words are no categories
TIMES = 3  # that a number says nothing, before it is no chance
RARE = 0.1  # of the rows: zeros in more of them mean something
FAR, APART = 10, 5  # quartile ranges: beyond the quartiles, and from all other values
FEW = 0.005  # of the rows, for values that are far from the rest
LEAK = 0.98  # what a column alone may reach before somebody should look
NAMES = 0.8  # of a column's cells
TEXTS = 0.01  # of a column's texts
SAMPLE = 2_000  # different cells, for e-mail addresses and the like
MAIL = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}"
PHONE = r"(?:\+|00|0|\()[\d ()/-]{6,18}\d"
IBAN = re.compile(r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}")


@dataclass(frozen=True)
class Hint:
    """What looks odd in a column, and what to write into params.yaml where it is a fault."""

    column: str
    kind: str
    what: str
    yaml: str


def look(column: pd.Series, kind: Kind, *, stated: bool = False) -> Iterator[Hint]:
    """All that looks odd in a column by itself: (rows,) of parsed cells.

    Args:
        stated: params.yaml says of which kind it is.
    """
    if pd.api.types.is_datetime64_any_dtype(column):
        return
    name = str(column.name)
    if pd.api.types.is_numeric_dtype(column):
        if kind == "numeric":
            counted = column.dropna().astype("float64").value_counts().sort_index()
            for rule in (_nines, _zeros, _far) if len(counted) else ():
                yield from rule(name, counted.index.to_numpy(), counted.to_numpy())
        return
    counts = column.dropna().astype("str").value_counts().sort_index()
    found = [*_personal(name, counts.index, kind)]
    yield from found
    if found or not len(counts):
        return
    yield from _nothing(name, counts, stated)
    if kind == "categorical":
        yield from _twins(name, counts)
    if not stated and dates.looks_like(counts.index.to_series(name=name)):
        yaml = f"data: {{kinds: {{{yaml_key(name)}: date}}}}"
        yield Hint(name, "date", f"{counts.index[0][:40]!r} looks like a date", yaml)


def near_leak(name: str, score: float, target: str) -> Hint | None:
    """A column that nearly gives the target away; what does so wholly, `validate` refuses."""
    if score < LEAK:
        return None
    what = f"alone predicts {target!r} to {score:.1%}; is it known before the answer is? Else drop it"
    return Hint(name, "leak", what, f"data: {{drop: [{yaml_key(name)}]}}")


def _nothing(name: str, counts: pd.Series, stated: bool) -> Iterator[Hint]:
    words = counts.index.to_series()
    blank = words.str.fullmatch(NOTHING)
    others = words[~blank]
    numbers = pd.to_numeric(others, errors="coerce").notna()
    share = counts[others[numbers].index].sum() / counts.sum()
    odd = others[~numbers]
    measured = not stated and numbers.sum() >= MEASURED and share >= MOSTLY
    if measured and len(odd) <= MOST_WORDS and not odd.str.contains(r"\d").any():
        blank |= words.isin(odd)
    found = words[blank]
    if not 0 < len(found) < len(words):
        return
    said = ", ".join(repr(each[:20]) for each in found[:MOST_WORDS])
    rest = "; all other cells are numbers" if measured and not len(words[~blank & ~words.isin(others[numbers])]) else ""
    yield _clean(name, "nothing", f"{_rows(counts[found.index].sum())} {said}, which may mean nothing{rest}", found)


def _nines(name: str, values: np.ndarray, counts: np.ndarray) -> Iterator[Hint]:
    """999 above all others, or -999 and -1 below: how many systems write that a number is not known."""
    if len(values) <= MEASURED:
        return
    for end, next_, far, nines in ((-1, -2, 1, r"9{2,}"), (0, 1, -2, r"-9+")):
        value, gap, spread = values[end], abs(values[end] - values[next_]), abs(values[next_] - values[far - 1])
        if counts[end] < TIMES or not value.is_integer() or not np.isfinite(value):
            continue
        written = f"{value:.0f}"
        alone = gap > spread / 2 and bool(re.fullmatch(nines, written))
        minus_one = end == 0 and value == -1 and values[1] >= 0
        often = counts[end] >= 0.01 * counts.sum() and counts[end] > 2 * counts[1]
        if alone or (minus_one and often):
            where = "above" if end else "below"
            yield _clean(
                name, "code", f"{_rows(counts[end])} {written}, far {where} the rest; it may mean nothing", [written]
            )


def _zeros(name: str, values: np.ndarray, counts: np.ndarray) -> Iterator[Hint]:
    """Zeros, where nothing else comes near zero."""
    if len(values) <= 2 * MEASURED or values[0] != 0 or counts[0] > RARE * counts.sum():
        return
    low, first, third = _quantiles(values[1:], counts[1:], (0.001, 0.25, 0.75))
    if low > third - first > 0:
        yield _clean(
            name, "zero", f"{_rows(counts[0])} 0, and the rest begins at {values[1]:g}; it may mean nothing", ["0"]
        )


def _far(name: str, values: np.ndarray, counts: np.ndarray) -> Iterator[Hint]:
    """A few values far from the rest, by themselves; a long tail, whose values come ever more thinly, is none."""
    first, third = _quantiles(values, counts, (0.25, 0.75))
    wide = third - first
    if wide <= 0:
        return
    for sign in (1, -1):
        distance = sign * (values - (third if sign > 0 else first))
        far = distance > FAR * wide
        if not far.any() or counts[far].sum() > FEW * counts.sum() or counts[far].sum() == 0:
            continue
        if distance[far].min() - distance[~far].max() <= APART * wide or (
            sign > 0 and values[0] >= 0 and _is_long(values, counts, far)
        ):
            continue
        furthest = values[-1] if sign > 0 else values[0]
        what = f"{_rows(counts[far].sum(), 'lie', 'lies')} far from the rest, up to {furthest:g}"
        yield Hint(name, "far", what, f"train: {{columns: {{{yaml_key(name)}: {{clip: [0.01, 0.99]}}}}}}")


def _is_long(values: np.ndarray, counts: np.ndarray, far: np.ndarray) -> bool:
    """Whether far values are the tail of a distribution that is long by nature: not far by orders of magnitude."""
    positive = values > 0
    first, third = _quantiles(np.log(values[positive]), counts[positive], (0.25, 0.75))
    return bool(np.log(values[far].min()) - third <= 3 * (third - first))


def _twins(name: str, counts: pd.Series) -> Iterator[Hint]:
    words = counts.index.to_series()
    folded = words.str.casefold().str.split().str.join(" ")
    twins = words[(folded.str.len() > 2) & folded.duplicated(keep=False)]
    if not len(twins):
        return
    group = twins[folded[twins.index] == folded[twins.index[0]]]
    same = " and ".join(repr(each[:30]) for each in group[:2])
    number = folded[twins.index].nunique()
    more = f", and {number - 1} more such" if number > 1 else ""
    yaml = f"clean: {{columns: {{{yaml_key(name)}: {{case: lower}}}}}}"
    yield Hint(name, "case", f"{same} are two categories{more}", yaml)


def _personal(name: str, cells: pd.Index, kind: Kind) -> Iterator[Hint]:
    """What names a person; no cell is quoted."""
    sample = cells[np.linspace(0, len(cells) - 1, min(len(cells), SAMPLE)).astype(int)].to_series()
    if not len(sample):
        return
    checks: tuple[tuple[str, Callable[[pd.Series], pd.Series]], ...] = (
        ("e-mail addresses", lambda each: each.str.fullmatch(MAIL)),
        ("IBANs", lambda each: each.map(_is_iban)),
        ("telephone numbers", _are_phones),
    )
    for what, check in checks:
        if check(sample).mean() >= NAMES:
            yield _private(name, f"holds {what}")
            return
    if kind == "text" and (share := sample.str.contains(rf"(?<!\S){MAIL}").mean()) >= TEXTS:
        yield _private(name, f"{share:.0%} of its texts hold an e-mail address")


def _are_phones(cells: pd.Series) -> pd.Series:
    dated = columns.parse(cells)[0]
    if pd.api.types.is_datetime64_any_dtype(dated) or dates.looks_like(cells):
        return pd.Series(False, index=cells.index)
    return cells.str.fullmatch(PHONE) & (cells.str.count(r"\d") >= 8)


def _is_iban(cell: str) -> bool:
    """ISO 13616: the letters as numbers, the first four characters last, is 1 modulo 97."""
    if not IBAN.fullmatch(cell):
        return False
    plain = cell.replace(" ", "")
    return int("".join(str(int(each, 36)) for each in plain[4:] + plain[:4])) % 97 == 1


def _quantiles(values: np.ndarray, counts: np.ndarray, at: Collection[float]) -> list[float]:
    """Of values that stand so many times each, rising; the lower one of two."""
    below = np.cumsum(counts)
    return [float(values[np.searchsorted(below, each * below[-1])]) for each in at]


def _clean(name: str, kind: str, what: str, words: Collection[str]) -> Hint:
    listed = ", ".join(json.dumps(each, ensure_ascii=False) for each in words)
    return Hint(name, kind, what, f"clean: {{columns: {{{yaml_key(name)}: {{missing: [{listed}]}}}}}}")


def _private(name: str, what: str) -> Hint:
    return Hint(name, "private", what, f"data: {{private: {{{yaml_key(name)}: drop}}}}")


def _rows(count: int, several: str = "say", one: str = "says") -> str:
    return f"{count:,} training rows {several}" if count != 1 else f"1 training row {one}"
