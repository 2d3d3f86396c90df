"""Stage 10, diagnose: what the training rows say of the model -> metrics/diagnosis.json, data/oof.parquet."""

import json
import sys
import time
from pathlib import Path

from pipeline.diagnose import looking
from pipeline.params import Params
from pipeline.table import tables

DIAGNOSIS, ANSWERS = Path("metrics/diagnosis.json"), Path("data/oof.parquet")
PATIENCE, LONG = 10.0, 60.0
"""Seconds after which it says where it is, and after which it says how to be faster."""


def run(params: Params) -> None:
    """Look at the model from all sides, on data/train.parquet alone; what fails is a remark, and fails no build."""
    began = time.monotonic()  # for what is said on standard error alone: no clock decides what is written

    def told(name: str) -> None:
        if (seconds := time.monotonic() - began) > PATIENCE:
            print(f"diagnose: {name}, after {seconds:.0f} s", file=sys.stderr, flush=True)

    found, answers = looking.look(tables.read("data/train.parquet"), params, told)
    tables.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", DIAGNOSIS)
    tables.write(answers, ANSWERS)
    if time.monotonic() - began > LONG:
        print(f"diagnose: it is faster with less than diagnose.rows: {params.diagnose.rows}", file=sys.stderr)
    print(f"diagnose: {_said(found, params)}")


def _said(found: dict[str, object], params: Params) -> str:
    if not params.diagnose.rows:
        return "nothing, as diagnose.rows is 0"
    if not found["rows"]:
        return str(found["remarks"][0])  # type: ignore[index]
    states = [each["state"] for each in found["checks"]]  # type: ignore[attr-defined]
    wrong = len(states) - states.count("fine")
    return f"{found['rows']:,} of {found['of']:,} rows, {len(states)} checks, {wrong} of them not fine"
