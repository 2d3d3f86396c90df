"""Stage 3, validate: parses cells and puts aside rows that break a rule -> data/valid.parquet, quarantine.parquet."""

from collections.abc import Collection

import pandas as pd

from pipeline.errors import DataError, ParamsError, nearest
from pipeline.params import Params
from pipeline.sections import Data
from pipeline.table import cells, checks, columns, dates, leaks, odd, rules, stream, tables, task, wording
from pipeline.table.lazy import Spilled
from pipeline.table.tables import REASON, ROW_ID

FEWEST_ROWS = 50
NO_LABEL = ": no label"
REASONS = 3  # of quarantine that are printed


def run(params: Params) -> None:
    """Check data/clean.parquet, and write the good rows and the others."""
    raw = tables.table(tables.CLEAN)
    for hint in odd.look(raw.drop(columns=ROW_ID), params.data):
        print(f"validate: {hint}")
    valid, quarantine = check(raw, params)
    skipped = [ROW_ID, params.data.target]
    print(f"validate: kinds: {wording.inferred(columns.kinds_of(valid.drop(columns=skipped), params.data.kinds))}")
    for name, form in valid.attrs[tables.DATES].items():
        print(f"validate: column {name!r}: dates are read as {form}")
    _refuse_unfit(valid, quarantine, params)
    for told in rules.told(valid, params.validate_.rules):
        print(f"validate: {told}")
    tables.write(valid, tables.VALID)
    tables.write(quarantine, tables.QUARANTINE)
    print(f"validate: {len(valid):,} rows are fit, {len(quarantine):,} in quarantine{_why(quarantine)}")


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
    parsed, reasons = tables.columns_of(raw, tables.VALID), pd.Series("", index=raw.index, dtype="object")
    parsed[ROW_ID] = raw[ROW_ID]
    for name in raw.columns.drop(ROW_ID):
        if name == data.target:
            values, wrong = task.parse_target(raw[name], data)
            if not params.labels.wanted:
                reasons[values.isna() & ~wrong] += f"{name}{NO_LABEL}; "
        else:
            kind, form = data.kinds.get(str(name)), forms.get(str(name))
            values, wrong = columns.parse(raw[name], kind, missing=data.missing, date=form)
        parsed[name] = values
        reasons[wrong] += f"{name}: not what the column holds; "
    reasons[raw[ROW_ID].duplicated()] += f"{ROW_ID}: stands twice; "
    frame = parsed.lazy() if isinstance(parsed, Spilled) else pd.DataFrame(parsed)
    frame.attrs = raw.attrs | {tables.DATES: forms}
    from_production = stream.brought(raw[ROW_ID])
    untold = stream.untold(raw) if untold is None else untold
    for row, column, reason in rules.broken(frame, params.validate_.rules):
        if not (from_production[row] and column in untold):
            reasons[row] += f"{column}: {reason}; "
    for rows, name in checks.broken(frame, params.validate_.checks, data.target):
        reasons[rows] += f"{name}; "
    bad = reasons != ""
    quarantine = raw[bad].copy()
    quarantine.insert(0, REASON, reasons[bad].str.removesuffix("; ").to_numpy())
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


def _why(quarantine: pd.DataFrame) -> str:
    """The commonest reasons, each with its rows."""
    common = quarantine[REASON].str.split("; ").explode().value_counts()
    said = [f"{rows:,} as {reason!r}" for reason, rows in common.head(REASONS).items()]
    return f" ({', '.join(said)}{', ...' if len(common) > REASONS else ''})" if said else ""


def _refuse_unfit(valid: pd.DataFrame, quarantine: pd.DataFrame, params: Params) -> None:
    share = len(quarantine) / (len(valid) + len(quarantine))
    if share > params.validate_.max_quarantined:
        common = quarantine[REASON].str.split("; ").explode().value_counts()
        hints = [*odd.labels(quarantine[params.data.target].astype("str"), params.data)]
        if str(common.index[0]).endswith(NO_LABEL):
            hints.append("are people to give them? labels: { wanted: true } (docs/labels.md)")
        raise DataError(
            f"{len(quarantine):,} of {len(valid) + len(quarantine):,} rows break a rule, over validate.max_quarantined "
            f"({params.validate_.max_quarantined:.0%}); most often: {common.index[0]!r} ({common.iloc[0]:,} rows)"
            + "".join(f"; {hint}" for hint in hints)
        )
    rules.refuse_unfit(valid, params.validate_)
    for name in params.validate_.known_leaks:
        if name not in valid:
            raise ParamsError(f"validate.known_leaks: the table has no column {name!r}{nearest(name, valid.columns)}")
    if len(valid) < FEWEST_ROWS:
        raise DataError(f"{len(valid)} rows are left, and the pipeline needs {FEWEST_ROWS}; bring more data")
    target = params.data.target
    if params.labels.wanted:
        valid = valid[valid[target].notna()]
        if valid[target].nunique() < 2:
            return  # people have yet to say what there is to predict
    of_cells = cells.rules_of(params.clean, params.data, [*map(str, valid.columns.drop(ROW_ID))])
    kind = task.infer(valid[target], params.data, of_cells.get(target))
    unread = [name for name, stated in params.data.kinds.items() if stated == "ignored"]
    leaks.refuse(valid.drop(columns=ROW_ID), target, kind, [*params.validate_.known_leaks, *unread])
