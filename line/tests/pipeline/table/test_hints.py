"""A hint for what looks odd in a column, with the line that settles it; and none for what only looks so at first."""

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

from pipeline.sections import Kind
from pipeline.table import columns, hints

RANDOM = np.random.default_rng(0)
SIZES = RANDOM.normal(5.7, 1.1, 500).clip(3.7, 10.7).round(2)
SKEWED = RANDOM.lognormal(3, 2, 500)
AGES = RANDOM.integers(18, 90, 500).astype("float64")
MONTHS = RANDOM.integers(0, 28, 300).astype("float64")
ROOMS = RANDOM.integers(1, 40, 300)

FOUND: dict[str, tuple[list[object], str, str]] = {
    "a question mark": (["a", "b", "?"] * 9, "'?'", 'clean: {columns: {x: {missing: ["?"]}}}'),
    "unknown, twice": (["a", "b", "unknown", "n/a"] * 9, "'unknown'", 'missing: ["n/a", "unknown"]'),
    "a word among numbers": ([*map(str, ROOMS), *["pending"] * 60], "all other cells are numbers", '["pending"]'),
    "999": ([*MONTHS, *[999.0] * 700], "999, far above the rest", 'missing: ["999"]'),
    "-99": ([*AGES, *[-99.0] * 4], "-99, far below", 'missing: ["-99"]'),
    "-1 for none": ([*MONTHS, *[-1.0] * 200], "-1, far below", 'missing: ["-1"]'),
    "zeros": ([*SIZES, 0.0, 0.0], "2 training rows say 0, and the rest begins at 3.7", 'missing: ["0"]'),
    "far": ([*SIZES, 58.9], "1 training row lies far from the rest, up to 58.9", "{x: {clip: [0.01, 0.99]}}"),
    "far below": ([*SIZES, -40.5], "up to -40.5", "clip"),
    "case": (["Bonn", "bonn", "Kiel"] * 9, "'Bonn' and 'bonn' are two categories", "{x: {case: lower}}"),
    "e-mail": ([f"a.{i}@b.org" for i in range(30)], "holds e-mail addresses", "data: {private: {x: drop}}"),
    "telephone": ([f"+49 30 {i:07d}" for i in range(30)], "holds telephone numbers", "private"),
    "IBAN": (["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432"] * 9, "holds IBANs", "private"),
    "a date": ([f"{day}/02/2020" for day in range(1, 28)], "looks like a date", "data: {kinds: {x: date}}"),
}
SILENT: dict[str, list[object]] = {
    "numbers and 3+": [*map(str, ROOMS), *["3+"] * 60],
    "few numbers and words": ["1", "2", "3", "many"] * 30,
    "only words for nothing": ["?"] * 30,
    "none is an answer": ["none", "basic", "plus"] * 9,
    "999 in its range": [*np.arange(900.0, 1000), *[999.0] * 9],
    "99 once": [*MONTHS, 99.0],
    "a scale to -1": [-1.0, 0.0, 1.0] * 50,
    "a repeated least value": [*RANDOM.normal(0, 1, 300).clip(-0.784), *[-0.784] * 90],
    "counts from zero": [*MONTHS],
    "zeros among many": [*SIZES, *[0.0] * 200],
    "amounts": [*SKEWED, *[0.0] * 20],
    "a long tail": [*SKEWED],
    "ages": [*AGES],
    "one spelling": ["Bonn", "Kiel", "A", "a"] * 9,
    "codes": [f"{i:05d}" for i in range(30)],
    "days": [f"2020-01-{day:02d} 10:00 x" for day in range(1, 28)],
    "no IBAN": ["DE89 3704 0044 0532 0130 01"] * 9,
    "nothing at all": [None] * 9,
}


def look(cells: list[object]) -> list[hints.Hint]:
    """Of a column that is parsed as the stages do."""
    raw = pd.Series(cells, name="x")
    parsed = columns.parse(raw.astype("str") if raw.dtype == "object" else raw)[0].rename("x")
    return [*hints.look(parsed, columns.kind_of(parsed))]


@pytest.mark.parametrize("case", [*FOUND])
def test_what_looks_odd_is_said_with_the_yaml_that_settles_it(case: str) -> None:
    """Exactly one hint, whose last word is YAML that names the column."""
    cells, what, yaml = FOUND[case]
    (hint,) = look(cells)
    assert what in hint.what
    assert yaml in hint.yaml
    assert "x" in str(YAML(typ="safe").load(hint.yaml))


@pytest.mark.parametrize("case", [*SILENT])
def test_what_only_looks_odd_is_passed_over(case: str) -> None:
    """False alarms teach people to read no hint."""
    assert look(SILENT[case]) == []


def test_no_cell_that_names_a_person_is_quoted() -> None:
    """The page of the hints goes to more people than the table."""
    (hint,) = look([f"anna.{i}@example.org" for i in range(30)])
    assert "anna" not in hint.what + hint.yaml


def test_a_name_is_written_as_yaml_needs_it() -> None:
    """Whatever a column is called, the line is YAML and means that column."""
    for name in ("a b", "no", "x: y", 'say "a"', "preis €"):
        column = pd.Series(["a", "?"] * 9, name=name, dtype="str")
        (hint,) = hints.look(column, "categorical")
        assert [*YAML(typ="safe").load(hint.yaml)["clean"]["columns"]] == [name]


@pytest.mark.parametrize(("score", "said"), [(0.985, True), (0.97, False)])
def test_a_near_leak_is_said(score: float, said: bool) -> None:
    """What predicts the target wholly, validate refuses; what nearly does, is for a person to know."""
    assert bool(hints.near_leak("paid", score, "churned")) == said


def test_a_stated_kind_is_believed() -> None:
    """Numbers that are stated to be categories may have words among them, and dates stay words."""
    kind: Kind = "categorical"
    for cells in ([*map(str, ROOMS), *["pending"] * 60], [f"{day}/02/2020" for day in range(1, 28)]):
        assert [*hints.look(pd.Series(cells, name="x", dtype="str"), kind, stated=True)] == []
