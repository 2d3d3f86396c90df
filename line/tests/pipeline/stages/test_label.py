"""What people say of rows becomes their labels."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from pipeline.errors import DataError, ParamsError
from pipeline.params import Params
from pipeline.stages import label, split, validate
from pipeline.table import tables

AT = "2026-01-01T00:00:00Z"
ROWS = 120


def vote(row: str, said: Any, by: str = "anna", at: str = AT, how: str = "blind") -> dict[str, Any]:
    """A line of labels/."""
    return {"row": row, "label": said, "by": by, "at": at, "how": how, "seen": None}


def write(*votes: dict[str, Any]) -> None:
    """Put votes into their files."""
    for each in votes:
        by = each["by"]
        path = Path("labels", f"rules/{by[5:]}.jsonl" if by.startswith("rule:") else f"{by}.jsonl")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as stream:
            stream.write(json.dumps(each) + "\n")


@pytest.fixture
def valid(folder: Path) -> pd.DataFrame:
    """data/valid.parquet: 120 rows, half of them yes."""
    frame = pd.DataFrame({"row_id": [f"r{n}" for n in range(ROWS)], "x": np.arange(ROWS, dtype="float64")})
    frame["label"] = pd.Series(["yes", "no"] * (ROWS // 2), dtype="str")
    tables.write(frame, tables.VALID)
    return frame


def labels(params: Params) -> dict[str, Any]:
    """Run the stage; the label of each row that has one."""
    label.run(params)
    frame = tables.read(tables.LABELLED)
    assert len(frame) + len(tables.read(tables.UNLABELLED)) == ROWS
    return dict(zip(frame["row_id"], frame["label"], strict=True))


def figures() -> dict[str, Any]:
    """metrics/labels.json."""
    return json.loads(label.METRICS.read_text())


def on(side: str, frame: pd.DataFrame, params: Params) -> list[str]:
    """The ids of a side's rows."""
    return frame["row_id"][split.assign(frame, params) == side].tolist()


def test_votes_count_however_the_positive_class_is_said(valid: pd.DataFrame, settings) -> None:
    """As the table says it, before clean has lower case: so may a vote, and what is no class is none yet."""
    rules = {"label": {"case": "lower"}}
    write(vote("r0", "NO"))
    assert labels(settings(data={"positive": "NO"}, clean={"columns": rules}))["r0"] == "no"
    with pytest.raises(DataError, match=r"anna\.jsonl, line 1: .*'NO'"):
        labels(settings())


def test_without_votes_the_sources_labels_stand_to_the_byte(valid: pd.DataFrame, settings) -> None:
    """And nothing is said of people."""
    assert labels(settings()) == dict(zip(valid["row_id"], valid["label"], strict=True))
    assert Path(tables.LABELLED).read_bytes() == Path(tables.VALID).read_bytes()
    assert pq.read_schema(tables.UNLABELLED).equals(pq.read_schema(tables.VALID))
    assert figures() == {
        "rows": ROWS, "labelled": ROWS, "unlabelled": 0, "people": {}, "agreement": None, "human": None
    }  # fmt: skip


def test_the_last_vote_of_each_counts_and_most_decide(valid: pd.DataFrame, settings) -> None:
    """By time, not by line; null takes a vote back; two against one."""
    write(
        vote("r0", "yes", at="2026-01-02T00:00:00Z"),
        vote("r0", "no", at="2026-01-03T01:00:00+02:00"),
        vote("r0", "yes", at="2026-01-02T22:00:00Z"),
        vote("r2", "no"),
        vote("r2", None, at="2026-01-02T00:00:00Z"),
        *(vote("r4", said, by) for by, said in (("anna", "no"), ("ben", "no"), ("cleo", "yes"))),
    )
    found = labels(settings())
    assert [found[row] for row in ("r0", "r2", "r4")] == ["no", "yes", "no"]
    assert figures()["people"]["anna"]["votes"] == 3


def test_a_tie_waits_and_an_arbiter_ends_it(valid: pd.DataFrame, settings) -> None:
    """As many say one as another: the row has no label, whatever the source said."""
    write(vote("r0", "yes"), vote("r0", "no", "ben"))
    assert "r0" not in labels(settings())
    assert figures()["ties"] == 1
    assert labels(settings(labels={"arbiter": "ben"}))["r0"] == "no"
    assert figures()["ties"] == 0


def test_what_the_model_was_in_sight_of_counts_on_training_rows_alone(valid: pd.DataFrame, settings) -> None:
    """The model must not choose its own tests: of dev and sealed rows only blind votes count."""
    params = settings()
    rows = {side: on(side, valid, params)[0] for side in ("train", "dev", "sealed")}
    other = {row: {"yes": "no", "no": "yes"}[valid.set_index("row_id")["label"][row]] for row in rows.values()}
    write(*(vote(row, said, how="queue") for row, said in other.items()))
    before = dict(zip(valid["row_id"], valid["label"], strict=True))
    assert labels(params) == before | {rows["train"]: other[rows["train"]]}
    assert figures()["in_sight"] == 2
    write(*(vote(row, said, "ben") for row, said in other.items()))
    assert labels(params) == before | other


def test_a_rule_is_below_any_person_and_speaks_of_training_rows(valid: pd.DataFrame, settings) -> None:
    """It labels rows that nobody does, and the source neither."""
    params = settings(labels={"wanted": True})
    first, second, third = on("train", valid, params)[:3]
    sealed = on("sealed", valid, params)[0]
    valid.loc[valid["row_id"].isin([first, second, sealed]), "label"] = None
    tables.write(valid, tables.VALID)
    write(*(vote(row, "no", "rule:short") for row in (first, second, third, sealed)), vote(second, "yes"))
    found = labels(params)
    kept = valid.set_index("row_id")["label"][third]
    assert {row: found.get(row) for row in (first, second, third)} == {first: "no", second: "yes", third: kept}
    assert sealed not in found


def test_numbers_are_labelled_by_the_median(valid: pd.DataFrame, settings) -> None:
    """Of 1, 2.5 and 9 it is 2.5."""
    tables.write(valid.assign(label=np.linspace(0.5, 7, ROWS)), tables.VALID)
    write(vote("r0", 1, "anna"), vote("r0", "2.5", "ben"), vote("r0", 9, "cleo"))
    assert labels(settings())["r0"] == 2.5
    write(vote("r1", "many"))
    with pytest.raises(DataError, match=r"anna.jsonl, line 2: 'many' is no label here; the target holds numbers"):
        label.run(settings())


def test_an_unlabelled_table_gets_its_first_labels_by_people(valid: pd.DataFrame, settings) -> None:
    """Of the classes that params.yaml names; until there are enough for a model, it is said how many lack."""
    tables.write(valid.assign(label=pd.Series([None] * ROWS, dtype="str")), tables.VALID)
    write(*(vote(f"r{n}", n % 2) for n in range(110)))
    with pytest.raises(ParamsError, match=r"labels.classes: nothing says which labels there are.*classes: \["):
        label.run(settings(labels={"wanted": True}))
    found = labels(settings(labels={"wanted": True, "classes": [0, 1]}))
    assert found == {f"r{n}": n % 2 for n in range(110)}
    assert figures()["unlabelled"] == 10
    Path("labels/anna.jsonl").write_text(json.dumps(vote("r0", 1)) + "\n")
    with pytest.raises(
        DataError, match=r"1 of 120 rows have a label, and . of them fall into .*needs 10: `mainline label`"
    ):
        label.run(settings(labels={"wanted": True, "classes": [0, 1]}))


def test_a_class_that_is_new_is_stated_first(valid: pd.DataFrame, settings) -> None:
    """A typing error is no new class; labels.classes adds one."""
    write(vote("r0", "yes"), vote("r1", "nö"))
    with pytest.raises(
        DataError, match=r"labels/anna.jsonl, line 2: 'nö' is no label here.*labels: \{classes: \[nö\]\}"
    ):
        label.run(settings())
    assert labels(settings(labels={"classes": ["nö"]}))["r1"] == "nö"
    write(vote("r1", "no", at="2026-01-02T00:00:00Z"))
    assert labels(settings())["r1"] == "no"


def test_votes_on_rows_that_are_gone_are_counted(valid: pd.DataFrame, settings, capsys) -> None:
    """A row may leave the table, and votes are kept."""
    write(vote("gone", "yes"))
    labels(settings())
    assert "1 votes are on rows that are not in the table" in capsys.readouterr().out
    assert figures()["gone"] == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "not JSON"),
        ("[1]", "not an object"),
        (json.dumps(vote("r0", "yes") | {"why": 1}), "no such key: 'why'"),
        (json.dumps({"row": "r0", "label": "yes"}), "lacks 'by'"),
        (json.dumps(vote("r0", "yes", by="ben")), "by is 'ben', and the file is anna's"),
        (json.dumps(vote("", "yes")), "row: must be"),
        (json.dumps(vote("r0", [1])), "label: must be"),
        (json.dumps(vote("r0", float("nan"))), "label: must be"),
        (json.dumps(vote("r0", "yes", at="yesterday")), "at: no time"),
        (json.dumps(vote("r0", "yes", at="2026-01-01T00:00:00")), "at: no time"),
        (json.dumps(vote("r0", "yes", how="aloud")), "how: must be one of queue, blind, import"),
        (json.dumps(vote("r" * 10_000, "yes")), "over 10,000 characters"),
    ],
    ids=["json", "object", "key", "absent", "by", "row", "label", "nan", "time", "zone", "how", "long"],
)
def test_a_line_that_is_no_vote_is_named(valid: pd.DataFrame, settings, line: str, said: str) -> None:
    """With its file and its number; nothing is written."""
    Path("labels").mkdir()
    Path("labels/anna.jsonl").write_text(json.dumps(vote("r1", "no")) + f"\n\n{line}\n")
    with pytest.raises(DataError, match=f"labels/anna.jsonl, line 3: {said}"):
        label.run(settings())
    assert not Path(tables.LABELLED).exists()


def test_a_file_that_names_nobody_is_refused(valid: pd.DataFrame, settings) -> None:
    """Two files that differ by a capital are one on some machines."""
    Path("labels").mkdir()
    Path("labels/Anna.jsonl").write_text("")
    with pytest.raises(DataError, match=r"labels/Anna.jsonl: names nobody"):
        label.run(settings())


def test_agreement_is_never_of_sealed_rows(valid: pd.DataFrame, settings) -> None:
    """What two say of train and dev rows is figured; what they say of sealed ones changes nothing of it."""
    params = settings()
    known = valid.set_index("row_id")["label"]
    open_rows = on("train", valid, params) + on("dev", valid, params)
    for n, row in enumerate(open_rows):
        write(vote(row, known[row]), vote(row, "yes" if n % 10 == 0 else known[row], "ben"))
    labels(params)
    before = figures()
    assert before["agreement"]["rows"] == before["human"]["rows"] == len(open_rows)
    assert 0.85 < before["human"]["low"] < before["human"]["accuracy"] < before["human"]["high"] <= 1
    assert before["people"]["anna"]["accuracy"] == before["human"]["accuracy"]
    for row in on("sealed", valid, params)[:20]:
        write(vote(row, "yes"), vote(row, "no", "ben"))
    labels(params)
    assert {key: figures()[key] for key in ("agreement", "human")} == {
        key: before[key] for key in ("agreement", "human")
    }


def test_rows_without_a_label_wait_where_labels_are_wanted(settings) -> None:
    """Else they go to quarantine, as ever."""
    raw = pd.DataFrame({"row_id": [f"r{n}" for n in range(60)], "x": [str(n % 7) for n in range(60)]}, dtype="str")
    raw["label"] = pd.Series([None] * 30 + ["yes", "no"] * 15, dtype="str")
    for wanted, count in ((True, 60), (False, 30)):
        fit, quarantine = validate.check(raw, settings(labels={"wanted": wanted}))
        assert (len(fit), len(quarantine)) == (count, 60 - count)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (json.dumps(vote("r0", "yes")).replace("r0", "caf\xe9").encode("latin-1"), "line 1: not UTF-8"),
        (json.dumps(vote("r0", "\ud800")).encode(), "line 1: label: must be text"),
        (json.dumps(vote("r0", "y\0")).encode(), "line 1: label: must be text"),
        (json.dumps(vote("\ud800", "yes")).encode(), "line 1: row: must be"),
    ],
    ids=["latin", "half", "nul", "row"],
)
def test_what_no_text_can_hold_is_no_vote(valid: pd.DataFrame, settings, content: bytes, why: str) -> None:
    """As `mainline label` says it, too."""
    Path("labels").mkdir(exist_ok=True)
    Path("labels/anna.jsonl").write_bytes(content)
    with pytest.raises(DataError, match=why):
        label.run(settings())


@pytest.mark.parametrize("kind", ["folder", "link", "below"])
def test_no_file_of_votes_is_passed_over(valid: pd.DataFrame, settings, tmp_path: Path, kind: str) -> None:
    """What is no plain file, or lies where nobody looks, is refused by name."""
    path = Path("labels/2026/anna.jsonl" if kind == "below" else "labels/anna.jsonl")
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to(tmp_path / "nowhere")
    else:
        path.write_text(json.dumps(vote("r0", "yes")))
    with pytest.raises(DataError, match=r"votes are read from labels/NAME" if kind == "below" else "no plain file"):
        label.run(settings())


def test_votes_follow_a_class_that_is_renamed(valid: pd.DataFrame, settings) -> None:
    """As lines are never edited, clean's word for the target is theirs, too; without it, the refusal says so."""
    write(vote("r0", "nope"), vote("r2", "no", "ben"))
    with pytest.raises(DataError, match=r"'nope' is no label here.*; renamed: clean: \{columns: \{label: \{replace: "):
        label.run(settings())
    found = labels(settings(clean={"columns": {"label": {"replace": {"nope": "no"}}}}))
    assert [found[row] for row in ("r0", "r1", "r2")] == ["no", "no", "no"]
