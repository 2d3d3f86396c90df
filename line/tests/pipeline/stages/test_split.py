"""Whatever rows come: each keeps its side."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.params import Params
from pipeline.sections import Data
from pipeline.stages import ingest
from tests.pipeline.stages.test_split import sides

CELLS = st.one_of(st.none(), st.integers(-3, 3), st.sampled_from(["", "x", "1", "ä"]), st.floats(-1, 1, width=16))
ROWS = st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=12)


@pytest.mark.slow
@given(old=ROWS, new=ROWS)
def test_nobody_moves_when_rows_are_appended(old: list[tuple[object, ...]], new: list[tuple[object, ...]]) -> None:
    """Whatever rows come, those that were there keep their names and sides, and copies share one side."""
    data = Data(source="x", target="label")
    params = Params.model_validate({"data": data, "train": {"estimator": "x"}})

    def named(rows: list[tuple[object, ...]]) -> pd.DataFrame:
        frame = pd.DataFrame(rows, columns=["a", "b"]).assign(label=1)
        return ingest.tidy(frame, data)

    before, after = named(old), named(old + new)
    side = sides(after, params)
    assert sides(before, params).items() <= side.items()
    content = after["row_id"].str.partition("#")[0]
    assert (pd.Series(side.values()).groupby(content.to_numpy()).nunique() == 1).all()
