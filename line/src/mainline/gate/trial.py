"""Labels and answers meet here, once a number is drawn: whether the sealed rows show the condition."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from mainline import champion, config
from mainline.champion import Champion
from mainline.errors import Refused
from mainline.gate import comparison, rows
from mainline.gate.comparison import Comparison
from mainline.gate.question import SEALED, Question
from mainline.gate.verdict import PASS
from mainline.project import MODEL, Project
from mainline.prove import proof
from mainline.tools import dvc


@dataclass(frozen=True)
class Trial:
    """What a number is drawn for."""

    about: dict[str, Any]
    """What the ledger keeps of it, but for its number and verdict."""
    spread: float | None
    """What gate.max_mde is held to; None for a first model: what it beats is far off, and there is no other to keep."""
    terms: config.Gate
    sides: tuple[Project | None, ...]
    """The champion (or none, for the baseline), and under non-inferiority the best so far."""
    challenger: Project
    main: Project
    unit: float

    def certified(self, alpha: float) -> bool:
        """Whether every metric shows the condition at a level, against everyone it must be shown against."""
        against = [comparison.on_sealed_rows(self.challenger, self.main, side, self.unit) for side in self.sides]
        metrics, terms = self.terms.metrics(against[0].task), self.terms
        if self.sides[0] is None:
            if terms.baseline == "dummy":
                return all(against[0].rejects(metric, 0.0, alpha) for metric in metrics)
            return all(against[0].rejects_level(metric, float(terms.baseline), alpha) for metric in metrics)
        return all(each.rejects(metric, terms.condition.margin, alpha) for each in against for metric in metrics)


@contextmanager
def prepared(asked: Question, current: Champion | None, dev: Comparison) -> Iterator[Trial]:
    """What a number is drawn for, with all its files for as long as the block runs; no sealed label is read yet.

    Args:
        current: the champion; None for a first model.
        dev: both sides' answers for main's dev rows.

    Raises:
        Refused: the best certified model is in no commit of the base.
    """
    project, terms = asked.project, asked.terms
    main = current.project if current else project
    with ExitStack() as stack:
        sides = [current.project if current else None]
        if current and (anchor := _anchor(asked, current)):
            best = stack.enter_context(champion.at(anchor, project, rows=main))
            sides.append(best.project if best else None)
        about = {
            "condition": asked.condition,
            "margin": terms.condition.margin if current else 0.0,
            "challenger": proof.challenger(project),
            "champion": {"commit": current.commit, "model": current.lock.outputs[MODEL]} if current else None,
            "predictions": [dvc.md5(project / SEALED), *[side and dvc.md5(side / SEALED) for side in sides]],
            "rows": [dvc.md5(main / rows.LABELS), rows.count(main)],
        }
        if not dev.classes:
            about["unit"] = dev.spread
        seen = spread(terms, dev) if current else None
        yield Trial(about, seen, terms, tuple(sides), project, main, dev.spread)


def unit(asked: Question) -> float:
    """The unit of squared_error that the sealed set began with; 0 where it has none yet."""
    return float(asked.earlier[0].get("unit", 0)) if asked.earlier else 0.0


def spread(settings: config.Gate, dev: Comparison) -> float | None:
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


def _anchor(asked: Question, current: Champion) -> str | None:
    """Under non-inferiority, the best certified model so far: the last that was shown to be better."""
    if asked.terms.condition.non_inferiority is None:
        return None
    # of this set only: a model from before it may have been trained on these rows
    earlier = asked.history.judged(asked.sealed_set)
    better = [e for e in earlier if e["verdict"] == PASS and e["margin"] >= 0]
    if not better or better[-1]["challenger"]["model"] == current.lock.outputs[MODEL]:
        return None
    model = better[-1]["challenger"]["model"]
    found = asked.project.git("log", "--format=%H", f"-S{model}", "--reverse", current.commit, "--", dvc.LOCK).split()
    if not found:
        raise Refused(
            f"the best certified model so far ({model[:8]}) is in no commit of the base, so nothing compares with it; "
            "merge it, or ask for gate.condition: superiority"
        )
    return found[0]
