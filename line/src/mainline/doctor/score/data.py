"""Section Data: what the features are expected to be, worth, cost, and may be."""

from mainline.doctor.score import tested
from mainline.doctor.score.evidence import DIAGNOSIS, Evidence
from mainline.doctor.score.found import Found, half, nothing, stated, whole
from mainline.errors import MAKE

LOCK = "mainline lock"
DIAGNOSE = "mainline lock  (with diagnose: {} in params.yaml)"
RUN = "mainline run"
TEST = f"{MAKE} test"
GATE = "mainline gate  (on the branch that brings the model)"
BARS = "params.yaml: gate: { bars: { latency_ms: MS, model_mb: MB } }"


def schema(of: Evidence) -> Found:
    """D1. Half: rules are declared. Whole: the table was held to them as they and it are now."""
    about = of.section("validate")
    declared = sum(len(about.get(name) or {}) for name in ("rules", "checks", "table"))
    if not declared:
        return nothing("params.yaml: validate has no rule", "mainline explore --freeze")
    said = f"params.yaml: validate, {declared} {'entry' if declared == 1 else 'entries'}"
    if not of.current or "data/valid.parquet" not in of.project.lock.outputs:
        return half(f"{said}; dvc.lock is not current: {of.why_not}", LOCK)
    return whole(f"{said}; dvc.lock pins the rows that keep them")


def worth(of: Evidence) -> Found:
    """D2. Half: measured, for other rows or params. Whole: each feature was permuted, as all is now."""
    features = of.diagnosis.get("features")
    if not features:
        return nothing("no feature's worth is measured", DIAGNOSE)
    useless = [each["name"] for each in features if each.get("useless")]
    named = f"{len(useless)} of them worth nothing ({', '.join(useless[:3])})" if useless else "each worth something"
    said = f"{DIAGNOSIS}: {len(features)} features, {named}"
    return whole(said) if of.current else half(f"{said}; not current: {of.why_not}", LOCK)


def cost(of: Evidence) -> Found:
    """D3. Half: worth is measured, or the model's cost is bounded. Whole: both, and the gate held this model to it."""
    bars = of.section("gate").get("bars") or {}
    bounded = [name for name in ("latency_ms", "model_mb") if bars.get(name)]
    known = bool(of.diagnosis.get("features")) and of.current
    if bounded and known and of.held("bars"):
        said = f"{DIAGNOSIS} has each feature's worth; gate.bars ({', '.join(bounded)}) held on {_day(of)}"
        return whole(f"{said}: all features together are within it")
    if bounded and known:
        return half(
            f"worth is measured, gate.bars has {', '.join(bounded)}; the gate has not judged this model by it", GATE
        )
    if known:
        return half(f"{DIAGNOSIS} has each feature's worth; nothing bounds what they cost", BARS)
    if bounded:
        return half(f"gate.bars has {', '.join(bounded)}; no feature's worth is measured", DIAGNOSE)
    return nothing("neither worth nor cost is looked at", DIAGNOSE)


def _day(of: Evidence) -> str:
    return str(of.verdict["time"])[:10] if of.verdict else ""


def requirements(of: Evidence) -> Found:
    """D4. Half: leaks alone were looked for. Whole: it is said which columns may not be used, and none is."""
    data = of.section("data")
    forbidden = {*(data.get("drop") or ()), *(data.get("private") or {})}
    if not of.columns:
        return nothing("no model here says what it reads", LOCK)
    if used := sorted(forbidden.intersection(of.columns)):
        return nothing(f"models/signature.json reads {used[0]}, which params.yaml forbids", LOCK)
    if not of.current:
        return half(f"{len(forbidden)} columns are forbidden; dvc.lock is not current: {of.why_not}", LOCK)
    if forbidden:
        return whole(f"models/signature.json: none of {len(forbidden)} forbidden columns is read")
    if {"drop", "private"}.intersection(data):
        return stated("no column is forbidden, by data.drop or data.private in params.yaml; no leak was found")
    return half("no leak was found; nothing says which columns may not be used", "params.yaml: data: { drop: [...] }")


def privacy(of: Evidence) -> Found:
    """D5. Half: records of the service alone are covered. Whole: private columns are out of what is kept."""
    data, service = of.section("data"), of.section("service")
    private = data.get("private") or {}
    if private and of.current and not set(private).intersection(of.columns):
        return whole(
            f"data.private: {', '.join(private)}: dropped or hashed before anything is kept; no model reads it"
        )
    if private and of.current:
        return half(
            "data.private hides columns, and the model reads one of them, hashed or cut", "data.drop takes it out"
        )
    if private:
        return half(f"data.private is declared; dvc.lock is not current: {of.why_not}", LOCK)
    if "private" in data:
        return stated("nothing in the table is private, by data.private in params.yaml")
    mend = "params.yaml: data: { private: { COLUMN: drop } }, or private: {} where nothing is"
    if service.get("private"):
        return half("service.private: its records leave columns out; the table keeps them", mend)
    return nothing("nothing says what in the table is private", mend)


def added(of: Evidence) -> Found:
    """D6. Half: columns are features by the table alone. Whole: the way of them all into an answer was timed."""
    if not of.columns:
        return nothing("no model here says what it reads", LOCK)
    said = f"a column of the table is a feature without code ({len(of.columns)} are, in models/signature.json)"
    if run := of.rehearsed:
        return whole(f"{said}; {run.name} took them from the table into production in {run.seconds:.0f} s")
    return half(f"{said}; how long that takes into an answer was not measured on this model", RUN)


def tested_code(of: Evidence) -> Found:
    """D7. Half: there are tests. Whole: all passed, after the last change of the stages and of the tests."""
    last = tested.read(of.project, "tests/pipeline", "src/pipeline")
    if last is None:
        if tested.exist(of.project, "tests/pipeline"):
            return half("tests/pipeline is there; no result of it is", TEST)
        return nothing("no tests/pipeline", "mainline upgrade")
    said = f"{tested.FILE}, {last.day}: {last.passed} tests of the stages passed"
    if last.failed:
        return half(f"{said}, {last.failed} failed", TEST)
    return whole(said) if last.newer else half(f"{said}, before the last change of them", TEST)
