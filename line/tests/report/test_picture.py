"""Which rows are pictures, and that they are drawn as they are."""

import numpy as np
import pandas as pd
import pytest

from mainline.report.picture import is_picture, picture
from mainline.report.side import Column, Signature


def _signature(*columns: Column) -> Signature:
    return Signature("multiclass", "y", (), None, "m", 1, columns)


def _pixels(side: int, kind: str = "numeric") -> list[Column]:
    return [Column(f"pixel_{r}_{c}", kind, 0.0, 16.0) for r in range(side) for c in range(side)]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (_pixels(8), True),
        ([*_pixels(8), Column("note", "text")], True),
        ([Column("pixel_0_0", "ignored"), *_pixels(8)[1:]], True),
        (_pixels(8)[1:], False),
        ([*_pixels(8), Column("age", "numeric")], False),
        ([Column(f"x_{k}", "numeric") for k in range(64)], False),
        (_pixels(1), False),
        ([], False),
    ],
)
def test_a_picture_is_a_whole_square_of_pixels(columns: list[Column], expected: bool) -> None:
    """All places, no other number; a constant pixel the model ignores still belongs to it."""
    assert is_picture(_signature(*columns)) is expected


def test_ink_lies_where_the_values_are() -> None:
    """One run of full ink, one of half, nothing where there is nothing."""
    row = pd.Series(np.zeros(4), index=[c.name for c in _pixels(2)])
    row["pixel_0_0"] = row["pixel_0_1"] = 16.0
    row["pixel_1_1"] = 8.0
    drawn = picture(row, _signature(*_pixels(2)), "a <b>")
    assert '<path fill-opacity="1.0" d="M0 0h2v1h-2z"/>' in drawn
    assert '<path fill-opacity="0.5" d="M1 1h1v1h-1z"/>' in drawn
    assert drawn.count("<path") == 2
    assert "<title>a &lt;b&gt;</title>" in drawn


def test_a_row_without_ink_is_an_empty_picture() -> None:
    """Missing and zero pixels draw nothing."""
    row = pd.Series([0.0, np.nan, 0, 0], index=[c.name for c in _pixels(2)])
    assert "<path" not in picture(row, _signature(*_pixels(2)), "empty")
