"""What one decision is taken on: both sides' answers for the rows, and what the ledger keeps of them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mainline import champion, config, ledger
from mainline.champion import Champion
from mainline.errors import Refused
from mainline.project import MODEL, Project
from mainline.tools import dvc

if TYPE_CHECKING:
    from mainline.gate.comparison import Comparison

LABELS, PREDICTIONS = "data/sealed/labels.parquet", "predictions/sealed.parquet"
DEV_LABELS, DEV_PREDICTIONS = "data/dev.parquet", "predictions/dev.parquet"


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

    def certified(self, alpha: float) -> bool:
        """Whether every metric shows the condition at a level, against everyone it must be shown against."""
        settings, metrics = self.settings, self.settings.metrics(self.against[0].task)
        if self.entry["champion"] is None:
            if settings.baseline == "dummy":
                return all(self.against[0].rejects(metric, 0.0, alpha) for metric in metrics)
            return all(self.against[0].rejects_level(metric, settings.baseline, alpha) for metric in metrics)
        margin = settings.condition.margin
        return all(each.rejects(metric, margin, alpha) for each in self.against for metric in metrics)


def on_dev_rows(project: Project, other: Project | None) -> "Comparison":
    """What two sides say of the dev rows; no other side stands for a model that ignores its input."""
    from mainline.gate import comparison  # with NumPy, pandas and SciPy, which an early refusal does without

    return comparison.read(
        project, project / DEV_LABELS, project / DEV_PREDICTIONS, other / DEV_PREDICTIONS if other else None
    )


def _on_sealed_rows(project: Project, other: Project | None) -> "Comparison":
    from mainline.gate import comparison

    return comparison.read(project, project / LABELS, project / PREDICTIONS, other / PREDICTIONS if other else None)


@contextmanager
def opened(
    project: Project, condition: str, current: Champion | None, dev: "Comparison", history: ledger.Ledger
) -> Iterator[Case]:
    """All that a decision about the project's challenger is taken on, for as long as the block runs.

    Args:
        condition: as a sentence.
        current: the champion; None for a first model.
        dev: both sides' answers for the dev rows.
        history: the ledger, which knows the best certified model so far.

    Raises:
        Refused: that model is in no commit of the base.
    """
    settings = project.gate
    with ExitStack() as stack:
        sides = [current.project if current else None]
        if current and (anchor := _anchor(history, project, current)):
            best = stack.enter_context(champion.at(anchor, project))
            sides.append(best.project if best else None)
        against = tuple(_on_sealed_rows(project, side) for side in sides)
        entry = {
            "condition": condition,
            "margin": settings.condition.margin if current else 0.0,
            "challenger": {"commit": project.commit_of("HEAD"), "model": dvc.md5(project / MODEL)},
            "champion": {"commit": current.commit, "model": current.lock.outputs[MODEL]} if current else None,
            "predictions": [dvc.md5(project / PREDICTIONS), *[side and dvc.md5(side / PREDICTIONS) for side in sides]],
            "rows": [dvc.md5(project / LABELS), len(against[0].labels)],
        }
        yield Case(settings, against, _spread(settings, dev) if current else None, entry)


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


def _anchor(history: ledger.Ledger, project: Project, current: Champion) -> str | None:
    """Under non-inferiority, the best certified model so far: the last that was shown to be better."""
    if project.gate.condition.non_inferiority is None:
        return None
    better = [e for e in history.passed() if e["margin"] >= 0]
    if not better or better[-1]["challenger"]["model"] == current.lock.outputs[MODEL]:
        return None
    model = better[-1]["challenger"]["model"]
    found = project.git("log", "--format=%H", f"-S{model}", "--reverse", current.commit, "--", dvc.LOCK).split()
    if not found:
        raise Refused(
            f"the best certified model so far ({model[:8]}) is in no commit of the base, so nothing compares with it; "
            "merge it, or ask for gate.condition: superiority"
        )
    return found[0]
