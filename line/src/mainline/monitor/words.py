"""A verdict in sentences, and figures as people read them."""

from collections.abc import Iterator
from datetime import date

import numpy as np

from mainline.monitor import outcomes, watch
from mainline.monitor.evidence.null import Floats
from mainline.monitor.outcomes import Risk
from mainline.monitor.profiles.profile import Profiles
from mainline.monitor.profiles.signals import ANSWERS
from mainline.monitor.reign import DAY
from mainline.monitor.verdict import BLIND, QUIET, SILENT, SUSPECTED, WORSE, Verdict, title

NAMED = 5  # signals in a sentence
HUGE = 6  # powers of ten that are written out


def sentences(verdict: Verdict, profiles: Profiles, retrained: str = "") -> dict[str, list[str]]:
    """The verdict in sentences, by what they are about.

    Args:
        retrained: what came of the last retraining; empty where none was judged.
    """
    return {
        "risk": list(_about_risk(verdict, retrained)),
        "drift": list(_about_drift(verdict)),
        "labels": list(_about_labels(verdict)),
        "silence": list(_about_silence(verdict)),
        "quiet": list(_about_nothing(verdict, profiles)),
    }


def _about_risk(verdict: Verdict, retrained: str) -> Iterator[str]:
    risk = verdict.risk
    if verdict.worse and isinstance(risk, Risk):
        since = risk.watched.since
        what = "Answers are further off" if risk.squared else "More answers are wrong"
        of = " of the largest squared error that counts" if risk.squared else ""
        yield (
            f"{what} than allowed, since those of {since}: {_rate(risk, since):.1%}{of}; "
            f"measured were {risk.measured:.1%}, allowed are {risk.allowed:.1%}."
        )
        if retrained:
            yield retrained


def _about_drift(verdict: Verdict) -> Iterator[str]:
    if not verdict.drifted:
        return
    named = verdict.named or tuple(sorted(verdict.signals, key=lambda each: -each.logs[-1]))[:1]
    what = "; ".join(f"{title(each.name)}: {moved(each)}" for each in named[:NAMED])
    more = f"; and {len(named) - NAMED} more" if len(named) > NAMED else ""
    yield f"Drifted, told on {verdict.drifted}. {what}{more}."
    if verdict.word == SUSPECTED:
        yield "The model is less sure of its answers than it was: labels will say whether more of them are wrong."
    if verdict.harmless:
        yield f"By the answers up to {verdict.harmless} labels had shown that no more are wrong than allowed."
    elif verdict.word != WORSE:
        yield "Whether it does harm, labels say; `mainline monitor accept` makes what production is now the reference."


def _about_labels(verdict: Verdict) -> Iterator[str]:
    if changed := verdict.changed_labels:
        moving = [f"{title(each.name)}: {moved(each)}" for each in verdict.labels if each.alarm]
        what = "; ".join(moving) or "all together"
        yield f"Labels do not come as they did, by the answers of {changed}: {what}. No robot should merge by them."


def _about_silence(verdict: Verdict) -> Iterator[str]:
    if verdict.silent >= SILENT:
        yield f"No profile has come for {verdict.silent} days: see the agent's log on the host."


def _about_nothing(verdict: Verdict, profiles: Profiles) -> Iterator[str]:
    if verdict.word in (QUIET, BLIND) and not verdict.parts:
        yield f"{verdict.reign.version} has no reference yet: {progress(verdict, profiles)}."
    elif verdict.word == QUIET:
        yield "Nothing has moved further than allowed, as far as the evidence goes."
    if verdict.word == QUIET and (idle := _idle(verdict, profiles)) >= SILENT:
        yield f"Profiles do come, but no request has been counted for {idle} days: nothing is known of these."


def _idle(verdict: Verdict, profiles: Profiles) -> int:
    """For how many days up to the last whole one no request has been counted."""
    since = max((*profiles.days(verdict.reign.version), verdict.reign.start - DAY)) if verdict.days else verdict.until
    return (verdict.until - since).days


def moved(each: watch.Watched) -> str:
    """How far a signal has moved, in words."""
    if not each.way:
        return "no day yet"
    since = f", since {each.since}" if each.since else ""
    return f"{each.way}, by {points(each.moved)}{since}"


def points(share: float) -> str:
    """Hundredths: of the requests, or of the way from the lowest value of the reference to its highest.

    >>> points(0.0874), points(0.02), points(-0.0001)
    ('8.7 points', '2 points', '0 points')
    """
    return f"{round(100 * share, 1) + 0.0:g} points"


def progress(verdict: Verdict, profiles: Profiles) -> str:
    """How much of a reference there is."""
    units = 0.0
    if verdict.days:
        units = float(profiles.counts(verdict.reign.version, ANSWERS, verdict.days).sum())
    return (
        f"{len(verdict.days)} of {watch.SHORT} days and {units:,.0f} of {watch.ENOUGH:,} requests, "
        "by which later days are judged"
    )


def odds(logs: Floats) -> str:
    """Today's evidence for people.

    >>> odds(np.log([7300.0])), odds(np.log([0.26])), odds(np.array([200.0]))
    ('7,300', '0.3', '10^87')
    """
    if not len(logs) or not np.isfinite(logs[-1]):
        return ""
    power = float(logs[-1]) / np.log(10)
    return f"10^{power:.0f}" if power >= HUGE else f"{10**power:,.0f}" if power >= 1 else f"{10**power:.1f}"


def _rate(risk: Risk, since: date | None) -> float:
    """The mean score of the answers from a day on."""
    first = risk.days.index(since) if since else 0
    part = risk.counts[first:].sum(axis=0)
    return float(part @ outcomes.score_values(len(part)) / max(part.sum(), 1))
