"""How columns go together, which differ between the sides, and which rows say the same."""

import numpy as np
import pandas as pd
import pytest

from pipeline.sections import Kind
from pipeline.table import relations

KINDS: dict[str, Kind] = {"age": "numeric", "old": "categorical", "city": "categorical", "noise": "numeric"}


def table(rows: int = 2_000, seed: int = 0) -> pd.DataFrame:
    """Ages, what follows from them, and what does not."""
    random = np.random.default_rng(seed)
    age = random.integers(18, 90, rows).astype("float64")
    return pd.DataFrame(
        {
            "row_id": [f"{i:016x}" for i in range(rows)],
            "age": age,
            "old": pd.Series(np.where(age > 60, "yes", "no"), dtype="str"),
            "city": pd.Series(random.choice(["Ulm", "Bonn", "Kiel"], rows), dtype="str"),
            "noise": random.normal(size=rows),
            "label": (age > 50).astype("int64"),
        }
    )


def test_what_belongs_together_is_close_and_the_rest_is_not() -> None:
    """Categories, numbers, and both with the target; of chance nothing is left."""
    found = relations.associations(table(), {**KINDS, "label": "categorical"}, "label")
    assert [*found["target"]][:2] == ["age", "old"]
    assert found["target"]["age"] > 0.8
    assert found["target"]["old"] > 0.6
    assert all(abs(found["target"][name]) < 0.06 for name in ("city", "noise"))
    at = {name: i for i, name in enumerate(found["columns"])}
    assert found["columns"][0] == "label"
    assert found["matrix"][at["age"]][at["old"]] == found["matrix"][at["old"]][at["age"]] > 0.7


@pytest.mark.parametrize("seed", range(3))
def test_two_samples_of_the_same_rows_do_not_drift(seed: int) -> None:
    """Beyond chance means beyond chance."""
    frame = table(seed=seed)
    assert relations.drift({"train": frame[:1400], "dev": frame[1400:]}, KINDS) == []


def test_what_moved_is_told_the_surest_first() -> None:
    """Values, shares, and cells that went missing."""
    frame = table()
    train, dev = frame[:1400], frame[1400:].copy()
    dev["age"] += 9
    dev.loc[dev["city"] == "Ulm", "city"] = "Bonn"
    dev.loc[dev.index[:90], "noise"] = np.nan
    found = relations.drift({"train": train, "dev": dev}, KINDS)
    assert {(each["column"], each["what"]) for each in found} == {
        ("age", "values"),
        ("city", "shares"),
        ("noise", "missing"),
    }
    assert [each["p"] for each in found] == sorted(each["p"] for each in found)


def test_rows_that_say_the_same_and_disagree_are_counted() -> None:
    """By their features; those with another label are named."""
    frame = table(40)
    frame.loc[1, [*KINDS]] = frame.loc[0, [*KINDS]]
    frame.loc[3, [*KINDS]] = frame.loc[2, [*KINDS]]
    frame.loc[3, "label"] = 1 - frame.loc[2, "label"]
    frame.loc[1, "label"] = frame.loc[0, "label"]
    found = relations.duplicates({"train": frame[:20], "dev": frame[20:]}, [*KINDS], "label", "row_id")
    assert (found["rows"], found["contents"]) == (2, 2)
    assert found["disagree"] == {"contents": 1, "rows": 2, "pairs": [[f"{2:016x}", f"{3:016x}"]]}
