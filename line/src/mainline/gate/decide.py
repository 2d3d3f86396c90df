"""`mainline gate`: decides whether the challenger may replace the champion.

Of the sealed rows nothing but the verdict leaves this room.
"""

import datetime
from dataclasses import asdict, dataclass
from typing import Any

from mainline import champion, config, ledger
from mainline.gate import budget, case, rotate, signature
from mainline.project import MODEL, Project
from mainline.tools import dvc

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


def decide(project: Project, base: str) -> Decision:
    """Take the merge decision about this tree's challenger against the champion of `base`.

    Raises:
        StaleLock: the challenger is not what dvc.lock pins.
        Refused: the data are unfit for a decision, or the test set is used up.
        ConfigError: gate: asks for what the task does not have.
    """
    settings = project.gate
    commit = project.commit_of(base)
    dvc.require_current(project.root)
    pinned, theirs = project.lock, project.lock_at(commit)
    model, generation = pinned.outputs[MODEL], project.generation
    history = ledger.read(project.root)
    used = len(history.decisions(generation))
    condition = _condition(settings, project, against_champion=bool(theirs))

    def said(verdict: str, *reasons: str, spent: int = used) -> Decision:
        return Decision(verdict, condition, reasons, model, commit, spent, settings.life)

    if theirs and all(theirs.outputs.get(path) == pinned.outputs[path] for path in (MODEL, signature.FILE)):
        return said(UNCHANGED)
    if generation == rotate.generation_at(commit, project):
        _refuse_spent(history.decisions(generation), dvc.md5(project / case.PREDICTIONS), settings)
    # with these come numpy, pandas and SciPy: what is clear without them is said at once
    from mainline.gate import integrity, outlook, thresholds

    with champion.at(commit, project) as current:
        if current and rotate.is_rotation(project, current):
            return said(ROTATED)
        integrity.refuse_trained_on_sealed(project)
        if current:
            integrity.refuse_relabelled(project, current.project, settings.max_relabelled)
        dev = case.on_dev_rows(project, current.project if current else None)
        if fallen := thresholds.failed(project, settings, dev):
            return said(NOT_CERTIFIED, *fallen)
        with case.opened(project, condition, current, dev, history) as asked:
            entry, spent = _recorded(project, asked, generation)
        if entry["verdict"] == PASS:
            return said(PASS, spent=spent)
        return said(NOT_CERTIFIED, outlook.why_not(dev, settings, entry, settings.metrics(dev.task)), spent=spent)


def _refuse_spent(earlier: list[ledger.Entry], predictions: str | None, settings: config.Gate) -> None:
    """Refuse at once what is about a new question, where the sealed set answers no more."""
    if not any(entry["predictions"][0] == predictions for entry in earlier):
        budget.refuse_new_terms(earlier, settings)
        budget.refuse_if_over(len(earlier) + 1, settings)


def _condition(settings: config.Gate, project: Project, *, against_champion: bool) -> str:
    """The condition as a sentence, for people and for the ledger."""
    metrics = " and ".join(settings.metrics(signature.task(project)))
    if against_champion:
        return f"{metrics}: {settings.condition.than('the champion')}"
    if settings.baseline == "dummy":
        return f"{metrics}: better than a model that ignores its input"
    return f"{metrics}: better than the stated level {settings.baseline:g}"


def _recorded(project: Project, asked: case.Case, generation: int) -> tuple[dict[str, Any], int]:
    """The decision, as the ledger has it or now gets it, and how many are spent then."""
    key = {name: asked.entry[name] for name in ("condition", "predictions", "rows")}
    while True:
        history = ledger.read(project.root)
        earlier = history.decisions(generation)
        for entry in earlier:
            if all(entry[name] == value for name, value in key.items()):
                return entry, len(earlier)  # the same question again learns nothing new
        budget.refuse_new_terms(earlier, asked.settings)
        passes = sum(entry["verdict"] == PASS for entry in earlier)
        alpha = budget.level(len(earlier) + 1, passes, asked.settings)
        budget.refuse_if_blind(alpha, len(asked.against[0].labels), asked.spread, asked.settings, used=len(earlier))
        verdict = PASS if asked.certified(alpha) else NOT_CERTIFIED
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        place = {"kind": "decision", "time": now, "generation": generation, "t": len(earlier) + 1, "k": passes}
        terms = {"delta": asked.settings.delta, "life": asked.settings.life, "alpha": alpha}
        entry = {**place, **terms, "verdict": verdict, **asked.entry}
        if ledger.append(project.root, history, entry):
            return entry, len(earlier) + 1
