"""The merge decision on real projects: who passes, who does not, what is refused, and what it costs."""

import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from line.tests.projects import branch_without_model, commit_all, edit
from mainline import champion, ledger
from mainline.commands import lock
from mainline.errors import Refused, StaleLock, ToolFailed
from mainline.gate import comparison, trial
from mainline.gate.decide import decide
from mainline.gate.verdict import NOT_CERTIFIED, PASS, UNCHANGED
from mainline.label import files
from mainline.label.files import Vote
from mainline.project import Project
from mainline.prove import proof
from mainline.tools import cells, dvc, git

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_cache")]

FOREST = {"estimator": "sklearn.ensemble.RandomForestClassifier", "params": {"n_estimators": 30}}
STUMP = {"estimator": "sklearn.tree.DecisionTreeClassifier", "params": {"max_depth": 3}}
DUMMY = {"estimator": "sklearn.dummy.DummyClassifier", "params": {"strategy": "prior"}}
TWIN = {"estimator": "sklearn.tree.DecisionTreeClassifier", "params": {"max_depth": 8, "criterion": "entropy"}}

AS_IT_IS = "    return _finite(model.predict_proba(features))\n"
POST_PROCESSED = (AS_IT_IS, AS_IT_IS.replace("\n", "[:, ::-1]\n"))

FORK = multiprocessing.get_context("fork")


def proven(root: Path) -> None:
    """Have it written down that the model was proved: whether that is found out has tests of its own."""
    proof.keep(proof.Proof.of(Project(root), rebuilt=True, closed=True), Project(root))


def gate(root: Path, *options: str, prove: bool = False) -> subprocess.CompletedProcess[str]:
    """Run `mainline gate` as a person would; with `prove`, it has to find out where the model comes from."""
    if not prove:
        proven(root)
    command = [sys.executable, "-m", "mainline", "gate", "--base", "main", *options]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def terms(root: Path, **gate: Any) -> None:
    """Let main judge by these, its champion as it was."""
    edit(root, gate=gate)
    commit_all(root, "Terms")
    git.git("branch", "--force", "main", root=root)


def own_table(project: Path, target: np.ndarray) -> None:
    """Let the project learn from a table of its own: 600 rows of noise but for two columns."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(600, 4)).round(3), columns=list("abcd"))
    frame["answer"] = target
    frame.to_csv(project / "data/source/own.csv", index=False)


def answers() -> np.ndarray:
    """Labels that columns a and b of the own table explain, but for some noise."""
    rng = np.random.default_rng(0)
    table = rng.normal(size=(600, 4)).round(3)
    return np.where(table[:, 0] + table[:, 1] + rng.normal(scale=0.4, size=600) > 0, "yes", "no")


@pytest.fixture
def own_project(project: Path) -> Path:
    """A project whose champion, on main, was built from a table of its own."""
    own_table(project, answers())
    edit(project, data={"source": "data/source/own.csv", "rows": None, "target": "answer"}, validate={"rules": {}})
    lock.refresh(Project(project))
    commit_all(project, "A table of its own")
    git.git("branch", "--force", "main", root=project)
    return project


def test_a_better_model_passes_once_and_for_all(change: Callable[..., Path]) -> None:
    """A forest is certified against a single tree; asked again, the ledger answers and nothing is spent."""
    root = change(train=FOREST)
    done = gate(root, prove=True)
    assert done.returncode == 0, done.stderr
    assert "models/model.skops: rebuilt by whoever typed this; SHA-256 " in done.stdout
    assert "from what it declares alone" in done.stderr
    assert "from what it declares alone" not in gate(root, prove=True).stderr  # of this lock it is known
    first, again = decide(Project(root), "main"), decide(Project(root), "main")
    assert first.verdict == again.verdict == PASS
    assert (first.used, again.used) == (1, 1)
    assert [entry["t"] for entry in ledger.read(root).entries] == [1]


def test_worse_and_undecided_look_the_same(change: Callable[..., Path]) -> None:
    """A hopeless model and one nearly as good as the champion get the same words and exit code: one bit, no more."""
    said = []
    for model in (DUMMY, TWIN):
        root = change(train=model)
        done = gate(root)
        assert done.returncode == 3
        said.append(re.sub("SHA-256 [0-9a-f]{64}", "", done.stdout) + "\n".join(done.stderr.splitlines()[1:]))
        for ref in ("refs/heads/mainline/ledger", "refs/mainline/ledger"):  # so that both are the set's first decision
            git.git("update-ref", "-d", ref, root=root)
    assert said[0] == said[1]
    assert "NOT CERTIFIED" in said[0]
    assert re.search(r"the condition is superiority \(.*; with \d+ sealed rows .* only gains above about \d", said[0])


def test_nothing_that_is_written_tells_of_the_sealed_rows(change: Callable[..., Path]) -> None:
    """No file or output holds the accuracy of either side on the sealed rows."""
    root = change(train=FOREST)
    with champion.at("main", Project(root)) as current:
        assert current is not None
        labels = pd.read_parquet(root / "data/sealed/labels.parquet")["target"]
        right = [
            (pd.read_parquet(side / "predictions/sealed.parquet")["prediction"] == labels)
            for side in (root, current.project.root)
        ]
    secrets = {f"{each.mean():.{digits}f}" for each in right for digits in (4, 5, 6)}
    secrets |= {f"{100 * each.mean():.2f}" for each in right} | {repr(float(each.mean())) for each in right}
    done = gate(root, "--json")
    report = subprocess.run(
        [sys.executable, "-m", "mainline", "report", "--base", "main"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    written = [done.stdout, done.stderr, report.stdout, report.stderr, str(ledger.read(root).entries)]
    skipped = {".git", ".dvc", "data", "predictions", "src", "tests", "requirements"}
    for path in root.rglob("*"):
        if path.is_file() and path.relative_to(root).parts[0] not in skipped:
            written.append(path.read_bytes().decode("utf-8", errors="replace"))
    assert any("PASS" in text for text in written)
    assert [secret for secret in secrets if any(secret in text for text in written)] == []


@pytest.mark.smoke
def test_the_champion_itself_may_be_merged(project: Path) -> None:
    """A branch that leaves the model alone has nothing to prove, and spends nothing."""
    (project / "README.md").write_text("words\n")
    commit_all(project, "Words")
    decision = decide(Project(project), "main")
    assert (decision.verdict, decision.used) == (UNCHANGED, 0)


def test_a_stale_challenger_is_refused(project: Path) -> None:
    """What is judged is what dvc.lock pins, or nothing."""
    edit(project, train=FOREST)
    with pytest.raises(StaleLock, match="run `mainline lock`"):
        decide(Project(project), "main")


def test_the_first_model_must_beat_one_that_ignores_its_input(project: Path, change: Callable[..., Path]) -> None:
    """With no champion yet a tree passes and a dummy does not, however blind the rows; a level is a bar of its own."""
    terms(project, max_mde=0.001)
    root = change(train=DUMMY)
    branch_without_model(root)
    first = decide(Project(root), "empty")
    assert first.verdict == NOT_CERTIFIED
    assert first.notes == ("main pins no model yet, so the terms are this branch's own",)
    assert decide(Project(root), "empty").reasons == first.reasons
    assert "the condition is gate.baseline (accuracy: better than a model that ignores its input)" in first.reasons[0]
    with pytest.raises(Refused, match=r"set gate\.max_mde to 0\.\d+, to be judged .* \(docs/params\.md#gate\)"):
        decide(Project(root), "main")
    change(train=TWIN)
    assert decide(Project(root), "empty").verdict == PASS
    for level, verdict in ((0.5, PASS), (0.95, NOT_CERTIFIED)):
        change(gate={"baseline": level})
        assert decide(Project(root), "empty").verdict == verdict


def test_a_bar_on_the_dev_set_stops_a_model_at_no_cost(project: Path, change: Callable[..., Path]) -> None:
    """A challenger below a floor is not certified, with the reason, and the sealed rows stay unread."""
    terms(project, bars={"floor": {"accuracy": 0.999}})
    decision = decide(Project(change(train=FOREST)), "main")
    assert decision.verdict == NOT_CERTIFIED
    assert "the bar is 0.999" in decision.reasons[0]
    assert decision.used == 0


def test_a_test_set_that_is_used_up_refuses(
    project: Path, change: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After `life` decisions the gate asks for fresh rows and ends with 4."""
    terms(project, life=1)
    root = change(train=STUMP)
    assert decide(Project(root), "main").verdict == NOT_CERTIFIED
    # an earlier question is still answered; a new one is refused before numpy or a worktree could be needed
    assert decide(Project(root), "main").verdict == NOT_CERTIFIED
    change(train=FOREST)
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")
    done = gate(root)
    assert "dvc.repo" in done.stderr
    assert "numpy" not in done.stderr
    assert done.returncode == 4
    assert "used up: 1 of 1 decisions; run `mainline gate rotate`" in done.stderr


def test_the_terms_of_a_sealed_set_do_not_change_midway(change: Callable[..., Path]) -> None:
    """With another life or delta than the set was begun with the levels no longer add up: refused, and at no cost."""
    root = change(train=STUMP)
    assert decide(Project(root), "main").verdict == NOT_CERTIFIED
    for terms, said in (({"life": 64}, "gate.life is 64"), ({"life": 32, "delta": 0.2}, "gate.delta is 0.2")):
        change(train=FOREST, gate=terms)
        with pytest.raises(Refused, match=said):
            decide(Project(root), "main")
    change(gate={"delta": 0.05})
    assert (decide(Project(root), "main").verdict, decide(Project(root), "main").used) == (PASS, 2)
    git.git("checkout", "--quiet", "main", "--", ".", root=root)
    edit(root, gate={"delta": 0.2})  # by itself: merged, it would end all questions to this set
    lock.refresh(Project(root))
    commit_all(root, "Main's model, and other terms")
    with pytest.raises(Refused, match=r"gate\.delta is 0\.2"):
        decide(Project(root), "main")


def test_non_inferiority_is_measured_against_the_best_so_far(project: Path, change: Callable[..., Path]) -> None:
    """What may be a little worse than the champion may not drift below the best certified model step by step."""
    root = change(train=FOREST)
    assert decide(Project(root), "main").verdict == PASS
    git.git("branch", "--force", "main", root=root)
    terms(project, condition={"non_inferiority": 0.25})
    change(train=TWIN)
    assert decide(Project(root), "main").verdict == PASS  # some way below the forest, but within the margin
    git.git("branch", "--force", "main", root=root)
    change(train={"params": {"max_depth": 5}})  # within the margin of the tree, not of the forest
    assert decide(Project(root), "main").verdict == NOT_CERTIFIED


def test_a_new_sealed_set_is_foreseen(own_project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What few rows can certify, and which life suits them, before the first verdict; nothing of a set that stays."""
    lock.foresee(Project(own_project))
    assert capsys.readouterr() == ("", "")
    git.git("reset", "--quiet", "--soft", "HEAD~1", root=own_project)
    lock.foresee(Project(own_project))
    told = capsys.readouterr()
    assert re.match(r"  with \d+ sealed rows and 32 decisions \(gate.life\), gains above about \d", told.out)
    assert "over this model can be certified (80% power)" in told.out
    assert "sealed rows are few: set gate.life to 8 or less" in told.err


def test_flipped_labels_are_refused(own_project: Path) -> None:
    """A challenger that learnt, and is judged by, flipped labels would look perfect: it is refused."""
    own_table(own_project, np.where(answers() == "yes", "no", "yes"))
    lock.refresh(Project(own_project))
    commit_all(own_project, "Flip the labels")
    with pytest.raises(Refused, match=r"of main's \d+ sealed rows 0 are gone, .* labelled otherwise it is: more than"):
        decide(Project(own_project), "main")


def test_a_leaked_copy_of_the_target_does_not_even_build(own_project: Path) -> None:
    """A column that repeats the answer fails the build by name."""
    path = own_project / "data/source/own.csv"
    frame = pd.read_csv(path)
    frame.assign(outcome=frame["answer"].map({"yes": "paid", "no": "left"})).to_csv(path, index=False)
    with pytest.raises(ToolFailed, match="column 'outcome' alone predicts 'answer'"):
        lock.refresh(Project(own_project))


def test_a_model_that_was_trained_on_sealed_rows_is_refused(project: Path) -> None:
    """A split that lets copies of sealed rows into the training rows is found out, whatever the model scores."""
    split = project / "src/pipeline/stages/split.py"
    text = split.read_text()
    assert 'tables.write(train, "data/train.parquet")' in text
    split.write_text(text.replace('write(train, "data/train', 'write(frame[side != DEV], "data/train'))
    lock.refresh(Project(project))
    commit_all(project, "Learn the exam by heart")
    with pytest.raises(Refused, match="training rows are sealed rows or copies"):
        decide(Project(project), "main")


def test_a_model_that_has_read_all_rows_is_refused(project: Path) -> None:
    """The commonest leak: train.py reads another table than dvc.yaml says. No answer is looked at, nothing is spent."""
    train = project / "src/pipeline/stages/train.py"
    text = train.read_text()
    assert text.count('"data/train.parquet"') == 1
    train.write_text(text.replace("data/train.parquet", "data/valid.parquet"))
    edit(project, train={"params": {"max_depth": 12}})
    lock.refresh(Project(project))
    commit_all(project, "More data")
    done = gate(project, prove=True)
    assert done.returncode == 2
    assert "train fails with what it declares alone: ERROR: train: data/valid.parquet" in done.stderr
    assert ledger.read(project).entries == ()


def test_a_grown_table_is_judged_on_mains_rows(project: Path) -> None:
    """A better challenger passes as ever, on the rows that main has; for the report, main's model answers for all."""
    edit(project, data={"rows": ":1700"}, train=FOREST)
    lock.refresh(Project(project))
    commit_all(project, "More rows")
    mine = pd.read_parquet(project / "predictions/sealed.parquet")["row_id"]
    for rows, rescored in ((None, False), (Project(project), True)):
        with champion.at("main", Project(project), rows=rows) as current:
            assert current is not None
            assert current.rescored is rescored
            assert (len(pd.read_parquet(current.project / "predictions/sealed.parquet")) == len(mine)) is rescored
    decision = decide(Project(project), "main")
    assert decision.verdict == PASS
    assert re.match(r"\d+ rows join main's 522 sealed rows; they judge the branches after this one", decision.notes[0])
    assert ledger.read(project).entries[0]["rows"][1] == 522


def test_terms_alone_are_merged(project: Path) -> None:
    """Another condition than main's, and no other model: nothing is judged, and what holds when is said."""
    edit(project, gate={"condition": {"non_inferiority": 0.9}, "max_changed": 0.5})
    commit_all(project, "Other terms")
    decision = decide(Project(project), "main")
    assert (decision.verdict, decision.used) == (UNCHANGED, 0)
    assert decision.notes == ("gate.condition, gate.max_changed: main's holds here, yours from the merge on",)


def test_a_branch_does_not_bring_its_own_bar(change: Callable[..., Path]) -> None:
    """A worse model with a condition that it meets is judged by main's, and is told so."""
    done = gate(change(train=STUMP, gate={"condition": {"non_inferiority": 0.9}}))
    assert done.returncode == 3
    assert "NOT CERTIFIED: accuracy: better than the champion" in done.stderr
    assert "gate.condition: main's holds here, yours from the merge on" in done.stdout


def test_delta_and_life_do_not_move_with_the_first_model_of_a_set(change: Callable[..., Path]) -> None:
    """They stay as they are from the first decision on, so they are merged before it, by themselves."""
    root = change(train=FOREST, gate={"life": 8})
    with pytest.raises(Refused, match=r"0\.05 and 8 here, 0\.05 and 32 on main; .* merge that change by itself"):
        decide(Project(root), "main")
    assert ledger.read(root).entries == ()
    git.git("checkout", "--quiet", "main", "--", ".", root=root)
    edit(root, gate={"life": 8})
    lock.refresh(Project(root))
    commit_all(root, "A shorter life, and main's model")
    assert decide(Project(root), "main").verdict == UNCHANGED


def test_answers_that_are_made_otherwise_are_judged(project: Path) -> None:
    """Post-processing in src/ leaves the model's file as it is, and is what is served: no UNCHANGED, but a decision."""
    path = project / "src/pipeline/model/predicting.py"
    text = path.read_text()
    assert POST_PROCESSED[0] in text
    path.write_text(text.replace(*POST_PROCESSED))
    lock.refresh(Project(project))
    commit_all(project, "A nicer order")
    assert Project(project).lock.model == Project(project).lock_at("main").model
    decision = decide(Project(project), "main")
    assert (decision.verdict, decision.used) == (NOT_CERTIFIED, 1)


def test_rows_that_people_have_looked_at_are_not_sealed(change: Callable[..., Path]) -> None:
    """Another split.dev moves rows between the sides: refused with their number, at no cost."""
    root = change(split={"dev": 0.1}, train=FOREST)
    done = gate(root)
    assert done.returncode == 4
    assert re.search(
        r"of main's 522 sealed rows 0 are gone, \d\d on another side: more than gate.max_changed", done.stderr
    )
    assert ledger.read(root).entries == ()


def test_what_breaks_once_a_number_is_drawn_is_a_verdict(
    change: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Labels have met answers: whatever goes wrong then is NOT CERTIFIED, recorded, and says nothing of its own."""
    error = Refused("row 7 is a 3")
    monkeypatch.setattr(trial.comparison, "on_sealed_rows", lambda *_: (_ for _ in ()).throw(error))
    root = change(train=FOREST)
    decision = decide(Project(root), "main")
    assert (decision.verdict, decision.used) == (NOT_CERTIFIED, 1)
    assert [entry["verdict"] for entry in ledger.read(root).entries] == [NOT_CERTIFIED]
    assert not any(str(error) in each for each in decision.reasons)


def test_a_corrected_label_goes_through(own_project: Path) -> None:
    """Up to gate.max_changed of main's rows may be labelled otherwise; the test stays main's."""
    target = answers()
    sealed = pd.read_parquet(own_project / "data/sealed/labels.parquet")
    raw = pd.read_parquet(own_project / "data/raw.parquet")
    at = int(np.flatnonzero(raw["row_id"] == sealed["row_id"][0])[0])
    target[at] = "yes" if target[at] == "no" else "no"
    own_table(own_project, target)
    lock.refresh(Project(own_project))
    commit_all(own_project, "Correct a label")
    decision = decide(Project(own_project), "main")
    assert (decision.verdict, decision.used) == (UNCHANGED, 0)


def test_votes_of_a_branch_change_no_label_of_the_verdict(own_project: Path) -> None:
    """The verdict's labels are main's, whatever people say on the branch; and of main's rows they may change few."""
    main, (yes, no) = Project(own_project).commit_of("main"), ("yes", "no")
    sealed = pd.read_parquet(own_project / "data/sealed/labels.parquet")

    def vote(count: int) -> pd.DataFrame:
        files.append(
            Project(own_project),
            "anna",
            [
                Vote(row, no if label == yes else yes, "anna", files.now(), "blind")
                for row, label in sealed.head(count).itertuples(index=False)
            ],
        )
        edit(own_project, train={"params": {"max_depth": 3 + count}})
        lock.refresh(Project(own_project))
        commit_all(own_project, "Label sealed rows")
        mine = pd.read_parquet(own_project / "data/sealed/labels.parquet")
        assert (mine["answer"] != sealed["answer"]).sum() == count
        return mine

    mine = vote(1)
    with champion.at(main, Project(own_project)) as current:
        assert current
        compared = comparison.on_sealed_rows(Project(own_project), current.project, current.project, 1.0)
        judged = np.array(compared.classes)[compared.labels]
        assert judged.tolist() == sealed["answer"].tolist() != mine["answer"].tolist()
    assert decide(Project(own_project), "main").used == 1
    vote(2)
    with pytest.raises(Refused, match=r"sealed rows 0 are gone, 0 on another side, and with those labelled otherwise"):
        decide(Project(own_project), "main")
    files.append(  # a vote against anna's is a tie, and the row judges nobody any more: it is gone
        Project(own_project),
        "ben",
        [Vote(row, label, "ben", files.now(), "blind") for row, label in sealed.head(2).itertuples(index=False)],
    )
    lock.refresh(Project(own_project))
    commit_all(own_project, "Disagree")
    with pytest.raises(Refused, match=r"of main's \d+ sealed rows 2 are gone"):
        decide(Project(own_project), "main")


def test_a_stricter_rule_does_not_choose_the_test(own_project: Path) -> None:
    """One that puts a twentieth of the sealed rows aside is refused by name; one that lacks a row is judged."""
    sealed = pd.read_parquet(own_project / "data/sealed/features.parquet")
    bound = float(sealed["a"].nlargest(11).min())
    edit(own_project, validate={"rules": {"a": {"maximum": bound}}, "max_quarantined": 0.2})
    lock.refresh(Project(own_project))
    commit_all(own_project, "No large a")
    with pytest.raises(Refused, match=r"sealed rows 10 are gone \(10 put aside, most often by 'a: above [\d.]+': 10\)"):
        decide(Project(own_project), "main")
    a, b = sealed.loc[0, ["a", "b"]]
    edit(own_project, validate={"rules": {}, "checks": {"no such row": f"not (a == {a} and b == {b})"}})
    lock.refresh(Project(own_project))
    commit_all(own_project, "Not this one")
    same, decision = Project(own_project).lock.model, decide(Project(own_project), "main")
    assert (decision.verdict, decision.used) == (NOT_CERTIFIED, 1)
    assert f"{same}" in (git.show("main", "dvc.lock", own_project) or "")  # which with all rows is UNCHANGED


def test_a_champion_in_no_cache_is_built_again(change: Callable[..., Path]) -> None:
    """With an empty cache the champion is rebuilt from its commit, to the same bytes."""
    root = change(train=FOREST)
    pinned = dvc.outputs(git.show("main", "dvc.lock", root) or "")
    git.git("config", "--file", ".dvc/config.local", "cache.dir", "nothing yet", root=root)
    with champion.at("main", Project(root)) as current:
        assert current is not None
        assert dvc.md5(current.project.root / "models/model.skops") == pinned["models/model.skops"]


@pytest.fixture
def clones(project: Path, change: Callable[..., Path], tmp_path: Path) -> list[Path]:
    """Two clones of one origin, each with a challenger of its own, built."""
    origin = tmp_path / "origin.git"
    git.git("init", "--quiet", "--bare", str(origin), root=tmp_path)
    git.git("remote", "add", "origin", str(origin), root=project)
    git.git("push", "--quiet", "origin", "main", root=project)
    made = []
    for name, model in (("one", FOREST), ("two", STUMP)):
        change(train=model)
        made.append(tmp_path / name)
        shutil.copytree(project, made[-1], symlinks=True)
    return made


def test_two_gates_at_once_never_share_a_number(clones: list[Path]) -> None:
    """Started at the same moment on one origin, both decide, under different t."""
    command = [sys.executable, "-m", "mainline", "gate", "--base", "main"]
    for root in clones:
        proven(root)
    running = [subprocess.Popen(command, cwd=root, stdout=-1, stderr=-1) for root in clones]
    assert sorted(each.wait() for each in running) == [0, 3]
    entries = ledger.read(clones[0]).entries
    assert [entry["t"] for entry in entries] == [1, 2]
    assert len({entry["challenger"]["model"] for entry in entries}) == 2


def die(*_: object, **__: object) -> None:
    """What a process does that is killed at this step."""
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_gate_leaves_the_ledger_whole(clones: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed at any step, the gate has decided or it has not; the ledger reads whole, and it can be run again."""
    steps = [(champion.storage, "materialise", 0), (ledger.branch, "commit", 0), (cells.Cell, "swap", 0)]
    for module, step, left in [*steps, (ledger.branch, "remember", 1)]:
        with monkeypatch.context() as patch:
            patch.setattr(module, step, die)
            running = FORK.Process(target=decide, args=(Project(clones[0]), "main"))
            running.start()
            running.join()
        assert running.exitcode == -signal.SIGKILL
        assert len(ledger.read(clones[1]).entries) == left
    assert gate(clones[0]).returncode == 0
    assert [entry["t"] for entry in ledger.read(clones[1]).entries] == [1]


def test_a_column_more_goes_through(own_project: Path) -> None:
    """Rows without an id keep their names, so that main's rows are still there; and so is a column that is dropped."""
    path = own_project / "data/source/own.csv"
    frame = pd.read_csv(path)
    frame.insert(0, "scanner", np.random.default_rng(8).integers(0, 9, len(frame)))
    frame.to_csv(path, index=False)
    edit(own_project, data={"drop": ["d"]}, train=STUMP)
    before = pd.read_parquet(own_project / "data/sealed/labels.parquet")["row_id"].tolist()
    lock.refresh(Project(own_project))
    commit_all(own_project, "Which scanner it was")
    assert (own_project / "data/names.txt").read_text() == "a\nb\nc\nd\n"
    sealed = pd.read_parquet(own_project / "data/sealed/features.parquet")
    assert sealed["row_id"].tolist() == before
    assert {"scanner", "d"} & set(sealed) == {"scanner"}
    decision = decide(Project(own_project), "main")
    assert (decision.verdict, decision.used) == (NOT_CERTIFIED, 1)
