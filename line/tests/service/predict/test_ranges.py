"""Inputs that are missing, or outside of what the training rows held."""

from typing import Any

import pytest

from pipeline.model.inputs import Layout
from pipeline.model.signature import Column, Signature
from service.http.rows import Reader
from service.predict.ranges import Ranges

NUMERIC = Column(name="age", kind="numeric", minimum=18.0, maximum=90.0)
OTHERS = (
    Column(name="since", kind="date", minimum="2024-01-01T00:00:00", maximum="2024-12-31T00:00:00"),
    Column(name="city", kind="categorical", categories=("Bonn", "Ulm")),
    Column(name="note", kind="text"),
    Column(name="bare", kind="numeric"),
)
FINE = {"age": 18, "since": "2024-12-31", "city": "Ulm", "note": "any", "bare": 1e9}


def signature(*columns: Column) -> Signature:
    """The signature of a model with these columns."""
    return Signature(task="regression", target="y", estimator="x", rows=3, columns=columns)


def looked(row: dict[str, Any], *columns: Column) -> tuple[set[str], set[str]] | None:
    """Which columns of a row are missing, and which out of range."""
    about = signature(*columns)
    ranges = Ranges(Layout.of(about))
    found = ranges.look(Reader(about).read([row]))
    if found is None:
        return None
    missing, strange = ({c.name for c, n in zip(ranges.columns, counts, strict=True) if n} for counts in found)
    return missing, strange


@pytest.mark.parametrize(
    ("change", "missing", "strange"),
    [
        ({}, set(), set()),
        ({"age": 17.9}, set(), {"age"}),
        ({"age": 90}, set(), set()),
        ({"age": 90.1}, set(), {"age"}),
        ({"age": None}, {"age"}, set()),
        ({"since": "2023-12-31"}, set(), {"since"}),
        ({"since": "2025-01-01"}, set(), {"since"}),
        ({"since": None}, {"since"}, set()),
        ({"city": "Kiel"}, set(), {"city"}),
        ({"city": ""}, {"city"}, set()),
        ({"note": None, "bare": None}, {"note", "bare"}, set()),
    ],
)
def test_each_kind_has_its_range(change: dict[str, Any], missing: set[str], strange: set[str]) -> None:
    """Numbers and dates from the least to the largest, categories as they were; text has no range."""
    assert looked(FINE | change, NUMERIC, *OTHERS) == (missing, strange)


@pytest.mark.parametrize(
    ("age", "found"),
    [
        (18, None),
        (90, None),
        (17.9, (set(), {"age"})),
        (90.1, (set(), {"age"})),
        (None, ({"age"}, set())),
    ],
)
def test_numbers_alone_are_looked_at_too(age: float | None, found: Any) -> None:
    """Where there is nothing to count, nothing is."""
    assert looked({"age": age}, NUMERIC) == found


def test_categories_that_the_signature_cuts_short_are_not_judged() -> None:
    """It keeps a hundred: with as many there may be others."""
    many = Column(name="city", kind="categorical", categories=tuple(f"c{i}" for i in range(100)))
    assert looked({"city": "else"}, many) == (set(), set())


def test_rows_are_counted() -> None:
    """Each row counts."""
    about = signature(NUMERIC)
    found = Ranges(Layout.of(about)).look(Reader(about).read([{"age": 7}, {"age": 8}, {"age": 50}]))
    assert found is not None
    assert found[1].tolist() == [2]
