"""How training rows are shared out, to ask a model of those that it has not seen."""

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import ParamsError
from pipeline.model import fitting, folds
from tests.pipeline.conftest import Settings


def table(labels: str, ids: list[str] | None = None) -> pd.DataFrame:
    """A row a letter."""
    rows = len(labels)
    frame = pd.DataFrame({"row_id": ids or [f"r{n}" for n in range(rows)], "x": np.arange(rows) / 3.0})
    return frame.assign(label=pd.Series(list(labels), dtype="str"))


def test_each_row_is_held_out_once(mixed: pd.DataFrame, settings: Settings) -> None:
    """And never by a model that has learnt it."""
    shared = folds.of(mixed, settings(), fitting.describe(mixed, settings()))
    assert np.array_equal(np.sort(np.concatenate([each.held for each in shared])), np.arange(240))
    assert all(not np.intersect1d(*each).size and len(np.union1d(*each)) == 240 for each in shared)


@pytest.mark.parametrize(("named", "together"), [({}, True), ({"id": "row_id"}, False)])
def test_rows_of_one_content_stay_together(settings: Settings, named: dict[str, str], together: bool) -> None:
    """As split keeps them: their ids differ in what follows #; where a column names rows, each is its own."""
    frame = table("ab" * 40, [f"{n // 4}#{n % 4}" for n in range(80)])
    params = settings(data=named)
    shared = folds.of(frame, params, fitting.describe(frame, params))
    keys = frame["row_id"].str.partition("#")[0].to_numpy()
    assert all(not np.intersect1d(keys[each.learnt], keys[each.held]).size for each in shared) == together


def test_with_a_time_what_is_held_out_is_later(settings: Settings) -> None:
    """And of no group that was learnt from; a row of unknown time is learnt from."""
    frame = table("ab" * 30).assign(at=[float(n * 7 % 60) for n in range(60)], who=[str(n % 17) for n in range(60)])
    frame.loc[5, "at"] = np.nan
    params = settings(split={"time": "at", "cut": "1", "group": "who"})
    for learnt, held in folds.of(frame, params, fitting.describe(frame, params)):
        assert not held.size or np.nanmax(frame["at"][learnt]) < frame["at"][held].min()
        assert not set(frame["who"][learnt]) & set(frame["who"][held])
        assert 5 in learnt


def test_a_rare_class_is_refused_or_met_with_what_there_is(settings: Settings) -> None:
    """`of` refuses what it cannot share out; `most` takes fewer folds, or none; what was not learnt has chance 0."""
    frame, params = table("a" * 6 + "b" * 5 + "c"), settings()
    about = fitting.describe(frame, params)
    with pytest.raises(ParamsError, match=r"'c' in 1 training row; bring more of them, or make two"):
        folds.of(frame, params, about)
    shared = folds.most(frame, params, about)
    assert len(shared) == 5
    answers, models = folds.answers(frame, shared, about, lambda: fitting.unfitted(params.train, about, frame))
    assert [*answers] == ["row_id", "prediction", "p_a", "p_b", "p_c", "fold"]
    assert (len(models), answers.at[11, "p_c"]) == (5, 0.0)
    lone = table("a" * 6 + "b")
    assert folds.most(lone, params, fitting.describe(lone, params)) == ()
    few = table("aab" + "b")
    assert len(folds.most(few, params, fitting.describe(few, params))) == 2
    same = table("ab" * 5, [f"{n % 2}#{n // 2}" for n in range(10)])
    assert folds.most(same, params, fitting.describe(same, params)) == ()


def test_whole_numbers_with_gaps_are_moments_too(settings: Settings) -> None:
    """They are of a type of their own; rows without are learnt from."""
    moments = pd.Series([None if n % 9 == 0 else n for n in range(60)], dtype="Int64")
    frame, params = table("ab" * 30).assign(at=moments), settings(split={"time": "at", "cut": "1"})
    shared = folds.most(frame, params, fitting.describe(frame, params))
    assert all(moments[fold.learnt].max() < moments[fold.held].min() for fold in shared)
    assert set(np.flatnonzero(moments.isna())) <= set(shared[0].learnt)
