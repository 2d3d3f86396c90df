"""Stage 4, label: gives each row the label that people have settled on -> data/labelled.parquet, unlabelled.parquet."""

from pipeline.params import Params
from pipeline.table import tables


def run(params: Params) -> None:
    """Label data/valid.parquet."""
    frame = tables.read(tables.VALID)
    known = frame[params.data.target].notna()
    tables.write(frame[known], tables.LABELLED)
    tables.write(frame[~known], tables.UNLABELLED)
    print(f"label: {known.sum():,} rows have a label")
