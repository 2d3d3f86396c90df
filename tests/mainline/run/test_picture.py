"""The picture of `mainline run`: shares, evidence and events on one axis."""

import math
import re
from xml.etree import ElementTree

import pytest

from mainline.run import picture
from mainline.run.host import Sample
from mainline.run.picture import Band, Mark

OLD, NEW = "old", "new"
COLOURS = {OLD: "#111111", NEW: "#222222"}
SAMPLES = [
    Sample(0, OLD, "", 0.0),
    Sample(1, OLD, "", 0.0),
    Sample(4, OLD, NEW, 0.25),
    Sample(6, OLD, NEW, 0.25),
    Sample(10, NEW, "", 0.0),
]


def draw(samples: list[Sample] = SAMPLES, harm: dict | None = None, marks: list[Mark] | None = None) -> str:
    """The picture, which must be well-formed."""
    drawn = picture.timeline(samples, harm or {}, marks or [], COLOURS, 0.05)
    ElementTree.fromstring(drawn)
    return drawn


def test_samples_that_say_the_same_are_one_band() -> None:
    """Each from its first sample to the next that differs."""
    assert list(picture.bands(SAMPLES)) == [Band(0, 4, OLD, "", 0.0), Band(4, 10, OLD, NEW, 0.25)]


def test_a_share_is_drawn_as_high_as_it_is_and_as_long_as_it_lasts() -> None:
    """The candidate's quarter stands on top of production's three."""
    boxes = re.findall(r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)" fill="(.*?)"', draw())
    found = {(colour, round(float(height) / picture.SHARES, 2)): float(width) for _, _, width, height, colour in boxes}
    whole = picture.RIGHT - picture.LEFT
    assert found == {
        ("#111111", 1.0): pytest.approx(whole * 0.4),
        ("#222222", 0.25): pytest.approx(whole * 0.6),
        ("#111111", 0.75): pytest.approx(whole * 0.6),
    }


@pytest.mark.parametrize(("log", "inside"), [(3.0, True), (1e4, False), (-1e4, False)])
def test_evidence_stays_inside_its_panel(log: float, inside: bool) -> None:
    """What is beyond lies on the edge."""
    height = float(re.search(r'points="[\d.]+,([\d.]+)"', draw(harm={NEW: [(5.0, log)]}))[1])
    top = picture.TOP + picture.SHARES + picture.GAP
    assert top <= height <= top + picture.EVIDENCE
    assert (height not in (top, top + picture.EVIDENCE)) == inside


def test_words_that_would_meet_stand_on_two_lines() -> None:
    """Far from each other they share one."""

    def lines(*seconds: float) -> set[str]:
        drawn = draw(marks=[Mark(second, "promoted", NEW) for second in seconds])
        return set(re.findall(r'y="(\d+)" text-anchor="middle" fill="#2e9e6b"', drawn))

    assert len(lines(2, 9)) == 1
    assert len(lines(5, 5.2)) == 2


def test_nothing_at_all_is_an_empty_picture() -> None:
    """No sample, no evidence, no event."""
    assert "<rect" not in draw([])


def test_the_bar_is_where_the_evidence_rolls_back() -> None:
    """At 1 / alpha: evidence of just that lies on it."""
    drawn = draw(harm={NEW: [(5.0, math.log(20))]})
    bar = re.search(r'd="M[\d.]+ ([\d.]+)H[\d.]+" stroke="currentColor" stroke-dasharray', drawn)[1]
    assert re.search(r'points="[\d.]+,([\d.]+)"', drawn)[1] == bar
