"""The picture of `mainline run`: shares, evidence and events on one axis."""

import math
import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from mainline.pages.svg import NARROW, WIDE, Width
from mainline.pages.timeline import ROOM, SHARES, Band, Mark
from mainline.run import picture
from mainline.run.host import Sample

OLD, NEW = "old", "new"
HUE = {OLD: "version-1", NEW: "version-2"}
SAMPLES = [
    Sample(0, OLD, "", 0.0),
    Sample(1, OLD, "", 0.0),
    Sample(4, OLD, NEW, 0.25),
    Sample(6, OLD, NEW, 0.25),
    Sample(10, NEW, "", 0.0),
]


def draw(samples: list[Sample] = SAMPLES, harm: dict | None = None, width: Width = WIDE) -> str:
    """The picture, which must be well-formed."""
    drawn = str(picture.draw(width, samples, harm or {}, [Mark(9, "promoted", NEW)], HUE, 0.05).inline())
    ElementTree.fromstring(drawn)
    return drawn


def test_samples_that_say_the_same_are_one_band() -> None:
    """Each from its first sample to the next that differs."""
    assert list(picture.bands(SAMPLES)) == [Band(0, 4, OLD, "", 0.0), Band(4, 10, OLD, NEW, 0.25)]


def test_shares_and_events_are_drawn() -> None:
    """In the colours of their versions, and in words."""
    drawn = draw()
    assert drawn.count("<rect") == 3
    assert "\u25b2 promoted" in drawn


@pytest.mark.parametrize(("log", "inside"), [(3.0, True), (1e4, False), (-1e4, False)])
def test_evidence_stays_inside_its_panel(log: float, inside: bool) -> None:
    """What is beyond lies on the edge."""
    height = float(re.search(r'points="[\d.]+,([\d.]+)"', draw(harm={NEW: [(5.0, log)]}))[1])
    top = ROOM + SHARES + picture.GAP
    assert top <= height <= top + picture.EVIDENCE
    assert (height not in (top, top + picture.EVIDENCE)) == inside


def test_nothing_at_all_is_an_empty_picture() -> None:
    """No sample, no evidence, no event."""
    assert "<rect" not in draw([])


def test_the_bar_is_where_the_evidence_rolls_back() -> None:
    """At 1 / alpha: evidence of just that lies on it."""
    drawn = draw(harm={NEW: [(5.0, math.log(20))]})
    bar = re.search(r'd="M[\d.]+ ([\d.]+)H[\d.]+" class="bar"', drawn)[1]
    assert re.search(r'points="[\d.]+,([\d.]+)"', drawn)[1] == bar


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("seconds", [0.5, 12, 250, 1200, 9000])
def test_the_clock_can_be_read_however_long_it_took(width: Width, seconds: float) -> None:
    """Its figures do not meet, on a phone neither, and none is cut."""
    drawn = draw([Sample(0, OLD, "", 0.0), Sample(seconds, OLD, "", 0.0)], width=width)
    places = [float(x) for x in re.findall(r'<text x="([\d.]+)"[^>]*>\d+ s<', drawn)]
    assert places
    assert all(b - a >= 44 for a, b in pairwise(places))
    assert places[-1] <= width.units - 18
