"""Beside the stages, features: writes what an estimator would be fitted to, for a network that is trained elsewhere."""

from pathlib import Path

import pandas as pd
from sklearn.compose import ColumnTransformer

from pipeline.errors import ParamsError
from pipeline.model import fitting
from pipeline.params import Params
from pipeline.table import tables
from pipeline.table.tables import ROW_ID


def run(params: Params, out: str) -> None:
    """Write the training rows as train.scale, train.categories and train.columns have them, and their labels.

    Args:
        out: a path that ends in .parquet; (rows, row_id + features + target), the features in the model's order.
    """
    if not out.endswith(".parquet"):
        raise ParamsError(f"{out}: name a file that ends in .parquet")
    train = tables.read("data/train.parquet")
    about = fitting.describe(train, params)
    if texts := [column.name for column in about.features if column.kind == "text"]:
        raise ParamsError(f"data.kinds: {texts[0]!r} is text, thousands of sparse counts of words; say it is ignored")
    columns = fitting.unfitted(params.train, about, train)["columns"]
    made = columns.fit_transform(about.conform(train), train[about.target].to_numpy())
    features = pd.DataFrame(made, columns=_names(columns, made.shape[1]), index=train.index)
    tables.write(pd.concat([train[[ROW_ID]], features, train[[about.target]]], axis=1), Path(out))
    print(f"features: {features.shape[1]} of {len(features):,} rows, and {about.target!r}: {out}")


def _names(columns: ColumnTransformer, count: int) -> list[str]:
    """What they are called; by number where a step of one's own tells no names."""
    try:
        return [str(name) for name in columns.get_feature_names_out()]
    except (AttributeError, ValueError):
        return [f"feature_{number}" for number in range(count)]
