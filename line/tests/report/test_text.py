"""Numbers and cells as people read them."""

import pandas as pd
import pytest

from mainline.report import text
from mainline.report.bootstrap import Interval
from mainline.report.verdict import Verdict


@pytest.mark.parametrize(
    ("value", "places", "signed", "expected"),
    [
        (0.84444, 3, False, "0.844"),
        (-0.5, 3, False, "−0.500"),
        (0.5, 3, True, "+0.500"),
        (-0.0001, 3, True, "0.000"),
        (float("nan"), 3, True, "–"),
        (12345.6, None, False, "12,346"),
        (12.3456, None, False, "12.35"),
        (0.000123456, None, False, "0.0001235"),
    ],
)
def test_a_figure_is_rounded_once(value: float, places: int | None, signed: bool, expected: str) -> None:
    """A true minus sign, no minus before zero, a dash for what is not a number."""
    assert text.figure(value, places, signed=signed) == expected


def test_an_interval_stands_in_brackets_or_not_at_all() -> None:
    """Nothing where it is not defined."""
    assert text.bracket(Interval(0.1, -0.05, 0.2), 2, signed=True) == "[−0.05, +0.20]"
    assert text.bracket(Interval(0.1, float("nan"), float("nan")), 2) == ""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "–"),
        (float("nan"), "–"),
        (pd.NaT, "–"),
        (pd.Timestamp("2024-02-03 04:05"), "2024-02-03"),
        (-1.23456, "−1.235"),
        (70.0, "70"),
        (19704.0, "19,704"),
        ("two\nlines", "two lines"),
        ("x" * 200, "x" * 139 + "…"),
    ],
)
def test_a_cell_is_one_short_line(value: object, expected: str) -> None:
    """Whatever stood in the table."""
    assert text.cell(value) == expected


@pytest.mark.parametrize(
    ("count", "expected"), [(17, "17 B"), (1234, "1.23 kB"), (5_000_000, "5 MB"), (3e12, "3e+03 GB")]
)
def test_sizes_read_well(count: int, expected: str) -> None:
    """In steps of a thousand."""
    assert text.size(count) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(None, "–"), (0.0031, "3.1 ms"), (1.84, "1.84 s"), (119, "119 s"), (300, "5 min")]
)
def test_durations_read_well(value: float | None, expected: str) -> None:
    """From milliseconds to minutes."""
    assert text.seconds(value) == expected


@pytest.mark.parametrize(("value", "expected"), [(20_000, "20k"), (-1.5e7, "−15M"), (600, "600.0"), (0.25, "0.2")])
def test_ticks_are_short(value: float, expected: str) -> None:
    """Thousands and millions by their letter."""
    assert text.tick(value, 1) == expected


@pytest.mark.parametrize(("count", "expected"), [(1, "1 row"), (2, "2 rows"), (0, "0 rows"), (1200, "1,200 rows")])
def test_a_count_agrees_with_its_noun(count: int, expected: str) -> None:
    """One row, two rows."""
    assert text.plural(count, "row") == expected


@pytest.mark.parametrize(
    ("verdict", "word", "remaining"),
    [
        (Verdict(True, decisions_used=3, life=8), "PASS", "3 of the sealed test set's 8 decisions are used; 5 remain."),
        (
            Verdict(False, decisions_used=9, life=8),
            "NOT CERTIFIED",
            "9 of the sealed test set's 8 decisions are used; 0 remain.",
        ),
        (Verdict(None, decisions_used=3), "NOT DECIDED YET", ""),
        (
            Verdict(True, decisions_used=2, life=12, retrain=3),
            "PASS",
            "Retraining 3: 2 of 12 in the last 365 days; no decision of the sealed test set is used.",
        ),
    ],
)
def test_a_verdict_has_a_word_and_a_remaining_life(verdict: Verdict, word: str, remaining: str) -> None:
    """Nothing is said of a life nobody knows."""
    assert (verdict.word, verdict.remaining) == (word, remaining)
