"""The rows a reviewer should look at: where the sides disagree or, for a challenger alone, where it errs."""

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from mainline.report.compare import Array, Comparison, Floats, Predicted
from mainline.report.picture import is_picture, picture
from mainline.report.side import Signature
from mainline.report.telling import KINDS, Telling, telling
from mainline.report.text import cell, figure, short

_CELLS = 4


@dataclass(frozen=True)
class Said:
    """One side's answer on one row; `right` is None for a regression, `note` a probability or an error."""

    text: str
    right: bool | None
    note: str


@dataclass(frozen=True)
class Case:
    """One row: its id, truth, answers, the features shown as text, and its picture where it is one."""

    row_id: str
    truth: str
    champion: Said | None
    challenger: Said
    cells: tuple[str, ...]
    drawing: Markup | None


@dataclass(frozen=True)
class Group:
    """Cases of one sort: `total` there are, `cases` are shown."""

    title: str
    total: int
    cases: tuple[Case, ...]


@dataclass(frozen=True)
class Disagreement:
    """The groups, most costly first; the features shown with every case, the most telling first; and what they tell."""

    features: tuple[str, ...]
    groups: tuple[Group, ...]
    told: str = ""

    def total(self, title: str) -> int:
        """How many rows a group has; 0 when there is no such group."""
        return sum(group.total for group in self.groups if group.title == title)


CHAMPION_RIGHT, CHALLENGER_RIGHT = "Only the champion is right", "Only the challenger is right"
BOTH_WRONG = "Both wrong, each in its own way"


def _said(c: Comparison, said: Predicted, row: int) -> Said:
    if c.task == "regression":
        error = float(said.label[row] - c.truth[row])
        return Said(figure(float(said.label[row])), None, f"off by {figure(error, signed=True)}")
    sure = f"{said.sureness[row]:.0%}"
    return Said(c.classes[said.label[row]], bool(said.label[row] == c.truth[row]), sure)


def _case(c: Comparison, signature: Signature, features: tuple[str, ...], row: int) -> Case:
    values = c.rows.iloc[row]
    truth = figure(float(c.truth[row])) if c.task == "regression" else c.classes[c.truth[row]]
    drawing = picture(values, signature, f"Row {values['row_id']}, truly {truth}") if is_picture(signature) else None
    return Case(
        row_id=str(values["row_id"]),
        truth=truth,
        champion=_said(c, c.champion, row) if c.champion else None,
        challenger=_said(c, c.challenger, row),
        cells=tuple(cell(values[name]) for name in features),
        drawing=drawing,
    )


def _wanted(c: Comparison) -> list[tuple[str, Array, Floats, int]]:
    """Title, mask of rows, what orders them (largest first) and how many are shown, for each group."""
    new, old = c.challenger, c.champion
    if c.task == "regression":
        error = np.abs(new.label - c.truth)
        if old is None:
            return [("Its largest errors", error > 0, error, 10)]
        change = error - np.abs(old.label - c.truth)
        return [
            ("The challenger is further off", change > 0, change, 8),
            ("The challenger is closer", change < 0, -change, 8),
        ]
    right = new.label == c.truth
    if old is None:
        return [("Its surest mistakes", ~right, new.sureness, 24)]
    was, differ = old.label == c.truth, old.label != new.label
    return [
        (CHAMPION_RIGHT, was & ~right, new.sureness, 12),
        (CHALLENGER_RIGHT, right & ~was, old.sureness, 12),
        (BOTH_WRONG, differ & ~was & ~right, new.sureness, 6),
    ]


def _features(c: Comparison, signature: Signature, found: tuple[Telling, ...]) -> tuple[str, ...]:
    """Those that explain the difference; then others, which of a picture are no use to anybody."""
    others = () if is_picture(signature) else signature.of_kind(KINDS[0]) + signature.of_kind(*KINDS[1:])
    ordered = dict.fromkeys([*(each.column for each in found), *others])
    return tuple(name for name in ordered if name in c.rows.columns)[:_CELLS]


def _told(c: Comparison, found: tuple[Telling, ...]) -> str:
    """What the columns tell, in one or two sentences."""
    if not found:
        alone = "its errors" if c.champion is None else "the rows where the sides differ"
        return f"No column tells {alone} from the others."
    first, *more = found
    names = [short(each.column, 30) for each in more[: _CELLS - 1]]
    too = f" Also telling: {', '.join(names)}." if names else ""
    return f"{first.words[0].upper()}{first.words[1:]}.{too}"


def disagreement(c: Comparison, signature: Signature) -> Disagreement:
    """The groups of rows to look at, each ordered by how much it matters; empty groups are left out."""
    found = telling(c, signature)
    features, groups = _features(c, signature, found), []
    for title, mask, weight, limit in _wanted(c):
        rows = np.flatnonzero(mask)
        order = rows[np.argsort(-weight[rows], kind="stable")][:limit]
        if len(rows):
            cases = tuple(_case(c, signature, features, int(row)) for row in order)
            groups.append(Group(title, len(rows), cases))
    return Disagreement(features, tuple(groups), _told(c, found) if groups else "")
