"""What is drawn is paid: a number, its level, one of two words, and a line in the ledger."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mainline import config, ledger
from mainline.errors import Refused
from mainline.gate import budget, number
from mainline.gate.question import Question
from mainline.gate.verdict import NOT_CERTIFIED, PASS
from mainline.project import Lock, Project
from mainline.tools import git

ABOUT = {"condition": "better", "predictions": ["a", "b"], "rows": ["r", 500]}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository without a ledger."""
    git.git("init", "--quiet", "--initial-branch=main", ".", root=tmp_path)
    identity = ["-c", "user.name=Test", "-c", "user.email=test@localhost"]
    (tmp_path / "params.yaml").write_text("gate: {}\n")
    git.git("add", "--all", root=tmp_path)
    git.git(*identity, "commit", "--quiet", "--message", "As it is", root=tmp_path)
    return tmp_path


def question(root: Path, terms: config.Gate | None = None) -> Question:
    """A question on the first sealed set."""
    history = ledger.read(root)
    return Question(Project(root), "base", Lock(""), {}, terms or config.Gate(), history, "better", ())


def draw(root: Path, certified: Callable[[float], bool] = lambda _: False, **about: Any) -> tuple[ledger.Entry, int]:
    """Draw a number for a question."""
    return number.draw(question(root), {**ABOUT, **about}, certified, 0.2)


def test_each_question_draws_the_next_number_at_its_level(root: Path) -> None:
    """The level is known when the rows are asked, and is that of its number and of the passes before it."""
    asked: list[float] = []
    for t, predictions in enumerate((["a"], ["b"], ["c"]), start=1):
        entry, used = draw(root, lambda alpha: bool(asked.append(alpha)) or len(asked) == 1, predictions=predictions)
        assert (entry["t"], used, entry["verdict"]) == (t, t, PASS if t == 1 else NOT_CERTIFIED)
        assert asked[-1] == entry["alpha"] == budget.level(t, min(t - 1, 1), config.Gate())
        assert (entry["salt"], entry["generation"]) == ("mainline", 0)


def test_the_same_question_is_answered_by_the_ledger(root: Path) -> None:
    """The rows are not asked again, whatever they would say."""
    assert draw(root, lambda _: True)[0]["verdict"] == PASS
    assert draw(root, lambda _: pytest.fail("asked again"))[0]["verdict"] == PASS
    assert draw(root, predictions=["other"])[1] == 2


@pytest.mark.parametrize(
    "error", [Refused("from 0.1 to 9000"), ValueError("row 7"), ZeroDivisionError(), MemoryError()]
)
def test_what_breaks_on_a_drawn_number_is_not_certified(root: Path, error: Exception) -> None:
    """No refusal leaves the gate once labels have met answers, and the number is spent."""

    def breaks(_: float) -> bool:
        raise error

    entry, used = draw(root, breaks)
    assert (entry["verdict"], used) == (NOT_CERTIFIED, 1)
    assert str(error) not in str(ledger.read(root).entries) or not str(error)


def test_what_is_refused_is_refused_before_the_rows_are_asked(root: Path) -> None:
    """A life that is over, blind rows and terms that moved cost nothing, and nobody looks."""
    unasked = lambda _: pytest.fail("asked")  # noqa: E731
    with pytest.raises(Refused, match="can never certify anything"):
        number.draw(question(root), {**ABOUT, "rows": ["r", 3]}, unasked, 0.2)
    with pytest.raises(Refused, match=r"0\.05 and 32 here, 0\.05 and 1 on main"):
        number.draw(question(root, config.Gate(life=1)), ABOUT, unasked, 0.2)
    assert ledger.read(root).entries == ()
    draw(root)
    with pytest.raises(Refused, match="begun with 32"):
        number.draw(question(root, config.Gate(life=1)), {**ABOUT, "rows": ["q", 500]}, unasked, 0.2)
    assert len(ledger.read(root).entries) == 1


def test_a_used_up_set_can_still_be_left(root: Path) -> None:
    """For new rows there is a level after its life, each half of the last: together one delta more."""
    (root / "params.yaml").write_text("gate: {life: 2}\n")
    terms = config.Gate(life=2)
    levels = []
    for t in range(6):
        about = {**ABOUT, "predictions": [str(t)]}
        if t == 2:
            with pytest.raises(Refused, match="used up"):
                number.draw(question(root, terms), about, lambda _: False, 0.2)
        entry, _ = number.draw(question(root, terms), about, lambda _: False, None, leaves=True)
        levels.append(entry["alpha"])
    assert levels[:2] == [budget.level(t, 0, terms) for t in (1, 2)]
    assert levels[2:] == [0.025, 0.0125, 0.00625, 0.003125]
