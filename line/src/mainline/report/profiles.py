"""How the profile of a branch differs from main's: kinds, gaps, ranges, categories, and hints that came or went."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mainline.report.text import cell, short

GAPS = 0.01  # of the rows, by which the share of empty cells must move
BEYOND = 0.1  # of the range of before, by which one must reach further
NAMED = 5  # categories
MOST = 20  # lines
Profile = Mapping[str, Any]


@dataclass(frozen=True)
class Differs:
    """One thing about a column of the training rows, before and now."""

    column: str
    what: str
    before: str
    after: str


@dataclass(frozen=True)
class ProfileChanges:
    """What differs, and the hints that are new or gone: (column, what it said, the line that settles it)."""

    columns: tuple[Differs, ...] = ()
    more: int = 0
    new_hints: tuple[tuple[str, str, str], ...] = ()
    gone_hints: tuple[tuple[str, str, str], ...] = ()

    @property
    def any(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.columns or self.new_hints or self.gone_hints)


def compare(before: Profile, after: Profile) -> ProfileChanges:
    """Two profiles; nothing is told where a side has none, or one of another version."""
    if not before or not after or before.get("format") != after.get("format"):
        return ProfileChanges()
    shared = [name for name in after["columns"] if name in before["columns"]]
    found = [each for name in shared for each in _column(name, before["columns"][name], after["columns"][name])]
    old, new = ({(each["column"], each["kind"]): each for each in side["hints"]} for side in (before, after))
    return ProfileChanges(
        columns=tuple(found[:MOST]),
        more=max(len(found) - MOST, 0),
        new_hints=tuple(_hint(each) for key, each in new.items() if key not in old),
        gone_hints=tuple(_hint(each) for key, each in old.items() if key not in new),
    )


def _hint(each: Mapping[str, str]) -> tuple[str, str, str]:
    return each["column"], each["what"], each["yaml"]


def _column(name: str, before: Profile, after: Profile) -> Iterator[Differs]:
    if before["kind"] != after["kind"]:
        yield Differs(name, "kind", before["kind"], after["kind"])
    old, new = before["train"], after["train"]
    gaps = [each["missing"] / max(each["rows"], 1) for each in (old, new)]
    if abs(gaps[1] - gaps[0]) >= GAPS:
        yield Differs(name, "missing", *(f"{each:.1%}" for each in gaps))
    if before["kind"] != after["kind"]:
        return
    if "quantiles" in old and "quantiles" in new and after["kind"] == "numeric":
        low, high = old["quantiles"][0], old["quantiles"][-1]
        room = BEYOND * (high - low)
        if new["quantiles"][0] < low - room or new["quantiles"][-1] > high + room:
            ranges = (f"{cell(each['quantiles'][0])} to {cell(each['quantiles'][-1])}" for each in (old, new))
            yield Differs(name, "range", *ranges)
    if after["kind"] == "categorical" and not old["counts"][-1] and not new["counts"][-1]:
        came = [each for each in after["values"] if each not in before["values"]]
        went = [each for each in before["values"] if each not in after["values"]]
        if came or went:
            yield Differs(name, "categories", _named(went), _named(came))


def _named(values: list[str]) -> str:
    more = f" and {len(values) - NAMED} more" if len(values) > NAMED else ""
    return ", ".join(short(each, 20) for each in values[:NAMED]) + more
