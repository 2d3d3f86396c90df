"""`mainline gate`: decides whether the challenger may replace the champion.

Of the sealed rows nothing but the verdict leaves this room.
"""

import datetime
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mainline import champion, config, ledger
from mainline.champion import Champion
from mainline.errors import Refused
from mainline.gate import budget, rotate, signature
from mainline.tools import dvc, git

if TYPE_CHECKING:
    from mainline.gate.comparison import Comparison

LABELS, PREDICTIONS = Path("data/sealed/labels.parquet"), Path("predictions/sealed.parquet")
DEV_LABELS, DEV_PREDICTIONS = Path("data/dev.parquet"), Path("predictions/dev.parquet")
MODEL = ("models/model.skops", "models/signature.json")
PASS, NOT_CERTIFIED, UNCHANGED, ROTATED = "PASS", "NOT CERTIFIED", "UNCHANGED", "ROTATED"


@dataclass(frozen=True)
class Decision:
    """What the gate says of a challenger, about whom, and how much of the sealed set's life is spent."""

    verdict: str
    condition: str
    reasons: tuple[str, ...]
    model: str
    base: str
    """The commit whose champion it was judged against."""
    used: int
    life: int

    @property
    def passed(self) -> bool:
        """Whether the change may be merged: certified, or no other model than the champion."""
        return self.verdict != NOT_CERTIFIED

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "passed": self.passed}


@dataclass(frozen=True)
class Case:
    """All that one decision is taken on."""

    settings: config.Gate
    against: "tuple[Comparison, ...]"
    """The sealed rows against the champion (or the baseline), and under non-inferiority against the anchor."""
    spread: float | None
    """What gate.max_mde is held to; None for a first model: what it beats is far off, and there is no other to keep."""
    entry: dict[str, Any]
    """What the ledger keeps of it, but for its number and verdict."""


def decide(root: Path, base: str) -> Decision:
    """Take the merge decision about this tree's challenger against the champion of `base`.

    Raises:
        StaleLock: the challenger is not what dvc.lock pins.
        Refused: the data are unfit for a decision, or the test set is used up.
        ConfigError: gate: asks for what the task does not have.
    """
    settings = config.gate(root)
    commit = git.commit_of(base, root)
    dvc.require_current(root)
    pinned = dvc.outputs((root / dvc.LOCK).read_text())
    theirs = git.show(commit, dvc.LOCK, root)
    model, generation = pinned[MODEL[0]], rotate.generation(root)
    history = ledger.read(root)
    used = len(history.decisions(generation))
    condition = _condition(settings, root, against_champion=theirs is not None)

    def said(verdict: str, *reasons: str, spent: int = used) -> Decision:
        return Decision(verdict, condition, reasons, model, commit, spent, settings.life)

    if theirs is not None and all(dvc.outputs(theirs).get(path) == pinned[path] for path in MODEL):
        return said(UNCHANGED)
    if generation == rotate.generation_at(commit, root):
        _refuse_spent(history.decisions(generation), dvc.md5(root / PREDICTIONS), settings)
    # with these come numpy, pandas and SciPy: what is clear without them is said at once
    from mainline.gate import comparison, integrity, outlook, thresholds

    with champion.at(commit, root) as current:
        if current and rotate.is_rotation(root, current):
            return said(ROTATED)
        integrity.refuse_trained_on_sealed(root)
        if current:
            integrity.refuse_relabelled(root, current.root, settings.max_relabelled)
        dev = comparison.read(root, root / DEV_LABELS, root / DEV_PREDICTIONS, _theirs(current, DEV_PREDICTIONS))
        if fallen := thresholds.failed(root, settings, dev):
            return said(NOT_CERTIFIED, *fallen)
        with _case(root, settings, condition, current, dev, history) as case:
            entry, spent = _recorded(root, case, generation)
        if entry["verdict"] == PASS:
            return said(PASS, spent=spent)
        return said(NOT_CERTIFIED, outlook.why_not(dev, settings, entry, settings.metrics(dev.task)), spent=spent)


def _refuse_spent(earlier: list[ledger.Entry], predictions: str | None, settings: config.Gate) -> None:
    """Refuse at once what is about a new question, where the sealed set answers no more."""
    if not any(entry["predictions"][0] == predictions for entry in earlier):
        budget.refuse_new_terms(earlier, settings)
        budget.refuse_if_over(len(earlier) + 1, settings)


def _condition(settings: config.Gate, root: Path, *, against_champion: bool) -> str:
    """The condition as a sentence, for people and for the ledger."""
    metrics = " and ".join(settings.metrics(signature.task(root)))
    if against_champion:
        return f"{metrics}: {settings.condition.than('the champion')}"
    if settings.baseline == "dummy":
        return f"{metrics}: better than a model that ignores its input"
    return f"{metrics}: better than the stated level {settings.baseline:g}"


@contextmanager
def _case(
    root: Path,
    settings: config.Gate,
    condition: str,
    current: Champion | None,
    dev: "Comparison",
    history: ledger.Ledger,
) -> Iterator[Case]:
    from mainline.gate import comparison

    with ExitStack() as stack:
        sides = [current]
        if current and settings.condition.non_inferiority is not None and (anchor := _anchor(history, root, current)):
            sides.append(stack.enter_context(champion.at(anchor, root)))
        against = [
            comparison.read(root, root / LABELS, root / PREDICTIONS, _theirs(side, PREDICTIONS)) for side in sides
        ]
        entry = {
            "condition": condition,
            "margin": settings.condition.margin if current else 0.0,
            "challenger": {"commit": git.commit_of("HEAD", root), "model": dvc.md5(root / MODEL[0])},
            "champion": {"commit": current.commit, "model": current.outputs[MODEL[0]]} if current else None,
            "predictions": [dvc.md5(root / PREDICTIONS), *[_hash(side, PREDICTIONS) for side in sides]],
            "rows": [dvc.md5(root / LABELS), len(against[0].labels)],
        }
        yield Case(settings, tuple(against), _spread(settings, dev) if current else None, entry)


def _recorded(root: Path, case: Case, generation: int) -> tuple[dict[str, Any], int]:
    """The decision, as the ledger has it or now gets it, and how many are spent then."""
    key = {name: case.entry[name] for name in ("condition", "predictions", "rows")}
    while True:
        history = ledger.read(root)
        earlier = history.decisions(generation)
        for entry in earlier:
            if all(entry[name] == value for name, value in key.items()):
                return entry, len(earlier)  # the same question again learns nothing new
        budget.refuse_new_terms(earlier, case.settings)
        passes = sum(entry["verdict"] == PASS for entry in earlier)
        alpha = budget.level(len(earlier) + 1, passes, case.settings)
        budget.refuse_if_blind(alpha, len(case.against[0].labels), case.spread, case.settings, used=len(earlier))
        verdict = PASS if _certified(case, alpha) else NOT_CERTIFIED
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        place = {"kind": "decision", "time": now, "generation": generation, "t": len(earlier) + 1, "k": passes}
        terms = {"delta": case.settings.delta, "life": case.settings.life, "alpha": alpha}
        entry = {**place, **terms, "verdict": verdict, **case.entry}
        if ledger.append(root, history, entry):
            return entry, len(earlier) + 1


def _certified(case: Case, alpha: float) -> bool:
    """Whether every metric shows the condition, against everyone it must be shown against."""
    settings, metrics = case.settings, case.settings.metrics(case.against[0].task)
    if case.entry["champion"] is None:
        if settings.baseline == "dummy":
            return all(case.against[0].rejects(metric, 0.0, alpha) for metric in metrics)
        return all(case.against[0].rejects_level(metric, settings.baseline, alpha) for metric in metrics)
    margin = settings.condition.margin
    return all(each.rejects(metric, margin, alpha) for each in case.against for metric in metrics)


def _spread(settings: config.Gate, dev: "Comparison") -> float | None:
    """The largest spread of gains among the metrics that have one: this challenger's, or one's without errors.

    The smaller of the two: a challenger that differs on nearly every row, as one that learnt nothing, is no reason to
    call the rows blind.
    """
    spreads = []
    for metric in settings.metrics(dev.task):
        gain, old = dev.spread_of_gain(metric), dev.old_losses(metric)
        if gain is not None and old is not None:
            spreads.append(min(gain, old[1]))
    return max(spreads, default=None)


def _anchor(history: ledger.Ledger, root: Path, current: Champion) -> str | None:
    """The best certified model so far: the last that was shown to be better, whatever was let through since."""
    passed = [e for e in history.entries if e["kind"] == "decision" and e["verdict"] == PASS]
    better = [e for e in passed if e["margin"] >= 0]
    if not better or better[-1]["challenger"]["model"] == current.outputs[MODEL[0]]:
        return None
    model = better[-1]["challenger"]["model"]
    found = git.git("log", "--format=%H", f"-S{model}", "--reverse", current.commit, "--", dvc.LOCK, root=root).split()
    if not found:
        raise Refused(
            f"the best certified model so far ({model[:8]}) is in no commit of the base, so nothing compares with it; "
            "merge it, or ask for gate.condition: superiority"
        )
    return found[0]


def _theirs(side: Champion | None, path: Path) -> Path | None:
    return side.root / path if side else None


def _hash(side: Champion | None, path: Path) -> str | None:
    return dvc.md5(side.root / path) if side else None
