"""A retraining: whether a branch is one, whose turn it is, and its line in the ledger; no row is looked at here.

Its number, of a year's dozen, is drawn once for rows of its own: people's decisions are neither spent nor moved by it.
"""

import datetime
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from mainline import config, ledger, names, retraining, unopened
from mainline.errors import Refused
from mainline.gate import number, question, rotate
from mainline.gate.question import DEV, Question
from mainline.project import PARAMS, Project
from mainline.retraining import A_YEAR, DAYS, FILE, LEVEL, MD5, Retraining
from mainline.tools import dvc, git

AGAIN = "let `mainline retrain` make the branch again"
BRINGS = re.compile(
    r"dvc\.lock|models/(card\.md|retrain\.json)|data/(card\.md|croissant\.json|(stream|source)/.+\.dvc)"
)
"""What its commits may change."""
PIN = "data/stream/rows.parquet.dvc"
KEY = ("condition", "predictions", "fresh")
"""What makes a question another one."""


def of(asked: Question) -> Retraining | None:
    """What a tree says of itself, where it is a retraining: it brings a models/retrain.json that main never had.

    Raises:
        Refused: the file is damaged.
    """
    path = asked.project / FILE
    if not path.exists():
        return None
    mine = path.read_bytes()
    # a branch of before main's last retraining has that of main as it was then
    known = [asked.project.show(commit, FILE) for commit in (asked.base, _fork(asked)) if commit]
    return None if mine.decode(errors="replace").strip() in known else retraining.parsed(mine)


def on_its_terms(asked: Question) -> Question:
    """The question as it is put to a retraining: main's terms, and a gain over the champion whatever they allow."""
    terms = asked.terms
    if not asked.theirs:
        raise Refused(f"{asked.base[:8]} pins no model, so there is none to be trained again; leave out {FILE}")
    if terms.condition.margin < 0:
        terms = terms.model_copy(update={"condition": config.Condition(superiority=True)})
    asks = question.condition(terms, asked.project, against_champion=True)
    return replace(asked, terms=terms, condition=asks)


def require_turn(asked: Question, told: Retraining) -> None:
    """Refuse a number that is not the next, or one too many for this year, unless it was asked about these answers.

    Raises:
        Refused: with what to do.
    """
    past = asked.history.retrainings
    before = past[told.number - 1] if told.number <= len(past) else None
    if before is None or before["predictions"][0] != asked.project.lock.outputs.get(DEV):
        _require_next(past, told.number)


def _require_next(past: Sequence[ledger.Entry], turn: int) -> None:
    if turn <= len(past):
        raise Refused(f"{FILE}: number {turn} has been asked, and each is asked once; {AGAIN}")
    if turn > len(past) + 1:
        raise Refused(f"{FILE}: number {turn}, and the next is {len(past) + 1}; {AGAIN}")
    if len(recent := retraining.of_a_year(past)) >= A_YEAR:
        again = datetime.datetime.fromisoformat(recent[-A_YEAR]["time"]) + datetime.timedelta(days=DAYS)
        raise Refused(
            f"{A_YEAR} retrainings were judged in the last {DAYS} days, as many as keep the promise; "
            f"the next may be from {again.date() + datetime.timedelta(days=1)} on, or ask as a person: without {FILE}"
        )


def require_alone(asked: Question) -> None:
    """Refuse a retraining that brings anything but rows: what else is changed is for a person to be asked about.

    Raises:
        Refused: naming it.
    """
    if other := next(_besides(asked), None):
        raise Refused(f"{other} differs, and a retraining is main's recipe with other rows; merge it first, or {AGAIN}")


def _besides(asked: Question) -> Iterator[str]:
    yield from rotate.made_otherwise(asked, PARAMS, names.FILE)
    if fork := _fork(asked):
        how = ("--no-ext-diff", "--no-renames", "--name-only", "-z")
        brought = git.paths("diff", *how, fork, "HEAD", root=asked.project.root)
        yield from (path for path in brought if not BRINGS.fullmatch(path))


def _fork(asked: Question) -> str:
    """The last commit that a branch has from its base; empty where there is none."""
    return asked.project.git("merge-base", asked.base, "HEAD", check=False)


def require_pinned(asked: Question, told: Retraining) -> None:
    """Refuse a retraining that names other rows than its commit pins: the ledger would lead the next ones to them.

    Raises:
        Refused: with both hashes; or the pin is not as DVC writes it.
    """
    if (pinned := _pinned(asked.project)) != told.stream:
        said, is_so = told.stream or "no rows", pinned or "none"
        raise Refused(f"{FILE}: its stream is {said}, and {PIN} of this commit pins {is_so}; {AGAIN}")


def _pinned(project: Project) -> str:
    """The content hash of the rows that HEAD's stream has; empty where it has none."""
    content = unopened.text(project, "HEAD", PIN)
    if content is None:
        return ""
    unopened.require_shallow(content, PIN)
    try:
        found = dvc.held(content.decode())
    except ValueError:
        found = ""
    if not MD5.fullmatch(found):
        raise Refused(f"{PIN}: not as DVC writes it; {AGAIN}")
    return found


def draw(
    asked: Question, turn: int, about: ledger.Entry, certified: Callable[[float], bool]
) -> tuple[ledger.Entry, int]:
    """Decide about a retraining under its number, or find what was decided on the same question.

    Args:
        turn: its number.
        about: what the ledger keeps of it, but for number and verdict.
        certified: whether the fresh rows show the condition at a level; asked once the number is drawn.

    Returns:
        Its line, and how many there were in the last 365 days.

    Raises:
        Refused: somebody else has drawn the number, or the year's last.
    """
    root = asked.project.root
    while True:
        history = ledger.read(root)
        past = history.retrainings
        for entry in past:
            if entry["number"] == turn and all(entry[name] == about[name] for name in KEY):
                return entry, len(retraining.of_a_year(past))  # the same question again learns nothing new
        _require_next(past, turn)
        salt, generation = asked.sealed_set
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        place = {"kind": "retrain", "time": now, "salt": salt, "generation": generation, "number": turn, "alpha": LEVEL}
        entry = {**place, "verdict": number.verdict(certified, LEVEL), **about}
        if ledger.append(root, history, entry):
            return entry, len(retraining.of_a_year([*past, entry]))
