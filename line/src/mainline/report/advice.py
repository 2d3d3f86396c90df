"""What to do next: for each part of the dev rows that errs more than it should, what is likely to help, and how."""

import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mainline.report import oddities
from mainline.report.compare import Comparison, label_text
from mainline.report.gaps import Gap, gaps
from mainline.report.side import Side
from mainline.report.where import private

TWICE = 2.0  # the whole's, from where on something stands out
FEW = 1000  # training rows of a slice, up to which more of them are asked for
FAR = 0.5  # of the dev rows' error, below which the model knows its own rows far better
SURE = 0.9  # suspicion of a label, from where on the model is sure of another one
LEAST = 5  # such rows
SEARCH, EXPLORE = "mainline search", "mainline explore"
WEIGHED = re.compile(
    "(DecisionTree|ExtraTrees|RandomForest|HistGradientBoosting|Ridge|SGD|PassiveAggressive)Classifier"
    "|(Linear)?SVC|LogisticRegression|Perceptron"
)
"""The estimators that take class_weight."""

Remedy = tuple[str, str]
"""One sentence, and the command that does it."""
UNKNOWN: Remedy = (
    "How it learns is not known yet: diagnose.rows in params.yaml says on how many rows.",
    "mainline lock",
)


@dataclass(frozen=True)
class Advice:
    """What would help a part of the rows."""

    gap: Gap
    said: str
    command: str
    like: str | None = None
    """The part of the first gap with the same remedy, where that is not this one."""


def advice(c: Comparison, side: Side, declared: Sequence[str]) -> tuple[Advice, ...]:
    """At most ten, what would bring most first; from train and dev rows alone.

    Args:
        side: the challenger.
        declared: the columns of gate.slices.
    """
    found, first = [], dict[Remedy, str]()
    for gap in gaps(c, side, declared):
        remedy = _remedy(gap, side, c)
        found.append(Advice(gap, *remedy, like=first.get(remedy)))
        first.setdefault(remedy, gap.part.label)
    return tuple(found)


def _remedy(gap: Gap, side: Side, c: Comparison) -> Remedy:
    """The first that fits: what can be seen in the cells, in the classes, and in how the model has learnt."""
    tried: tuple[Callable[[Gap, Side, Comparison], Remedy | None], ...] = (_clean, _rare, _collect, _relabel, _fit)
    found = (each(gap, side, c) for each in tried)
    return next((each for each in found if each), UNKNOWN)


def _clean(gap: Gap, side: Side, c: Comparison) -> Remedy | None:
    for words, cells in (
        ("empty", oddities.missing(c.rows, side.signature)),
        ("out of the range that was learnt", oddities.strange(c.rows, side.signature)),
    ):
        if cells.empty:
            return None
        inside, whole = cells[gap.part.rows].to_numpy().mean(), cells.to_numpy().mean()
        if inside >= max(TWICE * whole, oddities.LEAST):
            worst = str((cells[gap.part.rows].mean() - cells.mean()).idxmax())
            said = f"{inside:.0%} of their cells are {words}, of all rows {whole:.0%}; {worst!r} most: clean them."
            return said, EXPLORE
    return None


def _rare(gap: Gap, side: Side, c: Comparison) -> Remedy | None:
    name, estimator = gap.part.of_class, side.signature.estimator.rpartition(".")[2]
    if name is None or side.train is None:
        return None
    share = float((side.train[side.signature.target].map(label_text) == name).mean())
    if share >= 1 / (TWICE * len(c.classes)):
        return None
    rare = f"Only {share:.1%} of the training rows are of this class"
    weighs = WEIGHED.fullmatch(estimator) and not _params(side).get("class_weight")
    if weighs:
        return f"{rare}: train with params: {{ class_weight: balanced }}.", "mainline lock"
    return f"{rare}: bring more of it, or augment it inside the pipeline, which reaches training rows alone.", SEARCH


def _collect(gap: Gap, side: Side, c: Comparison) -> Remedy | None:
    own, doubled = _own_error(side), (side.diagnosis.get("learning") or {}).get("doubled")
    rows = _learnt(gap, side)
    if own is None or not doubled or rows is None:
        return None
    if own >= FAR * gap.error or rows > FEW or not float(doubled["low"]) > 0:
        return None
    said = f"It has learnt {rows:,} such rows, knows its own far better, and more rows still help: collect and label."
    return said, _label(gap, side)


def _relabel(gap: Gap, side: Side, c: Comparison) -> Remedy | None:
    if side.unseen is None or side.train is None or gap.part.where is None:
        return None
    seen = side.train.merge(side.unseen[["row_id", "suspicion"]], on="row_id")
    doubted = seen["suspicion"].to_numpy() >= SURE
    part = gap.part.where.holds(seen)
    if doubted[part].sum() < LEAST or doubted[part].mean() < TWICE * doubted.mean():
        return None
    said = f"Of {doubted[part].mean():.0%} of such training rows it is sure that the label is another, of all "
    return f"{said}{doubted.mean():.0%}: look at 20 of them.", _label(gap, side, batch=20)


def _fit(gap: Gap, side: Side, c: Comparison) -> Remedy | None:
    own = _own_error(side)
    if own is None:
        return None
    if own >= FAR * gap.error and side.searched:
        return "It errs on rows that it has learnt, too, and is what a search has found: other columns.", EXPLORE
    if own >= FAR * gap.error:
        return "It errs on rows that it has learnt, too: other columns or a larger model, not more rows.", SEARCH
    return "It knows its own rows far better than these: a simpler model, or one that is held back more.", SEARCH


def _own_error(side: Side) -> float | None:
    """1 - the score on rows that the model has learnt; None where nobody looked."""
    score = (side.diagnosis.get("model") or {}).get("train_score")
    return None if score is None else 1 - float(score)


def _learnt(gap: Gap, side: Side) -> int | None:
    """How many training rows are of the part."""
    if side.train is None:
        return None
    if gap.part.of_class is not None:
        return int((side.train[side.signature.target].map(label_text) == gap.part.of_class).sum())
    return int(gap.part.where.holds(side.train).sum()) if gap.part.where else None


def _label(gap: Gap, side: Side, batch: int | None = None) -> str:
    """The command that asks of such rows; of a class nobody can ask, and private columns are named nowhere."""
    where = gap.part.where
    said = where.expression if where and where.column not in private(side.params) else None
    words = ["mainline", "label", *(["--batch", str(batch)] if batch else [])]
    quoted = "" if said is None else f'"{said}"' if not set('"`$\\!') & set(said) else shlex.quote(said)
    return " ".join([*words, *(["--where", quoted] if quoted else [])])


def _params(side: Side) -> dict[str, Any]:
    train = side.params.get("train")
    return dict((train.get("params") or {}) if isinstance(train, dict) else {})
