"""What a person sees of a row."""

from pathlib import Path

import pandas as pd
import pytest
import yaml

from mainline.errors import ConfigError, MainlineError
from mainline.label.shown import Shown, words
from mainline.project import Project


def table(root: Path, frame: pd.DataFrame, **sections: dict) -> Shown:
    """A project's table as a person sees it; rows are called a, b, c ..."""
    (root / "data").mkdir()
    frame.insert(0, "row_id", list("abcdefgh"[: len(frame)]))
    frame.to_parquet(root / "data/valid.parquet")
    sections["data"] = {"target": "y", **sections.get("data", {})}
    (root / "params.yaml").write_text(yaml.safe_dump(sections))
    return Shown.of(Project(root))


def test_cells_are_plain_words(tmp_path: Path) -> None:
    """Neither the label nor the id is among them; a day has no time of day, a whole number no point."""
    frame = pd.DataFrame(
        {
            "note": ["two\nlines", None],
            "day": pd.to_datetime(["2026-01-31 00:00", "2026-02-01 12:30"]),
            "size": [3.0, float("nan")],
            "big": [2**60 + 1, 5],
            "y": [1, 0],
        }
    )
    shown = table(tmp_path, frame)
    rows = shown.rows(["b", "a", "absent"])
    assert rows["a"]["cells"] == [
        ("note", "text", "two\nlines"),
        ("day", "date", "2026-01-31"),
        ("size", "number", "3"),
        ("big", "number", "1152921504606846977"),
    ]
    assert [cell[2] for cell in rows["b"]["cells"]] == [None, "2026-02-01 12:30:00", None, "5"]
    assert set(rows) == {"a", "b"}
    assert "picture" not in rows["a"]
    assert words(True) == ("text", "True")


@pytest.mark.parametrize("section", ["service", "data"])
def test_private_columns_are_never_shown(tmp_path: Path, section: str) -> None:
    """Whichever section names them; a picture of them is none either."""
    private = ["email"] if section == "service" else {"email": "hash"}
    shown = table(tmp_path, pd.DataFrame({"email": ["a@b"], "x": [1], "y": [0]}), **{section: {"private": private}})
    assert shown.hidden == 1
    assert shown.rows(["a"])["a"]["cells"] == [("x", "number", "1")]


def test_a_table_that_is_all_private_is_refused(tmp_path: Path) -> None:
    """Nobody could label what nobody sees."""
    with pytest.raises(ConfigError, match="nothing is left to see"):
        table(tmp_path, pd.DataFrame({"x": [1], "y": [0]}), service={"private": ["x"]})


def test_without_a_table_there_is_nothing_to_see(tmp_path: Path) -> None:
    """It says what builds it."""
    (tmp_path / "params.yaml").write_text("data: {target: y}\n")
    with pytest.raises(MainlineError, match="first: mainline lock"):
        Shown.of(Project(tmp_path))


def test_pixels_are_a_picture(tmp_path: Path) -> None:
    """In the order of their places, whatever that of the columns; one scale for all rows; other columns in words."""
    names = [f"pixel_{down}_{across}" for down in range(3) for across in range(4)]
    cells = {name: [float(i), float(2 * i)] for i, name in enumerate(names)}
    frame = pd.DataFrame({**dict(reversed(cells.items())), "age": [1, 2], "y": [0, 1]})
    frame.loc[1, "pixel_0_0"] = None
    shown = table(tmp_path, frame)
    assert shown.columns == ("age",)
    rows = shown.rows(["a", "b"])
    assert rows["a"]["picture"] == {"width": 4, "ink": [round(i / 22, 3) for i in range(12)]}
    assert rows["b"]["picture"]["ink"][:2] == [None, round(2 / 22, 3)]


@pytest.mark.parametrize(
    ("names", "width"),
    [
        ([f"pixel{i}" for i in range(1, 17)], 4),
        ([f"px {i}x{j}" for i in range(3) for j in range(3)], 3),
        ([f"V{i}" for i in range(1, 17)], None),  # sixteen measurements
        ([f"pixel{i}" for i in range(1, 16)], None),  # no square
        ([f"q_{i}_{j}" for i in range(3) for j in range(3) if i + j], None),  # a gap
        ([f"q_{i}_{j}" for i in range(2) for j in range(2)], None),  # too few
        ([f"score_{year}_1" for year in range(2000, 2020)], None),  # years
    ],
    ids=["counted", "crossed", "other names", "no square", "gap", "few", "years"],
)
def test_what_makes_a_picture(tmp_path: Path, names: list[str], width: int | None) -> None:
    """A whole rectangle of numbers that are called by their places; by a count, only where they are called pixels."""
    picture = table(tmp_path, pd.DataFrame({**{name: [0.0, 1.0] for name in names}, "y": [0, 1]})).picture
    assert (picture.width if picture else None) == width
