"""Stage 3, validate: parses cells and puts aside rows that break a rule -> data/valid.parquet, quarantine.parquet."""

import re
from collections.abc import Collection
from typing import TYPE_CHECKING

import pandas as pd

from pipeline.errors import DataError, ParamsError, nearest
from pipeline.params import Data, Params, Rule
from pipeline.table import cells, columns, dates, leaks, odd, stream, tables, task
from pipeline.table.tables import REASON, ROW_ID

if TYPE_CHECKING:
    import pandera.pandas as pa

FEWEST_ROWS = 50


def run(params: Params) -> None:
    """Check data/clean.parquet, and write the good rows and the others."""
    raw = tables.read(tables.CLEAN)
    for hint in odd.look(raw.drop(columns=ROW_ID), params.data):
        print(f"validate: {hint}")
    valid, quarantine = check(raw, params)
    skipped = [ROW_ID, params.data.target]
    print(f"validate: kinds: {hints.inferred(columns.kinds_of(valid.drop(columns=skipped), params.data.kinds))}")
    for name, form in valid.attrs[tables.DATES].items():
        print(f"validate: column {name!r}: dates are read as {form}")
    _refuse_unfit(valid, quarantine, params)
    tables.write(valid, tables.VALID)
    tables.write(quarantine, tables.QUARANTINE)
    print(f"validate: {len(valid):,} rows are fit, {len(quarantine):,} in quarantine")


def check(
    raw: pd.DataFrame, params: Params, untold: Collection[str] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Parse every cell and part the rows.

    Args:
        raw: (rows, row_id + features + target), as ingest wrote it.
        untold: columns that production does not record, as the model does not read them: no rule asks for their cells
            in the rows that it brought; by default those in which none of these says anything.

    Returns:
        The fit rows, (n, the same columns) parsed; and the others, as they were read, with the reason in front.
    """
    data, forms = params.data, _forms(raw, params.data)
    parsed, reasons = {ROW_ID: raw[ROW_ID]}, pd.Series("", index=raw.index, dtype="object")
    for name in raw.columns.drop(ROW_ID):
        if name == data.target:
            parsed[name], wrong = task.parse_target(raw[name], data)
            if not params.labels.wanted:
                reasons[parsed[name].isna() & ~wrong] += f"{name}: no label; "
        else:
            kind, form = data.kinds.get(str(name)), forms.get(str(name))
            parsed[name], wrong = columns.parse(raw[name], kind, missing=data.missing, date=form)
        reasons[wrong] += f"{name}: not what the column holds; "
    reasons[raw[ROW_ID].duplicated()] += f"{ROW_ID}: stands twice; "
    frame = pd.DataFrame(parsed)
    frame.attrs = raw.attrs | {tables.DATES: forms}
    from_production = stream.brought(raw[ROW_ID])
    untold = stream.untold(raw) if untold is None else untold
    for row, column, reason in _broken_rules(frame, params.validate_.rules):
        if not (from_production[row] and column in untold):
            reasons[row] += f"{column}: {reason}; "
    bad = reasons != ""
    quarantine = raw[bad].copy()
    quarantine.insert(0, REASON, reasons[bad].str.removesuffix("; "))
    return _settled(frame[~bad], params.data.target), quarantine.astype(str)


def _forms(raw: pd.DataFrame, data: Data) -> dict[str, str]:
    """The form of the dates in each column that is to hold some, where it is not ISO's: stated, or found.

    What production brought says nothing of it: its dates are ISO's.
    """
    raw, forms = raw[~stream.brought(raw[ROW_ID])], dict(data.dates)
    for name in [name for name, kind in data.kinds.items() if kind == "date" and name in raw and name not in forms]:
        if not pd.api.types.is_datetime64_any_dtype(raw[name]):
            form = dates.form_of(columns.as_text(raw[name], data.missing))
            forms |= {name: form} if form else {}
    for name in [name for name in data.dates if name in raw]:
        _, wrong = columns.parse(raw[name], "date", missing=data.missing, date=forms[name])
        if wrong.mean() > 1 - columns.NEARLY_ALL:
            row = int(wrong.to_numpy().argmax())
            cell = str(raw[name].iloc[row])[:40]
            raise ParamsError(
                f"data.dates.{name}: row {row + 1} says {cell!r}, which is not {forms[name]}; correct the form"
            )
    return forms


def _settled(valid: pd.DataFrame, target: str) -> pd.DataFrame:
    """With every label known, whole-number labels are plain integers."""
    values = valid[target]
    if pd.api.types.is_extension_array_dtype(values) and pd.api.types.is_integer_dtype(values) and values.notna().all():
        valid = valid.assign(**{target: valid[target].astype("int64")})
    return valid.reset_index(drop=True)


def _broken_rules(frame: pd.DataFrame, rules: dict[str, Rule]) -> list[tuple[int, str, str]]:
    """(row, column, reason) for every cell that breaks a rule of params.yaml."""
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
        return [(int(row), str(column), _said(check)) for row, column, check in found]
    return []


def _checks(rule: Rule, values: pd.Series) -> "list[pa.Check]":
    import pandera.pandas as pa

    checks = []
    if rule.minimum is not None:
        checks.append(pa.Check.ge(rule.minimum, error=f"below {rule.minimum:g}"))
    if rule.maximum is not None:
        checks.append(pa.Check.le(rule.maximum, error=f"above {rule.maximum:g}"))
    if rule.allowed is not None:
        said = pd.Series(list(rule.allowed), dtype="object")
        numeric = pd.api.types.is_numeric_dtype(values)
        allowed = (columns.parse(said, "numeric")[0] if numeric else columns.as_text(said)).tolist()
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
        hints = [*odd.labels(quarantine[params.data.target].astype("str"), params.data)]
        raise DataError(
            f"{len(quarantine):,} of {len(valid) + len(quarantine):,} rows break a rule, over validate.max_quarantined "
            f"({params.validate_.max_quarantined:.0%}); most often: {common.index[0]!r} ({common.iloc[0]:,} rows)"
            + "".join(f"; {hint}" for hint in hints)
        )
    if len(valid) < FEWEST_ROWS:
        raise DataError(f"{len(valid)} rows are left, and the pipeline needs {FEWEST_ROWS}; bring more data")
    target = params.data.target
    rules = cells.rules_of(params.clean, params.data, [*map(str, valid.columns.drop(ROW_ID))])
    kind = task.infer(valid[target], params.data, rules.get(target))
    unread = [name for name, stated in params.data.kinds.items() if stated == "ignored"]
    leaks.refuse(valid.drop(columns=ROW_ID), target, kind, [*params.validate_.known_leaks, *unread])
