"""What production brought is read, given its side, and looked at before it is taken."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline import __main__ as program
from pipeline.errors import DataError, ParamsError
from pipeline.params import Params
from pipeline.stages import clean, ingest, label, split, stream, train, validate
from pipeline.table import tables

KEYS = [f"{n:032x}" for n in range(400)]
RULES = {"age": {"maximum": 120}}


def rows(ids: list[str], label: str = "a", **columns: object) -> pd.DataFrame:
    """Parsed rows with an id, a number of their own and a label."""
    frame = pd.DataFrame({"row_id": pd.Series(ids, dtype="str"), "x": np.arange(len(ids)) / 7})
    return frame.assign(label=label, **columns)


def sides(frame: pd.DataFrame, params: Params) -> dict[str, str]:
    """The side of each row, by id."""
    return dict(zip(frame["row_id"], split.assign(frame, params), strict=True))


def test_what_may_be_learnt_from_is_never_sealed(settings) -> None:
    """In the dev window it is a dev row, as a row of the source with that key would be, else a training row."""
    of_source, found = sides(rows(KEYS), settings()), sides(rows([f"stream:{key}" for key in KEYS]), settings())
    expected = {"dev": "dev", "train": "train", "sealed": "train"}
    assert found == {f"stream:{key}": expected[side] for key, side in of_source.items()}
    assert set(of_source.values()) == {"train", "dev", "sealed"}


def test_what_has_judged_is_a_dev_row(settings) -> None:
    """Wherever its hash falls, whichever generation it is."""
    for generation in (0, 1):
        params = settings(split={"generation": generation})
        assert set(sides(rows([f"asked:{n % 3}:{key}" for n, key in enumerate(KEYS)]), params).values()) == {"dev"}


def test_a_sealed_set_of_production_is_alone(settings) -> None:
    """While it holds, what else would be sealed is for training; under another salt all are as their hash has it."""
    own = [f"sealed:two:{key}" for key in KEYS[:50]]
    frame = rows([*own, *KEYS[50:]])
    found = sides(frame, settings(split={"salt": "two"}))
    assert {found[each] for each in own} == {"sealed"}
    assert {found[each] for each in KEYS[50:]} == {"train", "dev"}
    later = sides(frame, settings(split={"salt": "three"}))
    assert {later[each] for each in own} == {"train", "dev"}
    assert {later[each] for each in KEYS[50:]} == {"train", "dev", "sealed"}


def test_rows_of_a_group_stay_together(settings) -> None:
    """Production's learn with the source's of the same group, or are dev rows with them."""
    frame = rows([*KEYS[:200], *(f"stream:{key}" for key in KEYS[200:])], user=np.arange(400) % 40)
    side = split.assign(frame, settings(split={"group": "user"}))
    for _, of_user in side.groupby(frame["user"]):
        assert set(of_user) in ({"train"}, {"dev"}, {"sealed", "train"})


def test_no_rule_asks_production_for_what_it_does_not_record(settings) -> None:
    """A column that the model does not read is in no record, and is not missing there; in the source it is."""
    rules = settings(validate={"rules": {"note": {"required": True}, "x": {"required": True}}})
    source = rows(KEYS[:60], note="n")
    both = pd.concat([source, rows([f"stream:{key}" for key in KEYS[60:63]])], ignore_index=True)
    assert len(validate.check(both, rules)[1]) == 0
    both.loc[0, "note"] = both.loc[61, "x"] = None
    assert validate.check(both, rules)[1][tables.REASON].tolist() == ["note: missing", "x: missing"]
    assert len(validate.check(both, rules, untold=())[1]) == 4


def test_a_row_that_both_tell_counts_once() -> None:
    """What may be learnt from is the source's; what judges, or is sealed, is not. Blanks of production tell nothing."""
    source = pd.DataFrame({"row_id": ["a", "b", "c", "d"], "x": [1.0, 2.0, 3.0, 4.0], "note": "n", "label": 0})
    brought = pd.DataFrame(
        {
            "row_id": ["stream:k", "asked:1:b", "sealed:s:l", "stream:m"],
            "x": [1.0, 9.0, 3.0, 8.0],
            "note": None,
            "label": 1,
        }
    )
    frame = pd.concat([source, brought], ignore_index=True)
    assert split.twice(frame, "label").tolist() == [False, True, True, False, True, False, False, False]
    assert not split.twice(source, "label").any()


def test_a_row_from_before_a_column_was_a_feature_is_still_the_sources() -> None:
    """It is compared by what it tells, beside rows that tell more; where two of the source fit, it is no copy."""
    source = pd.DataFrame({"row_id": list("abcde"), "x": [1.0, 2.0, 3.0, 3.0, None], "new": [5.0, 6.0, 7.0, 8.0, 9.0]})
    brought = pd.DataFrame(
        {
            "row_id": ["stream:k", "asked:1:l", "stream:m", "asked:1:n", "stream:o", "stream:p"],
            "x": [1.0, 2.0, 3.0, 3.0, 4.0, None],
            "new": [None, None, None, 8.0, None, 9.0],
        }
    )
    frame = pd.concat([source, brought], ignore_index=True).assign(label=0)
    out = set(frame["row_id"][split.twice(frame, "label")])
    assert out == {"stream:k", "b", "d", "stream:p"}


def test_rows_that_tell_nothing_are_nobodys_copy() -> None:
    """Whatever the source has."""
    source = pd.DataFrame({"row_id": list("ab"), "x": [1.0, 2.0], "y": [1.0, 2.0]})
    brought = pd.DataFrame({"row_id": ["asked:1:k", "stream:l"], "x": [None, 3.0], "y": [None, None]})
    frame = pd.concat([source, brought], ignore_index=True).assign(label=0)
    assert not split.twice(frame, "label").any()


@pytest.fixture
def built(folder: Path, settings, mixed: pd.DataFrame) -> Params:
    """A source of text with dates in a form of its own, and all that the stages up to train make of it."""
    frame = mixed.assign(since=mixed["since"].dt.strftime("%d/%m/%Y"), zip="z")
    frame.drop(columns="row_id").to_csv("table.csv", index=False)
    params = settings(data={"kinds": {"since": "date"}}, validate={"rules": RULES}, service={"private": []})
    _build(params)
    return params


def _build(params: Params) -> None:
    for stage in (ingest, clean, validate, label, split, train):
        stage.run(params)


def brought(count: int = 60, **changed: object) -> pd.DataFrame:
    """Rows as the records give them: numbers as float64, dates as ISO text."""
    random = np.random.default_rng(5)
    frame = pd.DataFrame({"row_id": [f"stream:{key}" for key in KEYS[:count]], "age": random.uniform(20, 80, count)})
    frame = frame.assign(city="Ulm", note="red car of mine", since="2024-12-01T10:00:00.000000", label="yes")
    return frame.assign(_day="2026-03-01", **changed)


def test_the_stages_read_what_production_brought(built: Params, capsys: pytest.CaptureFixture[str]) -> None:
    """Its rows are parsed as the source's, in whatever form that writes its dates, and are told in one line."""
    before = tables.read("data/raw.parquet")
    tables.write(brought(), "data/stream/rows.parquet")
    capsys.readouterr()
    _build(built)
    said = capsys.readouterr().out
    assert "ingest: 240 rows, 6 columns from table.csv, and 60 rows that production brought\n" in said
    assert "column 'since': dates are read as %d/%m/%Y" in said
    assert tables.read("data/raw.parquet")[:240].equals(before)
    valid = tables.read("data/valid.parquet").set_index("row_id")
    assert valid.loc[f"stream:{KEYS[0]}", "since"] == pd.Timestamp("2024-12-01 10:00")
    assert valid.loc[f"stream:{KEYS[0]}", "age"] == brought()["age"][0]
    assert len(valid) == 300
    assert any(tables.read("data/train.parquet")["row_id"].str.startswith("stream:"))
    assert not any(tables.read("data/sealed/features.parquet")["row_id"].str.startswith("stream:"))


def test_a_slice_is_of_the_source_alone(folder: Path, settings, mixed: pd.DataFrame) -> None:
    """data.rows leaves production's rows as they are."""
    mixed.drop(columns="row_id").to_csv("table.csv", index=False)
    tables.write(brought(5), "data/stream/rows.parquet")
    ingest.run(settings(data={"rows": ":10"}))
    assert len(tables.read("data/raw.parquet")) == 15


def test_an_id_of_the_source_must_not_look_like_one_of_production(settings) -> None:
    """Or its row would be on another side than its hash says."""
    with pytest.raises(DataError, match="'asked:1:x' begins as the ids"):
        ingest.tidy(pd.DataFrame({"id": ["a", "asked:1:x"], "x": 1, "label": 0}), settings(data={"id": "id"}).data)


def looked_at(params: Params, candidates: pd.DataFrame) -> pd.DataFrame:
    """What the command says of candidates."""
    tables.write(candidates, "in.parquet")
    stream.run(params, "in.parquet", "out.parquet")
    return tables.read("out.parquet")


def test_candidates_are_told_apart(built: Params, capsys: pytest.CaptureFixture[str]) -> None:
    """A known row, one that stands twice, one that breaks a rule, one without a label; the others come parsed."""
    valid = tables.read("data/valid.parquet")
    frame = brought(8)
    frame.loc[0, ["age", "city", "note"]] = valid.loc[20, ["age", "city", "note"]].tolist()
    frame.loc[0, "since"] = valid.loc[20, "since"].isoformat()
    frame.loc[2] = frame.loc[1]
    frame.loc[2, "row_id"] = "stream:other"
    frame.loc[3, "age"] = 130.0
    frame.loc[4, "since"] = "soon"
    frame.loc[5, "city"] = None
    frame.loc[6, "label"] = None
    capsys.readouterr()
    out = looked_at(built, frame)
    assert out["why"].tolist() == [
        "known already", "", "known already", "age: above 120", "since: not what the column holds", "",
        "label: no label", "",
    ]  # fmt: skip
    assert list(out.columns) == ["row_id", "age", "city", "note", "since", "label", "_day", "why"]
    assert out.loc[1, "since"] == pd.Timestamp("2024-12-01 10:00")
    assert out["age"].notna().tolist() == (out["why"] == "").tolist()
    assert out["row_id"].equals(frame["row_id"].astype("str"))
    assert capsys.readouterr().out == (
        "stream: not in the records, left blank: zip\nstream: 8 rows: 3 fit, 2 known already, 3 break a rule\n"
    )


def test_no_candidates_are_none(built: Params) -> None:
    """An empty table is answered with one."""
    assert looked_at(built, brought(0)).shape == (0, 8)


@pytest.mark.parametrize("name", ["rows", "waiting"])
def test_what_was_taken_before_is_known(built: Params, name: str) -> None:
    """By its key, whatever it was for, and by its content; what is fit can be taken as it is told."""
    taken = looked_at(built, brought(10)).drop(columns="why")
    taken["row_id"] = taken["row_id"].str.replace("stream:", "asked:1:")
    tables.write(taken, f"data/stream/{name}.parquet")
    again = pd.concat([brought(12), brought(10, row_id=[f"stream:x{n}" for n in range(10)])], ignore_index=True)
    assert looked_at(built, again)["why"].tolist() == [*["known already"] * 10, "", "", *["known already"] * 10]
    _build(built)
    assert looked_at(built, again)["why"].value_counts().to_dict() == {"known already": 20, "": 2}


def test_a_row_that_waits_is_known_once_the_source_has_brought_it(built: Params, settings) -> None:
    """It can be asked about again, and is fit until then; without a word on what the model reads only now."""
    waiting = looked_at(built, brought(10).assign(since="2024-12-01T00:00:00.000000")).drop(columns="why")
    tables.write(waiting, "data/stream/waiting.parquet")
    assert looked_at(built, waiting)["why"].tolist() == [""] * 10
    source = pd.read_csv("table.csv", dtype=str)
    came = waiting[:4].drop(columns=["row_id", "_day"]).assign(since="01/12/2024", zip="z")
    pd.concat([source, came.astype("str")]).to_csv("table.csv", index=False)
    ingest.run(built)
    clean.run(built)
    assert looked_at(built, waiting)["why"].tolist() == [*["known already"] * 4, *[""] * 6]
    private = settings(data={"kinds": {"since": "date"}}, service={"private": ["city"]})
    assert looked_at(private, waiting.drop(columns="city"))["why"].tolist()[4:] == [""] * 6


def test_labels_that_are_whole_numbers_stay_so(folder: Path, settings, numbers: pd.DataFrame) -> None:
    """Beside rows that are not fit, too."""
    frame = numbers.assign(label=np.arange(200) % 3, a=np.arange(200) * 1.0)
    frame.drop(columns="row_id").to_csv("table.csv", index=False)
    params = settings(validate={"rules": {"a": {"maximum": 1000}}})
    _build(params)
    more = pd.DataFrame({"row_id": ["stream:1", "stream:2"], "a": [500.5, 5000.0], "b": 1.0, "label": 2, "_day": "d"})
    assert looked_at(params, more)["label"].isna().tolist() == [False, True]
    assert tables.read("out.parquet")["label"][0] == 2


@pytest.mark.parametrize(
    ("options", "dropped", "error", "said"),
    [
        ({"service": {"private": ["city"]}}, "city", ParamsError, "service.private: 'city' is kept out of the records"),
        ({}, "age", ParamsError, "column 'age', which the model reads, is not in the records"),
        ({"split": {"group": "zip"}}, "", ParamsError, "split.group: 'zip' is not in the records"),
        ({}, "label", DataError, "in.parquet: rows without 'label'"),
        ({}, "_day", DataError, "in.parquet: rows without '_day'"),
    ],
)
def test_candidates_that_lack_a_column_are_refused(
    built: Params, settings, options: dict[str, object], dropped: str, error: type[Exception], said: str
) -> None:
    """The column is named, and nothing is written."""
    params = settings(data={"kinds": {"since": "date"}}, **options)
    with pytest.raises(error, match=said):
        looked_at(params, brought(5).drop(columns=[dropped] if dropped else []))
    assert not Path("out.parquet").exists()


def test_the_command_says_a_fault_in_a_line(built: Params, capsys: pytest.CaptureFixture[str]) -> None:
    """With 2 where a column is lacking that the model reads, with 1 where the file is."""
    Path("params.yaml").write_text("data: {source: table.csv, target: label}\ntrain: {estimator: a.B}\n")
    tables.write(brought(5).drop(columns="age"), "in.parquet")
    assert program.main(["stream", "in.parquet", "out.parquet"]) == 2
    assert program.main(["stream", "gone.parquet", "out.parquet"]) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("ERROR: stream in.parquet out.parquet: column 'age', which the model reads")
    assert "gone.parquet: not here" in second
