"""What goes in and what comes out is written down once, and kept to."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import DataError, ParamsError
from pipeline.model import signature
from pipeline.model.signature import Signature
from pipeline.sections import CellRule
from pipeline.table import columns


@pytest.fixture
def about(mixed: pd.DataFrame) -> Signature:
    """The signature of the mixed table."""
    kinds = columns.kinds_of(mixed.drop(columns=["row_id", "label"]), {})
    return signature.describe(
        mixed, target="label", task="binary", kinds=kinds, estimator="x.Y", trusted=("a.B",), positive=None
    )


def test_it_describes_the_training_rows(about: Signature, mixed: pd.DataFrame) -> None:
    """Kinds, limits, shares of gaps and categories are those of the table."""
    found = {column.name: column for column in about.columns}
    assert {name: column.kind for name, column in found.items()} == {
        "age": "numeric",
        "city": "categorical",
        "note": "text",
        "since": "date",
    }
    assert (found["age"].minimum, found["age"].maximum) == (mixed["age"].min(), mixed["age"].max())
    assert found["city"].categories == ("Bonn", "Kiel", "Ulm")
    assert found["city"].missing == pytest.approx(2 / 240, abs=1e-6)
    assert found["since"].minimum == mixed["since"].min().isoformat()
    assert (about.classes, about.positive, about.rows) == (("no", "yes"), "yes", 240)


def test_numbers_and_lengths_of_texts_are_cut_into_tenths(about: Signature, mixed: pd.DataFrame) -> None:
    """In rising order, over the rows that say something; dates and categories have none."""
    found = {column.name: column.deciles for column in about.columns}
    assert found["age"] == signature.tenths(mixed["age"].dropna())
    assert found["note"] == signature.tenths(mixed["note"].dropna().str.len())
    assert (found["city"], found["since"]) == (None, None)


def test_of_private_columns_no_tenths_are_told(mixed: pd.DataFrame) -> None:
    """Neither of numbers nor of texts."""
    kinds = columns.kinds_of(mixed.drop(columns=["row_id", "label"]), {})
    made = signature.describe(
        mixed, target="label", task="binary", kinds=kinds, estimator="x.Y", trusted=(), positive=None,
        private=("age", "note"),
    )  # fmt: skip
    assert [column.deciles for column in made.columns] == [None] * 4


def test_a_column_that_is_always_missing_has_no_tenths(mixed: pd.DataFrame) -> None:
    """Nor one whose texts are all empty."""
    empty = mixed.assign(age=np.nan, note="")
    kinds = columns.kinds_of(mixed.drop(columns=["row_id", "label"]), {})
    made = signature.describe(
        empty, target="label", task="binary", kinds=kinds, estimator="x.Y", trusted=(), positive=None
    )
    assert [column.deciles or () for column in made.columns] == [()] * 4


def test_a_signature_of_before_there_were_tenths_is_read(about: Signature, tmp_path: Path) -> None:
    """Its columns simply have none."""
    said = about.model_dump(exclude_none=True, mode="json")
    for column in said["columns"]:
        column.pop("deciles", None)
    (tmp_path / "signature.json").write_text(json.dumps(said))
    assert {column.deciles for column in Signature.load(tmp_path / "signature.json").columns} == {None}


def test_it_is_the_file_that_the_line_reads(about: Signature, tmp_path: Path) -> None:
    """Written and read back it is the same, and facts that do not apply are not in the file."""
    about.save(tmp_path / "signature.json")
    assert Signature.load(tmp_path / "signature.json") == about
    raw = json.loads((tmp_path / "signature.json").read_text())
    assert raw["format"] == 1
    assert set(raw["columns"][2]) == {"name", "kind", "missing", "deciles"}


@pytest.mark.parametrize(("classes", "read"), [((0, 1), (0, 1)), (("0", "x"), ("0", "x")), (None, None)])
def test_labels_keep_their_type(tmp_path: Path, classes: object, read: object) -> None:
    """1 stays a number and "1" text, through the file."""
    made = Signature(task="binary", target="y", classes=classes, estimator="x", rows=1, columns=())
    made.save(tmp_path / "s.json")
    assert Signature.load(tmp_path / "s.json").classes == read


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"format": 1, "extra": 2}', "\x00"])
def test_what_is_no_signature_is_refused(tmp_path: Path, content: str) -> None:
    """One line, with the file."""
    (tmp_path / "s.json").write_text(content)
    with pytest.raises(DataError, match="not a signature") as refusal:
        Signature.load(tmp_path / "s.json")
    assert "\n" not in str(refusal.value)
    with pytest.raises(DataError, match="run `mainline lock`"):
        Signature.load(tmp_path / "none.json")


def test_other_values_are_brought_into_form(about: Signature) -> None:
    """Rows as JSON gives them become what the model was fitted on; what cannot be read is missing."""
    rows = pd.DataFrame.from_records(
        [
            {"since": "2024-03-01", "note": "red", "city": "Ulm", "age": "33", "more": 1},
            {"since": "soon", "note": None, "city": None, "age": "old", "more": 2},
        ]
    )
    made = about.conform(rows)
    assert list(made.columns) == ["age", "city", "note", "since"]
    assert made["age"].tolist()[0] == 33.0
    assert made.iloc[1].isna().tolist() == [True, True, False, True]
    assert made["since"].dtype == "datetime64[us]"


@pytest.mark.parametrize("value", [True, 1, 1.0, "1"])
def test_a_number_is_read_in_any_type(about: Signature, value: object) -> None:
    """Truth values, integers, floats and text of one number are that number."""
    row = {"age": [value], "city": "Ulm", "note": "x", "since": "2024-01-01"}
    assert about.conform(pd.DataFrame(row))["age"].tolist() == [1.0]


def test_a_missing_column_is_named(about: Signature, mixed: pd.DataFrame) -> None:
    """With the nearest that is there."""
    with pytest.raises(DataError, match="column 'city' is missing; did you mean 'citi'"):
        about.conform(mixed.rename(columns={"city": "citi"}))


def test_only_the_commonest_categories_are_listed(mixed: pd.DataFrame) -> None:
    """The file stays readable for columns of many values."""
    many = mixed.assign(city=[f"c{i % 120:03}" for i in range(240)])
    kinds = {name: "categorical" for name in ("age", "city", "note", "since")}
    made = signature.describe(
        many, target="label", task="binary", kinds=kinds, estimator="x", trusted=(), positive="no"
    )
    assert len(made.columns[1].categories or ()) == 100
    assert made.positive == "no"
    assert np.all(np.diff([ord(each[1]) for each in made.columns[1].categories or ()]) >= 0)


def test_columns_that_ingest_leaves_out_are_known(mixed: pd.DataFrame) -> None:
    """A row of the table can be sent as it is; the model reads what it read before."""
    kinds = columns.kinds_of(mixed.drop(columns=["row_id", "label"]), {})

    def describe(*left_out: str) -> Signature:
        facts = {"target": "label", "task": "binary", "kinds": kinds, "estimator": "x", "trusted": (), "positive": None}
        return signature.describe(mixed, left_out=left_out, **facts)

    assert [column.name for column in describe("name").columns if column.kind == "ignored"] == ["name"]
    assert describe("name").features == describe().features
    assert not [column for column in describe().columns if column.kind == "ignored"]


def test_private_columns_are_columns(mixed: pd.DataFrame) -> None:
    """service.private is written down, and must name columns: a slip of the pen would publish what is private."""
    kinds = columns.kinds_of(mixed.drop(columns=["row_id", "label"]), {})

    def describe(*private: str) -> Signature:
        return signature.describe(
            mixed, target="label", task="binary", kinds=kinds, estimator="x", trusted=(), positive=None, private=private
        )

    assert describe("city").private == ("city",)
    assert describe().private is None
    with pytest.raises(ParamsError, match=r"service\.private: there is no column 'citi'.*'city'"):
        describe("citi")


def test_a_regression_knows_its_deciles(mixed: pd.DataFrame) -> None:
    """The nine values that cut the training target into tenths; classes have none."""
    numbers = mixed.assign(label=np.arange(len(mixed), dtype="float64"))
    kinds = columns.kinds_of(numbers.drop(columns=["row_id", "label"]), {})
    made = signature.describe(
        numbers, target="label", task="regression", kinds=kinds, estimator="x", trusted=(), positive=None
    )
    assert made.deciles == pytest.approx([(len(mixed) - 1) * tenth / 10 for tenth in range(1, 10)])


def test_a_typical_row_is_known_but_nobodys_words(about: Signature, mixed: pd.DataFrame) -> None:
    """The median of numbers and dates, a value that is there; the commonest category; nothing of a text."""
    typical = {column.name: column.typical for column in about.columns}
    ages = sorted(mixed["age"].dropna())
    assert typical["age"] == ages[(len(ages) - 1) // 2]
    assert typical["city"] == mixed["city"].value_counts().index[0]
    assert pd.Timestamp(typical["since"]) == mixed["since"].dropna().sort_values().iloc[(len(mixed) - 2) // 2]
    assert typical["note"] is None


def test_of_a_private_column_nothing_is_typical(mixed: pd.DataFrame) -> None:
    """It would stand on the page of the service."""
    kinds = columns.kinds_of(mixed.drop(columns=["row_id", "label"]), {})
    facts = {"target": "label", "task": "binary", "kinds": kinds, "estimator": "x", "trusted": (), "positive": None}
    made = signature.describe(mixed, private=("age", "city"), **facts)
    assert {c.name for c in made.columns if c.typical is not None} == {"since"}


def test_a_column_without_values_has_no_typical_one(mixed: pd.DataFrame) -> None:
    """Nothing but gaps, and categories that are all as common: the first one listed is taken."""
    kinds = columns.kinds_of(mixed.drop(columns=["row_id", "label"]), {})
    facts = {"target": "label", "task": "binary", "kinds": kinds, "estimator": "x", "trusted": (), "positive": None}
    odd = mixed.assign(age=np.nan, city=[f"c{i}" for i in range(len(mixed))])
    found = {c.name: c for c in signature.describe(odd, **facts).columns}
    assert found["age"].typical is None
    assert found["city"].typical in found["city"].categories


@pytest.mark.parametrize(
    ("values", "edges"),
    [
        ([0.0] * 45 + [1.0] * 55, (0.0, 1.0)),
        ([0.0] * 60 + [float(each) for each in range(1, 41)], None),
        ([0.0] * 97 + [2.0, 4.0, 6.0], None),
        ([0.0] * 99 + [1.0], (0.0, 1.0)),
        ([-0.0, 0.0, 0.0, -0.0], (0.0,)),
        ([3.0], (3.0,)),
        ([1.0, float("nan"), float("inf"), 1.0], (1.0,)),
        ([-1.7e308, 1.7e308, 0.0], None),
        ([float("nan")], ()),
    ],
)
def test_tenths_rise_where_rows_share_a_value(values: list[float], edges: tuple[float, ...] | None) -> None:
    """Each is larger than the one before and finite; one value in nearly all rows leaves those of the others."""
    made = signature.tenths(values)
    assert list(made) == sorted(set(made))
    assert np.isfinite(made).all()
    assert edges is None or made == edges
    assert len(made) > 1 or len({each for each in values if np.isfinite(each)}) < 2


def test_tenths_of_different_values_are_the_deciles() -> None:
    """Nothing changes where no two of the nine are the same."""
    values = np.random.default_rng(0).normal(size=500)
    assert signature.tenths(values) == tuple(np.quantile(values, np.arange(1, 10) / 10).tolist())


def test_a_signature_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    """It names a decile several times; what is read of it rises."""
    said = {"task": "regression", "target": "y", "estimator": "x", "rows": 9, "columns": []}
    path = tmp_path / "signature.json"
    path.write_text(json.dumps(said | {"deciles": [0.0, 0.0, -0.0, 1.5, 1.5, 2.0, 2.0, 2.0, 9.0]}))
    assert Signature.load(path).deciles == (0.0, 1.5, 2.0, 9.0)


def test_rules_for_cells_go_with_the_signature(about: Signature, tmp_path: Path) -> None:
    """Written briefly; what comes from outside is cleaned once, what the stages hand on is not."""
    rule = CellRule(missing=("?",), times=0.5)
    columns = [c.model_copy(update={"clean": rule}) if c.name == "age" else c for c in about.columns]
    ruled = about.model_copy(update={"columns": tuple(columns), "label": CellRule(case="lower")})
    ruled.save(tmp_path / "s.json")
    said = json.loads((tmp_path / "s.json").read_text())
    assert said["label"] == {"case": "lower"}
    assert [c["clean"] for c in said["columns"] if "clean" in c] == [{"missing": ["?"], "times": 0.5}]
    assert Signature.load(tmp_path / "s.json") == ruled
    rows = pd.DataFrame({"since": ["2024-03-01"] * 2, "note": "red", "city": "Ulm", "age": ["66", "?"]})
    assert ruled.read(rows)["age"].tolist()[:1] == [33.0]
    assert ruled.conform(ruled.cleaned(rows))["age"].tolist()[:1] == [33.0]
    assert ruled.conform(rows)["age"].tolist()[:1] == [66.0]
    assert ruled.read(rows)["age"].isna().tolist() == [False, True]
