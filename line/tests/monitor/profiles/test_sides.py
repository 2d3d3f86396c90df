"""A row's side is decided by what was recorded of it, as the pipeline's split would decide."""

import hashlib
import json
from typing import Any

import numpy as np
import pytest

from mainline.monitor.profiles import sides
from mainline.monitor.profiles.sides import Window
from pipeline.table.keys import position

SAID: dict[str, Any] = {"salt": "mainline", "start": 0.15, "stop": 0.5, "group": None}
INPUTS: dict[str, list[Any]] = {
    "x%": [0.1, 1e-5, 1e16, -0.0, None, 1234567.25, 5e-324],
    "n": [1, 2, 3, True, False, None, 10**30],
    "wörd": ["a,b", 'q"', "Ü", "", None, "%s", "a\nb"],
    "mixed": [1.5, "x", None, 2, "x", "1.5", 0.25],
}
ROWS = 7


def plainly(inputs: dict[str, list[Any]], row: int) -> str:
    """The key of a row, in the fewest words."""
    pairs = sorted([name, cells[row]] for name, cells in inputs.items())
    content = json.dumps(pairs, separators=(",", ":"), ensure_ascii=False)
    return hashlib.blake2b(content.encode(), digest_size=16).hexdigest()


def test_a_key_is_a_hash_of_the_pairs_in_the_order_of_names() -> None:
    """Whatever the cells are, and however the columns are ordered."""
    wanted = [plainly(INPUTS, row) for row in range(ROWS)]
    assert sides.keys(INPUTS, ROWS, list(INPUTS)) == wanted
    assert sides.keys(dict(reversed(INPUTS.items())), ROWS, [*reversed(INPUTS)]) == wanted


def test_numbers_are_written_as_python_writes_them() -> None:
    """Of every size, though a faster library writes most of them."""
    random = np.random.default_rng(0)
    numbers = (random.normal(size=5_000) * 10.0 ** random.integers(-9, 20, 5_000)).tolist()
    assert sides.keys({"x": numbers}, 5_000, ["x"]) == [plainly({"x": numbers}, row) for row in range(5_000)]


def test_only_the_named_columns_are_content() -> None:
    """A hashed private one beside them, or none of them, changes nothing."""
    more = INPUTS | {"secret": ["h"] * ROWS}
    assert sides.keys(more, ROWS, list(INPUTS)) == sides.keys(INPUTS, ROWS, list(INPUTS))
    assert len(set(sides.keys(more, ROWS, []))) == 1
    with pytest.raises(KeyError):
        sides.keys(INPUTS, ROWS, [*INPUTS, "gone"])


def test_the_sealed_side_is_the_one_of_split() -> None:
    """Same hash, same window: its start belongs to it, its stop does not."""
    window = Window("salt", 0.15, 0.5, None)
    keys = [f"{n:032x}" for n in range(500)]
    at = [position(key, "salt") for key in keys]
    assert sides.sealed(window, keys, {}, 500).tolist() == [0.15 <= each < 0.5 for each in at]
    edge = at[0]
    assert sides.sealed(Window("salt", edge, 1.0, None), keys[:1], {}, 1).all()
    assert not sides.sealed(Window("salt", 0.0, edge, None), keys[:1], {}, 1).any()
    assert sides.sealed(Window("other", 0.15, 0.5, None), keys, {}, 500).tolist() != [0.15 <= each < 0.5 for each in at]


def test_a_group_decides_for_all_of_its_rows() -> None:
    """By its word, as a number or as text; a row without a group is on no side."""
    window, users = Window("mainline", 0.15, 0.5, "user"), [float(n % 20) for n in range(100)]
    keys = [f"{n:032x}" for n in range(100)]
    found = sides.sealed(window, keys, {"user": users}, 100)
    assert found.tolist() == [0.15 <= position(str(n % 20), "mainline") < 0.5 for n in range(100)]
    assert sides.sealed(window, keys, {"user": [str(n % 20) for n in range(100)]}, 100).tolist() == found.tolist()
    for blank in (None, "", float("nan")):
        assert not sides.sealed(Window("mainline", 0.0, 1.0, "user"), ["k"], {"user": [blank]}, 1).any()


def test_rows_can_be_told_apart_where_their_group_is_recorded() -> None:
    """Without a group always; with one only if it is among the columns."""
    assert Window("s", 0.1, 0.2, None).tells([])
    assert Window("s", 0.1, 0.2, "user").tells(["age", "user"])
    assert not Window("s", 0.1, 0.2, "user").tells(["age"])


def test_the_window_stands_in_the_first_line() -> None:
    """None in that of an older service."""
    assert sides.sealed_window({"sealed": SAID}) == Window("mainline", 0.15, 0.5, None)
    assert sides.sealed_window({"sealed": SAID | {"group": "user", "start": 0}}) == Window("mainline", 0.0, 0.5, "user")
    assert sides.sealed_window({"kind": "columns"}) is None
    assert sides.names({"columns": [{"name": "b"}, {"name": "a"}]}) == ("b", "a")


@pytest.mark.parametrize(
    "said",
    [[], "x", {}, SAID | {"salt": 1}, SAID | {"start": "0"}, SAID | {"start": 0.6}, SAID | {"stop": 1.2},
     SAID | {"more": 1}, SAID | {"group": 3}, SAID | {"stop": float("nan")}, SAID | {"start": True}],
    ids=["list", "word", "empty", "salt", "text", "turned", "beyond", "more", "group", "nan", "bool"],
)  # fmt: skip
def test_a_damaged_window_is_refused(said: Any) -> None:
    """As ValueError, whatever it is."""
    with pytest.raises(ValueError, match="that is n"):
        sides.sealed_window({"sealed": said})


def test_cells_of_another_count_than_rows_are_refused() -> None:
    """A damaged line must not shift the sides of others."""
    with pytest.raises(ValueError, match="argument"):
        sides.keys({"a": [1, 2], "b": [1]}, 2, ["a", "b"])
    with pytest.raises(ValueError, match="more, or fewer"):
        sides.sealed(Window("s", 0.0, 1.0, None), ["a"], {}, 2)
