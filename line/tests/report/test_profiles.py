"""What differs between two profiles, in the page and in the comment."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from mainline.report.changes import changes
from mainline.report.comment import comment
from mainline.report.page import write_page
from mainline.report.profiles import Differs, compare
from mainline.report.side import Side


def profile(*, missing: int = 0, most: float = 10.0, plans: tuple[str, ...] = ("a", "b"), odd: bool = False) -> Any:
    """Of 100 training rows."""
    hint = {"column": "age", "kind": "code", "what": "9 rows say 999", "yaml": "clean: {columns: {}}"}
    age = {"kind": "numeric", "train": {"rows": 100, "missing": missing, "quantiles": [0.0, 5.0, most]}}
    plan = {"kind": "categorical", "values": [*plans], "train": {"rows": 100, "missing": 0}}
    plan["train"] |= {"counts": [50] * len(plans) + [0]}
    return {"format": 1, "columns": {"age": age, "plan": plan}, "hints": [hint] if odd else []}


def test_the_same_profile_differs_in_nothing() -> None:
    """And a little more of the same is no difference."""
    assert not compare(profile(), profile()).any
    assert not compare(profile(), profile(most=10.9)).any
    assert not compare({}, profile()).any
    assert not compare({"rows": {}}, profile(odd=True)).any


def test_gaps_ranges_categories_and_hints_are_told() -> None:
    """Each with what it was."""
    found = compare(profile(), profile(missing=7, most=58.9, plans=("a", "c"), odd=True))
    assert found.columns == (
        Differs("age", "missing", "0.0%", "7.0%"),
        Differs("age", "range", "0 to 10", "0 to 58.9"),
        Differs("plan", "categories", "b", "c"),
    )
    assert found.new_hints == (("age", "9 rows say 999", "clean: {columns: {}}"),)
    assert compare(profile(odd=True), profile()).gone_hints == found.new_hints


def test_a_column_of_another_kind_is_told_as_that() -> None:
    """Its range and categories say nothing then."""
    after = profile()
    after["columns"]["age"]["kind"] = "ignored"
    assert compare(profile(), after).columns == (Differs("age", "kind", "numeric", "ignored"),)


def test_page_and_comment_tell_of_it(pairs: dict[str, tuple[Side, Side]], tmp_path: Path) -> None:
    """Where the profile differs, both have it under Data; where not, neither."""
    challenger, champion = pairs["binary"]
    for after, told in ((profile(missing=7, odd=True), True), (profile(), False)):
        sides = replace(challenger, profile=after), replace(champion, profile=profile())
        about: Any = {"verdict": None, "changes": changes(*sides)}
        page = write_page(*sides, **about, out=tmp_path / "index.html").read_text()
        for text in (page, comment(*sides, **about)):
            assert ("7.0%" in text) == told
            assert ("9 rows say 999" in text) == told
            assert ("Looks odd now" in text) == told
