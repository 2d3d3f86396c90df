"""A user's text stays text in GitHub Markdown."""

import pytest

from mainline.report.markdown import bars, clean, code, fence, plain, quoted, table

ATTACKS = (
    "a | b",
    "`code`",
    "two\nlines\r\nthree\u2028four",
    "<script>alert(1)</script>",
    "**bold** _it_ ~no~",
    "[x](http://evil.example)",
    "![x](http://evil.example/p.png)",
    "@team please",
    "closes #12",
    "back\\|slash\\",
    "\u202egnp.exe",
    "$\\frac{1}{2}$",
    "- item",
    "1. item",
    "www.evil.example",
)


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_character_of_running_text_is_markup(attack: str) -> None:
    """One line; nothing GitHub reads as markup, a mention, an issue or a link is left."""
    safe = plain(attack)
    without_entities = safe.replace("&#", "").replace(";", "")
    assert not set(without_entities) & set("<>`*_[]|~$\\!#&\n\r\u2028\u202e")
    assert "@t" not in safe
    assert "://" not in safe
    assert "www." not in safe
    assert not safe.startswith(("- ", "1. "))


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_code_cell_breaks_its_table(attack: str) -> None:
    """A row with it has as many cells as its header, and the span it opens it closes."""
    made = code(attack)
    row = table(("a", "b"), [(made, "x")]).splitlines()
    assert len(row) == 3
    assert row[2].count("|") == 3
    assert made.startswith("`") == made.endswith("`")
    assert made.count("`") in (0, 2)
    assert made[0] + made[-1] == "``" or (made.startswith("<code>") and "<" not in made[6:-7])


def test_harmless_text_is_left_as_it_is() -> None:
    """Escaping is for what needs it."""
    assert plain("Rank customers by risk, 2 of 3.") == "Rank customers by risk, 2 of 3."
    assert code("pixel_0_0") == "`pixel_0_0`"
    assert code("") == "–"


def test_long_text_is_cut_before_it_is_escaped() -> None:
    """So that no entity is cut in half."""
    assert plain("|" * 500, 10) == "&#124;" * 9 + "…"


def test_a_fence_cannot_be_closed_from_inside() -> None:
    """Backticks in a file's name are no fence."""
    assert fence(["a ``` b", "c\nd"]).count("```") == 2


@pytest.mark.parametrize(
    ("text", "expected"), [('a"b]', '"a b"'), ("", '"?"'), ("x\n```", '"x"'), ("0.5 to 1", '"0.5 to 1"')]
)
def test_a_mermaid_string_holds_no_quote_or_bracket(text: str, expected: str) -> None:
    """Only letters, digits and a little punctuation."""
    assert quoted(text) == expected


def test_bars_are_drawn_from_zero_without_exponents() -> None:
    """Mermaid reads plain decimals only."""
    drawn = bars("t", "RMSE", ["a", "b"], [39303.123, 0.00001234], [1e6, 2.0])
    assert "bar [39303, 0.00001234]" in drawn
    assert "line [1000000, 2.000]" in drawn
    assert '"RMSE" 0 --> 1050000' in drawn
    assert "line" not in bars("t", "F1", ["a"], [0.5], None)


def test_control_characters_never_pass() -> None:
    """They become spaces; what turns the reading direction is dropped."""
    assert clean("a\x00b\u202ec") == "a bc"
