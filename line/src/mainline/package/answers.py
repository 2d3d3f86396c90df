"""Asks a registered model about the dev rows, as any user of it would: `mainline register` starts it as a process.

python -m mainline.package.answers URI data/dev.parquet predictions/dev.parquet models/signature.json [data/raw.parquet]
"""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from mainline.package import alike
from mainline.package.pinned import ROW_ID

TOLERANCE = 1e-6  # of two machines, whose arithmetic differs in the last bits


def compared(said: pd.DataFrame, wanted: pd.DataFrame) -> str:
    """Hold answers to those that were judged: (rows, prediction + p_<class>...), both.

    Returns:
        How alike they are, in words.

    Raises:
        ValueError: they are not.
    """
    differing = alike.differing(said, wanted)
    if not differing:
        return f"{len(wanted)} dev rows, to the last bit"
    if list(said.columns) != list(wanted.columns) or len(said) != len(wanted) or not _near(said, wanted):
        raise ValueError(
            f"{differing} of {len(wanted)} dev rows are answered otherwise than in predictions/dev.parquet"
        )
    return f"{len(wanted)} dev rows, {differing} of them within {TOLERANCE:g}"


def _near(said: pd.DataFrame, wanted: pd.DataFrame) -> bool:
    floats = wanted.select_dtypes("float").columns
    close = np.isclose(said[floats].astype("float64"), wanted[floats], rtol=TOLERANCE, atol=TOLERANCE).all()
    return bool(close) and not alike.differing(said.drop(columns=floats), wanted.drop(columns=floats))


def main(uri: str, rows: str, predictions: str, signature: str, raw: str | None = None) -> None:
    """Load a version, let it predict, and print how its answers compare.

    Args:
        raw: where the cells of cleaned columns are as they came, if the model has any.
    """
    import mlflow

    asked, wanted = pd.read_parquet(rows), pd.read_parquet(predictions)
    if raw is not None:
        ruled = alike.cleaned(json.loads(Path(signature).read_text(encoding="utf-8")))
        asked = alike.as_sent(asked, ruled, pd.read_parquet(raw, columns=[ROW_ID, *ruled]))
        wanted = wanted[wanted[ROW_ID].isin(asked[ROW_ID])].reset_index(drop=True)
    said = mlflow.pyfunc.load_model(uri).predict(asked)
    print(compared(said, wanted.drop(columns=ROW_ID)))


if __name__ == "__main__":
    main(*sys.argv[1:])
