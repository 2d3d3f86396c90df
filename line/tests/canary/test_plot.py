"""The evidence over time, drawn."""

import math
import re
import xml.etree.ElementTree as ET
from collections import defaultdict
from itertools import pairwise

import pytest

from mainline import config
from mainline.canary.judge import Point
from mainline.canary.plot import APART, HIGH, LEFT, LOW, PANEL, STEPS, draw, drawing
from mainline.canary.plot import NAMES as ROOM
from mainline.pages.svg import NARROW, WIDE

SVG = "{http://www.w3.org/2000/svg}"
RIGHT = WIDE.units - ROOM["wide"]
NAMES = ("errors", "refusals", "latency", "labels", "joins", "drift")


def point(time: float, *, share: float = 0.1, harm: float = 0.0, log: float = 0.0) -> Point:
    """A look at which every signal says the same."""
    return Point(time, share, "hold", harm, dict.fromkeys(NAMES, log), dict.fromkeys(NAMES[:4], log))


def drawn(points: list[Point], reason: str = "held: so it is", **settings: float) -> ET.Element:
    """The picture, parsed."""
    return ET.fromstring(draw(points, config.Canary(**settings), reason))


def texts(svg: ET.Element) -> list[str]:
    """All that is written."""
    return [each.text or "" for each in svg.iter(f"{SVG}text")]


@pytest.mark.parametrize("count", [0, 1, 2, 400])
def test_any_number_of_looks_is_a_picture(count: int) -> None:
    """None and one included; every line has a place for every look."""
    svg = drawn([point(1000 + 10 * i, log=0.01 * i) for i in range(count)])
    lines = list(svg.iter(f"{SVG}polyline"))
    assert all(len(each.attrib["points"].split()) == count for each in lines)
    assert len(lines) == (11 if count else 1)


@pytest.mark.parametrize("log", [-1e6, -3.0, 0.0, 3.0, 1e6])
def test_evidence_stays_inside(log: float) -> None:
    """However much there is of it: odds of 100:1 against to 10,000 for are told apart, the rest lies on the edge."""
    for line in drawn([point(0), point(10, harm=log, log=log)]).iter(f"{SVG}polyline"):
        first, last = (float(each.split(",")[1]) for each in line.attrib["points"].split())
        power = min(max(log / math.log(10), LOW), HIGH)
        assert first - last == pytest.approx(power * PANEL / (HIGH - LOW), abs=0.11)


def test_labels_do_not_overlap() -> None:
    """Lines that end at one height have their names one below the other, and inside of the picture."""
    for log in (-99.0, 0.0, 99.0):
        svg = drawn([point(0), point(10, harm=log, log=log)])
        heights = defaultdict(list)
        for each in svg.iter(f"{SVG}text"):
            heights[each.attrib["x"]].append(float(each.attrib["y"]))
        names = sorted(heights[str(RIGHT + 18)])
        assert len(names) == 11
        assert min(b - a for a, b in pairwise(names)) >= APART
        grid = [each.attrib["d"] for each in svg.iter(f"{SVG}path") if each.attrib.get("class") == "grid"]
        tops = [float(re.findall(r"[\d.]+", grid[i])[1]) for i in (6, 13)]  # of each panel, its topmost line
        for top, inside in zip(tops, (names[:7], names[7:]), strict=True):
            assert top <= inside[0] - 4
            assert inside[-1] - 4 <= top + PANEL


def test_the_bars_are_those_of_the_settings() -> None:
    """1/alpha and 1/beta, each in its panel."""
    svg = drawn([point(0)], alpha=0.01, beta=0.1)
    said = " ".join(texts(svg))
    assert "above 100" in said
    assert "above 10 " in said + " "
    bars = [each.attrib["d"] for each in svg.iter(f"{SVG}path") if each.attrib.get("class") == "bar"]
    heights = [float(re.findall(r"[\d.]+", each)[1]) for each in bars]
    step = PANEL / (HIGH - LOW)
    grid = [
        float(re.findall(r"[\d.]+", each.attrib["d"])[1])
        for each in svg.iter(f"{SVG}path")
        if each.attrib.get("class") == "grid"
    ]
    assert heights == [pytest.approx(grid[i] - power * step, abs=0.11) for i, power in ((2, 2), (9, 1))]


def test_shares_are_a_band() -> None:
    """As wide as they lasted, as high as they were."""
    points = [point(10 * i, share=0.1 if i < 5 else 0.5 if i < 8 else 1.0) for i in range(11)]
    svg = drawn(points)
    bands = [[float(each.attrib[key]) for key in ("x", "width", "height")] for each in list(svg.iter(f"{SVG}rect"))[1:]]
    wide = (RIGHT - LEFT) / 10
    expected = [[LEFT, 5 * wide, 4.6], [LEFT + 5 * wide, 3 * wide, 23], [LEFT + 8 * wide, 2 * wide, 46]]
    assert bands == [pytest.approx(each, abs=0.11) for each in expected]
    assert [each for each in texts(svg) if each in ("10%", "50%")] == ["10%", "50%"]


def test_steps_too_short_go_without_their_figure() -> None:
    """So that figures do not overlap."""
    points = [point(i, share=0.1 + 0.001 * i) for i in range(300)]
    svg = drawn(points)
    places = [float(each.attrib["x"]) for each in svg.iter(f"{SVG}text") if re.fullmatch(r"\d+\.\d%", each.text or "")]
    assert len(places) > 2
    assert min(b - a for a, b in pairwise(places)) >= 40


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(5, ["0", "1 s", "2"]), (600, ["0", "2 min", "4"]), (9000, ["0", "0.5 h", "1"]), (864000, ["0", "2 d", "4"])],
)
def test_the_clock_has_round_times(seconds: float, said: list[str]) -> None:
    """In the unit that suits."""
    written = texts(drawn([point(0), point(seconds)]))
    assert written[written.index("100%", written.index("0%")) + 1 :][:3] == said


def test_the_reason_is_whole_and_harmless() -> None:
    """In lines that fit; what is in it stays text."""
    reason = "held: the canary answers otherwise: 5 of 9 were '<script>alert(1)</script>' & \"more\" " + "and on " * 40
    text = draw([point(0)], config.Canary(), reason)
    assert "<script" not in text
    svg = ET.fromstring(text)
    lines = [each.text or "" for each in svg.iter(f"{SVG}text") if each.attrib.get("class") == "title"]
    assert " ".join(lines) == " ".join(reason.split())
    assert max(map(len, lines)) * 7.2 < WIDE.units


def test_it_has_light_and_dark() -> None:
    """By what the reader's system prefers."""
    assert "prefers-color-scheme: dark" in draw([point(0)], config.Canary(), "held")


def test_on_a_phone_its_names_and_its_clock_have_room() -> None:
    """The longest name fits beside the lines, and there are fewer times."""
    points = [point(30 * i, log=0.1 * i) for i in range(20)]
    svg = ET.fromstring(str(drawing(NARROW, points, config.Canary(), "held: " + "so it is " * 12).inline()))
    written = [(float(each.attrib["x"]), each.text or "", each.attrib.get("class", "")) for each in svg.iter("text")]
    assert "all together" in [text for _, text, _ in written]
    assert all(x + 6.2 * len(text) <= NARROW.units + 4 for x, text, kind in written if "hue" in kind)
    assert all(7.2 * len(text) <= NARROW.units + 4 for _, text, kind in written if kind == "title")
    bottom = max(float(each.attrib["y"]) for each in svg.iter("text"))
    assert sum(float(each.attrib["y"]) == bottom for each in svg.iter("text")) <= STEPS["narrow"] + 1
