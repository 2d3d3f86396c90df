"""The number of a decision: which it is of its sealed set, the level it is taken at, and its line in the ledger.

Up to here rows or answers may have been looked at, never both. What is drawn is paid: from then on there are two
words, and what breaks is the second of them.
"""

import datetime
from collections.abc import Callable
from typing import Any

from mainline import ledger
from mainline.gate import budget
from mainline.gate.question import SEALED, Question
from mainline.gate.verdict import NOT_CERTIFIED, PASS
from mainline.tools import dvc

KEY = ("condition", "predictions", "rows")
"""What makes a question another one."""


def refuse_spent(asked: Question) -> None:
    """Refuse at once what is about a new question, where the sealed set answers no more.

    Raises:
        Refused: its life is over, or the terms of its levels have changed.
    """
    predictions = dvc.md5(asked.project / SEALED)
    if not any(entry["predictions"][0] == predictions for entry in asked.earlier):
        budget.refuse_new_terms(asked.earlier, asked.terms)
        budget.refuse_if_over(len(asked.earlier) + 1, asked.terms)


def draw(
    asked: Question,
    about: ledger.Entry,
    certified: Callable[[float], bool],
    spread: float | None,
    *,
    leaves: bool = False,
) -> tuple[ledger.Entry, int]:
    """Take a decision under the next number, or find the one that was taken on the same question.

    Args:
        about: what the ledger keeps of it, but for its number and verdict.
        certified: whether the sealed rows show the condition at a level; asked once a number is drawn.
        spread: the variance of the gains over the dev rows, as budget.refuse_if_blind takes it.
        leaves: with it the sealed set is given up for another: that can be asked for after its life, too.

    Returns:
        Its line, and how many decisions the set was used for then.

    Raises:
        Refused: there is no further number, or the rows would see nothing under it.
    """
    root, terms = asked.project.root, asked.terms
    while True:
        history = ledger.read(root)
        earlier = history.decisions(asked.sealed_set)
        for entry in earlier:
            if all(entry[name] == about[name] for name in KEY):
                return entry, len(earlier)  # the same question again learns nothing new
        t, passes = len(earlier) + 1, sum(entry["verdict"] == PASS for entry in earlier)
        for each in (terms,) if leaves else (terms, asked.project.gate):
            budget.refuse_new_terms(earlier, each, terms)
        alpha = budget.level_beyond(t, terms) if leaves and t > terms.life else budget.level(t, passes, terms)
        if not leaves:
            budget.refuse_if_blind(alpha, about["rows"][1], spread, terms, used=len(earlier))
        entry = {**_place(asked, t, passes, alpha), "verdict": verdict(certified, alpha), **about}
        if ledger.append(root, history, entry):
            return entry, t


def verdict(certified: Callable[[float], bool], alpha: float) -> str:
    """PASS where the rows show it at a level; whatever breaks on the way is the other word."""
    try:
        return PASS if certified(alpha) else NOT_CERTIFIED
    except Exception:  # whatever broke, saw labels and answers: its words could tell of both
        return NOT_CERTIFIED


def _place(asked: Question, t: int, passes: int, alpha: float) -> dict[str, Any]:
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    salt, generation = asked.sealed_set
    terms = {"delta": asked.terms.delta, "life": asked.terms.life, "alpha": alpha}
    return {"kind": "decision", "time": now, "salt": salt, "generation": generation, "t": t, "k": passes, **terms}
