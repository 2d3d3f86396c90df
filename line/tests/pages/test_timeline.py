"""Shares of the users over time, and the words above them."""

import re

import pytest

from mainline.pages import timeline
from mainline.pages.svg import NARROW, WIDE, Width
from mainline.pages.timeline import SHARES, Band, Mark

HUE = {"old": "version-1", "new": "version-2"}


def words(width: Width, *seconds: float) -> list[tuple[float, int, str]]:
    """Where, how high, and what is said of promotions within ten seconds."""
    found = [Mark(second, "promoted", "new") for second in seconds]
    drawn = "".join(timeline.marks(found, timeline.axis(width, 0, 10), width, 60))
    return [(float(x), int(y), said) for x, y, said in re.findall(r'<text x="([\d.]+)" y="(\d+)".*?>(.*?)<', drawn)]


def test_a_share_is_as_high_as_it_is_and_as_long_as_it_lasts() -> None:
    """The candidate's quarter stands on top of production's three."""
    bands = [Band(0, 4, "old", "", 0.0), Band(4, 10, "old", "new", 0.25)]
    drawn = "".join(timeline.shares(bands, HUE, timeline.axis(WIDE, 0, 10), 0))
    boxes = re.findall(r'width="([\d.]+)" height="([\d.]+)".*?var\(--(.*?)\)', drawn)
    whole = WIDE.units - timeline.LEFT - timeline.EDGE
    assert [(float(height) / SHARES, hue) for _, height, hue in boxes] == [
        (1, "version-1"), (0.25, "version-2"), (0.75, "version-1")
    ]  # fmt: skip
    assert [float(width) for width, _, _ in boxes] == pytest.approx([0.4 * whole, 0.6 * whole, 0.6 * whole])


def test_a_share_that_was_short_can_be_seen() -> None:
    """Among months an hour is a line."""
    drawn = "".join(timeline.shares([Band(0, 1, "old", "", 0.0)], HUE, timeline.axis(NARROW, 0, 1e6), 0))
    assert 'width="1.0"' in drawn


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("seconds", [(0.0,), (10.0,), (1.0, 9.0), (5.0, 5.1), (5.0, 5.1, 5.2), tuple(range(10))])
def test_words_do_not_meet_and_are_not_cut(width: Width, seconds: tuple[float, ...]) -> None:
    """One line higher where they would; where no line is free, the sign stands alone."""
    said = words(width, *seconds)
    assert len(said) == len(seconds)
    for i, (x, y, word) in enumerate(said):
        half = len(word) * timeline.LETTER / 2
        assert half <= x <= width.units - half or word == "▲"
        for other, height, short in said[:i]:
            assert (
                abs(other - x) >= half + len(short) * timeline.LETTER / 2 - 0.2 or height != y or "▲" in (word, short)
            )
    assert sum("promoted" in word for _, _, word in said) >= min(3, len(seconds))


def test_versions_have_colours_in_the_order_of_their_coming() -> None:
    """A version that comes back keeps its own; the sixth has the first one's."""
    assert timeline.hues(["a", "b", "a"]) == {"a": "version-1", "b": "version-2"}
    assert timeline.hues([*"abcdef"])["f"] == "version-1"
