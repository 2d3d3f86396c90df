"""Reaches the verdict on a version: from its profiles, its dev rows, and the version before it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from mainline import config
from mainline.monitor import outcomes, watch
from mainline.monitor.dev_rows import DevRows
from mainline.monitor.evidence.estimate import calibrated
from mainline.monitor.evidence.null import Floats
from mainline.monitor.outcomes import Risk
from mainline.monitor.profiles.profile import Profiles
from mainline.monitor.profiles.signals import ANSWERS, CONFIDENCE, Signal
from mainline.monitor.reign import Reign
from mainline.monitor.verdict import COLUMN, Verdict, title
from mainline.monitor.watch import Span, Watched

WEIGHTS = {COLUMN: 1 / 2, ANSWERS: 1 / 4, CONFIDENCE: 1 / 8}
"""Of the evidence of drift, by kind of signal; equal within a kind. What is not watched leaves its part to the rest."""
HARDLY = 0.01  # the share of an answer's rows that have a label, below which nothing is known of it


def reach(
    profiles: Profiles,
    reign: Reign,
    until: date,
    settings: config.Monitor,
    *,
    dev: DevRows | str,
    before: Reign | None = None,
) -> Verdict:
    """Reach the verdict on a version, from all its days up to `until`.

    Args:
        dev: what its dev rows say, or why they cannot be had.
        before: the version that was in production before it.
    """
    silent = _silent(profiles, reign, until)
    if reign.start > until:
        return Verdict(reign, until, silent, risk="its first whole day is not over")
    if reign.version not in profiles.versions:
        return Verdict(reign, until, silent)
    days = watch.every_day(reign.start, until)
    counts = {each.name: profiles.counts(reign.version, each.name, days) for each in profiles.signals(reign.version)}
    units = dict(zip(days, counts[ANSWERS].sum(axis=(1, 2)).tolist(), strict=True))
    parts = tuple(watch.spans(days, units))
    signals = []
    for each in profiles.signals(reign.version) if parts else ():
        if ask := _asked(each, settings, dev):
            signals.append(watch.watched(each.name, counts[each.name], days, parts, ask))
    wait = outcomes.waited(profiles, before, settings.wait)
    old = outcomes.old_enough(days, until, wait)
    measured = None if reign.accepted or isinstance(dev, str) else dev.scores
    risk: Risk | str
    if isinstance(dev, str) and not reign.accepted:
        risk = dev
    else:
        risk = outcomes.risk(
            profiles, reign.version, old, wait, settings.risk, dev=measured, before=_before(profiles, before, wait)
        )
    labels = tuple(outcomes.labels(profiles, reign.version, old, wait, settings.labels)) if old else ()
    return Verdict(
        reign,
        until,
        silent,
        days=days,
        parts=parts,
        signals=tuple(signals),
        drift=_together(signals, parts),
        risk=risk,
        labels=labels,
        labelled=watch.together([(each, 1 / len(labels)) for each in labels]),
        cannot=tuple(_cannot(profiles, reign.version, signals, risk, dev, old, wait)),
    )


def _silent(profiles: Profiles, reign: Reign, until: date) -> int:
    """For how many days no profile has come, of those since the promotion; a host's clock may be ahead."""
    before = reign.since - timedelta(days=1)
    return max((until - max((before, *(day for day in profiles.covered if day <= until)))).days, 0)


def _asked(signal: Signal, settings: config.Monitor, dev: DevRows | str) -> watch.Scorer | None:
    """What is looked at in a signal; None where nothing can be."""
    if len(signal.bins) < 2:  # the answers of a regression whose target hardly varies: no deciles, and all are one
        return None
    if signal.name == ANSWERS:
        return watch.answers(signal.bins, settings.tolerance)
    if signal.name != CONFIDENCE:
        return watch.column(signal.bins, signal.kind, settings.tolerance)
    if isinstance(dev, str) or dev.confidence is None:
        return None
    wrong = calibrated(dev.confidence[:, 1], dev.confidence.sum(axis=1), rising=False)
    return watch.fixed("more wrong, as estimated", wrong, settings.tolerance)


def _together(signals: Sequence[Watched], parts: Sequence[Span]) -> Floats:
    """(watched days,) log R of all signals; each part with weights of its own, as each has a reference of its own."""
    found, at = [np.zeros(0)], 0
    for part in parts:
        here = [replace(each, logs=each.logs[at : at + len(part.days)]) for each in signals]
        found.append(watch.together(_weighted(here)))
        at += len(part.days)
    return np.concatenate(found)


def _weighted(signals: Sequence[Watched]) -> list[tuple[Watched, float]]:
    """Each signal with its weight; they add up to 1."""
    seen = [each for each in signals if np.isfinite(each.logs).any()]
    kinds = [COLUMN if each.name.startswith(COLUMN) else each.name for each in seen]
    whole = sum(WEIGHTS[kind] for kind in set(kinds))
    return [(each, WEIGHTS[kind] / whole / kinds.count(kind)) for each, kind in zip(seen, kinds, strict=True)]


def _before(profiles: Profiles, before: Reign | None, wait: int) -> Floats | None:
    """(days, scores) of the version before; None where its days are too few to say how much they differ."""
    if before is None or before.until is None or before.version not in profiles.versions:
        return None
    days = watch.every_day(before.since, before.until)
    counts = outcomes.in_time(profiles, before.version, days, wait).sum(axis=1)
    return counts.astype(float) if (counts.sum(axis=1) > 0).sum() >= watch.SHORT else None


def _cannot(
    profiles: Profiles,
    version: str,
    signals: Sequence[Watched],
    risk: Risk | str,
    dev: DevRows | str,
    old: Sequence[date],
    wait: int,
) -> Iterator[str]:
    """What cannot be watched, and why."""
    if len(profiles.about(version).answers) < 2:
        yield "answers: the target of its training rows hardly varied, so that all of them count as one"
    for each in signals:
        if each.unwatched:
            yield f"{title(each.name)} ({', '.join(each.unwatched)}): days differ so much anyway that it would not show"
    if profiles.about(version).task == "regression":
        yield "errors before labels come: a regression says no confidence"
    elif isinstance(dev, str):
        yield f"errors before labels come: {dev}"
    if isinstance(risk, str):
        yield f"errors: {risk}"
    in_time = outcomes.delays(profiles, version, old[: watch.SHORT]).get(wait, 1.0)
    if in_time < outcomes.ENOUGH and len(old) >= watch.LONG:
        yield f"labels that take longer than {wait} days, {1 - in_time:.0%} of all: monitor.wait can wait for more"
    answered = profiles.answered(version, old).sum(axis=0)
    labelled = outcomes.in_time(profiles, version, old, wait).sum(axis=(0, 2)) if len(old) else answered * 0
    for word, rows, known in zip(profiles.about(version).answers, answered, labelled, strict=True):
        if rows >= 1 / HARDLY and known < HARDLY * rows:
            yield f"whether the answer {word} is right: {known:,} of {rows:,} have a label"
