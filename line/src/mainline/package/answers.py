"""Asks a registered model about the dev rows, as any user of it would: `mainline register` starts it as a process.

python -m mainline.package.answers URI data/dev.parquet predictions/dev.parquet
"""

import sys

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


def main(uri: str, rows: str, predictions: str) -> None:
    """Load a version, let it predict, and print how its answers compare."""
    import mlflow

    said = mlflow.pyfunc.load_model(uri).predict(pd.read_parquet(rows))
    print(compared(said, pd.read_parquet(predictions).drop(columns=ROW_ID)))


if __name__ == "__main__":
    main(*sys.argv[1:])
