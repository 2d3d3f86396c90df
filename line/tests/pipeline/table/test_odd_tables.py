"""Whatever the table holds, each stage either does its work or refuses in one line."""

import contextlib
import csv
import io
import os
import tempfile
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from pipeline import tracking
from pipeline.errors import PipelineError
from pipeline.params import Params
from pipeline.stages import clean, evaluate, ingest, label, predict, split, train, validate

STAGES = (ingest, clean, validate, label, split, train, predict, evaluate)

WORDS = [
    "",
    " ",
    "NA",
    "a",
    "b",
    "a b c d",
    "0",
    "1",
    "-1",
    "1.5",
    "1e400",
    "-inf",
    "nan",
    "1e17",
    "True",
    "false",
    "ü",
    "🚀",
]
WORDS += [
    "2024-01-31",
    "2024-13-99",
    "99999-01-01",
    "10:20",
    '"',
    "'",
    "\t",
    "a\nb",
    "99999999999999999999",
    "0x1f",
    ";",
    "\x1f",
]
NAMES = [
    "x",
    " x",
    "row",
    "a.b",
    "[x]",
    "(",
    "p_1",
    "index",
    "",
    "0",
    "reason",
    "🚀",
    "x" * 300,
    "label ",
    "level_0",
    "columns",
]


ROWS = 160


@st.composite
def columns(draw: st.DrawFn, odd: list[str] = WORDS) -> list[str]:
    """One column's cells: some values in any order, with a few odd ones among them."""
    plain = draw(
        st.sampled_from(
            [["yes", "no"], ["1", "2", "3"], [str(i) for i in range(ROWS)], ["2024-01-31", "2023-05-01", ""], odd]
        )
        | st.lists(st.floats(width=32).map(str), min_size=3, max_size=40)
    )
    random = draw(st.randoms(use_true_random=False))
    cells = random.choices(plain, k=ROWS)
    for value in draw(st.lists(st.sampled_from(odd), max_size=6)):
        cells[random.randrange(ROWS)] = value
    return cells


OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "kinds": st.dictionaries(st.just("c0"), st.sampled_from(["numeric", "categorical", "text", "date", "ignored"])),
        "task": st.sampled_from(["multiclass", "regression"]),
        "id": st.just("n"),
        "positive": st.sampled_from(["1", "a", 0]),
    },
)
SPLITS = st.sampled_from(
    [{}, {"group": "c1"}, {"time": "c0", "cut": 1}, {"time": "c0", "cut": "2024-01-01"}, {"dev": 0.3, "sealed": 0.3}]
)
ESTIMATORS = st.sampled_from(
    [
        "tree.DecisionTreeClassifier",
        "tree.DecisionTreeRegressor",
        "linear_model.LogisticRegression",
        "linear_model.Ridge",
    ]
)


def run(text: str, settings: dict[str, Any]) -> str | None:
    """All stages in a folder of their own; answer the refusal, if there is one."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        Path("t.csv").write_bytes(text.encode("utf-8", "surrogateescape"))
        try:
            params = Params.model_validate(settings)
            with contextlib.redirect_stdout(io.StringIO()):
                for stage in STAGES:
                    stage.run(params)
        except PipelineError as error:
            return str(error)
    return None


@pytest.fixture(autouse=True, scope="module")
def unrecorded():
    """MLflow has tests of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tracking, "record", lambda *_: "not recorded")
        yield


@pytest.mark.slow
@effort(max_examples=int(os.environ.get("ODD_TABLES", "60")), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    cells=st.lists(columns(), min_size=2, max_size=3),
    label=columns(),
    names=st.lists(st.sampled_from(NAMES), max_size=2, unique=True),
    data=OPTIONS,
    split=SPLITS,
    estimator=ESTIMATORS,
)
def test_a_table_is_taken_or_refused_in_one_line(cells, label, names, data, split, estimator) -> None:
    """Weird cells and names through all stages: no traceback, no message of several lines."""
    header = [f"c{number}" for number in range(len(cells))]
    header[2:] = [*names, *header[2:]][: len(header) - 2]
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(["n", *header, "label"])
    writer.writerows(zip(range(ROWS), *cells, label, strict=True))
    settings = {
        "data": {"source": "t.csv", "target": "label"} | data,
        "split": split,
        "validate": {"max_quarantined": 1.0, "known_leaks": header},
        "train": {"estimator": f"sklearn.{estimator}"},
    }
    said = run(stream.getvalue(), settings)
    assert said is None or (said and "\n" not in said)


@effort(max_examples=40, deadline=None)
@given(text=st.text(alphabet=list('a,;\t\n\r" 1.é\x00\ufeff\udcff'), max_size=40))
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    """Loose quotes, odd line ends and bytes that are no text: no traceback either."""
    settings = {
        "data": {"source": "t.csv", "target": "a"},
        "train": {"estimator": "sklearn.tree.DecisionTreeClassifier"},
    }
    said = run(text, settings)
    assert said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("label", "estimator", "sentence"),
    [
        (["yes", "no"] * 50, "tree.DecisionTreeClassifier", None),
        ([str(i % 37) for i in range(100)], "tree.DecisionTreeRegressor", None),
        (["yes", "no"] * 50, "linear_model.Ridge", "is no classifier"),
        (["same"] * 100, "tree.DecisionTreeClassifier", "is 'same' in every row"),
        ([""] * 100, "tree.DecisionTreeClassifier", "100 of 100 rows break a rule"),
    ],
)
def test_what_is_plain_goes_through(label: list[str], estimator: str, sentence: str | None) -> None:
    """The tables above are not all refused: honest ones are built, and others are refused for their reason."""
    rows = "\n".join(f"{(i * 7919) % 101},{'abc'[i % 3]},{value}" for i, value in enumerate(label))
    settings = {"data": {"source": "t.csv", "target": "label"}, "train": {"estimator": f"sklearn.{estimator}"}}
    said = run(f"x,y,label\n{rows}\n", settings)
    assert (said is None) == (sentence is None)
    assert sentence is None or sentence in said
