"""Each of the 28 tests: where it counts, where it half counts or goes by a statement, and where it does not."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from line.tests.doctor.score.made import FAILED, TODAY, VERSION, Made
from mainline.doctor.score.rows import ASKED, rows
from mainline.ledger import branch
from mainline.tools import git

Case = Callable[[Made], object]
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def both(*steps: Case) -> Case:
    """One step after the other."""
    return lambda made: [step(made) for step in steps]


def bare(made: Made) -> None:
    """Nothing but what every project has."""


def unbuilt(made: Made) -> None:
    """No model."""
    made.outputs.clear()


def stale(made: Made) -> None:
    """Something changed since dvc.lock."""
    made.stale = ["train (params.yaml)"]


def rehearsed_before(made: Made) -> None:
    """A rehearsal, and another service since."""
    made.rehearse()
    made.write("src/service/app.py", "other = True")


def barred(made: Made) -> None:
    """A bar for each."""
    made.state("gate", slices=["town"], sensitive=["age"])
    made.state("gate", bars={"model_mb": 1, "slice_gap": 0.1, "fairness_gap": 0.1})


def split_off(made: Made) -> None:
    """A ruleset."""
    made.write(".github/rulesets/main.json", "{}")


def other_columns(made: Made) -> None:
    """Two that may not be used, one of them private."""
    made.state("data", drop=["name"], private={"iban": "drop"})


diagnosed: Case = lambda made: made.diagnose()  # noqa: E731 - one step among others
judged: Case = lambda made: made.judged()  # noqa: E731
rehearsed: Case = lambda made: made.rehearse()  # noqa: E731
in_production: Case = lambda made: made.served("started", "promoted")  # noqa: E731
ruled: Case = lambda made: made.state("validate", rules={"age": {"minimum": 0}})  # noqa: E731

CASES: list[tuple[str, float, Case, str]] = [
    ("D1", 1, ruled, "dvc.lock pins the rows"),
    ("D1", 0.5, both(ruled, stale), "not current: train"),
    ("D1", 0, bare, "no rule"),
    ("D2", 1, diagnosed, "1 of them worth nothing (town)"),
    ("D2", 0.5, both(diagnosed, stale), "not current"),
    ("D2", 0, bare, "no feature's worth"),
    ("D2", 0, both(diagnosed, lambda made: made.write("metrics/diagnosis.json", "{}")), "no feature's worth"),
    ("D2", 0, lambda made: made.build("metrics/diagnosis.json", {"rows": 0, "checks": []}), "no feature's worth"),
    ("D3", 1, both(diagnosed, barred, judged), "gate.bars (model_mb) held on 2026-03-10"),
    ("D3", 0.5, both(diagnosed, judged, barred), "not judged this model by it"),
    ("D3", 0.5, both(diagnosed, barred), "the gate has not judged this model"),
    ("D3", 0.5, diagnosed, "nothing bounds"),
    ("D3", 0.5, barred, "no feature's worth is measured"),
    ("D3", 0, bare, "neither"),
    ("D4", 1, other_columns, "none of 2 forbidden columns"),
    ("D4", 1, lambda made: made.state("data", private={}), "stated, not measured"),
    ("D4", 0.5, bare, "no leak was found"),
    ("D4", 0.5, both(other_columns, stale), "not current"),
    ("D4", 0, lambda made: made.state("data", drop=["age"]), "reads age"),
    ("D4", 0, unbuilt, "no model"),
    ("D5", 1, other_columns, "iban: dropped or hashed"),
    ("D5", 1, lambda made: made.state("data", private={}), "stated, not measured"),
    ("D5", 0.5, lambda made: made.state("service", private=["age"]), "the table keeps them"),
    ("D5", 0.5, both(other_columns, stale), "not current"),
    ("D5", 0, bare, "nothing says what in the table is private"),
    ("D6", 1, rehearsed, "into production in 40 s"),
    ("D6", 0.5, rehearsed_before, "was not measured on this model"),
    ("D6", 0, unbuilt, "no model"),
    ("D7", 1, lambda made: made.test(), "1 tests of the stages passed"),
    ("D7", 0.5, lambda made: made.test(when=LONG_AGO), "before the last change"),
    ("D7", 0.5, lambda made: made.test(FAILED), "1 failed"),
    ("D7", 0.5, lambda made: made.write("tests/pipeline/test_x.py", ""), "no result"),
    ("D7", 0, bare, "no tests/pipeline"),
    ("M1", 1, both(split_off, judged), "main takes what was verified"),
    ("M1", 0.5, split_off, "the gate has not judged this model"),
    ("M1", 0.5, bare, "no ruleset"),
    ("M1", 0.5, both(split_off, stale), "not current"),
    ("M2", 0, bare, "nothing was in production yet"),
    ("M2", 0, in_production, "no version has figures of both"),
    ("M2", 0.5, lambda made: made.lived(1), "1 version has both figures"),
    ("M2", 1, lambda made: made.lived(5), "rank correlation"),
    ("M3", 1, lambda made: made.search(), "60 trials, log_loss 0.33: it chose train"),
    ("M3", 0.5, both(lambda made: made.search(), lambda made: made.state("train", params={})), "another since"),
    ("M3", 0.5, lambda made: made.search(train={}), "another since"),
    ("M3", 0.5, both(lambda made: made.search(), lambda made: made.state("train", columns=["age"])), "another since"),
    ("M3", 0.5, both(lambda made: made.search(), stale), "rows are others since"),
    ("M3", 0.5, lambda made: made.search(train_rows="x"), "rows are others since"),
    ("M3", 0, bare, "no models/search.json"),
    ("M4", 1, diagnosed, "3 ages"),
    ("M4", 1, lambda made: made.state("split", time=None), "stated, not measured"),
    ("M4", 0.5, both(diagnosed, stale), "not current"),
    ("M4", 0.5, lambda made: made.state("split", time="seen", cut=3), "not measured"),
    ("M4", 0, lambda made: made.diagnose(staleness=None), "nothing says when a row was"),
    ("M5", 1, diagnosed, "0.83 is better than all simpler ones, the best of them linear (0.8)"),
    ("M5", 1, lambda made: made.diagnose(model={"score": 0.7}), "is not better than linear"),
    (
        "M5",
        1,
        lambda made: made.diagnose(model={"score": 0.79, "estimator": "sklearn.linear_model.X"}),
        "better than all simpler ones",
    ),
    ("M5", 0.5, both(diagnosed, stale), "not current"),
    ("M5", 0, bare, "no simpler model"),
    ("M6", 1, both(barred, judged), "town, in report and card; held to gate.bars.slice_gap"),
    ("M6", 1, lambda made: made.state("gate", slices=[]), "stated, not measured"),
    ("M6", 0.5, both(judged, barred), "not judged this model by it"),
    ("M6", 0.5, barred, "the gate has not judged this model"),
    ("M6", 0.5, both(barred, lambda made: made.judged(model="0" * 32)), "the gate has not judged this model"),
    ("M6", 0.5, lambda made: made.state("gate", slices=["town"]), "nothing bounds"),
    ("M6", 0, bare, "names no column"),
    ("M7", 1, both(barred, judged), "age, in the card; held to gate.bars.fairness_gap"),
    ("M7", 1, lambda made: made.state("gate", sensitive=[]), "stated, not measured"),
    ("M7", 0.5, lambda made: made.state("gate", sensitive=["age"]), "nothing bounds"),
    ("M7", 0, bare, "names no column"),
    ("I1", 1, both(diagnosed, lambda made: made.judged(made="rebuilt by run 7")), "rebuilt by run 7"),
    ("I1", 0.5, judged, "was not built again"),
    ("I2", 1, diagnosed, "0.99 on 100 rows it learnt"),
    ("I2", 0.5, both(diagnosed, stale), "not current"),
    ("I2", 0.5, lambda made: made.test(), "tests of training passed"),
    ("I2", 0, bare, "nothing asks"),
    ("I3", 1, rehearsed, "mainline run of 2026-03-19"),
    ("I3", 0.5, lambda made: made.rehearse(unmeant="it stopped"), "it stopped"),
    ("I3", 0.5, rehearsed_before, "others since"),
    ("I3", 0.5, lambda made: made.write(".github/workflows/end-to-end.yml", ""), "no result"),
    ("I3", 0, bare, "nothing plays"),
    ("I4", 1, judged, "PASS"),
    ("I4", 1, rehearsed, "nothing is in production yet"),
    ("I4", 0.5, lambda made: made.judged("NOT CERTIFIED"), "NOT CERTIFIED"),
    ("I4", 0.5, both(in_production, rehearsed), "is in production; nothing has shown"),
    ("I4", 0, bare, "nothing has shown the gate"),
    ("I5", 1, diagnosed, "764 rows"),
    ("I5", 0.5, bare, "is not kept"),
    ("I5", 0, both(diagnosed, stale), "nothing can be followed"),
    ("I6", 1, lambda made: made.served("started", "canary", "passed", "promoted"), "passed as a canary"),
    ("I6", 1, rehearsed, "nothing is in production yet"),
    ("I6", 0.5, both(in_production, rehearsed), f"{VERSION} is in production"),
    ("I6", 0.5, rehearsed_before, "others since"),
    ("I6", 0.5, lambda made: made.write(".github/workflows/deliver.yml", ""), "nothing has shown a canary judged yet"),
    ("I6", 0, lambda made: made.rehearse("gate"), "nothing has shown a canary"),
    ("I7", 1, rehearsed, "as it should"),
    ("I7", 1, lambda made: made.served("started", "rolled back"), "rolled back"),
    ("I7", 0.5, lambda made: made.served("started", "rolled back", day="2025-03-10"), "long ago"),
    ("I7", 0.5, rehearsed_before, "others since"),
    ("I7", 0, bare, "no release was ever taken back"),
    ("S1", 1, both(lambda made: made.audit(), lambda made: made.write(".github/dependabot.yml", "")), "80 packages"),
    ("S1", 0.5, lambda made: made.audit(), "80 packages"),
    ("S1", 0.5, lambda made: made.audit(pins="x"), "others are pinned"),
    ("S1", 0.5, lambda made: made.audit(TODAY - timedelta(days=40)), "a month ago"),
    ("S1", 0, bare, "nothing tells"),
    ("S2", 1, rehearsed, "nothing is in production yet"),
    ("S2", 0.5, both(in_production, rehearsed), "is in production"),
    ("S2", 1, lambda made: made.lived(1), "branch mainline/monitor"),
    ("S2", 0.5, lambda made: made.lived(1, ago=9), "nothing since"),
    ("S2", 0, bare, "nothing has shown what is asked"),
    ("S3", 1, rehearsed, "214 dev rows"),
    ("S3", 0.5, rehearsed_before, "others since"),
    ("S3", 0.5, lambda made: made.rehearse(model="0" * 32), "others since"),
    ("S3", 0.5, lambda made: made.rehearse(commit="0" * 40), "others since"),
    ("S3", 0, lambda made: made.write(".mainline/run.json", '{"time": "2026-03-19", "answers": "x"}'), "were not held"),
    ("S3", 0.5, both(rehearsed, lambda made: made.state("canary", minimum=5)), "others since"),
    ("S3", 0, lambda made: made.rehearse(answers=0), "were not held"),
    ("S4", 1, rehearsed, "as it should"),
    ("S4", 1, lambda made: made.lived(1), "retrain.mode is pull_request"),
    ("S4", 0.5, lambda made: made.lived(1, ago=9), "nothing since"),
    ("S4", 0.5, both(in_production, rehearsed), "is in production"),
    ("S4", 0, both(rehearsed, lambda made: made.state("retrain", mode="off")), "retrain.mode is off"),
    ("S5", 1, diagnosed, "trained without a warning"),
    ("S5", 1, lambda made: made.diagnose(remarks=["ConvergenceWarning: no"]), "warnings: 1, the first: Convergence"),
    ("S5", 0.5, both(diagnosed, stale), "not current"),
    ("S5", 0, bare, "no warning of training is kept"),
    ("S6", 1, rehearsed, "as it should"),
    ("S6", 1, lambda made: made.served("started", "canary", "passed", "promoted"), "on its latency, too"),
    ("S6", 0.5, both(in_production, rehearsed), "is in production"),
    ("S6", 0, lambda made: made.state("canary", signals={"latency": False}), "is off"),
    ("S7", 1, rehearsed, "as it should"),
    ("S7", 1, lambda made: made.lived(1), "within four weeks"),
    ("S7", 0.5, lambda made: made.lived(1, ago=40), "is in production"),
    ("S7", 0.5, both(in_production, rehearsed), "is in production"),
    ("S7", 0, bare, "nothing has shown labels"),
]


@pytest.mark.parametrize(("name", "points", "case", "said"), CASES, ids=[f"{each[0]}-{each[1]:g}" for each in CASES])
def test_a_row_has_the_points_of_what_is_there(tmp_path: Path, name: str, points: float, case: Case, said: str) -> None:
    """Nothing, half, or all; what is said names it, and less than all names what brings the rest."""
    made = Made(tmp_path)
    case(made)
    found = ASKED[name][1](made.evidence)
    assert (found.points, said in found.said) == (points, True), found
    assert bool(found.mend) == (points < 1)
    assert found.stated == found.said.startswith("stated")


def test_each_row_has_a_case_that_counts_and_one_that_does_not() -> None:
    """Half a point, or none."""
    for name in ASKED:
        known = {points for each, points, _, _ in CASES if each == name}
        assert {1, 0.5} <= known or {1, 0} <= known, name


def test_what_is_not_committed_is_not_versioned(tmp_path: Path) -> None:
    """A params.yaml that was edited is half of M1's point; one that git does not know is none."""
    made = Made(tmp_path)
    split_off(made)
    evidence = made.evidence
    made.write("params.yaml", "train: {}")
    assert ASKED["M1"][1](evidence).points == 0.5
    (tmp_path / "models/card.md").unlink()
    assert ASKED["M1"][1](evidence).points == 0


def test_what_cannot_be_read_is_a_row_without_points(tmp_path: Path) -> None:
    """A ledger that was edited: rows that need it say so, in order; the others are as they were."""
    made = Made(tmp_path)
    made.judged()
    evidence = made.evidence
    assert [row.id for row in rows(evidence)] == list(ASKED)
    made.state("validate", rules=5)
    assert "cannot be read" in next(row.found.said for row in rows(made.evidence) if row.id == "D1")
    text = evidence.project.show("mainline/ledger", "ledger.jsonl") or ""
    edited = branch.commit(tmp_path, None, "ledger.jsonl", text.replace("PASS", "FINE"), "edited")
    git.git("update-ref", branch.REF, edited, root=tmp_path)
    found = {row.id: row for row in rows(made.evidence)}
    assert found["I4"].points == 0
    assert "mainline/ledger" in found["I4"].found.said
    assert found["I5"].points == 0.5
