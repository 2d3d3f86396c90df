"""Stage 2, clean: brings each cell into the one form that it has from here on -> data/clean.parquet."""

from collections import Counter
from collections.abc import Iterator
from functools import partial

import pandas as pd

from pipeline.errors import DataError, ParamsError
from pipeline.params import Params
from pipeline.sections import CellRule
from pipeline.table import cells, columns, stream, tables
from pipeline.table.tables import ROW_ID


def run(params: Params) -> None:
    """Clean data/raw.parquet, cell by cell, and say what each rule has changed."""
    frame = tables.table(tables.RAW)
    cleaned = clean(frame, params)
    kept = _without_copies(cleaned, params)
    for line in told(frame, cleaned, params):
        print(f"clean: {line}")
    tables.write(kept, tables.CLEAN)
    gone = len(frame) - len(kept)
    print(f"clean: {len(kept):,} rows" + (f"; {gone:,} say what an earlier one does, and are left out" if gone else ""))


def clean(raw: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Apply the rules of params.yaml.

    Args:
        raw: (rows, row_id + features + target), as ingest wrote it. What production brought was clean as it came.

    Returns:
        The same rows and columns. Columns without a rule are as they were.

    Raises:
        ParamsError: a rule is for no column, or is none for what a column holds.
    """
    rules = cells.rules_of(params.clean, params.data, _names(raw))
    if not rules:
        return raw
    ours = ~stream.brought(raw[ROW_ID])
    frame = raw.assign(**{name: partial(_of, name, ours, rule) for name, rule in rules.items()})
    frame.attrs = raw.attrs
    return frame


def _of(name: str, ours: pd.Series, rule: CellRule, frame: pd.DataFrame) -> pd.Series:
    return _cleaned(frame[name], ours, rule)


def told(raw: pd.DataFrame, cleaned: pd.DataFrame, params: Params) -> Iterator[str]:
    """What each rule has changed, or that it has not, and which numbers are in marks that no rule states.

    Args:
        raw: (rows, row_id + features + target), as ingest wrote it.
        cleaned: the same, as `clean` has it.
    """
    ours, names = ~stream.brought(raw[ROW_ID]), _names(raw)
    source, cleaned = (frame if ours.all() else frame[ours] for frame in (raw, cleaned))
    matching = {pattern: cells.matching(pattern, names) for pattern in params.clean.columns}
    several = Counter(name for found in matching.values() for name in found)
    for pattern, found in matching.items():
        rule = cells.with_missing(params.clean.columns[pattern], params.data)
        counts = {}
        for name in found:
            after = cleaned[name] if several[name] == 1 else cells.cells(source[name], rule)
            counts[name] = _changes(source[name], after, params)
        changed = [name for name, count in counts.items() if count]
        where = f"{len(changed):,} columns" if len(changed) != 1 else f"column {changed[0]!r}"
        if changed:
            yield f"{pattern!r} changes {sum(counts.values()):,} cells in {where}"
        else:
            yield f"{pattern!r} changes no cell; take it out of clean.columns, or correct it"
    for name in several:
        yield from _unread(source[name], cleaned[name])


def _changes(before: pd.Series, after: pd.Series, params: Params) -> int:
    """How many cells say something else."""
    if not (pd.api.types.is_numeric_dtype(before) and pd.api.types.is_numeric_dtype(after)):
        before = columns.as_text(before, params.data.missing)
        if pd.api.types.is_float_dtype(after):  # of text: 12.50 is 12.5 still
            before = columns.parse(before, "numeric")[0]
        elif not isinstance(after.dtype, pd.StringDtype):
            after = columns.as_text(after)
    return int(((before != after) & (before.notna() | after.notna())).fillna(True).sum())


def _unread(before: pd.Series, after: pd.Series) -> Iterator[str]:
    if not isinstance(after.dtype, pd.StringDtype):
        return
    other = after.str.startswith(cells.NOT_READ) & after.str[1:].str.fullmatch(columns.NUMBER.pattern)
    other &= after != columns.as_text(before)
    if other.any():
        row = other.index[other.to_numpy().argmax()]
        yield (
            f"column {after.name!r}, row {row + 1}: {str(before[row])[:40]!r} is no number in the marks that "
            f"clean.columns states ({int(other.sum()):,} such cells)"
        )


def _names(raw: pd.DataFrame) -> list[str]:
    return [*map(str, raw.columns.drop(ROW_ID))]


def _cleaned(values: pd.Series, ours: pd.Series, rule: CellRule) -> pd.Series:
    """The source's cells cleaned, production's as they are."""
    cleaned = cells.cells(values[ours], rule)
    _refuse_words(values, cleaned, rule)
    if ours.all():
        return cleaned
    rest = values[~ours]
    if not pd.api.types.is_numeric_dtype(cleaned) or not pd.api.types.is_numeric_dtype(rest):
        cleaned, rest = columns.as_text(cleaned), columns.as_text(rest)
    return pd.concat([cleaned, rest]).reindex(values.index)


def _refuse_words(values: pd.Series, cleaned: pd.Series, rule: CellRule) -> None:
    """Refuse times for a column whose cells are not nearly all numbers."""
    if rule.times is None or pd.api.types.is_numeric_dtype(cleaned):
        return
    text = columns.as_text(cleaned)
    words = text.notna() & columns.parse(text, "numeric")[1]
    if words.sum() > (1 - columns.NEARLY_ALL) * text.notna().sum():
        row = int(words.to_numpy().argmax())
        said = str(values.loc[words.index[row]])[:40]
        raise ParamsError(
            f"clean.columns: times is for numbers, and column {values.name!r}, row {words.index[row] + 1}, says "
            f"{said!r}; take times out, or say how its numbers are written (decimal, thousands)"
        )


def _without_copies(frame: pd.DataFrame, params: Params) -> pd.DataFrame:
    """The rows without those of the source that say what an earlier one does, where params.yaml wants that.

    The target does not count: which rows there are must not depend on labels that nobody may see.
    """
    if params.clean.duplicates == "keep":
        return frame
    source = frame[~stream.brought(frame[ROW_ID])].drop(columns=[ROW_ID, params.data.target])
    index = frame.index[~stream.brought(frame[ROW_ID])]
    content = pd.Series(tables.content_numbers(source.apply(lambda cells: _comparable(cells, params))), index=index)
    copies = content.duplicated()
    if params.clean.duplicates == "refuse" and copies.any():
        row = copies.index[copies.to_numpy().argmax()]
        first = content.index[(content == content[row]).to_numpy().argmax()]
        raise DataError(
            f"clean.duplicates: row {row + 1} says what row {first + 1} does ({int(copies.sum()):,} such rows); take "
            "them out of the table, or keep the first of each: clean: {duplicates: first}"
        )
    return frame[~copies.reindex(frame.index, fill_value=False)]


def _comparable(cells: pd.Series, params: Params) -> pd.Series:
    text = isinstance(cells.dtype, pd.StringDtype)
    return columns.as_text(cells, params.data.missing) if text else cells
