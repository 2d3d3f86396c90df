"""The gate's own path on large files: what reading, deciding and checking cost in seconds and memory."""

import json
import multiprocessing
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mainline.gate import comparison, copies, rows
from mainline.gate.levels import level
from mainline.project import Project

GROUP = 1_000_000  # rows a row group
LABELS, NEW, OLD = "data/sealed/labels.parquet", "predictions/new.parquet", "predictions/old.parquet"
FEATURES, TRAIN = "data/sealed/features.parquet", "data/train.parquet"
LAST_ROW = 1e-300  # a level so strict that a betting test sees every row


@dataclass(frozen=True)
class Lap:
    """A step, the seconds it took, and the peak memory of its process so far (never below its parent's)."""

    step: str
    seconds: float
    peak_mb: int


def write(root: Path, rows: int) -> None:
    """Write the tables of a champion and a challenger, as the line writes them, a row group at a time."""
    (root / "models").mkdir(parents=True)
    signature = {"task": "binary", "target": "y", "classes": [0, 1], "positive": 1}
    (root / "models/signature.json").write_text(json.dumps(signature))
    writers: dict[str, pq.ParquetWriter] = {}
    rng = np.random.default_rng(30)
    for start in range(0, rows, GROUP):
        for name, table in _group(min(GROUP, rows - start), rng).items():
            if name not in writers:
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                writers[name] = pq.ParquetWriter(root / name, table.schema)
            writers[name].write_table(table)
    for writer in writers.values():
        writer.close()


def _group(rows: int, rng: np.random.Generator) -> dict[str, pa.Table]:
    ids, y = _ids(rows, rng), rng.integers(0, 2, rows)
    found = {
        LABELS: pa.table({"row_id": ids, "y": y}),
        FEATURES: pa.table({"row_id": ids, **_features(rows, rng)}),
        TRAIN: pa.table({"row_id": _ids(rows, rng), **_features(rows, rng), "y": rng.integers(0, 2, rows)}),
    }
    for name, errors in ((NEW, 0.100), (OLD, 0.101)):
        said = np.where(rng.random(rows) < errors, 1 - y, y)
        chance = np.where(said == 1, 0.5, 0.0) + rng.random(rows) / 2
        found[name] = pa.table({"row_id": ids, "prediction": said, "p_0": 1 - chance, "p_1": chance})
    return found


def _ids(rows: int, rng: np.random.Generator) -> pa.Array:
    """Row ids of 16 hexadecimal digits."""
    offsets = np.arange(0, 16 * rows + 1, 16, dtype=np.int32)
    digits = rng.bytes(8 * rows).hex().encode()
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(digits))


def _features(rows: int, rng: np.random.Generator) -> dict[str, pa.Array]:
    colours = pa.array(["red", "green", "blue", "black", "white"])
    numbers = {f"x{place}": pa.array(rng.random(rows)) for place in range(4)}
    return {**numbers, "colour": colours.take(pa.array(rng.integers(0, 5, rows)))}


def laps(root: Path) -> Iterator[Lap]:
    """Time the steps, those of each group in a process of its own; the first is the yardstick."""
    for steps in (reading, deciding, checking):
        with multiprocessing.get_context("spawn").Pool(1) as alone:
            yield from alone.apply(steps, (root,))


def reading(root: Path) -> list[Lap]:
    """Read the two files of predictions, whole; once before, so that they come from memory as for the others."""
    paths = (root / NEW, root / OLD)
    _timed("", lambda: [pq.read_table(path).num_rows for path in paths])
    return [_timed("read two files of predictions", lambda: [pq.read_table(path) for path in paths])]


def deciding(root: Path) -> list[Lap]:
    """Read a comparison and take each decision."""
    found: list[comparison.Comparison] = []
    alpha = level(8, 1)
    return [
        _timed(
            "comparison.read",
            lambda: found.append(comparison.read(Project(root), root / LABELS, root / NEW, root / OLD)),
        ),
        _timed("accuracy, superiority", lambda: found[0].rejects("accuracy", 0.0, alpha)),
        _timed("accuracy, non-inferiority .001", lambda: found[0].rejects("accuracy", -0.001, alpha)),
        _timed("brier, to the last row", lambda: found[0].rejects("brier", 0.0, LAST_ROW)),
    ]


def checking(root: Path) -> list[Lap]:
    """Check the rows against themselves, and as many training rows for copies of the sealed ones."""
    here = Project(root)
    return [
        _timed("rows, labels", lambda: rows.changes("sealed", here, here)),
        _timed("rows, copies", lambda: copies.refuse_trained_on_sealed(here, here)),
    ]


def _timed(step: str, work: Callable[[], object]) -> Lap:
    start = time.perf_counter()
    work()
    return Lap(step, time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
