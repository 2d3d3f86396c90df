"""How far a person's votes agree with others', where they saw the same rows; of blind votes nothing is said."""

from collections.abc import Mapping

from mainline.label import files
from mainline.label.files import Vote
from mainline.label.session import BLIND, Session
from mainline.project import Project


def told(project: Project, name: str, session: Session) -> list[str]:
    """What there is to say at the end of a batch, a sentence each.

    Blind votes may be on rows that judge models, of which nothing is told: neither these nor their rows count here.
    """
    said = []
    rows = session.batch.rows
    doubted = [
        (row.had, session.votes[at]) for at, row in enumerate(rows) if row.had is not None and at in session.votes
    ]
    if doubted:
        changed = sum(str(label) != had for had, label in doubted)
        what = "the one label that was" if len(doubted) == 1 else f"the {len(doubted)} labels that were"
        said.append(f"Of {what} shown, you gave another to {changed}.")
    mine = _open(files.last(files.read(project, name)))
    for other in files.names(project):
        if other == name or other.startswith(files.RULE):
            continue
        theirs = files.last(files.read(project, other))
        if both := mine.keys() & theirs.keys():
            same = sum(str(mine[row].label) == str(theirs[row].label) for row in both)
            said.append(f"{other} and you have labelled {_rows(len(both))} in common: the same on {same}.")
    return said


def _open(votes: Mapping[str, Vote]) -> dict[str, Vote]:
    return {row: vote for row, vote in votes.items() if vote.how != BLIND}


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
