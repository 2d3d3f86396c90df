"""A retraining's turn: the next number, a dozen a year, nothing but rows; and no decision of people's is drawn."""

import datetime
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from line.tests.gate.test_alone import FILES, LOCK
from line.tests.projects import commit_all
from line.tests.test_retraining import SAID
from mainline import config, ledger, retraining
from mainline.errors import Refused
from mainline.gate import budget, number
from mainline.gate import retraining as turns
from mainline.gate.question import DEV, Question
from mainline.gate.verdict import NOT_CERTIFIED, PASS
from mainline.project import Lock, Project
from mainline.retraining import FILE
from mainline.tools import git

ABOUT = {"condition": "better", "predictions": ["a", "old"], "fresh": ["f", 800]}
SIGNED = {
    "models/signature.json": '{"task": "binary", "target": "y"}',
    "data/names.txt": "a\n",
    "models/card.md": "a\n",
    "data/stream/rows.parquet.dvc": "a\n",
    "README.md": "a\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project that is committed on main, and a branch of it."""
    for name, text in {**FILES, **SIGNED, "dvc.lock": LOCK}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    git.git("init", "--quiet", "--initial-branch=main", root=tmp_path)
    commit_all(tmp_path, "Begin")
    git.git("switch", "--quiet", "--create", "theirs", root=tmp_path)
    return tmp_path


def question(root: Path, terms: config.Gate | None = None, predictions: str = "a") -> Question:
    """A question of a tree whose answers for the dev rows are these."""
    lock = Lock(f"{LOCK}  predict:\n    outs:\n    - {{path: {DEV}, md5: {predictions}}}\n")
    project = Project(root)
    project.__dict__["lock"] = lock
    base = project.commit_of("main")
    return Question(project, base, project.lock_at(base), {}, terms or config.Gate(), ledger.read(root), "better", ())


def draw(root: Path, turn: int, certified: Callable[[float], bool] = lambda _: False, **about: Any) -> ledger.Entry:
    """Draw a number for a retraining."""
    return turns.draw(question(root), turn, {**ABOUT, **about}, certified)[0]


def write(root: Path, name: str, text: str) -> None:
    """Write a file of the tree."""
    (root / name).write_text(text)


def test_a_branch_with_a_file_of_its_own_is_a_retraining(root: Path) -> None:
    """And one without it, or with a damaged one, is not taken for it."""
    assert turns.of(question(root)) is None
    write(root, FILE, SAID.text())
    assert turns.of(question(root)) == SAID
    write(root, FILE, SAID.text()[:-9])
    with pytest.raises(Refused, match=r"^models/retrain\.json: not as `mainline retrain` writes it"):
        turns.of(question(root))


def test_a_persons_branch_has_it_as_main_had_it(root: Path) -> None:
    """Merged from main, or from before main's last retraining: it is judged as ever."""
    git.git("switch", "--quiet", "main", root=root)
    for turn in (1, 2):
        write(root, FILE, replace(SAID, number=turn).text())
        commit_all(root, f"Retraining {turn}")
    for commit in ("main", "main~1", "main~2"):
        git.git("switch", "--quiet", "--detach", commit, root=root)
        assert turns.of(question(root)) is None
        write(root, "README.md", "words\n")
        commit_all(root, "Words")
        assert turns.of(question(root)) is None
    write(root, FILE, replace(SAID, number=3).text())
    commit_all(root, "Retraining 3, from before 1")
    assert turns.of(question(root)) == SAID


FREE = ["dvc.lock", "models/card.md", FILE, "data/stream/rows.parquet.dvc", "data/source/table.csv.dvc"]
MADE = ["src/pipeline/stages/train.py", "src/common/tools.py", "dvc.yaml", "requirements/dev.txt", "params.yaml"]
OTHER = [*MADE, "data/names.txt", "README.md", "src/service/app.py", "data/stream/rows.txt", "data/source/table.csv"]


@pytest.mark.parametrize("name", FREE)
def test_a_retraining_may_bring_rows_and_what_comes_of_them(root: Path, name: str) -> None:
    """The lock, the card, what it says of itself, and what says which rows; committed or not."""
    write(root, name, "another\n")
    turns.require_alone(question(root))
    commit_all(root, "Train again")
    turns.require_alone(question(root))


@pytest.mark.parametrize("name", OTHER)
def test_a_retraining_brings_nothing_else(root: Path, name: str) -> None:
    """Code, terms, packages, names, or a file that has nothing to do with it: those are a person's to ask about."""
    write(root, name, "another\n")
    commit_all(root, "Train again, and more")
    with pytest.raises(Refused, match=f"^{name} differs, and a retraining is main's recipe with other rows; merge"):
        turns.require_alone(question(root))


def test_what_main_has_changed_since_counts_where_it_makes_the_model(root: Path) -> None:
    """Words of main's may come after the branch was made; another recipe may not."""
    write(root, "models/card.md", "another\n")
    commit_all(root, "Train again")
    for name, fine in (("README.md", True), ("params.yaml", False)):
        git.git("switch", "--quiet", "main", root=root)
        write(root, name, "words: 1\n")
        commit_all(root, "Main goes on")
        git.git("switch", "--quiet", "theirs", root=root)
        if fine:
            turns.require_alone(question(root))
        else:
            with pytest.raises(Refused, match=r"^params\.yaml differs, .* or let `mainline retrain` make the branch"):
                turns.require_alone(question(root))


PINNED = "outs:\n- md5: {}\n  size: 9\n  hash: md5\n  path: rows.parquet\n"
PIN = "data/stream/rows.parquet.dvc"


def test_it_names_the_rows_that_its_commit_pins(root: Path) -> None:
    """Those of the commit, whatever the tree has; and none where it pins none."""
    write(root, PIN, PINNED.format(SAID.stream))
    commit_all(root, "Rows")
    turns.require_pinned(question(root), SAID)
    write(root, PIN, PINNED.format("b" * 32))
    turns.require_pinned(question(root), SAID)
    commit_all(root, "Other rows")
    with pytest.raises(Refused, match=rf"^models/retrain\.json: its stream is {'a' * 32}, and .* pins {'b' * 32}; let"):
        turns.require_pinned(question(root), SAID)
    with pytest.raises(
        Refused, match=r"its stream is no rows, and data/stream/rows\.parquet\.dvc of this commit pins b"
    ):
        turns.require_pinned(question(root), replace(SAID, stream=""))
    (root / PIN).unlink()
    commit_all(root, "No rows")
    turns.require_pinned(question(root), replace(SAID, stream=""))
    with pytest.raises(Refused, match="of this commit pins none; let `mainline retrain` make the branch again"):
        turns.require_pinned(question(root), SAID)


ODD = [
    "b\n",
    "outs: []\n",
    "outs: 7\n",
    "[" * 10_000,
    "a: [\n",
    PINNED.format("7"),
    PINNED.format("[" + "a," * 99 + "]"),
]


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_a_pin_that_is_none_is_refused_in_a_line(root: Path, text: str) -> None:
    """Whatever somebody's commit has written there."""
    write(root, PIN, text)
    commit_all(root, "Rows")
    with pytest.raises(Refused, match=r"\Adata/stream/rows\.parquet\.dvc: [^\n]{,100}\Z"):
        turns.require_pinned(question(root), SAID)


def test_it_is_judged_by_a_gain_whatever_main_allows(root: Path) -> None:
    """What may be a little worse is a person's decision; a gain that main asks for is asked for."""
    allowed, wanted = (config.Condition(**{name: 0.02}) for name in ("non_inferiority", "min_gain"))
    for condition, margin, said in (
        (allowed, 0.0, "accuracy: better than the champion"),
        (wanted, 0.02, "accuracy: better than the champion by more than 0.02"),
    ):
        asked = turns.on_its_terms(question(root, config.Gate(condition=condition)))
        assert (asked.terms.condition.margin, asked.condition) == (margin, said)
    with pytest.raises(Refused, match="pins no model, so there is none to be trained again"):
        turns.on_its_terms(replace(question(root), theirs=Lock(None)))


def test_the_next_number_has_its_turn(root: Path) -> None:
    """None is left out, and none is asked twice but about the same answers."""

    def turn(of: int, predictions: str = "a") -> None:
        turns.require_turn(question(root, predictions=predictions), replace(SAID, number=of))

    turn(1)
    with pytest.raises(Refused, match="number 2, and the next is 1; let `mainline retrain` make the branch again"):
        turn(2)
    draw(root, 1)
    turn(1)
    turn(2, "b")
    with pytest.raises(Refused, match="number 1 has been asked, and each is asked once"):
        turn(1, "b")


def test_a_line_says_what_was_asked(root: Path) -> None:
    """Of which set's time, at the level of one of a year's dozen."""
    levels: list[float] = []
    entry = draw(root, 1, lambda alpha: not levels.append(alpha))
    assert ledger.read(root).retrainings == [entry | {"n": 1, "digest": ledger.read(root).entries[0]["digest"]}]
    assert (entry["kind"], entry["number"], entry["verdict"]) == ("retrain", 1, PASS)
    assert levels == [entry["alpha"]] == [retraining.LEVEL]
    assert (entry["salt"], entry["generation"]) == ("mainline", 0)


def test_the_same_question_is_answered_by_the_ledger(root: Path) -> None:
    """The rows are not asked again; with other answers, rows or another condition the number is spent."""
    draw(root, 1, lambda _: True)
    assert draw(root, 1, lambda _: pytest.fail("asked again"))["verdict"] == PASS
    for other in ({"predictions": ["b", "old"]}, {"fresh": ["g", 800]}, {"condition": "much better"}):
        with pytest.raises(Refused, match="number 1 has been asked"):
            draw(root, 1, lambda _: pytest.fail("asked"), **other)
    assert len(ledger.read(root).entries) == 1


@pytest.mark.parametrize("error", [Refused("from 0.1 to 9000"), ValueError("row 7"), MemoryError()])
def test_what_breaks_on_a_drawn_number_is_not_certified(root: Path, error: Exception) -> None:
    """No refusal leaves the gate once labels have met answers."""

    def breaks(_: float) -> bool:
        raise error

    assert draw(root, 1, breaks)["verdict"] == NOT_CERTIFIED


def test_two_at_once_never_share_a_number(root: Path) -> None:
    """Whoever comes second is told that the number is spent; who asked the same has the first's answer."""

    def beaten(_: float) -> bool:
        draw(root, len(ledger.read(root).entries) + 1, lambda _: True, predictions=["first", "old"])
        return False

    with pytest.raises(Refused, match="number 1 has been asked"):
        draw(root, 1, beaten)
    assert draw(root, 2, beaten, predictions=["first", "old"])["verdict"] == PASS
    assert [entry["number"] for entry in ledger.read(root).retrainings] == [1, 2]


def test_a_year_has_twelve_and_peoples_decisions_are_as_they_were(root: Path) -> None:
    """Whatever their verdicts: the next person's decision is the first, at the first's level."""
    for turn in range(1, 13):
        draw(root, turn, lambda _, turn=turn: turn % 2 == 0, predictions=[str(turn), "old"])
    history = ledger.read(root)
    assert history.decisions(("mainline", 0)) == []
    assert len(history.judged(("mainline", 0))) == len(retraining.of_a_year(history.retrainings)) == 12
    after = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=366)
    for ask in (lambda: draw(root, 13), lambda: turns.require_turn(question(root), replace(SAID, number=13))):
        with pytest.raises(Refused, match=f"^12 retrainings were judged in the last 365 days, .* from {after} on"):
            ask()
    assert draw(root, 12, predictions=["12", "old"])["verdict"] == PASS  # the same question costs nothing
    about = {"condition": "better", "predictions": ["a"], "rows": ["r", 500]}
    entry, used = number.draw(question(root, config.Gate(life=8)), about, lambda _: False, 0.2)
    assert (entry["t"], entry["k"], used) == (1, 0, 1)
    assert entry["alpha"] == budget.level(1, 0, config.Gate(life=8))


def test_a_year_ends(root: Path) -> None:
    """Twelve of which one is older than 365 days leave room for another."""
    for turn, days in enumerate((366, *[364] * 11), start=1):
        when = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=days)
        line = {"kind": "retrain", "number": turn, "time": when.isoformat(), **ABOUT, "predictions": [str(turn)]}
        assert ledger.append(root, ledger.read(root), line)
    assert draw(root, 13)["number"] == 13
    with pytest.raises(Refused, match="12 retrainings were judged"):
        draw(root, 14, predictions=["b", "old"])
