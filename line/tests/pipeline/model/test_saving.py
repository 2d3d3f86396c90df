"""The model's bytes are the same from any process."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from pipeline.features import Words
from pipeline.model import saving

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


@pytest.mark.parametrize(("kind", "apart"), [(Words, False), (TfidfVectorizer, True)])
def test_words_are_no_files_of_their_own(kind: type, apart: bool, tmp_path: Path) -> None:
    """Those of scikit-learn's own class are, and a model that was saved with them is still read."""
    texts = [f"word{number} word{number + 1} word{number % 7}" for number in range(300)]
    fitted = make_pipeline(kind(max_features=300), LogisticRegression()).fit(texts, np.arange(300) % 2)
    saving.save(fitted, tmp_path / "m.skops")
    assert (len(zipfile.ZipFile(tmp_path / "m.skops").namelist()) > 300) is apart
    read = saving.load(tmp_path / "m.skops")
    assert np.array_equal(read.predict_proba(texts), fitted.predict_proba(texts))
    assert read[0].vocabulary_ == fitted[0].vocabulary_
    assert list(read[0].get_feature_names_out()) == list(fitted[0].get_feature_names_out())
