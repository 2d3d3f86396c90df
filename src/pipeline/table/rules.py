"""Rules by column: which cells break them, and what a table must be as a whole."""

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import pandas as pd

from pipeline.errors import DataError, ParamsError, nearest
from pipeline.sections import Fresh, Rule, Validate
from pipeline.table import columns, stream
from pipeline.table.lazy import Lazy
from pipeline.table.tables import ROW_ID

if TYPE_CHECKING:
    import pandera.pandas as pa

SHOWN = 3
SAYS_NOTHING = "says nothing; give minimum, maximum, allowed, matches, unique, required or max_missing"


def broken(frame: pd.DataFrame, rules: Mapping[str, Rule]) -> list[tuple[int, str, str]]:
    """(row, column, reason) for every cell that breaks a rule.

    Args:
        frame: (rows, row_id + columns), parsed.
        rules: by a column's name, or by a regular expression that matches whole names.

    Raises:
        ParamsError: a rule is for no column, or is not one for what the column holds.
    """
    of_column = _by_column(frame.columns, rules)
    if not of_column:
        return []
    import pandera.pandas as pa  # half a second, which a table without rules does not need

    found: list[tuple[int, str, str]] = []
    # of a table larger than memory, a column at a time
    for names in [[name] for name in of_column] if isinstance(frame, Lazy) else [[*of_column]]:
        schema = pa.DataFrameSchema(
            {
                name: pa.Column(
                    checks=[check for rule in of_column[name] for check in _checks(rule, frame[name])],
                    nullable=not any(rule.required for rule in of_column[name]),
                )
                for name in names
            }
        )
        try:
            schema.validate(frame[names] if isinstance(frame, Lazy) else frame, lazy=True)
        except pa.errors.SchemaErrors as errors:
            cases = errors.failure_cases[["index", "column", "check"]].drop_duplicates().values
            found += [(int(row), str(column), _said(check)) for row, column, check in cases]
    return found


def told(valid: pd.DataFrame, rules: Mapping[str, Rule]) -> Iterator[str]:
    """What `new: allow` lets through, one sentence a column."""
    for name, several in _by_column(valid.columns, rules).items():
        for rule in several:
            if rule.allowed is not None and rule.new == "allow":
                values = valid[name].dropna()
                new = values[~values.isin(_allowed(rule.allowed, values))]
                if len(new):
                    shown = ", ".join(repr(str(value))[:40] for value in new.value_counts().index[:SHOWN])
                    yield f"column {name!r}: {len(new):,} rows are none of the allowed values: {shown}"


def refuse_unfit(valid: pd.DataFrame, params: Validate) -> None:
    """Refuse a table that is not as a whole what it must be; rows that production brought do not count.

    Raises:
        DataError: too few or too many rows, a column with too many gaps, or rows that are too old.
    """
    source = valid[~stream.brought(valid[ROW_ID])]
    low, high = params.table.rows or (None, None)
    if low is not None and len(source) < low:
        raise DataError(f"validate.table.rows: {len(source):,} rows are fit, and {low:,} are the fewest")
    if high is not None and len(source) > high:
        raise DataError(f"validate.table.rows: {len(source):,} rows are fit, and {high:,} are the most")
    for name, several in _by_column(valid.columns, params.rules).items():
        share = float(source[name].isna().mean())
        most = min([rule.max_missing for rule in several if rule.max_missing is not None], default=1.0)
        if share > most:
            wider = min(1.0, share + 0.005)
            raise DataError(
                f"column {name!r} is empty in {share:.2%} of the rows, over its max_missing ({most:.2%}); bring the "
                f"cells, or state in validate.rules: {{ {name}: {{ max_missing: {wider:.2f} }} }}"
            )
    if params.table.fresh:
        _refuse_stale(source, params.table.fresh)


def _refuse_stale(source: pd.DataFrame, fresh: Fresh) -> None:
    where = "validate.table.fresh"
    if fresh.column not in source.columns.drop(ROW_ID):
        raise ParamsError(
            f"{where}: no column is named {fresh.column!r}{nearest(fresh.column, source.columns.drop(ROW_ID))}"
        )
    days = source[fresh.column]
    if not pd.api.types.is_datetime64_any_dtype(days):
        raise ParamsError(
            f"{where}: {fresh.column!r} holds {_held(days)}; name one of dates, or say data.kinds: "
            f"{{ {fresh.column}: date }}"
        )
    end = pd.Timestamp(fresh.as_of) + datetime.timedelta(days=1)
    newest = days[days < end].max()
    if pd.isna(newest):
        raise DataError(f"{where}: no date in {fresh.column!r} is up to as_of ({fresh.as_of}); state a later as_of")
    if newest < pd.Timestamp(fresh.as_of) - datetime.timedelta(days=fresh.days):
        raise DataError(
            f"{where}: the newest {fresh.column!r} up to {fresh.as_of} is {newest.date()}, more than {fresh.days:g} "
            "days before; bring newer rows, or state what you have: another as_of, or more days"
        )


def _by_column(names: pd.Index, rules: Mapping[str, Rule]) -> dict[str, list[Rule]]:
    of_column: dict[str, list[Rule]] = {}
    for pattern, rule in rules.items():
        for name in columns.matching(pattern, names.drop(ROW_ID), "validate.rules"):
            of_column.setdefault(name, []).append(rule)
    return of_column


def _checks(rule: Rule, values: pd.Series) -> "list[pa.Check]":
    import pandera.pandas as pa

    checks = []
    if rule.minimum is not None or rule.maximum is not None:
        _require("numbers", values, "minimum and maximum do not fit it")
    if rule.minimum is not None:
        checks.append(pa.Check.ge(rule.minimum, error=f"below {rule.minimum:g}"))
    if rule.maximum is not None:
        checks.append(pa.Check.le(rule.maximum, error=f"above {rule.maximum:g}"))
    if rule.allowed is not None and rule.new == "quarantine":
        checks.append(pa.Check.isin(_allowed(rule.allowed, values), error="not one of the allowed values"))
    if rule.matches is not None:
        pattern = rule.matches
        _require("text", values, f"matches does not fit it; say data.kinds: {{ {values.name}: categorical }}")
        checks.append(pa.Check(lambda cells: _match(cells, pattern), error=f"does not match {pattern}"))
    if rule.unique:
        checks.append(pa.Check(lambda cells: ~cells.duplicated() | cells.isna(), error="stands twice"))
    if not checks and not rule.required and rule.max_missing is None and rule.allowed is None:
        raise ParamsError(f"validate.rules.{values.name}: {SAYS_NOTHING}")
    return checks


def _match(cells: pd.Series, pattern: str) -> pd.Series:
    """Whether whole cells match, by Python's own patterns; each different cell is asked once."""
    different = cells.dropna().unique()
    found = re.compile(pattern)
    fits = {cell for cell in different if found.fullmatch(str(cell))}
    return cells.isin(fits) | cells.isna()


def _allowed(allowed: Iterable[str | bool | int | float], values: pd.Series) -> list[object]:
    said = pd.Series(list(allowed), dtype="object")
    numeric = pd.api.types.is_numeric_dtype(values)
    return list(columns.parse(said, "numeric")[0] if numeric else columns.as_text(said))


def _held(values: pd.Series) -> str:
    if pd.api.types.is_numeric_dtype(values):
        return "numbers"
    return "dates" if pd.api.types.is_datetime64_any_dtype(values) else "text"


def _require(wanted: str, values: pd.Series, otherwise: str) -> None:
    if (held := _held(values)) != wanted:
        raise ParamsError(f"validate.rules: {values.name!r} holds {held}, not {wanted}; {otherwise}")


def _said(check: str) -> str:
    return "missing" if check == "not_nullable" else check
