"""How long the model takes for one row."""

import json

import pandas as pd
import pytest

from pipeline.model import fast_path, predicting
from pipeline.stages import latency, split, train
from pipeline.table import tables


@pytest.mark.parametrize(("table", "quick"), [("numbers", True), ("mixed", False)])
def test_a_row_is_timed_on_the_way_that_the_service_takes(
    table: str,
    quick: bool,
    settings,
    folder,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The quick one where there is one; a model that reads texts has none."""
    frame: pd.DataFrame = request.getfixturevalue(table)
    tables.write(frame, tables.LABELLED)
    trees = {"estimator": "sklearn.tree.DecisionTreeRegressor"} if table == "numbers" else {}
    made = settings(train=trees)
    split.run(made)
    train.run(made)
    asked = {"quick": 0, "by a table": 0}
    by_a_table, quickly = predicting.predict, fast_path.Quick.predict

    def counted(way, answer):
        def count(*arguments):
            asked[way] += 1
            return answer(*arguments)

        return count

    found = fast_path.of
    monkeypatch.setattr(predicting, "predict", counted("by a table", by_a_table))
    monkeypatch.setattr(fast_path.Quick, "predict", counted("quick", quickly))

    def of(*arguments):
        way = found(*arguments)
        asked.update(dict.fromkeys(asked, 0))  # what it takes to find the way is not timed
        return way

    monkeypatch.setattr(fast_path, "of", of)
    capsys.readouterr()
    latency.run(made)
    taken, left = ("quick", "by a table") if quick else ("by a table", "quick")
    assert asked[taken] >= latency.WARM_UP + latency.FEWEST_CALLS
    assert asked[left] == 0
    said = json.loads(capsys.readouterr().out)
    assert 0 < said["p50_ms"] <= said["p99_ms"]
