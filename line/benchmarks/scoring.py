"""Scores millions of rows with `mainline score`, beside what the saved model itself takes for a row.

The yardstick is the model's own predict_proba (or predict) on a table that is in memory, in a process with nothing else
to do: no file is read, nothing is written. It is taken before and after each run, and the smaller counts. On a machine
that has other work the ratio of processor seconds is the one to trust: the yardstick needs one core, the run two.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.model import predicting, saving  # first: it settles which kernels numpy takes
from pipeline.model.signature import Signature

import numpy as np  # isort: skip
import pyarrow as pa  # isort: skip
import pyarrow.csv  # isort: skip
import pyarrow.parquet  # isort: skip

MODELS = Path("models")
GROUP = 1_000_000  # rows a row group
IN_MEMORY = 100_000  # rows that the yardstick predicts at once
ROUNDS = 3


@dataclass(frozen=True)
class Lap:
    """One run of `mainline score`."""

    file: str
    rows: int
    seconds: float
    busy: float
    """Seconds of the processors, all processes and their start included."""
    peak_mb: int
    """Of the processes together, at most."""
    own: float
    """Seconds a row of the model's own answer to a table in memory."""
    own_busy: float
    ours: float
    """Seconds a row of pipeline.model.predicting.predict."""

    def line(self) -> str:
        """A line of the table."""
        each, busy = self.seconds / self.rows, self.busy / self.rows
        return (
            f"| {self.file} | {self.rows:,} | {self.seconds:.1f} | {self.rows / self.seconds:,.0f} | {self.peak_mb:,} "
            f"| {each * 1e6:.2f} | {self.own * 1e6:.2f} | {self.ours * 1e6:.2f} | {each / self.own:.1f} "
            f"| {busy / self.own_busy:.1f} |"
        )


def rows_of(signature: Signature, rows: int, random: np.random.Generator) -> pa.Table:
    """Rows like those the model was trained on: every value drawn from its column's range."""
    columns = {"row_id": pa.array([f"{value:016x}" for value in random.integers(0, 2**63, rows)])}
    for column in signature.columns:
        low, high = float(column.minimum or 0), float(column.maximum or 0)
        columns[column.name] = pa.array(random.integers(int(low), int(high) + 1, rows).astype("float64"))
    return pa.table(columns)


def write(path: Path, signature: Signature, rows: int) -> None:
    """Write a table of rows, a row group at a time."""
    random = np.random.default_rng(30)
    schema = rows_of(signature, 1, random).schema
    opened = pyarrow.csv.CSVWriter if path.suffix == ".csv" else pyarrow.parquet.ParquetWriter
    with opened(path, schema) as writer:
        for start in range(0, rows, GROUP):
            writer.write_table(rows_of(signature, min(GROUP, rows - start), random))


def yardstick(signature: Signature) -> tuple[float, float, float]:
    """Seconds a row: the saved model's own answer, the same of the processor, and predicting.predict's."""
    fitted = saving.load(MODELS / "model.skops", signature.trusted)
    frame = rows_of(signature, IN_MEMORY, np.random.default_rng(31)).to_pandas()
    features = signature.conform(frame)
    own = fitted.predict if signature.classes is None else fitted.predict_proba
    seconds, busy = _seconds(lambda: own(features))
    return seconds, busy, _seconds(lambda: predicting.predict(fitted, signature, frame))[0]


def _seconds(work: Callable[[], object]) -> tuple[float, float]:
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter(), time.process_time()
        work()
        taken.append((time.perf_counter() - began[0], time.process_time() - began[1]))
    return min(wall for wall, _ in taken) / IN_MEMORY, min(busy for _, busy in taken) / IN_MEMORY


def _apart() -> list[float]:
    """The yardstick, in a process of its own."""
    done = subprocess.run([sys.executable, __file__, "--yardstick"], stdout=subprocess.PIPE, check=True)
    return list(json.loads(done.stdout))


def _busy() -> float:
    """Processor seconds of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def lap(source: Path, rows: int) -> Lap:
    """Score a file, with the yardstick before and after."""
    target, before = source.with_name(f"answers{source.suffix}"), _apart()
    began, busy = time.perf_counter(), _busy()
    command = [str(Path(sys.executable).with_name("mainline")), "score", str(source), str(target), "--overwrite"]
    running, peak = subprocess.Popen(command), 0
    while running.poll() is None:
        peak = max(peak, sum(_resident(process) for process in _family(running.pid)))
        time.sleep(0.05)
    seconds, busy = time.perf_counter() - began, _busy() - busy
    if running.returncode:
        sys.exit(f"mainline score ended with {running.returncode}")
    return Lap(source.name, rows, seconds, busy, peak // 1024**2, *map(min, before, _apart()))


def _family(process: int) -> Iterator[int]:
    yield process
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from _family(int(child))


def _resident(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000, help="of Parquet; of CSV a tenth")
    parser.add_argument("--yardstick", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    signature = Signature.load(MODELS / "signature.json")
    if options.yardstick:
        print(json.dumps(yardstick(signature)))
        return
    print("| file | rows | s | rows/s | peak MB | us a row | the model's own | model.predict | ratio | of processor |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="scoring-", dir=".") as folder:
        for name, rows in (("rows.parquet", options.rows), ("rows.csv", max(1, options.rows // 10))):
            path = Path(folder) / name
            write(path, signature, rows)
            for _ in range(2):
                print(lap(path, rows).line(), flush=True)


if __name__ == "__main__":
    main()
