"""The columns of data/stream: row_id, the model's features, the target, _day; and tables of them put together."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import pyarrow as pa

from mainline.errors import ConfigError

ROW_ID, DAY = "row_id", "_day"
NOTHING = pa.table({ROW_ID: pa.array([], pa.string()), DAY: pa.array([], pa.string())})


def features(about: Mapping[str, Any]) -> dict[str, str]:
    """The columns that a model reads, each with its kind, out of its signature."""
    return {each["name"]: each["kind"] for each in about["columns"] if each["kind"] != "ignored"}


def require_free(names: Collection[str], own: str) -> None:
    """Refuse a table that has a column by a name which rows of production have for something else.

    Raises:
        ConfigError: it has; its cells would be lost without a word.
    """
    if own in names:
        raise ConfigError(f"column {own!r}: rows of production have another one of that name; rename it in the source")


def column(cells: Sequence[Any], kind: str) -> pa.Array:
    """Cells as they were recorded: numbers as such, dates and words as text; what is of another kind is blank."""
    if kind == "numeric":
        return pa.array([_number(cell) for cell in cells], pa.float64())
    return pa.array([cell if isinstance(cell, str) else None for cell in cells], pa.string())


def labels(cells: Sequence[Any]) -> pa.Array:
    """Labels in the form that they have in common; as text where they have none."""
    try:
        return pa.array(cells)
    except (pa.ArrowException, OverflowError):
        return pa.array(list(map(str, cells)), pa.string())


def texts(table: pa.Table, name: str) -> list[str]:
    """A column of text as a list, (rows,)."""
    found: list[str] = table[name].to_pylist()
    return found


def where(table: pa.Table, chosen: Sequence[bool]) -> pa.Table:
    """The chosen rows: (rows,) of bool."""
    return table.filter(pa.array(chosen, pa.bool_()))


def renamed(table: pa.Table, name: Callable[[str], str]) -> pa.Table:
    """With other row ids."""
    ids = pa.array(map(name, texts(table, ROW_ID)), pa.string())
    return table.set_column(table.column_names.index(ROW_ID), ROW_ID, ids)


def without(table: pa.Table, known: Collection[str], key: Callable[[str], str]) -> pa.Table:
    """Without the rows of these keys."""
    return where(table, [key(each) not in known for each in texts(table, ROW_ID)])


def together(*tables: pa.Table) -> pa.Table:
    """The rows of all, with the columns of all: blank where a table has none, and text where two say two types."""
    full = [_plain(each) for each in tables if len(each)] or [NOTHING]
    try:
        found = pa.concat_tables(full, promote_options="permissive")
    except pa.ArrowException:
        mixed = [name for name in _names(full) if len(_types(full, name)) > 1]
        found = pa.concat_tables([_as_text(each, mixed) for each in full], promote_options="permissive")
    return found.select(_names(full)).combine_chunks()


def _number(cell: Any) -> float | None:
    """Blank where it is none, or one of more digits than a float holds: the service records none such."""
    try:
        return float(cell) if type(cell) in (int, float) else None
    except OverflowError:
        return None


def _names(tables: Sequence[pa.Table]) -> list[str]:
    """The columns in the order of the newest table; the day is the last."""
    names = dict.fromkeys(name for table in reversed(tables) for name in table.column_names)
    return [ROW_ID, *(name for name in names if name not in (ROW_ID, DAY)), DAY]


def _types(tables: Sequence[pa.Table], name: str) -> set[pa.DataType]:
    return {each.schema.field(name).type for each in tables if name in each.column_names} - {pa.null()}


def _as_text(table: pa.Table, mixed: Collection[str]) -> pa.Table:
    fields = [field.with_type(pa.string()) if field.name in mixed else field for field in table.schema]
    return table.cast(pa.schema(fields))


def _plain(table: pa.Table) -> pa.Table:
    """Without what pandas notes of a table, and with categories as what they say."""
    fields = [f.with_type(f.type.value_type) if pa.types.is_dictionary(f.type) else f for f in table.schema]
    return table.cast(pa.schema(fields)).replace_schema_metadata(None)
