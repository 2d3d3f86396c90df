"""What each stage between a table and its sides costs beside `ingest`: processor time and memory, in one run.

    python line/benchmarks/stages.py                    # 1,000,000 rows x 15 columns; about three minutes, 1.5 GB
    python line/benchmarks/stages.py --rows 100000      # quick

Each stage runs as DVC runs it, in a process of its own. CLAIMS: all new stages together take at most twice the
processor time of ingest, and none more than 1.5 GB.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

TOP = Path(__file__).parents[2]
STAGES = ("ingest", "clean", "validate", "label", "split", "explore")
NEW = ("clean", "label", "explore")
MOST_MB, MOST_TIMES = 1500, 2.0
SETTINGS = """
data: { source: table.csv, target: label, kinds: { code: categorical, note: ignored } }
clean:
  columns:
    ".*": { missing: ["?", unknown] }
    price: { decimal: ",", thousands: ".", times: 0.01 }
    city: { case: lower, replace: { "n.y.": new york } }
    number_0: { times: 1000 }
labels: {}
validate: { rules: {} }
split: { dev: 0.15, sealed: 0.35 }
train: { estimator: sklearn.tree.DecisionTreeClassifier }
"""


def write(rows: int) -> None:
    """A table of text, codes, dates and numbers, as a CSV file."""
    draw = np.random.default_rng(0)
    cents = draw.integers(100, 10**8, rows)
    frame = pd.DataFrame({f"number_{i}": draw.normal(size=rows).round(6) for i in range(8)})
    frame["price"] = [f"{c // 100:,}".replace(",", ".") + f",{c % 100:02}" for c in cents.tolist()]
    frame["city"] = draw.choice(["Ulm", "ULM", " Kiel", "n.y.", "M\u00fcnchen", "?", "unknown"], rows)
    frame["code"] = [f"{code:05}" for code in draw.integers(0, 500, rows)]
    frame["note"] = [f"note number {i}" for i in range(rows)]
    frame["day"] = draw.choice(pd.date_range("2020-01-01", periods=900).astype(str), rows)
    frame["state"] = draw.choice(["a", "b", "c", ""], rows)
    frame["label"] = draw.choice(["yes", "no"], rows)
    frame.to_csv("table.csv", index=False)


def run(stage: str) -> tuple[float, int]:
    """Run a stage: its processor time in seconds, and its peak memory in megabytes."""
    environment = os.environ | {"PYTHONPATH": str(TOP / "src")}
    environment.pop("PIPELINE_WARM", None)
    process = subprocess.Popen([sys.executable, "-m", "pipeline", stage], env=environment, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{stage}: failed")
    return used.ru_utime + used.ru_stime, used.ru_maxrss // 1024


def main() -> int:
    """Run all stages, say what they took, and answer 1 where a claim does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("labels").mkdir()
        Path("params.yaml").write_text(SETTINGS, encoding="utf-8")
        write(rows)
        took = {stage: run(stage) for stage in STAGES}
        os.chdir(TOP)
    print(f"{rows:,} rows x 15 columns\n\n| stage | CPU s | of ingest | peak MB |\n|---|---|---|---|")
    for stage, (seconds, peak) in took.items():
        print(f"| {stage} | {seconds:.1f} | {seconds / took['ingest'][0]:.2f} | {peak:,} |")
    times = sum(took[stage][0] for stage in NEW) / took["ingest"][0]
    print(f"\nthe new stages together: {times:.2f} of ingest (at most {MOST_TIMES:g})")
    return int(times > MOST_TIMES or any(took[stage][1] > MOST_MB for stage in NEW))


if __name__ == "__main__":
    sys.exit(main())
