"""What goes into a model and what comes out, in MLflow's words; and a row to try, which is nobody's."""

import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from mainline.package.pinned import DEV, PREDICTIONS, ROW_ID, SIGNATURE, Pinned

if TYPE_CHECKING:
    from mlflow.models import ModelSignature


def signature(pinned: Pinned) -> "ModelSignature":
    """The names and types of the columns that the model reads and answers with."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    judged, answers = pd.read_parquet(pinned.file(DEV)), pd.read_parquet(pinned.file(PREDICTIONS))
    inputs: list[Any] = [ColSpec(_type(column, judged[column["name"]]), column["name"]) for column in _columns(pinned)]
    outputs: list[Any] = [ColSpec(_answer(values), str(name)) for name, values in answers.drop(columns=ROW_ID).items()]
    return ModelSignature(Schema(inputs), Schema(outputs))


def example(pinned: Pinned) -> pd.DataFrame:
    """One row, made of what models/signature.json says of each column; of private ones it says nothing."""
    return pd.DataFrame([{column["name"]: _middle(column) for column in _columns(pinned)}])


def _columns(pinned: Pinned) -> list[dict[str, Any]]:
    """The columns that the model reads; of a private one no more than name and kind."""
    said = json.loads(pinned.file(SIGNATURE).read_text(encoding="utf-8"))
    private = said.get("private") or ()
    bare = [{"name": c["name"], "kind": c["kind"]} if c["name"] in private else c for c in said["columns"]]
    return [column for column in bare if column["kind"] != "ignored"]


def _type(column: dict[str, Any], judged: pd.Series) -> Any:
    """MLflow's type for a column: one under which it takes the rows that the model was judged on, and missing values.

    It refuses whole numbers where it expects doubles, missing ones where it expects whole numbers, and dates beyond
    the year 2262. The model reads them all, so that there the type is any.
    """
    from mlflow.types import DataType
    from mlflow.types.schema import AnyType

    anything = AnyType()  # type: ignore[no-untyped-call]
    if column.get("clean"):
        return anything  # its cells come as the table has them, and are cleaned there
    if column["kind"] == "numeric":
        return DataType.double if pd.api.types.is_float_dtype(judged) else anything
    if column["kind"] == "date":
        return DataType.datetime if _in_nanoseconds(judged) else anything
    return DataType.string


def _in_nanoseconds(dates: pd.Series) -> bool:
    try:
        dates.astype("datetime64[ns]")
    except pd.errors.OutOfBoundsDatetime:
        return False
    return True


def _answer(values: pd.Series) -> Any:
    from mlflow.types import DataType

    if pd.api.types.is_float_dtype(values):
        return DataType.double
    return DataType.long if pd.api.types.is_integer_dtype(values) else DataType.string


def _middle(column: dict[str, Any]) -> Any:
    """A value of a column: the typical one, or the middle of its range, or the first of its categories."""
    times = (column.get("clean") or {}).get("times")
    if times and column["kind"] == "numeric":  # as it comes, before it is multiplied
        return float(f"{_middle(column | {'clean': None}) / times:.12g}")
    typical = column.get("typical")
    if typical is not None:
        return pd.Timestamp(typical).as_unit("us") if column["kind"] == "date" else typical
    if column["kind"] == "numeric":
        low, high = column.get("minimum", 0.0), column.get("maximum", 0.0)
        middle = (low + high) / 2
        return middle // 1 if low % 1 == high % 1 == 0 else middle
    if column["kind"] == "date":
        return pd.Timestamp(column.get("minimum", "2024-01-31")).as_unit("us")
    return (column.get("categories") or ["some words"])[0]
