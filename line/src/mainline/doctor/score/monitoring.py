"""Section Monitoring: what would be said of dependencies, inputs, answers and machines once the model serves."""

from datetime import date, timedelta

import numpy as np

from mainline.doctor.score import rehearsal
from mainline.doctor.score.data import DIAGNOSE, LOCK, RUN
from mainline.doctor.score.evidence import DIAGNOSIS, Evidence
from mainline.doctor.score.found import Found, half, nothing, whole
from mainline.doctor.score.infrastructure import CANARY, rehearsed
from mainline.monitor.verdict import SILENT
from mainline.package import audited

DEPENDABOT, NIGHTLY, RETRAINING = (
    ".github/dependabot.yml",
    ".github/workflows/monitor.yml",
    ".github/workflows/retrain.yml",
)
AUDIT = "mainline package --audit"
FOLD = "mainline monitor  (the agent sends its counts; by hand: mainline monitor --fold FOLDER)"
MONTH, LABELLED = timedelta(days=31), timedelta(days=28)


def dependencies(of: Evidence) -> Found:
    """S1. Half: Dependabot is set up. Whole: the service's packages, as pinned now, were audited within a month."""
    last = audited.read(of.project)
    there = of.has(DEPENDABOT)
    if last is None:
        if there:
            return half(f"{DEPENDABOT} is there; no audit of these packages is", AUDIT)
        return nothing("nothing tells of new versions, or of what is wrong with these", AUDIT)
    said = f"{audited.FILE}, {last.day}: {last.packages} packages, {last.counted} vulnerabilities that nobody accepted"
    if last.pins != audited.pins(of.project) or of.today - last.day > MONTH:
        return half(f"{said}; {'a month ago' if of.today - last.day > MONTH else 'others are pinned since'}", AUDIT)
    return whole(f"{said}; {DEPENDABOT} tells of new ones") if there else half(said, "mainline upgrade")


def inputs(of: Evidence) -> Found:
    """S2. Half: a nightly look is set up. Whole: what is asked is counted now; before production, a rehearsal."""
    return _watched(of) or rehearsed(of, "drift", "what is asked counted", NIGHTLY, FOLD)


def skew(of: Evidence) -> Found:
    """S3. Half: it was compared for another model. Whole: answers over HTTP were those that the model was judged by."""
    if (run := of.rehearsed) and run.answers:
        said = f"{run.answers:,} dev rows answered over HTTP as in predictions/dev.parquet, to the last bit"
        return whole(f"{rehearsal.FILE}: {run.name}: {said}")
    if of.rehearsal and of.rehearsal.answers:
        return half(f"{rehearsal.FILE}: {of.rehearsal.name}; model or service are others since", RUN)
    return nothing("answers over HTTP were not held to predictions/dev.parquet", RUN)


def age(of: Evidence) -> Found:
    """S4. Half: a workflow looks whether training again is due. Whole: it would know, as for S2, and may propose it."""
    if of.project.retrain.mode == "off":
        return nothing(
            "retrain.mode is off: nothing asks whether the model is too old",
            "params.yaml: retrain: { mode: pull_request }",
        )
    if found := _watched(of):
        return whole(f"{found.said}; retrain.mode is {of.project.retrain.mode}") if found.points == 1 else found
    return rehearsed(of, "retraining", "that training again is asked for", RETRAINING, FOLD)


def stability(of: Evidence) -> Found:
    """S5. Half: looked for before the last change. Whole: each warning of training is written down, as all is now."""
    if "remarks" not in of.diagnosis:
        return nothing("no warning of training is kept", DIAGNOSE)
    remarks = of.diagnosis["remarks"]
    said = f"{DIAGNOSIS}: " + (
        f"warnings: {len(remarks)}, the first: {remarks[0]}" if remarks else "trained without a warning"
    )
    return whole(said) if of.current else half(f"{said}; not current: {of.why_not}", LOCK)


def performance(of: Evidence) -> Found:
    """S6. Half: the canary looks at latency. Whole: production passed it so; before there is any, a rehearsal."""
    if of.project.canary.signals.latency is None:
        mend = "params.yaml: canary: { signals: { latency: true } }"
        return nothing("canary.signals.latency is off: a slow release goes through", mend)
    passed = [each for each in of.deployments if each["version"] == of.production and each["event"] == "passed"]
    if passed:
        said = f"ledger, line {passed[-1]['n']}, {passed[-1]['time'][:10]}: {of.production} passed as a canary"
        return whole(f"{said}, on its latency, too")
    return rehearsed(of, "latency", "a canary judged by its latency", ".github/workflows/deliver.yml", CANARY)


def quality(of: Evidence) -> Found:
    """S7. Half: labels can be given. Whole: some came within four weeks; before production, a rehearsal."""
    version = of.production
    if version and version in of.profiles.versions:
        days = [day for day in of.profiles.days(version) if of.today - day <= LABELLED]
        if days and (labels := int(np.sum(of.profiles.labels(version, days)))):
            return whole(f"branch mainline/monitor: {labels:,} labels of {version} within four weeks")
    return rehearsed(of, "labels", "labels counted", NIGHTLY, "POST /feedback to the service  (docs/service.md)")


def _watched(of: Evidence) -> Found | None:
    """What is counted of production now; None where nothing is in production, or nothing was ever counted of it."""
    version = of.production
    if version is None or version not in of.profiles.versions or not (days := of.profiles.days(version)):
        return None
    last: date = days[-1]
    said = f"branch mainline/monitor: {len(days)} days of {version}, the last {last}"
    return whole(said) if (of.today - last).days <= SILENT else half(f"{said}; nothing since", FOLD)
