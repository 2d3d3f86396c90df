"""The picture of the simulated weeks, on a phone too."""

import re
from datetime import date
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from mainline.pages.svg import NARROW, WIDE, Width
from mainline.run import loop_picture
from mainline.run.days import Plan
from mainline.run.outcome import Came
from mainline.run.weeks import Stretch

PLAN = Plan(date(2026, 3, 31))
HUES, NAMES = {"one": "version-1", "two": "version-2"}, {"one": "better-model, v1.0.0", "two": "retrained, v1.1.0"}
SHOWN = Came(drifted=37, worse=39, released=True)


def stretch(version: str, days: tuple[date, ...], rate: float, *, known: bool = True) -> Stretch:
    """A version's days, all alike."""
    weeks = [{"first": str(day), "rate": rate, "low": rate / 2, "high": min(2 * rate, 1.0)} for day in days[::7]]
    risk = {"measured": 0.04, "allowed": 0.07, "weeks": weeks, "squared": False}
    told = {
        "bar": 7300,
        "risk": risk if known else {**dict.fromkeys(risk), "weeks": [], "squared": False},
        "evidence": {"drift": [None, 99.0], "risk": [0.0, 2.0]} if known else {},
        "evidence_days": [str(day) for day in days[:2]],
    }
    return Stretch(version, days, told, tuple((day, rate) for day in days))


ONE, TWO = stretch("one", PLAN.before, 0.6), stretch("two", PLAN.after, 0.1)


def draw(*stretches: Stretch, came: Came = SHOWN, width: Width = WIDE) -> str:
    """The picture, which must be well-formed."""
    drawn = str(loop_picture.draw(width, PLAN, stretches, came, HUES, NAMES).inline())
    ElementTree.fromstring(drawn)
    return drawn


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_all_that_happened_is_drawn(width: Width) -> None:
    """What changed, what the monitor said, what was done, both versions, their weeks, and what is allowed of each."""
    drawn = draw(ONE, TWO, width=width)
    for word in ("world changes", "▼ drifted", "▼ worse", "▲ retrained", *NAMES.values(), "wrong answers"):
        assert word in drawn
    assert drawn.count('class="band hue"') == 8 + 2
    assert drawn.count('class="bar"') == 2 + 1
    places = [float(x) for x in re.findall(r'<text x="([\d.]+)"[^>]*>day \d+<', drawn)]
    assert all(b - a >= 44 for a, b in pairwise(places))
    assert all(float(x) <= width.units for x in re.findall(r'<rect x="([\d.]+)"', drawn))


@pytest.mark.parametrize(
    ("came", "words"),
    [(Came(), 0), (Came(drifted=37), 1), (Came(drifted=37, worse=39), 2), (Came(worse=39, released=False), 1)],
)
def test_what_did_not_happen_is_not_drawn(came: Came, words: int) -> None:
    """A table whose model does not care has the first version's days, and no more."""
    drawn = draw(ONE, came=came)
    assert len(re.findall("[▼▲] (drifted|worse|retrained)", drawn)) == words
    assert NAMES["two"] not in drawn


def test_a_risk_that_is_not_known_has_no_level() -> None:
    """The days' labels are drawn all the same."""
    drawn = draw(stretch("one", PLAN.before, 0.6, known=False), came=Came())
    assert drawn.count('class="bar"') == 1
    assert drawn.count("<polyline") == 1


def test_errors_of_a_regression_are_called_so() -> None:
    """They are no wrong answers."""
    assert "mean squared error" in draw(ONE, came=Came(squared=True))
