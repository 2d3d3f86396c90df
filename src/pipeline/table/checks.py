"""Comparisons of columns, true or false of each row, and nothing that could do anything else: checks, and --where."""

import ast
import re
from collections.abc import Collection, Iterator, Mapping

import pandas as pd

from pipeline.errors import FAILURES, ParamsError, brief, nearest
from pipeline.table.tables import ROW_ID

KNOWN = (
    *(ast.Expression, ast.Load, ast.Name, ast.Constant),
    *(ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE),
    *(ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub),
    *(ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod),
)
WHERE = "--where"
LONGEST = 500
ALLOWED = "columns (odd names in `backticks`), numbers, 'words', == != < <= > >=, + - * / // %, and, or, not"
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`([^`]*)`")


def broken(frame: pd.DataFrame, checks: Mapping[str, str], target: str) -> Iterator[tuple[pd.Index, str]]:
    """The rows in which a check does not hold, by the frame's index, and the check's name.

    A row in which one of the columns that the check names is empty is not held to it.

    Args:
        frame: (rows, row_id + columns), parsed.
        checks: a comparison each, by name.
        target: the column to predict, which no check may name.

    Raises:
        ParamsError: a check says what is none, names no column, or cannot be computed.
    """
    for name, text in checks.items():
        yield _broken(frame, f"validate.checks.{name}", text, target), name


def _broken(frame: pd.DataFrame, where: str, text: str, target: str) -> pd.Index:
    tree, names = _read(where, text, frame.drop(columns=ROW_ID))
    if target in names:
        raise ParamsError(
            f"{where}: names the target, {target!r}; which rows are fit must not hang on labels that judge the model; "
            "a label alone may have a rule: validate.rules"
        )
    held, known = _held_by(frame, where, text, tree, names)
    return frame.index[~held & known]


def chosen(frame: pd.DataFrame, text: str, target: str, private: Collection[str] = ()) -> pd.Series:
    """The rows for which a comparison holds: (rows,) of bool; false where a column that it names is empty.

    Args:
        frame: (rows, row_id + columns), parsed.
        target: the column to predict, which it may not name.
        private: columns that it may not name either, as the rows that it picks would tell what they hold.

    Raises:
        ParamsError: it says what is none, names no column or such a one, cannot be computed, or holds for no row.
    """
    tree, names = _read(WHERE, text, frame.drop(columns=ROW_ID))
    if target in names:
        raise ParamsError(f"{WHERE}: names the target, {target!r}; whom to ask must not hang on what they are to say")
    if hidden := next((name for name in names if name in private), None):
        raise ParamsError(f"{WHERE}: {hidden!r} is private, and the rows would tell what it holds; name another column")
    held, known = _held_by(frame, WHERE, text, tree, names)
    if not (found := held & known).any():
        raise ParamsError(f"{WHERE}: {text!r} holds for none of {len(frame):,} rows")
    return found


def _held_by(
    frame: pd.DataFrame, where: str, text: str, tree: ast.Expression, names: list[str]
) -> tuple[pd.Series, pd.Series]:
    """Of each row, whether it holds, and whether no column that it names is empty: (rows,) of bool each."""
    short = {name: f"c{number}" for number, name in enumerate(names)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = short[node.id]
    cells = frame[names].rename(columns=short)
    try:
        # with names of our own nothing that pandas itself understands (index, @x, `a b`) is left in it
        holds = cells.eval(ast.unparse(tree), engine="python", parser="pandas")
        if not (isinstance(holds, pd.Series) and pd.api.types.is_bool_dtype(holds)):
            raise ParamsError(f"{where}: {text!r} is true or false of no row; compare something: 'end >= start'")
    except FAILURES as error:
        held = ", ".join(f"{name!r} holds {_held(frame[name])}" for name in names)
        raise ParamsError(f"{where}: {text!r} cannot be computed: {held} ({brief(error)})") from None
    return holds.astype("bool"), cells.notna().all(axis=1)


def _read(where: str, text: str, frame: pd.DataFrame) -> tuple[ast.Expression, list[str]]:
    """A check as a tree of what is allowed, and the columns that it names."""
    odd: dict[str, str] = {}

    def plain(found: re.Match[str]) -> str:
        return found[0] if found[1] is None else odd.setdefault(found[1], f"__{len(odd)}__")

    try:
        if len(text) > LONGEST:
            raise ValueError(f"is longer than {LONGEST} characters")
        tree = ast.parse(" ".join(QUOTED.sub(plain, text).split("\n")).strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        why = error.msg if isinstance(error, SyntaxError) else brief(error)
        raise ParamsError(f"{where}: {text[:80]!r} cannot be read ({why}); it may hold {ALLOWED}") from None
    _refuse_unknown(tree, where)
    original, names = {stand_in: name for name, stand_in in odd.items()}, dict[str, None]()
    for node in [node for node in ast.walk(tree) if isinstance(node, ast.Name)]:
        node.id = original.get(node.id, node.id)
        names[node.id] = None
        if node.id not in frame:
            raise ParamsError(f"{where}: no column is named {node.id!r}{nearest(node.id, frame.columns)}")
    if not names:
        raise ParamsError(f"{where}: {text!r} names no column")
    for sum_ in [node for node in ast.walk(tree) if isinstance(node, ast.BinOp)]:
        if any(_is_text(side, frame) for side in (sum_.left, sum_.right)):
            raise ParamsError(f"{where}: {text!r}: text is compared, and not computed with")
    return tree, list(names)


def _refuse_unknown(tree: ast.Expression, where: str) -> None:
    for node in ast.walk(tree):
        if not isinstance(node, KNOWN) or (isinstance(node, ast.Constant) and not _is_value(node.value)):
            said = ast.unparse(node) if isinstance(node, ast.expr) else type(node).__name__
            raise ParamsError(f"{where}: {said[:80]!r} is not allowed there; it may hold {ALLOWED}")


def _is_value(value: object) -> bool:
    return isinstance(value, (bool, int, float, str))


def _is_text(node: ast.expr, frame: pd.DataFrame) -> bool:
    if isinstance(node, ast.Name):
        return _held(frame[node.id]) == "text"
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _held(values: pd.Series) -> str:
    if pd.api.types.is_numeric_dtype(values):
        return "numbers"
    return "dates" if pd.api.types.is_datetime64_any_dtype(values) else "text"
