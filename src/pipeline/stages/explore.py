"""Beside the model, explore: what the train and dev rows hold, and what looks odd in it -> data/profile.json."""

import json

from pipeline.params import Params
from pipeline.table import tables

OUTPUT = "data/profile.json"


def run(params: Params) -> None:
    """Describe data/train.parquet and data/dev.parquet; sealed rows are never read."""
    rows = {side: len(tables.read(f"data/{side}.parquet")) for side in ("train", "dev")}
    tables.write_text(json.dumps({"rows": rows}, indent=1) + "\n", OUTPUT)
    print(f"explore: {sum(rows.values()):,} rows")
