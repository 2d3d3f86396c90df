"""The table with the labels of dev and sealed rows permuted: what changes with them has seen them."""

from pathlib import Path

from mainline.project import Project
from mainline.prove.chain import RAW

HIDDEN = ("data/sealed/labels.parquet", "data/dev.parquet")
ROW_ID = "row_id"


def permute(project: Project, path: Path) -> None:
    """Write raw.parquet anew, with the labels of hidden rows in another order.

    Of any two neighbours in the order of the labels, each gets one from half of the rows further on: whatever the
    labels are, as many as can be are others then.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import parquet

    raw = parquet.read_table(project / RAW)
    target = raw.schema.get_field_index(str((project.params.get("data") or {})["target"]))
    ids = [parquet.read_table(project / side, columns=[ROW_ID])[ROW_ID] for side in HIDDEN]
    hidden = pa.concat_arrays([chunk for each in ids for chunk in each.chunks])
    rows = np.flatnonzero(pc.is_in(raw[ROW_ID].cast(hidden.type), value_set=hidden).to_numpy())
    labels = raw.column(target)
    order = rows[np.argsort(labels.take(pa.array(rows)).cast(pa.string()).to_numpy(), kind="stable")]
    taken = np.arange(raw.num_rows)
    taken[order] = np.roll(order, len(order) // 2)
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(raw.set_column(target, raw.schema.field(target), labels.take(pa.array(taken))), path)
