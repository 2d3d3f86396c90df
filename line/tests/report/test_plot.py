"""Charts and marks: well-formed, escaped, in the right place."""

from xml.etree import ElementTree

import numpy as np
import pytest

from mainline.report.plot import Axis, Layer, axis, chart, dumbbell, life, whisker


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (-3, 7, [-2, 0, 2, 4, 6]),
        (0.7, 1, [0.7, 0.8, 0.9, 1]),
        (0, 9e5, [0, 2e5, 4e5, 6e5, 8e5]),
    ],
)
def test_ticks_are_round_and_inside(low: float, high: float, expected: list[float]) -> None:
    """About five of them."""
    assert Axis("x", low, high).ticks() == pytest.approx(tuple(expected))


@pytest.mark.parametrize("values", [[1.0, 5.0], [3.0, 3.0], [0.0, 0.0]])
def test_an_axis_has_room_for_its_values(values: list[float]) -> None:
    """Also when they are all the same."""
    made = axis("x", np.array(values))
    assert made.low < min(values)
    assert made.high > max(values)


def test_a_chart_is_well_formed_and_escapes_its_words() -> None:
    """Names come from users."""
    points = np.array([0.0, 1.0])
    layers = [Layer("line", points, points, "champion"), Layer("dots", points, points, "challenger", points)]
    drawn = chart("<b>&", Axis("<x>"), Axis("<y>"), layers, [("champion", "<script>")], "lower right")
    root = ElementTree.fromstring(drawn)
    assert root.find("title").text == "<b>&"
    assert {"<x>", "<y>", "<script>"} <= {element.text for element in root.iter("text")}


def test_a_line_ends_in_the_corners_of_the_frame() -> None:
    """(0, 0) is lower left and (1, 1) upper right."""
    points = np.array([0.0, 1.0])
    root = ElementTree.fromstring(chart("t", Axis("x"), Axis("y"), [Layer("line", points, points)]))
    assert root.find("polyline").get("points") == "54.0,226.0 348.0,10.0"


def test_a_whisker_lies_on_its_side_of_zero() -> None:
    """Zero is the middle, at 60."""
    drawn = whisker(0.1, 0.2, 0.3, 0.4, "better")
    assert 'class="whisker better"' in drawn
    assert "M74.0 7H102.0" in drawn
    assert whisker(float("nan"), 0, 0, 1, "") == ""


def test_a_dumbbell_has_a_dot_for_each_side() -> None:
    """One alone has one dot."""
    assert dumbbell(0.5, 1.0, 0.5).count("<circle") == 2
    assert dumbbell(None, 1.0, 0.5).count("<circle") == 1
    assert 'class="champion" cx="6.0"' in dumbbell(0.5, 1.0, 0.5)


@pytest.mark.parametrize(
    ("used", "total", "filled", "shown"), [(3, 8, 3, 8), (0, 32, 0, 32), (50, 100, 32, 64), (0, 0, 0, 1)]
)
def test_life_is_as_many_ticks_as_decisions(used: int, total: int, filled: int, shown: int) -> None:
    """A long life is drawn to scale."""
    drawn = life(used, total)
    assert (drawn.count('"used"'), drawn.count("<rect")) == (filled, shown)
    assert f"{used} of {total}" in drawn
