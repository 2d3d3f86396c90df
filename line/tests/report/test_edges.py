"""Strange but legal data: every report is still written, and says nothing that is not a number."""

import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mainline.report.card import card
from mainline.report.changes import changes
from mainline.report.comment import comment
from mainline.report.page import write_page
from mainline.report.side import Column, Side, Signature
from mainline.report.verdict import Verdict

ODD = {
    "day": ["2020-01-01", None] * 30,
    "zoned": pd.date_range("2020-01-01", periods=60, tz="UTC"),
    "flag": [True, False] * 30,
    "endless": [1.0, np.inf] * 30,
    "words": [None, "x y"] * 30,
    "empty": [np.nan] * 60,
    "level": pd.Categorical(["u", None] * 30),
}
KINDS = ("date", "date", "categorical", "numeric", "text", "numeric", "categorical")


def _side(task: str, truth: Sequence[Any], said: Sequence[Any], classes: Sequence[Any] = (), odd: bool = False) -> Side:
    dev = pd.DataFrame({"row_id": [str(i) for i in range(len(truth))], **(ODD if odd else {})})
    dev["y"] = list(truth)
    table = pd.DataFrame({"row_id": dev["row_id"], "prediction": list(said)})
    for name in classes:
        table[f"p_{name}"] = np.where(table["prediction"] == name, 0.8, 0.2)
    columns = tuple(Column(name, kind) for name, kind in zip(ODD, KINDS, strict=True)) if odd else ()
    signature = Signature(task, "y", tuple(classes), None, "E", len(dev), columns)
    return Side("challenger", "x", {"gate": None}, signature, {}, dev, dev, table, 0)


CASES = {
    "one row": _side("binary", ["a"], ["b"], ["a", "b"]),
    "truth and falsehood": _side("binary", [True, False] * 20, [True, True] * 20, [False, True]),
    "labels as floats": _side("binary", [1.0, 0.0] * 20, [1.0, 1.0] * 20, [0, 1]),
    "one class in dev, all right": _side("binary", [0] * 30, [0] * 30, [0, 1]),
    "a label the model never saw": _side("binary", ["a", "b", "c"] * 10, ["a"] * 30, ["a", "b"]),
    "a constant target": _side("regression", [2.0] * 30, [2.0] * 30),
    "one number": _side("regression", [1.0], [5.0]),
    "an outlier": _side("regression", [*np.arange(50.0), 1e9], np.arange(51.0)),
    "tiny numbers": _side("regression", np.arange(50) * 1e-9, np.arange(50) * 1.1e-9),
    "odd columns": _side("binary", [0, 1] * 30, [0, 0] * 30, [0, 1], odd=True),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("alone", [True, False])
def test_strange_data_still_make_a_report(name: str, alone: bool, tmp_path: Path) -> None:
    """Page, comment and card, without a warning and without the word nan."""
    side = CASES[name]
    champion = None if alone else replace(side, name="champion")
    columns = [column for column in side.dev.columns if column != "row_id"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        moved = changes(side, champion)
        verdict = Verdict(None, decisions_used=0, life=0)
        page = write_page(side, champion, verdict=verdict, changes=moved, out=tmp_path / "page.html").read_text()
        texts = [
            page,
            comment(side, champion, verdict=None, changes=moved),
            card(side, lineage={}, slices=columns, sensitive=columns),
        ]
    assert all("nan" not in text.lower().split() for text in texts)
    assert all(">nan<" not in text and "| nan |" not in text for text in texts)
