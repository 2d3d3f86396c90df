"""The model's bytes are the same from any process."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

SCRIPT = """
import sys
import pandas as pd
from pipeline import params
from pipeline.model import fitting, predicting, saving
rows = pd.read_parquet(sys.argv[1])
for number, name in enumerate(sys.argv[3:]):
    settings = {"data": {"source": "x", "target": "label"}, "train": {"estimator": name}}
    fitted, about = fitting.fit(rows, params.Params.model_validate(settings))
    predicting.predict(fitted, about, rows)
    saving.save(fitted, __import__("pathlib").Path(f"{sys.argv[2]}{number}"))
"""


@pytest.mark.slow
@pytest.mark.parametrize("table", ["digits", "mixed", "text"])
def test_two_processes_write_the_same_file(table: str, mixed: pd.DataFrame, tmp_path: Path) -> None:
    """Neither the seed of Python's hashes nor what memory holds gets into the file."""
    from sklearn.datasets import load_digits

    if table == "digits":
        rows = load_digits(as_frame=True).frame[:200].rename(columns={"target": "label"})
        rows.insert(0, "row_id", [str(i) for i in range(200)])
    else:
        rows = mixed if table == "mixed" else mixed[["row_id", "note", "label"]]
    rows.to_parquet(tmp_path / "t.parquet")
    names = ["tree.DecisionTreeClassifier", "ensemble.ExtraTreesClassifier", "linear_model.LogisticRegression"]
    for seed in ("1", "2"):
        arguments = [str(tmp_path / "t.parquet"), str(tmp_path / seed), *(f"sklearn.{name}" for name in names)]
        environment = {**os.environ, "PYTHONHASHSEED": seed, "MALLOC_PERTURB_": str(50 * int(seed))}
        subprocess.run([sys.executable, "-W", "ignore", "-c", SCRIPT, *arguments], check=True, env=environment)
    for number in range(len(names)):
        assert (tmp_path / f"1{number}").read_bytes() == (tmp_path / f"2{number}").read_bytes(), names[number]
