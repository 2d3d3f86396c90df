"""Words for what looks odd in a table: one line for all columns alike, with the lines of params.yaml that settle it."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

SPECIAL = re.compile(r"[\\.^$*+?{}()|\[\]]")  # what means something in a pattern
SHOWN = 12  # columns by name

Rule = tuple[tuple[str, str | tuple[str, ...]], ...]
"""What clean.columns would say of a column: (key, value) each."""


class Odd(NamedTuple):
    """What is odd in a column, with its first cell and the rule that would settle it."""

    column: str
    row: int
    cell: str
    cells: int
    rule: Rule = ()


def refusal(several: Sequence[Odd], target: str) -> str:
    """What to say of columns whose numbers would not be read as such.

    Args:
        several: one of each column, at least one.
        target: the column to predict, which is a class where it holds words.
    """
    first, more = several[0], _names(several[1:])
    only_missing = [key for key, _ in first.rule] == ["missing"]
    what = "stands among numbers" if only_missing else "is like a number, and is not read as one"
    others = f"; so in {_listed(more)}" if more else ""
    said = f"column {first.column!r}, row {first.row}: {first.cell!r} {what} ({first.cells:,} such cells{others})"
    settled, rest = [odd for odd in several if odd.rule], [odd.column for odd in several if not odd.rule]
    ways = [f"say what they are: {rules(settled)}"] if settled else []
    ways += [f"write {_listed(rest)} as 1234.5 in the table"] if rest else []
    names = [name for name in _names(several) if name != target]
    words = [f"data.kinds: {kinds(names, 'categorical')}"] if names else []
    words += ["data.task: multiclass"] if len(names) < len(several) else []
    return f"{said}; {', and '.join(ways)}, or say that they are words: {', '.join(words)}"


def rules(several: Iterable[Odd]) -> str:
    """The section `clean` for columns, those with the same rule under one key."""
    alike: dict[Rule, list[str]] = {}
    for odd in several:
        alike.setdefault(odd.rule, []).append(odd.column)
    said = []
    for rule, names in alike.items():
        key = names[0] if len(names) == 1 else "|".join(SPECIAL.sub(r"\\\g<0>", name) for name in names)
        values = ", ".join(f"{word}: {json.dumps(value, ensure_ascii=False)}" for word, value in rule)
        said.append(f"{yaml_key(key)}: {{{values}}}")
    return f"clean: {{columns: {{{', '.join(said)}}}}}"


def kinds(names: Iterable[str], kind: str) -> str:
    """The value of data.kinds for columns of one kind."""
    return "{" + ", ".join(f"{yaml_key(name)}: {kind}" for name in names) + "}"


def yaml_key(name: str) -> str:
    """A name as YAML has it, in quotes where it needs them."""
    plain = re.fullmatch(r"[A-Za-z_]([\w .-]*\w)?", name, re.ASCII)
    if plain and name.lower() not in ("null", "true", "false", "y", "n", "yes", "no", "on", "off"):
        return name
    return "'" + name.replace("'", "''") + "'" if "\\" in name else json.dumps(name, ensure_ascii=False)


def inferred(kinds: Mapping[str, str]) -> str:
    """The kinds of all columns in one line."""
    of_kind: dict[str, list[str]] = {}
    for name, kind in kinds.items():
        of_kind.setdefault(kind, []).append(name)
    return "; ".join(f"{kind} {_listed(names)}" for kind, names in of_kind.items())


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (f", ... ({len(names):,})" if len(names) > SHOWN else "")


def _names(several: Iterable[Odd]) -> list[str]:
    return [odd.column for odd in several]


def _first(several: Sequence[Odd]) -> str:
    more = f" (so in {_listed(_names(several[1:]))})" if len(several) > 1 else ""
    return f"column {several[0].column!r}, row {several[0].row}: {several[0].cell!r}{more}"


def _few(odd: Sequence[Odd]) -> str:
    settled = [each for each in odd if each.rule]
    way = rules(settled) if settled else "write it as 1234.5 in the table"
    return f"{_first(odd)} is like a number, and is not read as one; {way}"


OF: dict[str, Callable[[Sequence[Odd]], str]] = {
    "a few numbers": _few,
    "a few words": lambda odd: (
        f"{_first(odd)} stands among numbers, and its row is put aside; does it say nothing? {rules(odd)}"
    ),
    "mixed": lambda odd: (
        f"{_first(odd)} stands among numbers, which it makes words; data.kinds: {kinds(_names(odd), 'numeric')} "
        "puts such rows aside"
    ),
    "codes": lambda odd: (
        f"{_first(odd)} is read as a number; is it a code? data.kinds: {kinds(_names(odd), 'categorical')}"
    ),
    "thousands": lambda odd: f"{_first(odd)} is read with a fraction; are these thousands? {rules(odd)}",
}
"""By what is odd: what to say of columns where it is no fault."""
