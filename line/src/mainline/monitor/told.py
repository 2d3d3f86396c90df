"""A verdict in words and figures, fit for JSON: what `mainline monitor --json` prints, and the page is made of."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import numpy as np

from mainline.monitor import evidence, outcomes, watch
from mainline.monitor.evidence.null import Floats
from mainline.monitor.outcomes import Risk
from mainline.monitor.profiles.profile import Profiles
from mainline.monitor.profiles.signals import CONFIDENCE
from mainline.monitor.reign import DAY, Reign
from mainline.monitor.verdict import DRIFTED, QUIET, SUSPECTED, Verdict, title
from mainline.monitor.words import moved, odds, points, progress, sentences

YEAR = 371  # days of the calendar
LEAST, MOST = -99.0, 99.0  # powers of ten, for JSON has no infinity


def told(verdict: Verdict, profiles: Profiles, past: Sequence[Reign], retrained: str = "") -> dict[str, Any]:
    """All there is to say.

    Args:
        past: who was in production when, oldest first, the verdict's own version last.
        retrained: what came of the last retraining; empty where none was judged.
    """
    reign, said = verdict.reign, sentences(verdict, profiles, retrained)
    days = watch.compared(verdict.parts)
    powers = {"drift": _over(verdict.days, days, verdict.drift)} if len(verdict.drift) else {}
    if isinstance(verdict.risk, Risk) and verdict.risk.watched.days:
        powers["risk"] = _over(verdict.days, verdict.risk.watched.days, verdict.risk.watched.logs)
    for each in verdict.signals:
        if each.name == CONFIDENCE and len(each.logs):
            powers["estimated"] = _over(verdict.days, days, each.logs)
    if len(verdict.labelled):
        powers["labels"] = _over(verdict.days, verdict.labels[0].days, verdict.labelled)
    return {
        "version": reign.version,
        "verdict": verdict.word,
        "why": [line for lines in said.values() for line in lines],
        "sentences": said,
        "drifted": str(verdict.drifted) if verdict.drifted else None,
        "heard": str(verdict.until - DAY * verdict.silent),
        "since": str(reign.since),
        "accepted": str(reign.accepted) if reign.accepted else None,
        "until": str(verdict.until),
        "silent": verdict.silent,
        "bar": evidence.BAR,
        "reference": _reference(verdict, profiles),
        "evidence": powers,
        "evidence_days": [str(day) for day in verdict.days],
        "days": list(_calendar(verdict, profiles, past)),
        "versions": [
            {"version": each.version, "first": str(each.since), "last": str(each.until or verdict.until)}
            for each in past
            if (each.until or verdict.until) >= each.since
        ],
        "signals": _signals(verdict, profiles),
        "risk": _risk(verdict, profiles),
        "labels": _labels(verdict, profiles),
        "cannot": list(verdict.cannot),
    }


def _reference(verdict: Verdict, profiles: Profiles) -> dict[str, Any]:
    if not verdict.parts:
        return {"first": None, "last": None, "words": progress(verdict, profiles)}
    days = verdict.parts[-1].reference
    return {"first": str(days[0]), "last": str(days[-1]), "words": f"{len(days)} days"}


def _over(every: Sequence[date], days: Sequence[date], logs: Floats) -> list[float | None]:
    """Powers of ten on every day; None where there is no evidence."""
    known = dict(zip(days, np.clip(logs / np.log(10), LEAST, MOST).round(2).tolist(), strict=True))
    return [known.get(day) for day in every]


def _calendar(verdict: Verdict, profiles: Profiles, past: Sequence[Reign]) -> Iterator[dict[str, str]]:
    """The state of each day of a year at most, from the first that anything is known of."""
    covered = set(profiles.covered)
    first = min((*profiles.covered, *(each.since for each in past)), default=verdict.until)
    first = max(first, verdict.until - DAY * (YEAR - 1))
    reference = set(verdict.parts[0].reference) if verdict.parts else set(verdict.days)
    for day in watch.every_day(first, verdict.until) if first <= verdict.until else ():
        inside = verdict.reign.start <= day
        state = "reference" if inside and day in reference else "quiet" if inside else "other"
        if inside and verdict.drifted and day >= verdict.drifted:
            state = "drifted"
        if inside and verdict.worse and day >= verdict.worse:
            state = "worse"
        yield {"day": str(day), "state": state if day in covered else "none"}


def _signals(verdict: Verdict, profiles: Profiles) -> list[dict[str, Any]]:
    """Each signal, the strongest first, with its distribution then and now."""
    version, found = verdict.reign.version, []
    bins = {each.name: (each.kind, each.bins) for each in profiles.signals(version)} if verdict.signals else {}
    now = watch.compared(verdict.parts)[-watch.SHORT :]
    for each in sorted(verdict.signals, key=lambda each: (-each.logs.max(initial=-np.inf), each.name)):
        then_now = [_shares(profiles, version, each.name, days) for days in (verdict.parts[-1].reference, now)]
        state = QUIET if np.isfinite(each.logs).any() or not len(each.logs) else "not watchable"
        if each.alarm and verdict.drifted:
            state = SUSPECTED if each.name == CONFIDENCE else DRIFTED
        kind, words = bins[each.name]
        found.append(
            {
                "name": each.name,
                "title": title(each.name),
                "kind": kind,
                "state": state,
                "since": str(each.since) if each.since and each.alarm else None,
                "evidence": _power(each.logs),
                "odds": odds(each.logs),
                "tolerance": points(each.tolerance) if np.isfinite(each.tolerance) else "",
                "moved": moved(each) if now and each.way else "",
                "why": ""
                if state != "not watchable"
                else "its days differ so much anyway that a change would not show",
                "bins": list(words),
                "then": then_now[0],
                "now": then_now[1] if now else [],
            }
        )
    return found


def _shares(profiles: Profiles, version: str, name: str, days: Sequence[date]) -> list[float]:
    counts = profiles.counts(version, name, days).sum(axis=(0, 1)) if days else np.zeros(0)
    return [round(float(each), 5) for each in counts / max(counts.sum(), 1e-12)]


def _power(logs: Floats) -> float | None:
    return round(float(np.clip(logs[-1] / np.log(10), LEAST, MOST)), 2) if len(logs) else None


def _risk(verdict: Verdict, profiles: Profiles) -> dict[str, Any]:
    risk, version = verdict.risk, verdict.reign.version
    if not isinstance(risk, Risk):
        squared = version in profiles.versions and profiles.about(version).task == "regression"
        nothing = dict.fromkeys(("measured", "allowed", "evidence", "since"))
        return {"words": f"Not known yet: {risk}.", "squared": squared, "weeks": [], "wait": 0, **nothing}
    what = "Mean squared error, of the largest that counts," if risk.squared else "Measured"
    of = "dev rows" if not verdict.reign.accepted else "answers since what was accepted"
    return {
        "words": f"{what} on {risk.rows:,} {of}: {risk.measured:.1%}; allowed: {risk.allowed:.1%}.",
        "squared": risk.squared,
        "weeks": outcomes.weeks(risk),
        "wait": risk.wait,
        "measured": risk.measured,
        "allowed": risk.allowed,
        "evidence": _power(risk.watched.logs),
        "since": str(risk.watched.since) if risk.watched.since else None,
    }


def _labels(verdict: Verdict, profiles: Profiles) -> dict[str, Any] | None:
    if not verdict.days:
        return None
    version = verdict.reign.version
    late = outcomes.delays(profiles, version, verdict.days)
    came = profiles.labels(version, verdict.days).sum(axis=(0, 2, 3))
    answered = profiles.answered(version, verdict.days).sum(axis=0)
    if not late:
        return None
    said = ", ".join(f"{share:.0%} within {age} {'day' if age == 1 else 'days'}" for age, share in late.items())
    return {
        "words": f"Of all labels that have come, {said} of their answer.",
        "delays": {str(age): share for age, share in late.items()},
        "answers": [
            {"answer": word, "answered": int(rows), "labelled": int(known)}
            for word, rows, known in zip(profiles.about(version).answers, answered, came, strict=True)
            if rows
        ],
        "changed": str(verdict.changed_labels) if verdict.changed_labels else None,
    }
