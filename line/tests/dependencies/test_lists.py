"""Lists of names, and what is asked for."""

import pytest

from mainline.dependencies import lists
from mainline.errors import ConfigError

IN_ORDER = "# a comment\nclick\nskops[extra]  # why\n"


@pytest.mark.parametrize(
    ("text", "asked", "after"),
    [
        (IN_ORDER, "numpy", "# a comment\nclick\nnumpy\nskops[extra]  # why\n"),
        (IN_ORDER, "Zope.Interface", f"{IN_ORDER}Zope.Interface\n"),
        (IN_ORDER, "attrs", "# a comment\nattrs\nclick\nskops[extra]  # why\n"),
        ("skops\nclick\n", "numpy", "skops\nclick\nnumpy\n"),
        ("click", "numpy", "click\nnumpy"),
        ("", "numpy", "numpy\n"),
        ("-r other.in\r\nclick\r\n", "numpy", "-r other.in\r\nclick\r\nnumpy\n"),
    ],
)
def test_a_name_goes_where_it_belongs_and_comes_out_without_a_trace(text: str, asked: str, after: str) -> None:
    """In the order of the alphabet where the others are, else last; taken out, the text is the same to the byte."""
    assert lists.listed(text, asked) == after
    assert lists.without(after, lists.name(lists.wanted(asked))) == text


def test_another_name_is_not_taken_out() -> None:
    """A name that only begins so, or stands in a comment, stays."""
    text = "# skops\nskops-more\n"
    assert lists.without(text, "skops") == text


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("git+https://host/x", "no package's name with a range"),
        ("light gbm", "no package's name with a range"),
        ("", "no package's name with a range"),
        ("a @ https://host/a.whl", "an address or a marker cannot be added so"),
        ("a; python_version < '3.12'", "an address or a marker cannot be added so"),
    ],
)
def test_what_is_no_name_is_refused(said: str, reason: str) -> None:
    """In one line that says what would be one."""
    with pytest.raises(ConfigError, match=reason):
        lists.wanted(said)


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        (["3.2.0"], ">=3.2,<4"),
        (["3.4.1", "3.2.0"], ">=3.2,<4"),
        (["3.2.0", "4.0.1"], ">=3.2,<5"),
        (["0.10"], ">=0.10,<1"),
        (["2026"], ">=2026.0,<2027"),
        (["5.0rc1"], ">=5.0rc1,<6"),
    ],
)
def test_a_range_begins_at_the_version_and_ends_before_the_next_major_one(versions: list[str], expected: str) -> None:
    """Where markers tell between two versions, it holds both; and it allows a version that is not final."""
    assert lists.range_from(versions) == expected
