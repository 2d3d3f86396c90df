"""How far sealed rows can see, in words: from what anybody may know, and from nothing that is in them.

All of it follows from the number of the rows, the level of a decision (its number and the verdicts before it) and the
champion's answers for the DEV rows. Each of these is fixed and public before sealed labels meet a challenger's answers,
and the challenger itself does not enter at all. So a sentence made here is the same for every challenger that is
not certified: beyond that one bit it tells nothing. For the same reason it does not say which of several metrics
failed, against whom, or by how much.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from mainline import config, retraining
from mainline.gate import levels
from mainline.gate.comparison import Comparison

POWER = "80% power"


def gain(alpha: float, rows: int, spread: float) -> float:
    """The gain that `rows` certify at level `alpha` with 80% power, as a share of the largest possible loss.

    Args:
        spread: the variance of the champion's losses, as shares of the largest: that of the gains of a challenger
            that makes no error. Real challengers differ from it on more rows, or on fewer.
    """
    return min(1.0, levels.detectable_effect(alpha, min(spread, 1.0), rows))


def in_words(metric: str, value: float) -> str:
    """A gain in the metric's own unit, in words."""
    if metric == "accuracy":
        return f"{100 * value:.1f} points"
    return f"{value:.2g} of the target's variance" if metric == "squared_error" else f"{value:.2g} in {metric}"


def visible(dev: Comparison, metrics: Sequence[config.Metric], alpha: float, rows: int, margin: float = 0.0) -> str:
    """What can be told from luck, such as "gains above about 4.1 points"; empty where no metric says how far it sees.

    Args:
        dev: the champion's answers for the dev rows, as the old side.
        margin: the gain that must be exceeded, in the metric's unit.
    """
    known = {metric: dev.old_losses(metric) for metric in metrics}
    return " and ".join(_threshold(each, alpha, rows, margin, *of) for each, of in known.items() if of)


def _threshold(metric: str, alpha: float, rows: int, margin: float, mean: float, spread: float, most: float) -> str:
    """The gain in one metric from which on it can be told from luck; and where no model has so much to gain, that."""
    least, whole = margin + most * gain(alpha, rows, spread), most * mean
    told = f"{'gains above' if least >= 0 else 'losses below'} about {in_words(metric, abs(least))}"
    if not whole:
        return f"{told} (but it makes no error on the dev rows, so there is nothing to gain)"
    return f"{told} (more than its errors on the dev rows, {in_words(metric, whole)})" if least > whole else told


def before(dev: Comparison, settings: config.Gate, rows: int) -> str:
    """What a new sealed set can certify against this model, as a sentence; empty where that cannot be told."""
    alpha = levels.level(1, 0, delta=settings.delta, life=settings.life)
    seen = visible(dev, settings.metrics(dev.task), alpha, rows, settings.condition.margin)
    told = f"with {rows:,} sealed rows and {settings.life} decisions (gate.life), "
    return f"{told}{seen} over this model can be certified ({POWER})" if seen else ""


def why_not(dev: Comparison, settings: config.Gate, entry: Mapping[str, Any], metrics: Sequence[config.Metric]) -> str:
    """Why a challenger was not certified, in one sentence.

    Args:
        dev: the champion's answers for the dev rows, as the old side.
        entry: what the ledger holds of the decision: its number, level, condition and how many rows there were.
    """
    level = f"the level of decision {entry['t']} of {settings.life} ({entry['alpha']:.2g})"
    return _why_not(dev, settings, entry, metrics, f"{entry['rows'][1]:,} sealed rows", entry["rows"][1], level)


def why_no_retraining(
    dev: Comparison, settings: config.Gate, entry: Mapping[str, Any], metrics: Sequence[config.Metric]
) -> str:
    """The same of a retraining, which is judged on rows of its own."""
    level = f"the level of one of {retraining.A_YEAR} retrainings a year ({entry['alpha']:.2g})"
    return _why_not(dev, settings, entry, metrics, f"{entry['fresh'][1]:,} fresh rows", entry["fresh"][1], level)


def _why_not(
    dev: Comparison,
    settings: config.Gate,
    entry: Mapping[str, Any],
    metrics: Sequence[config.Metric],
    rows: str,
    count: int,
    level: str,
) -> str:
    first = entry["champion"] is None
    asked = "gate.baseline" if first else settings.condition.name
    stated = first and settings.baseline != "dummy"  # a level has no answers that would vary from row to row
    seen = "" if stated else visible(dev, metrics, entry["alpha"], count, entry["margin"])
    told = f"the condition is {asked} ({entry['condition']})"
    if not seen:
        return f"{told}; {rows} do not show it at {level}"
    return f"{told}; with {rows} at {level} only {seen} can be told from luck"
