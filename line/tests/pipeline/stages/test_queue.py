"""Which rows a person is asked of next."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from line.tests.pipeline.stages.test_label import vote, write
from pipeline.errors import ParamsError
from pipeline.params import Params
from pipeline.stages import queue, split
from pipeline.table import tables, votes

OUT = "queue.parquet"


@pytest.fixture
def valid(folder: Path) -> pd.DataFrame:
    """data/valid.parquet: 600 rows whose label a tree finds, 5% of them flipped, and 200 without a label."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"row_id": [f"r{n}" for n in range(800)], "x": random.normal(size=800)})
    flipped = random.random(800) < 0.05
    said = np.where((frame["x"] > 0) ^ flipped, "high", "low")
    frame["label"] = pd.Series(said, dtype="str").where(frame.index < 600)
    frame["flipped"] = flipped
    tables.write(frame.drop(columns="flipped"), tables.VALID)
    return frame.set_index("row_id")


def ask(params: Params, count: int, name: str = "anna", where: str = "") -> pd.DataFrame:
    """Run the queue."""
    queue.run(params, str(count), OUT, name, where)
    return tables.read(OUT)


def test_three_of_four_are_training_rows_and_one_is_blind(valid: pd.DataFrame, settings) -> None:
    """Unsure and doubted ones in turns, each with what is known of it; of a blind one nothing is."""
    params = settings(train={"params": {"max_depth": 2}})
    found = ask(params, 80)
    assert found["how"].tolist() == ["queue", "queue", "queue", "blind"] * 20
    asked, blind = (found[found["how"] == how] for how in ("queue", "blind"))
    assert asked["why"].value_counts().to_dict() == {"unsure": 30, "doubted": 30}
    frame = tables.read(tables.VALID)
    side = dict(zip(frame["row_id"], split.assign(frame, params), strict=True))
    assert {side[row] for row in asked["row_id"]} == {"train"}
    assert {side[row] for row in ask(params, 400).query("how == 'blind'")["row_id"]} == {"train", "dev", "sealed"}
    assert blind[["suspicion", "label", "answer"]].isna().all(axis=None)
    assert asked["answer"].isin(["high", "low"]).all()
    assert asked.query("why == 'doubted'")["label"].notna().all()
    assert asked.query("why == 'unsure'")["label"].isna().all()
    assert found.attrs["classes"] == ["high", "low"]
    assert found.attrs["left"] == 800
    assert set(found) == {"row_id", "how", "why", "suspicion", "label", "answer"}


def test_flipped_labels_come_first(valid: pd.DataFrame, settings) -> None:
    """The first that it doubts are those that are wrong."""
    found = ask(settings(train={"params": {"max_depth": 2}}), 30).query("why == 'doubted'")
    assert valid.loc[found["row_id"], "flipped"].mean() > 0.8


def test_only_rows_for_which_it_holds_are_asked_of(valid: pd.DataFrame, settings) -> None:
    """Three of four by the model and one blind, as ever, of whatever side; a tie elsewhere waits."""
    tie = str(valid.index[valid["x"] <= 0.5][0])
    write(vote(tie, "high"), vote(tie, "low", "ben"))
    params = settings(train={"params": {"max_depth": 2}})
    found = ask(params, 80, "cleo", "x > 0.5")
    assert (valid.loc[found["row_id"], "x"] > 0.5).all()
    assert found["how"].tolist() == ["queue", "queue", "queue", "blind"] * 20
    assert set(found.query("how == 'queue'")["why"]) == {"unsure", "doubted"}
    assert found.attrs["left"] == (valid["x"] > 0.5).sum()
    assert ask(params, 80, "cleo", "x <= 0.5")["row_id"][0] == tie


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("z > 0", "no column is named 'z'"),
        ("label == 'high'", "names the target"),
        ("x > 'a'", "cannot be computed"),
        ("__import__('os')", "is not allowed there"),
        ("x >", "cannot be read"),
        ("x > 1000000", "holds for none of 800 rows"),
        ("row_id == 'r1'", "no column is named 'row_id'"),
    ],
)
def test_it_is_said_why_no_rows_can_be_chosen_so(valid: pd.DataFrame, settings, where: str, said: str) -> None:
    """In one line that begins with the option."""
    with pytest.raises(ParamsError, match=f"^--where: .*{said}"):
        ask(settings(), 8, where=where)


def test_private_columns_choose_no_rows(valid: pd.DataFrame, settings) -> None:
    """Others do, beside them."""
    tables.write(tables.read(tables.VALID).assign(who="x"), tables.VALID)
    params = settings(service={"private": ["who"]})
    with pytest.raises(ParamsError, match="'who' is private"):
        ask(params, 8, where="x > 0.5 and who == 'x'")
    assert len(ask(params, 8, where="x > 0.5")) == 8


def test_nobody_is_asked_twice_and_blind_rows_are_the_same_for_all(valid: pd.DataFrame, settings) -> None:
    """So that people can be compared; a vote that was taken back is asked of again."""
    params = settings()
    blind = ask(params, 40).query("how == 'blind'")["row_id"].tolist()
    assert ask(params, 40, "ben").query("how == 'blind'")["row_id"].tolist() == blind
    write(*(vote(row, "high") for row in blind[:5]), vote(blind[0], None, at="2026-02-01T00:00:00Z"))
    again = ask(params, 40)
    assert not set(blind[1:5]) & set(again["row_id"])
    assert blind[0] in set(again["row_id"])
    assert again.attrs["left"] == 796
    assert set(blind) <= set(ask(params, 40, "ben")["row_id"])


def test_a_tie_is_first_and_blind(valid: pd.DataFrame, settings) -> None:
    """For whoever has not voted on it."""
    write(vote("r7", "high"), vote("r7", "low", "ben"))
    first = ask(settings(), 8, "cleo").iloc[0]
    assert (first["row_id"], first["how"], first["why"]) == ("r7", "blind", "tie")
    assert pd.isna(first["label"])
    assert "r7" not in set(ask(settings(), 8, "ben")["row_id"])


def test_without_labels_all_are_drawn(valid: pd.DataFrame, settings) -> None:
    """There is no model yet that could rank them."""
    tables.write(tables.read(tables.VALID).assign(label=pd.Series([None] * 800, dtype="str")), tables.VALID)
    with pytest.raises(ParamsError, match=r"labels.classes"):
        ask(settings(labels={"wanted": True}), 20)
    found = ask(settings(labels={"wanted": True, "classes": ["low", "high"]}), 20)
    assert set(found["why"]) == {"drawn"}
    assert found["how"].tolist() == ["blind"] * 20


def test_numbers_are_doubted_by_their_error(valid: pd.DataFrame, settings) -> None:
    """The row whose number is far off is the first."""
    frame = tables.read(tables.VALID).assign(label=valid["x"].to_numpy() * 2)
    params = settings(train={"estimator": "sklearn.linear_model.LinearRegression"})
    row = frame["row_id"][split.assign(frame, params) == "train"].iloc[0]
    frame.loc[frame["row_id"] == row, "label"] = 99.5
    tables.write(frame, tables.VALID)
    assert ask(params, 8)["row_id"].iloc[0] == row


def test_a_count_that_is_none_is_refused(valid: pd.DataFrame, settings) -> None:
    """In a line."""
    with pytest.raises(ParamsError, match="'many': not a count of rows"):
        queue.run(settings(), "many", OUT, "anna")


def test_the_draw_does_not_tell_the_side(valid: pd.DataFrame, settings) -> None:
    """Rows that are drawn early are on all sides, as the table has them."""
    frame = tables.read(tables.VALID)
    found, _ = queue.rank(frame, votes.read(), settings(), 400, "anna")
    blind = frame["row_id"].isin(set(found.query("how == 'blind'")["row_id"]))
    assert (split.assign(frame, settings())[blind] == "train").mean() == pytest.approx(0.5, abs=0.15)
