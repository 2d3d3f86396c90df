"""What labels say of a version: how many answers were wrong, against the dev rows; and whether labels come as before.

An answer counts once its label has had `wait` days to come, with what came by then: early labels are not like late
ones. A day's answers are therefore judged `wait` days later.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from mainline.monitor import evidence, watch
from mainline.monitor.evidence.null import Floats, Null
from mainline.monitor.evidence.reference import WEEK, Spread
from mainline.monitor.evidence.risk import HARMLESS, harmless, mean_null, rate_null
from mainline.monitor.profiles.profile import Profiles
from mainline.monitor.profiles.signals import AGES
from mainline.monitor.reign import Reign
from mainline.monitor.watch import Watched

UNTIL_KNOWN = 7  # days that a label is waited for where it is not known how late they come
ENOUGH = 0.9  # of the labels
RIGHT_AND_WRONG = 2  # bins of a score of classes
BAND = 0.05  # the chance that chance alone leaves a week's band


@dataclass(frozen=True)
class Risk:
    """How many answers were wrong."""

    watched: Watched
    null: Null
    measured: float
    """On the dev rows; after `accept`, in the first four weeks since."""
    allowed: float
    rows: int
    """That it was measured on."""
    wait: int
    days: tuple[date, ...]
    """Days of answers whose labels have had their time."""
    counts: NDArray[np.int64]
    """(days, scores) rows that were labelled in time."""

    @property
    def squared(self) -> bool:
        """Whether it is a regression's: a mean clipped squared error, and no share of wrong answers."""
        return bool(self.counts.shape[1] != RIGHT_AND_WRONG)


def score_values(count: int) -> Floats:
    """(K,): right is 0 and wrong is 1; of a regression the middles of equal parts of the clipped squared error."""
    return np.array([0.0, 1.0]) if count == RIGHT_AND_WRONG else (np.arange(count) + 0.5) / count


def waited(profiles: Profiles, before: Reign | None, setting: str | int) -> int:
    """For how many days labels are waited for: fixed before the first day that is judged by it.

    Args:
        before: the version that was in production before; where it was for eight weeks, the labels of its first four
            say how late labels come.
        setting: monitor.wait.
    """
    if setting != "auto":
        return int(setting)
    if before is None or before.until is None or before.version not in profiles.versions:
        return UNTIL_KNOWN
    days = watch.every_day(before.since, before.until)
    came = profiles.labels(before.version, days[: watch.SHORT]).sum(axis=(0, 1, 3))[:-1].cumsum()
    if len(days) < watch.LONG or not came[-1]:
        return UNTIL_KNOWN
    return next(age for age, share in zip(AGES, came / came[-1], strict=True) if share >= ENOUGH)


def delays(profiles: Profiles, version: str, days: Sequence[date]) -> dict[int, float]:
    """The share of all labels of these days' answers that had come after so many days; empty without any label."""
    came = profiles.labels(version, days).sum(axis=(0, 1, 3))
    return (
        {age: float(share) for age, share in zip(AGES, came.cumsum() / came.sum(), strict=False)} if came.sum() else {}
    )


def in_time(profiles: Profiles, version: str, days: Sequence[date], wait: int) -> NDArray[np.int64]:
    """(days, answers, scores) rows whose label came within `wait` days of their answer."""
    return np.asarray(profiles.labels(version, days)[:, :, : AGES.index(wait) + 1].sum(axis=2))


def old_enough(days: Sequence[date], until: date, wait: int) -> tuple[date, ...]:
    """The days whose labels have had their time."""
    return tuple(day for day in days if day + timedelta(days=wait) <= until)


def risk(
    profiles: Profiles,
    version: str,
    days: tuple[date, ...],
    wait: int,
    tolerance: float,
    *,
    dev: Floats | None,
    before: Floats | None,
) -> Risk | str:
    """The evidence that more answers are wrong than on the dev rows.

    Args:
        days: of answers, old enough, without a gap.
        dev: (scores,) dev rows by score; None where production's own first four weeks are to be the measure.
        before: (days, scores) of the version before, which says how much days differ; None where there was none: then
            the first four weeks say it, and are not judged.

    Returns:
        The risk, or why it cannot be watched yet.
    """
    counts = in_time(profiles, version, days, wait).sum(axis=1) if days else np.zeros((0, 2), np.int64)
    values = score_values(counts.shape[1])
    own = dev is None or before is None
    if own and len(days) < watch.SHORT:
        left = watch.SHORT - len(days)
        return f"in {left} {'day' if left == 1 else 'days'}: four weeks of labels say how much days differ anyway"
    first = counts[: watch.SHORT] if own else counts[:0]
    alike = first if before is None else before
    measure = first.sum(axis=0) if dev is None else dev
    if not measure.sum() or (alike.sum(axis=1) > 0).sum() <= WEEK:
        return f"too few labels: {int(counts.sum()):,} in {len(days)} days"
    icc = float(Spread.of(alike[:, None, :], [values]).icc[0])
    rate = len(values) == RIGHT_AND_WRONG
    null = rate_null(measure[1], measure.sum(), tolerance, icc) if rate else mean_null(measure, values, tolerance, icc)
    mean, may = float(null.centres[0, 0]), float(null.tolerance[0])
    later, judged = days[len(first) :], counts[len(first) :]
    gains = null.gains(judged[:, None, :])
    logs = evidence.evidence(gains)[:, 0] if len(judged) else np.zeros(0)
    alarm = watch.first_above(later, logs)
    since = later[evidence.since(gains[: later.index(alarm) + 1])] if alarm else None
    moved = float(null.moved(judged[-watch.SHORT :, None, :])[0]) if len(judged) else 0.0
    found = Watched("risk", later, logs, may, way="more wrong", moved=moved, since=since)
    return Risk(found, null, mean, min(mean + may, 1.0), int(measure.sum()), wait, days, counts)


def shown_harmless(found: Risk, since: date) -> date | None:
    """The day by which labels had shown that a drift does no harm: of answers from the day after it was told on."""
    after = [at for at, day in enumerate(found.days) if day > since]
    if not after:
        return None
    (shown,) = np.nonzero(harmless(found.counts[after], found.null) >= np.log(HARMLESS))
    return found.days[after[shown[0]]] if len(shown) else None


def weeks(found: Risk) -> list[dict[str, float | str]]:
    """The rate of each seven days with the band of chance; weeks without a label are left out."""
    values = score_values(found.counts.shape[1])
    said: list[dict[str, float | str]] = []
    for first in range(0, len(found.days), WEEK):
        part = found.counts[first : first + WEEK].sum(axis=0)
        if not (rows := int(part.sum())):
            continue
        rate = float(part @ values / rows)
        low = float(beta.ppf(BAND / 2, rows * rate, rows * (1 - rate) + 1)) if rate else 0.0
        high = float(beta.ppf(1 - BAND / 2, rows * rate + 1, rows * (1 - rate))) if rate < 1 else 1.0
        said.append({"first": str(found.days[first]), "labelled": rows, "rate": rate, "low": low, "high": high})
    return said


def labels(profiles: Profiles, version: str, days: tuple[date, ...], wait: int, tolerance: float) -> list[Watched]:
    """The evidence that labels come for other answers, or say other classes, than they did.

    Args:
        days: of answers, old enough, without a gap.
    """
    about = profiles.about(version)
    answered = profiles.answered(version, days)
    labelled = np.minimum(in_time(profiles, version, days, wait).sum(axis=2), answered)
    parts = watch.spans(days, dict(zip(days, answered.sum(axis=1).tolist(), strict=True)))
    if not parts:
        return []
    found = []
    pair = ("without a label", "with a label")
    for at, word in enumerate(about.answers):
        both = np.stack([answered[:, at] - labelled[:, at], labelled[:, at]], axis=1)
        if both[: watch.SHORT].sum():
            found.append((f"labels of {word}", both, watch.answers(pair, tolerance)))
    classes = profiles.truths(version, days)[:, : AGES.index(wait) + 1].sum(axis=1)
    if len(about.truths) > 1 and classes[: watch.SHORT].sum():
        found.append(("classes of labels", classes, watch.answers(about.truths, tolerance)))
    return [watch.watched(name, counts[:, None, :].astype(float), days, parts, ask) for name, counts, ask in found]
