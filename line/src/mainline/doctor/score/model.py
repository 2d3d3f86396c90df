"""Section Model: how its specification was chosen, and how good it is beside simpler ones, in parts, and over time."""

from collections.abc import Sequence

from mainline import searched
from mainline.doctor.score.data import DIAGNOSE, GATE, LOCK
from mainline.doctor.score.evidence import DIAGNOSIS, Evidence
from mainline.doctor.score.found import Found, half, nothing, stated, whole

CARD, RULES = "models/card.md", ".github/rulesets/main.json"
SPECIFICATION = ("params.yaml", "dvc.yaml", "dvc.lock", CARD)
SEARCH = "mainline search --take"


def versioned(of: Evidence) -> Found:
    """M1. Half: the files are in git. Whole: committed, current, and the gate judged them before main took them."""
    lacking = [path for path in SPECIFICATION if not of.has(path) or not of.project.git("ls-files", "--", path)]
    if lacking:
        return nothing(f"{lacking[0]} is not in git", f"{LOCK} && git add {' '.join(SPECIFICATION)}")
    if changed := [path for path in of.project.dirty() if path in SPECIFICATION]:
        return half(f"{', '.join(changed)}: not committed", f"git commit {' '.join(changed)}")
    if not of.current:
        return half(f"committed; dvc.lock is not current: {of.why_not}", LOCK)
    if not of.has(RULES):
        return half("committed and current; no ruleset asks that main's changes are verified", "make protect")
    if not of.verdict:
        return half(f"committed and current; {RULES} is there; the gate has not judged this model", GATE)
    day = of.project.git("log", "-1", "--format=%cs", "--", *SPECIFICATION)
    judged = f"ledger, line {of.verdict['n']}: the gate has judged it"
    return whole(f"committed on {day}, current, {CARD} to review; {judged}; {RULES}: main takes what was verified")


def correlate(of: Evidence) -> Found:
    """M2. Half: a version has both figures. Whole: five have, so that their ranks can be compared."""
    from mainline.monitor import lived

    keep = "POST /feedback to the service, and `mainline monitor` at each version; `mainline history` has the table"
    if of.production is None and not of.deployments:
        return nothing("nothing was in production yet", keep)
    both = [each for each in lived.lived(of.project) if each.promised is not None]
    if said := lived.agreement(both):
        return whole(f"mainline history: {said}")
    if both:
        said = f"{len(both)} {'version has' if len(both) == 1 else 'versions have'} both figures"
        return half(f"mainline history: {said}; {lived.ENOUGH} that differ tell something", keep)
    return nothing("no version has figures of both", keep)


def tuned(of: Evidence) -> Found:
    """M3. Half: a search was taken, for other rows or another model. Whole: it chose this `train`, on these rows."""
    about = searched.read(of.project)
    if not about:
        return nothing(f"no {searched.PATH}: params.yaml's train was chosen by no search", SEARCH)
    score = f"{about.get('metric')} {about.get('score')}"
    said = f"{searched.PATH}, {about.get('date')}: {about.get('trials')} trials, {score}"
    if not searched.chose(about, of.project):
        return half(f"{said}; params.yaml's train is another since", SEARCH)
    if not of.current or about.get("train_rows") != of.project.lock.outputs.get(searched.ROWS):
        return half(f"{said}; the training rows are others since", SEARCH)
    return whole(f"{said}: it chose train")


def staleness(of: Evidence) -> Found:
    """M4. Half: measured before the last change. Whole: how much worse older rows make it, as all is now."""
    curve, split = of.diagnosis.get("staleness"), of.section("split")
    if curve:
        said = f"{DIAGNOSIS}: scores of models trained on rows up to {len(curve.get('ages') or ())} ages"
        return whole(said) if of.current else half(f"{said}; not current: {of.why_not}", LOCK)
    if split.get("time"):
        return half("split.time is set; what older rows make of the model is not measured", DIAGNOSE)
    if "time" in split:
        return stated("no row has a time, by split.time in params.yaml; the monitor sees what age does to the model")
    mend = "params.yaml: split: { time: COLUMN, cut: DAY }, or time: null where rows have none"
    return nothing("nothing says when a row was, so that nothing shows what age does", mend)


def simpler(of: Evidence) -> Found:
    """M5. Half: compared before a change. Whole: with dummy, linear and small tree, on the same rows, as all is now."""
    others = of.diagnosis.get("simpler")
    if not others:
        return nothing("no simpler model was tried beside it", DIAGNOSE)
    about, by = of.diagnosis["model"], of.diagnosis.get("score")
    own, linear = about["score"], str(about.get("estimator")).startswith("sklearn.linear_model.")
    compared = [each for each in others if not (linear and each["name"] == "linear")]  # as the diagnosis does
    best = max(compared or others, key=lambda each: each["score"])
    word = "is not better than" if own <= best["score"] else "is better than all simpler ones, the best of them"
    said = f"{DIAGNOSIS}: {by} {own:.3g} {word} {best['name']} ({best['score']:.3g})"
    return whole(said) if of.current else half(f"{said}; not current: {of.why_not}", LOCK)


def slices(of: Evidence) -> Found:
    """M6. Half: slices are in report and card. Whole: the gate held this model to a bar on each."""
    return _parts(of, "slices", "slice_gap", "report and card", "no slice of the rows matters more than another")


def inclusion(of: Evidence) -> Found:
    """M7. Half: groups are in the card. Whole: the gate held this model to a bar on the gap between them."""
    return _parts(of, "sensitive", "fairness_gap", "the card", "no column is about who somebody is")


def _parts(of: Evidence, key: str, bar: str, where: str, none: str) -> Found:
    """Columns whose parts are looked at, and the bar on how far these may lie apart."""
    gate = of.section("gate")
    columns: Sequence[str] = gate.get(key) or ()
    limit = (gate.get("bars") or {}).get(bar)
    if key in gate and not columns:
        return stated(f"{none}, by gate.{key} in params.yaml")
    if not columns:
        return nothing(f"gate.{key} names no column", f"params.yaml: gate: {{ {key}: [COLUMN] }}, or [] where {none}")
    said = f"gate.{key}: {', '.join(columns)}, in {where}"
    if not limit:
        return half(f"{said}; nothing bounds the gap", f"params.yaml: gate: {{ bars: {{ {bar}: 0.1 }} }}")
    if not (of.verdict and of.held("bars", key)):
        return half(f"{said}; gate.bars.{bar} is {limit:g}; the gate has not judged this model by it", GATE)
    return whole(f"{said}; held to gate.bars.{bar} {limit:g} on {str(of.verdict['time'])[:10]}")
