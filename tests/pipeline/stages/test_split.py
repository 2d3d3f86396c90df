"""Each row has a side for good."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import DataError, ParamsError
from pipeline.params import Params
from pipeline.sections import Data
from pipeline.stages import ingest, split
from pipeline.table import tables


def frame_of(rows: int, **columns: object) -> pd.DataFrame:
    """Rows with an id, a number and a label."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"row_id": [f"r{i}" for i in range(rows)], "x": random.normal(size=rows)})
    return frame.assign(label=random.choice(["a", "b"], rows), **columns)


def sides(frame: pd.DataFrame, params: Params) -> dict[str, str]:
    """The side of each row, by id."""
    return dict(zip(frame["row_id"], split.assign(frame, params), strict=True))


def test_the_shares_are_as_asked(settings) -> None:
    """Of 20,000 rows about 15% are dev and 35% sealed, by default."""
    share = split.assign(frame_of(20_000), settings()).value_counts(normalize=True)
    assert share["dev"] == pytest.approx(0.15, abs=0.01)
    assert share["sealed"] == pytest.approx(0.35, abs=0.01)
    other = split.assign(frame_of(20_000), settings(split={"dev": 0.3, "sealed": 0.1})).value_counts(normalize=True)
    assert other["dev"] == pytest.approx(0.3, abs=0.01)
    assert other["sealed"] == pytest.approx(0.1, abs=0.01)


def test_the_sealed_set_of_yesterday_is_inside_that_of_tomorrow(settings) -> None:
    """Twice as many rows: nobody changes sides, and new rows come to each."""
    frame, params = frame_of(2_000), settings(data={"id": "id"})
    before, after = sides(frame[:1_000], params), sides(frame, params)
    assert before.items() <= after.items()
    sealed = [{name for name, side in each.items() if side == "sealed"} for each in (before, after)]
    assert sealed[0] < sealed[1]


def test_a_larger_sealed_share_keeps_what_was_sealed(settings) -> None:
    """Raising split.sealed adds to the sealed set and takes nobody out."""
    frame = frame_of(1_000)
    small, large = (sides(frame, settings(split={"sealed": share})) for share in (0.2, 0.4))
    assert all(large[name] == "sealed" for name, side in small.items() if side == "sealed")


@pytest.mark.parametrize("shares", [{"dev": 0.15, "sealed": 0.28}, {"dev": 0.3, "sealed": 0.1}])
def test_a_rotation_leaves_as_many_rows_to_learn_from(settings, shares: dict[str, float]) -> None:
    """What was sealed becomes dev as far as there is room, and the rest learns; no row is ever sealed twice."""
    frame, sealed, train = frame_of(4_000), [], []
    for generation in range(3):
        now = sides(frame, settings(split={**shares, "generation": generation}))
        sealed.append({name for name, side in now.items() if side == "sealed"})
        train.append({name for name, side in now.items() if side == "train"})
        dev = {name for name, side in now.items() if side == "dev"}
        if generation:
            assert sealed[generation] <= train[generation - 1]
            kept = sealed[generation - 1] if shares["dev"] > shares["sealed"] else dev
            assert kept <= dev <= sealed[generation - 1] or kept <= dev
            assert dev & sealed[generation - 1]
    assert len(sealed[0] | sealed[1] | sealed[2]) == sum(map(len, sealed))
    assert {round(len(each) / len(train[0]), 1) for each in train} == {1.0}


def test_another_salt_is_another_split(settings) -> None:
    """The salt decides, so that a project can draw anew."""
    frame = frame_of(200)
    assert sides(frame, settings()) != sides(frame, settings(split={"salt": "other"}))


def test_rows_with_the_same_content_stay_together(settings) -> None:
    """Without ids, a row that stands twice is not in train and in sealed."""
    data = Data(source="x", target="label")
    frame = pd.DataFrame({"x": list(range(200)) * 3, "label": [0, 1] * 300})
    side = split.assign(ingest.tidy(frame, data), settings())
    assert (side.groupby(frame["x"]).nunique() == 1).all()
    assert side.nunique() == 3


def test_groups_stay_together(settings) -> None:
    """All rows of a user are on one side, as numbers with gaps in their type or as text."""
    users = np.arange(600) % 50
    params = settings(data={"id": "id"}, split={"group": "user"})
    side = split.assign(frame_of(600, user=users), params)
    assert (side.groupby(users).nunique() == 1).all()
    assert side.nunique() == 3
    for same in (users.astype("float64"), users.astype(str)):
        assert split.assign(frame_of(600, user=same), params).equals(side)


@pytest.mark.parametrize(
    ("moments", "cut"),
    [
        (pd.date_range("2024-01-01", periods=400), "2024-10-07"),
        (pd.date_range("2024-01-01", periods=400), "2024-10-07T00:00:00Z"),
        (np.arange(400), 280),
        (np.arange(400), "280"),
    ],
)
def test_only_rows_after_the_cut_are_tested_on(settings, moments: object, cut: object) -> None:
    """Before the cut everything is for training; after it, the hash decides."""
    side = split.assign(frame_of(400, when=moments), settings(split={"time": "when", "cut": cut}))
    assert set(side[:280]) == {"train"}
    assert set(side[280:]) == {"train", "dev", "sealed"}


def test_a_row_of_no_known_moment_is_for_training(settings) -> None:
    """What may have happened before the cut is not tested on."""
    when = pd.Series(pd.date_range("2024-01-01", periods=400)).where(lambda moments: moments.index % 2 == 0)
    side = split.assign(frame_of(400, when=when), settings(split={"time": "when", "cut": "2020-01-01"}))
    assert set(side[when.isna()]) == {"train"}
    assert side[when.notna()].nunique() == 3


def test_a_group_that_began_before_the_cut_is_for_training(settings) -> None:
    """A user seen before the cut stays in training with all rows."""
    frame = frame_of(400, user=np.arange(400) % 40, when=np.arange(400))
    side = split.assign(frame, settings(split={"group": "user", "time": "when", "cut": 20}))
    assert set(side[frame["user"] < 20]) == {"train"}
    assert side[frame["user"] >= 20].nunique() == 3


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"group": "usr"}, ParamsError, "split.group: the table has no column 'usr'; did you mean 'user'?"),
        ({"time": "whn", "cut": 1}, ParamsError, "split.time: the table has no column 'whn'; did you mean 'when'?"),
        ({"time": "label", "cut": 1}, ParamsError, "split.time: 'label' holds text"),
        ({"time": "when", "cut": "soon"}, ParamsError, "'soon' is not a date such as 2024-01-31"),
        ({"time": "x", "cut": "soon"}, ParamsError, "'x' holds numbers, and 'soon' is none"),
        ({"group": "gaps"}, DataError, "'gaps' is blank in 399 rows"),
    ],
)
def test_a_split_that_cannot_be_made_is_refused(settings, options, error: type[Exception], said: str) -> None:
    """Columns that are not there or do not fit are named."""
    when = pd.date_range("2024-01-01", periods=400)
    frame = frame_of(400, user=1, when=when, gaps=[1.0] + [None] * 399)
    with pytest.raises(error) as refusal:
        split.assign(frame, settings(split=options))
    assert said in str(refusal.value)


@pytest.fixture
def done(folder: Path, settings) -> dict[str, pd.DataFrame]:
    """The four tables of a split with own ids, in which every tenth row is a copy of the first."""
    frame = frame_of(600)
    frame.loc[::10, "x"] = 0.5
    tables.write(frame, tables.LABELLED)
    split.run(settings(data={"id": "id"}))
    names = ("train", "dev", "sealed/features", "sealed/labels")
    return {name: tables.read(f"data/{name}.parquet") for name in names}


def test_each_set_has_its_columns(done: dict[str, pd.DataFrame]) -> None:
    """Sealed features never hold the target; sealed labels hold nothing else."""
    assert list(done["sealed/features"].columns) == ["row_id", "x"]
    assert list(done["sealed/labels"].columns) == ["row_id", "label"]
    assert list(done["train"].columns) == list(done["dev"].columns) == ["row_id", "x", "label"]
    assert done["sealed/features"]["row_id"].equals(done["sealed/labels"]["row_id"])


def test_the_sets_share_no_row(done: dict[str, pd.DataFrame]) -> None:
    """Each id is in one set, and every sealed row is kept."""
    ids = [set(done[name]["row_id"]) for name in ("train", "dev", "sealed/features")]
    assert len(set.union(*ids)) == sum(map(len, ids))


def test_copies_of_later_rows_are_left_out(done: dict[str, pd.DataFrame]) -> None:
    """What is sealed under another id is in neither train nor dev, and stays sealed."""
    assert 0.5 in set(done["sealed/features"]["x"])
    assert 0.5 not in set(done["train"]["x"]) | set(done["dev"]["x"])
    assert sum(map(len, done.values())) - len(done["sealed/labels"]) < 600


@pytest.mark.parametrize(
    ("frame", "options", "said"),
    [
        (frame_of(60), {"dev": 0.05}, "rows fall into 'dev'; bring more data"),
        (frame_of(600).assign(label=["a"] * 599 + ["b"]), {}, "'label' takes one value in the training rows"),
    ],
)
def test_sets_too_small_to_use_are_refused(folder: Path, settings, frame: pd.DataFrame, options, said: str) -> None:
    """Nothing is written where a set would be worth nothing."""
    if "takes one" in said:
        lone = split.assign(frame, settings(data={"id": "id"}, split=options)) != "train"
        frame["label"] = np.where(np.arange(600) == int(np.argmax(lone)), "b", "a")
    tables.write(frame, tables.LABELLED)
    with pytest.raises(DataError, match=said):
        split.run(settings(data={"id": "id"}, split=options))
    assert not Path("data/train.parquet").exists()
