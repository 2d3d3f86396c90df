"""Stage 2, validate: parses cells and puts aside rows that break a rule -> data/valid.parquet, quarantine.parquet."""

import re
from typing import TYPE_CHECKING

import pandas as pd

from pipeline import columns, leaks, tables, task
from pipeline.errors import DataError, ParamsError, nearest
from pipeline.params import Params, Rule
from pipeline.tables import REASON, ROW_ID

if TYPE_CHECKING:
    import pandera.pandas as pa

VALID, QUARANTINE = "data/valid.parquet", "data/quarantine.parquet"
FEWEST_ROWS = 50


def run(params: Params) -> None:
    """Check data/raw.parquet, and write the good rows and the others."""
    valid, quarantine = check(tables.read("data/raw.parquet"), params)
    _refuse_unfit(valid, quarantine, params)
    tables.write(valid, VALID)
    tables.write(quarantine, QUARANTINE)
    print(f"validate: {len(valid):,} rows are fit, {len(quarantine):,} in quarantine")


def check(raw: pd.DataFrame, params: Params) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Parse every cell and part the rows.

    Args:
        raw: (rows, row_id + features + target), as ingest wrote it.

    Returns:
        The fit rows, (n, the same columns) parsed; and the others, as they were read, with the reason in front.
    """
    parsed, reasons = {ROW_ID: raw[ROW_ID]}, pd.Series("", index=raw.index, dtype="object")
    for name in raw.columns.drop(ROW_ID):
        if name == params.data.target:
            parsed[name], wrong = task.parse_target(raw[name], params.data)
            reasons[parsed[name].isna() & ~wrong] += f"{name}: no label; "
        else:
            parsed[name], wrong = columns.parse(raw[name], params.data.kinds.get(str(name)))
        reasons[wrong] += f"{name}: not what the column holds; "
    reasons[raw[ROW_ID].duplicated()] += f"{ROW_ID}: stands twice; "
    frame = pd.DataFrame(parsed)
    for row, reason in _broken_rules(frame, params.validate_.rules):
        reasons[row] += f"{reason}; "
    bad = reasons != ""
    quarantine = raw[bad].copy()
    quarantine.insert(0, REASON, reasons[bad].str.removesuffix("; "))
    return _settled(frame[~bad], params.data.target), quarantine.astype(str)


def _settled(valid: pd.DataFrame, target: str) -> pd.DataFrame:
    """With every label known, whole-number labels are plain integers."""
    if pd.api.types.is_extension_array_dtype(valid[target]) and pd.api.types.is_integer_dtype(valid[target]):
        valid = valid.assign(**{target: valid[target].astype("int64")})
    return valid.reset_index(drop=True)


def _broken_rules(frame: pd.DataFrame, rules: dict[str, Rule]) -> list[tuple[int, str]]:
    """(row, reason) for every cell that breaks a rule of params.yaml."""
    of_column: dict[str, list[Rule]] = {}
    for pattern, rule in rules.items():
        for name in _matching(pattern, frame.columns.drop(ROW_ID)):
            of_column.setdefault(name, []).append(rule)
    if not of_column:
        return []
    import pandera.pandas as pa  # half a second, which a table without rules does not need

    schema = pa.DataFrameSchema(
        {
            name: pa.Column(
                checks=[check for rule in several for check in _checks(rule, frame[name])],
                nullable=not any(rule.required for rule in several),
            )
            for name, several in of_column.items()
        }
    )
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as errors:
        cases = errors.failure_cases
        cell = cases["index"].notna()
        if not cell.all():
            name = cases[~cell].iloc[0]["column"]
            raise ParamsError(f"validate.rules: {name!r} holds no numbers; minimum and maximum do not fit it") from None
        found = cases[["index", "column", "check"]].drop_duplicates().values
        return [(int(row), f"{column}: {_said(check)}") for row, column, check in found]
    return []


def _checks(rule: Rule, values: pd.Series) -> "list[pa.Check]":
    import pandera.pandas as pa

    checks = []
    if rule.minimum is not None:
        checks.append(pa.Check.ge(rule.minimum, error=f"below {rule.minimum:g}"))
    if rule.maximum is not None:
        checks.append(pa.Check.le(rule.maximum, error=f"above {rule.maximum:g}"))
    if rule.allowed is not None:
        text = not pd.api.types.is_numeric_dtype(values)
        allowed = [str(value) for value in rule.allowed] if text else list(rule.allowed)
        checks.append(pa.Check.isin(allowed, error="not one of the allowed values"))
    if not checks and not rule.required:
        raise ParamsError(f"validate.rules.{values.name}: says nothing; give minimum, maximum, allowed or required")
    return checks


def _said(check: str) -> str:
    return "missing" if check == "not_nullable" else check


def _matching(pattern: str, names: pd.Index) -> list[str]:
    """The columns a rule is for: the one of that name, else those the pattern matches whole."""
    if pattern in names:
        return [pattern]
    try:
        matching = [name for name in names if re.fullmatch(pattern, name)]
    except re.error as error:
        raise ParamsError(f"validate.rules: {pattern!r} is no column and no pattern ({error})") from None
    if not matching:
        raise ParamsError(f"validate.rules: no column is named {pattern!r}{nearest(pattern, names)}")
    return matching


def _refuse_unfit(valid: pd.DataFrame, quarantine: pd.DataFrame, params: Params) -> None:
    share = len(quarantine) / (len(valid) + len(quarantine))
    if share > params.validate_.max_quarantined:
        common = quarantine[REASON].str.split("; ").explode().value_counts()
        raise DataError(
            f"{len(quarantine):,} of {len(valid) + len(quarantine):,} rows break a rule, over validate.max_quarantined "
            f"({params.validate_.max_quarantined:.0%}); most often: {common.index[0]!r} ({common.iloc[0]:,} rows)"
        )
    if len(valid) < FEWEST_ROWS:
        raise DataError(f"{len(valid)} rows are left, and the pipeline needs {FEWEST_ROWS}; bring more data")
    kind = task.infer(valid[params.data.target], params.data)
    unread = [name for name, stated in params.data.kinds.items() if stated == "ignored"]
    leaks.refuse(valid.drop(columns=ROW_ID), params.data.target, kind, [*params.validate_.known_leaks, *unread])
