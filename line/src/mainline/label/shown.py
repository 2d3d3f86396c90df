"""What a person sees of a row: its columns in words, and pixels as a picture; no private one, no label, no side."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mainline.errors import ConfigError, MainlineError
from mainline.project import Project

TABLE = Path("data/valid.parquet")
ROW_ID = "row_id"
GRID = re.compile(r"(.*?)[_ .x-]?(\d{1,3})[_ .x-](\d{1,3})")  # pixel_0_7
COUNTED = re.compile(r"((?i:pixel|pix|px|image)s?[_ .-]?)(\d{1,5})")  # pixel63
FEWEST = 9  # cells; less is no picture


@dataclass(frozen=True)
class Picture:
    """Columns that are the cells of a picture, from left to right and top to bottom; what is most is drawn as ink."""

    columns: tuple[str, ...]
    width: int
    least: float
    most: float


@dataclass(frozen=True)
class Shown:
    """The rows of a table as a person sees them."""

    path: Path
    columns: tuple[str, ...]
    """Those in words."""
    picture: Picture | None
    hidden: int
    """How many columns are private."""

    @classmethod
    def of(cls, project: Project) -> "Shown":
        """Find out what there is to see of a project's table.

        Raises:
            MainlineError: the table is not built, or all of it is private.
        """
        path = project / TABLE
        if not path.exists():
            raise MainlineError(f"{TABLE}: not built yet; first: mainline lock")
        schema, secret = pq.read_schema(path), private(project.params)
        data = project.params.get("data") or {}
        named = [name for name in schema.names if name not in (ROW_ID, data.get("target"))]
        columns = [name for name in named if name not in secret]
        if not columns:
            raise ConfigError("params.yaml: service.private and data.private name every column; nothing is left to see")
        picture = _picture(path, [name for name in columns if _is_number(schema.field(name).type)])
        drawn = set(picture.columns) if picture else set()
        words = tuple(name for name in columns if name not in drawn)
        return cls(path, words, picture, len(named) - len(columns))

    def rows(self, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The rows of these ids, as the page has them; of an id that the table does not have, none.

        Returns:
            By id: `cells`, a list of (column, kind, words) with words None where nothing is said, and, where there is
            one, `picture`: width, and each cell's ink from 0 to 1, None where nothing is said.
        """
        wanted = [ROW_ID, *self.columns, *(self.picture.columns if self.picture else ())]
        table = pq.read_table(self.path, columns=wanted, filters=pc.field(ROW_ID).isin(pa.array(ids, pa.string())))
        return {str(row[ROW_ID]): self._row(row) for row in table.to_pylist()}

    def _row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        cells = [(name, *words(row[name])) for name in self.columns]
        if self.picture is None:
            return {"cells": cells}
        low, span = self.picture.least, (self.picture.most - self.picture.least) or 1.0
        ink = [
            None if (value := row[name]) is None else round((value - low) / span, 3) for name in self.picture.columns
        ]
        return {"cells": cells, "picture": {"width": self.picture.width, "ink": ink}}


def words(value: Any) -> tuple[str, str | None]:
    """A cell as its kind, `text`, `number` or `date`, and what is written of it; None where nothing is said."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "text", None
    if isinstance(value, bool):
        return "text", str(value)
    if isinstance(value, int | float):
        return "number", str(int(value) if isinstance(value, float) and value.is_integer() else value)
    if hasattr(value, "isoformat"):
        return "date", str(value.isoformat()).replace("T", " ").removesuffix(" 00:00:00")
    return "text", str(value)


def private(params: Mapping[str, Any]) -> set[str]:
    """The columns that nobody is to see, by service.private and data.private."""
    sections = ((params.get("service") or {}).get("private"), (params.get("data") or {}).get("private"))
    return {str(name) for section in sections for name in section or ()}


def _picture(path: Path, numbers: Iterable[str]) -> Picture | None:
    """The picture that the columns of numbers make, if they do."""
    groups: dict[str, dict[tuple[int, int], str]] = {}
    for name in numbers:
        if cell := GRID.fullmatch(name):
            groups.setdefault(cell[1], {})[int(cell[2]), int(cell[3])] = name
        elif count := COUNTED.fullmatch(name):
            groups.setdefault(count[1], {})[int(count[2]), 0] = name
    for cells in sorted(groups.values(), key=len, reverse=True):
        if len(cells) >= FEWEST and (laid := _laid_out(cells)):
            names, width = laid
            return Picture(tuple(names), width, *_bounds(path, names))
    return None


def _laid_out(cells: Mapping[tuple[int, int], str]) -> tuple[list[str], int] | None:
    """The cells in the order of reading, and how many are in a line; None where they fill no rectangle."""
    down, across = ({place[axis] for place in cells} for axis in (0, 1))
    names = [cells[place] for place in sorted(cells)]
    if len(across) == 1 and (side := math.isqrt(len(cells))) ** 2 == len(cells) and _without_gap(down):
        return names, side
    whole = len(down) * len(across) == len(cells) and _without_gap(down) and _without_gap(across)
    return (names, len(across)) if whole and min(len(down), len(across)) > 1 else None


def _without_gap(numbers: set[int]) -> bool:
    return max(numbers) - min(numbers) + 1 == len(numbers) and min(numbers) in (0, 1)


def _bounds(path: Path, names: Sequence[str]) -> tuple[float, float]:
    """The least and the most of all cells of all rows, so that one grey is one number in every row."""
    table = pq.read_table(path, columns=list(names))
    found = [pc.min_max(column).as_py() for column in table.columns]
    known = [each for each in found if each["min"] is not None]
    return min((float(each["min"]) for each in known), default=0.0), max(
        (float(each["max"]) for each in known), default=1.0
    )


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))
