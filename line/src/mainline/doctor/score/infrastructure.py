"""Section Infrastructure: how models are made again, tried, judged, looked into, and taken back."""

from datetime import date, timedelta

from mainline.doctor.score import rehearsal, tested
from mainline.doctor.score.data import DIAGNOSE, GATE, LOCK, RUN
from mainline.doctor.score.evidence import DIAGNOSIS, Evidence
from mainline.doctor.score.found import Found, half, nothing, whole
from mainline.ledger import Entry
from mainline.prove import proof

OOF = "data/oof.parquet"
END_TO_END = ".github/workflows/end-to-end.yml"
RECENT = timedelta(days=90)
"""For how long a rollback that happened shows that the next will work."""
CANARY = "mainline deploy canary --push"
PROVE = "mainline lock --prove  (on the branch that brings the model)"


def reproducible(of: Evidence) -> Found:
    """I1. Half: dvc.lock pins how it is built. Whole: this model was built again, and was the same to the bit."""
    if not of.project.lock:
        return nothing("no dvc.lock", LOCK)
    made = str((of.verdict or {}).get("challenger", {}).get("made", ""))
    if made.startswith("rebuilt"):
        return whole(f"ledger, line {_line(of.verdict)}: this model was {made}, the same to the bit{_seeds(of)}")
    kept = proof.kept(of.project) if of.has(str(proof.FILE)) and of.current else None
    if kept and kept.rebuilt:
        return whole(f"{proof.FILE}: this model was rebuilt, the same to the bit{_seeds(of)}")
    return half("dvc.lock pins rows, code, params and model; this model was not built again", PROVE)


def _line(entry: Entry | None) -> str:
    return str(entry["n"]) if entry else ""


def _seeds(of: Evidence) -> str:
    seeds = of.diagnosis.get("seeds")
    return f"; over seeds its score moves by {seeds['spread']:.2g}" if seeds else ""


def unit_tested(of: Evidence) -> Found:
    """I2. Half: tests of training passed. Whole: it learns a few rows, and learns nothing of shuffled labels."""
    few, shuffled = of.diagnosis.get("few"), of.diagnosis.get("shuffled")
    if few and shuffled:
        said = (
            f"{DIAGNOSIS}: {few['score']:.3g} on {few['rows']} rows it learnt; with shuffled labels "
            f"{shuffled['score']:.3g}, up to {shuffled['bound']:.3g} is chance"
        )
        return whole(said) if of.current else half(f"{said}; not current: {of.why_not}", LOCK)
    last = tested.read(of.project, "tests/pipeline", "src/pipeline")
    if last and not last.failed:
        return half(f"{tested.FILE}: tests of training passed; nothing asks whether this model learns", DIAGNOSE)
    return nothing("nothing asks whether this model learns", DIAGNOSE)


def integrated(of: Evidence) -> Found:
    """I3. Half: a workflow would. Whole: the whole line was played with this model and service, as was meant."""
    last, fits = of.rehearsal, of.rehearsed is not None
    if last and fits and not last.unmeant:
        return whole(f"{rehearsal.FILE}: {last.name} went from the table into production, and back")
    if last:
        why = last.unmeant if fits else "model or service are others since"
        return half(f"{rehearsal.FILE}: {last.name}; {why}", RUN)
    if of.has(END_TO_END):
        return half(f"{END_TO_END} plays the whole line; no result of it is here", RUN)
    return nothing("nothing plays the whole line", RUN)


def validated(of: Evidence) -> Found:
    """I4. Half: the gate is set up, or rehearsed. Whole: it has passed this model; before production, a rehearsal."""
    if of.verdict:
        said = f"ledger, line {of.verdict['n']}, {str(of.verdict['time'])[:10]}: {of.verdict['verdict']}"
        passed = of.verdict["verdict"] == "PASS"
        return whole(said) if passed else half(f"{said}, and it is what dvc.lock pins", GATE)
    return rehearsed(of, "gate", "the gate at work", ".github/workflows/verify.yml", GATE)


def debuggable(of: Evidence) -> Found:
    """I5. Half: a row can be followed through the stages. Whole: beside it, what the model says of it, held out."""
    if not of.current:
        return nothing(f"nothing can be followed: {of.why_not}", LOCK)
    said = "mainline explore --row ID: a row, from the source to its side"
    if of.diagnosis and OOF in of.project.lock.outputs:
        return whole(f"{said}; {OOF}: what the model says of {of.diagnosis['rows']:,} rows that it did not learn")
    return half(f"{said}; what the model makes of it is not kept", DIAGNOSE)


def canaried(of: Evidence) -> Found:
    """I6. Half: it is set up. Whole: production passed as a canary; before there is any, a rehearsal."""
    mine = [each for each in of.deployments if each["version"] == of.production]
    passed = [each for each in mine if each["event"] == "passed"]
    if passed:
        return whole(f"ledger, line {passed[-1]['n']}, {passed[-1]['time'][:10]}: {of.production} passed as a canary")
    return rehearsed(of, "canary", "a canary judged", ".github/workflows/deliver.yml", CANARY)


def rolled_back(of: Evidence) -> Found:
    """I7. Half: it once was. Whole: in the last 90 days on a host, or in a rehearsal with this model and service."""
    if (run := of.rehearsed) and "rollback" in run.shown:
        return whole(f"{rehearsal.FILE}: {run.name}: {run.shown['rollback']}")
    back = [each for each in of.deployments if each["event"] in ("rolled back", "reverted")]
    if back:
        said = f"ledger, line {back[-1]['n']}, {back[-1]['time'][:10]}: {back[-1]['version']} {back[-1]['event']}"
        recent = of.today - date.fromisoformat(back[-1]["time"][:10]) <= RECENT
        return whole(said) if recent else half(f"{said}, long ago", RUN)
    if of.rehearsal and "rollback" in of.rehearsal.shown:
        return half(f"{rehearsal.FILE}: {of.rehearsal.name}; model or service are others since", RUN)
    return nothing("no release was ever taken back", RUN)


def rehearsed(of: Evidence, act: str, what: str, setup: str, real: str) -> Found:
    """What a rehearsal has shown of something, which counts in full for as long as nothing is in production.

    Args:
        act: its name among what a run shows.
        what: the same for people.
        setup: the file that sets it up.
        real: the command by which production itself shows it.
    """
    if of.production:
        return half(f"{of.production} is in production; nothing has shown {what} of it", real)
    if (run := of.rehearsed) and act in run.shown:
        return whole(f"{rehearsal.FILE}: {run.name}: {run.shown[act]}; nothing is in production yet")
    if of.rehearsal and act in of.rehearsal.shown:
        return half(f"{rehearsal.FILE}: {of.rehearsal.name}; model or service are others since", RUN)
    if of.has(setup):
        return half(f"{setup} is there; nothing has shown {what} yet", RUN)
    return nothing(f"nothing has shown {what} yet", RUN)
