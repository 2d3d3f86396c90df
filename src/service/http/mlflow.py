"""MLflow's protocol: the bodies that its scoring server takes at /invocations, as rows.

{"dataframe_split": {"columns": [...], "data": [[...], ...]}}    "index" may be there
{"dataframe_records": [{...}, ...]}
{"instances": [{...}, ...]}    or lists of values, in the order of the signature's columns
{"inputs": {name: [...], ...}}    or as instances
"""

from collections.abc import Sequence
from typing import Any

from service.http.protocol import Refused
from service.http.rows import Grid, in_order

FORMS = ("dataframe_split", "dataframe_records", "instances", "inputs")
VERSION = "2.0.0"
"""Of MLflow, whose protocol this is; its own server tells the one that is installed."""


def read(content: Any, orders: Sequence[Sequence[str]]) -> list[Any] | Grid:
    """The rows of a body.

    Args:
        orders: of columns, in which rows without names may be.

    Returns:
        Rows as objects, or as lists; checked in what the form asks of them, not yet by the signature.

    Raises:
        Refused: 400, it is of none of the forms.
    """
    given = [name for name in FORMS if name in content] if isinstance(content, dict) else []
    if len(given) != 1 or len(content) > 1 + ("params" in content):
        raise Refused(400, f"the body must have one of {', '.join(FORMS)}, and nothing else")
    if content.get("params"):
        raise Refused(400, "params: the model takes none; leave them out")
    form, data = given[0], content[given[0]]
    if form == "dataframe_split":
        return _split(data)
    if form == "inputs" and isinstance(data, dict):
        return by_column(data)
    if not isinstance(data, list):
        raise Refused(400, f"{form}: must be a list of rows")
    return in_order(data, orders) if form != "dataframe_records" and data and isinstance(data[0], list) else data


def by_column(columns: dict[str, Any]) -> Grid:
    """Columns beside each other as rows below each other.

    Raises:
        Refused: 400, they are no lists, or not of one length.
    """
    lists = [values for values in columns.values() if isinstance(values, list)]
    if len(lists) < len(columns) or len({len(values) for values in lists}) > 1:
        raise Refused(400, "inputs: must hold a list for each column, all of one length")
    return Grid([*columns], list(zip(*lists, strict=True)))


def _split(data: Any) -> Grid:
    parts = data if isinstance(data, dict) else {}
    if not parts.keys() <= {"columns", "data", "index"} or not {"columns", "data"} <= parts.keys():
        raise Refused(400, "dataframe_split: must be an object with columns and data, and maybe index")
    names, rows = parts["columns"], parts["data"]
    if not isinstance(names, list) or not {*map(type, names)} <= {str}:
        raise Refused(400, "dataframe_split: columns must be a list of names")
    if not isinstance(rows, list):
        raise Refused(400, "dataframe_split: data must be a list of rows")
    return Grid(names, rows)


def examples(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A body of each form, of the same rows."""
    names = list(rows[0])
    values = [[row[name] for name in names] for row in rows]
    return {
        "dataframe_split": {"dataframe_split": {"columns": names, "data": values}},
        "dataframe_records": {"dataframe_records": list(rows)},
        "instances": {"instances": list(rows)},
        "inputs": {"inputs": {name: [row[name] for row in rows] for name in names}},
    }


def schema(row: dict[str, Any], most: int) -> dict[str, Any]:
    """What /invocations takes, as a schema; row, that of one row as an object, and most, rows of a request."""
    rows = {"type": "array", "items": row, "minItems": 1, "maxItems": most}
    lists = {"type": "array", "items": {"type": "array"}, "minItems": 1, "maxItems": most}
    names = {"type": "array", "items": {"type": "string"}}
    split = {
        "type": "object",
        "required": ["columns", "data"],
        "properties": {"columns": names, "data": lists, "index": {"type": "array"}},
        "additionalProperties": False,
    }
    columns = {"type": "object", "additionalProperties": {"type": "array"}}
    said = dict(zip(FORMS, (split, rows, {"anyOf": [rows, lists]}, {"anyOf": [columns, rows, lists]}), strict=True))
    return {
        "oneOf": [
            {
                "type": "object",
                "required": [form],
                "properties": {form: part, "params": {"type": ["object", "null"], "maxProperties": 0}},
                "additionalProperties": False,
            }
            for form, part in said.items()
        ]
    }
