"""The head of a table: its columns, and what is between them."""

import csv
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from mainline.errors import ConfigError

SEPARATORS = (",", ";", "\t", "|")
LONGEST = 1_000_000  # characters of a first line
MOST = 10_000  # lines that are counted
USUAL = {"target", "label", "class", "y", "outcome"}


@dataclass(frozen=True)
class Table:
    """A table of a project."""

    path: str
    columns: tuple[str, ...]
    separator: str | None
    """What is between the fields, where the name of the file does not say it."""
    rows: int
    """How many there are; MOST stands for more, too."""

    def usual_target(self) -> str | None:
        """The column that is called as targets often are, if there is just one."""
        found = [column for column in self.columns if column.casefold() in USUAL]
        return found[0] if len(found) == 1 else None


def read(root: Path, path: str) -> Table:
    """Read the head of a CSV, TSV or Parquet file.

    Raises:
        ConfigError: it is not there, or no table with two columns at least.
    """
    if not (root / path).is_file():
        hint = "; get it with `dvc pull`" if (root / f"{path}.dvc").exists() else ""
        raise ConfigError(f"{path}: no such file here{hint}")
    columns, separator, rows = _parquet(root / path) if path.endswith(".parquet") else _text(root / path)
    usual = "\t" if path.endswith(".tsv") else ","
    if len(columns) < 2:
        raise ConfigError(f"{path}: one column only; a table to learn from has a target and something to tell it by")
    return Table(path, tuple(columns), None if separator in (None, usual) else separator, rows)


def _parquet(path: Path) -> tuple[list[str], None, int]:
    from pyarrow import ArrowException, parquet

    try:
        facts = parquet.read_metadata(path)
        return [str(name) for name in facts.schema.to_arrow_schema().names], None, min(facts.num_rows, MOST)
    except (OSError, ArrowException):
        raise ConfigError(f"{path.name}: not a Parquet file") from None


def _text(path: Path) -> tuple[list[str], str, int]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            head = stream.readline(LONGEST)
            rows = sum(1 for _ in islice(stream, MOST))
    except UnicodeDecodeError:
        raise ConfigError(f"{path.name}: not UTF-8 text; save it as UTF-8") from None
    separator = max(SEPARATORS, key=head.count)
    columns = next(csv.reader([head], delimiter=separator), [])
    return [column.strip() for column in columns], separator, rows
