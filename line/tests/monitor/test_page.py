"""The page of `mainline monitor`, and the file for Prometheus: of each kind of verdict, from what --json says."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from prometheus_client.parser import text_string_to_metric_families

from line.tests.monitor.world import NAME, World, day, dev, older, profiles, reign
from mainline import config
from mainline.errors import ConfigError
from mainline.monitor import export, page, pictures, reach, told
from mainline.pages.svg import NARROW, WIDE

OLDER_PEOPLE = World(age=(0.01, 0.0, 0.15, 0.2, 0.3, 0.34, 0.0))
EVIL = "</style><script>alert(1)</script>"


def said(days: int = 130, then: World | None = None, without: tuple[int, ...] = ()) -> dict[str, Any]:
    """What --json says."""
    found = profiles(days, then=then, at=80, older=60, without=without)
    made = reach.reach(found, reign(), day(days - 1), config.Monitor(), dev=dev(), before=older(60))
    return told.told(made, found, [older(60), reign()])


@pytest.fixture(scope="module")
def worse() -> dict[str, Any]:
    """Of a world that has changed for the worse."""
    return said(130, replace(OLDER_PEOPLE, wrong=0.2))


def test_the_page_shows_all_that_the_verdict_rests_on(worse: dict[str, Any]) -> None:
    """Each part under its heading, each drawing with words for who does not see it."""
    html = page.render(worse)
    assert re.findall(r"<h2[^>]*>(.*?)</h2>", html) == [
        "The days",
        "The evidence, day by day",
        "Then and now",
        "Everything that is watched",
        "How many answers were wrong",
        "Labels: how late, and of which answers",
    ]
    assert '<section class="verdict fail"' in html
    assert html.count("<title>The evidence over time</title>") == 2  # wide and narrow
    assert all(re.findall(r"<svg[^>]*>(<title>)?", html))


def test_a_young_version_has_a_page_too() -> None:
    """With what there is."""
    html = page.render(said(10))
    assert '<section class="verdict pass"' in html
    assert "has no reference yet: 10 of 28 days" in html
    assert "The evidence, day by day" in html  # of the risk, by the dev rows
    assert "Then and now" not in html
    assert "The evidence, day by day" not in page.render(said(3))  # no label has had its time


@pytest.mark.parametrize(
    ("days", "since", "accepted", "measured"),
    [
        pytest.param(60, 0, None, "the dev rows are nowhere", id="no dev rows"),
        pytest.param(60, 0, 60, "", id="accepted today"),
        pytest.param(60, 0, 59, "", id="accepted yesterday"),
        pytest.param(60, 0, 20, "", id="accepted"),
        pytest.param(60, 60, None, "", id="promoted yesterday"),
        pytest.param(60, 59, None, "", id="the first day"),
    ],
)
def test_every_verdict_has_its_page(days: int, since: int, accepted: int | None, measured: str, tmp_path: Path) -> None:
    """And its file for Prometheus, and says the same things as JSON, whatever is not known yet."""
    found, mine = profiles(days, older=60), reign(None if accepted is None else day(accepted), day(since))
    made = reach.reach(found, mine, day(days - 1), config.Monitor(), dev=measured or dev(), before=older(60))
    told_ = told.told(made, found, [older(60), mine])
    full = said(130)
    assert told_.keys() == full.keys()
    assert told_["risk"].keys() == full["risk"].keys()
    assert "What production says" in page.render(told_)
    export.write(told_, tmp_path / "m.prom")


def test_what_cannot_be_watched_is_on_the_page(worse: dict[str, Any]) -> None:
    """Under a heading of its own, where there is such a thing; nothing of it is taken for markup."""
    html = page.render(worse | {"cannot": [EVIL]})
    assert "What cannot be watched" in html
    assert "<script>" not in html
    assert "What cannot be watched" not in page.render(worse)


def test_names_of_columns_and_categories_are_no_markup(worse: dict[str, Any]) -> None:
    """They come from a table that anybody may have written."""
    evil = [each | {"title": EVIL, "bins": [EVIL] * len(each["bins"])} for each in worse["signals"]]
    assert "<script>" not in page.render(worse | {"signals": evil})


def test_every_day_is_drawn_once(worse: dict[str, Any]) -> None:
    """In the column of its week, with its state as its class."""
    for width in (WIDE, NARROW):
        drawn = str(pictures.calendar(width, worse["days"]).inline())
        states = re.findall(r'class="day (\w+)"', drawn)
        assert states == [each["state"] for each in worse["days"]]
        assert len(set(re.findall(r'<rect x="([\d.]+)"', drawn))) == 28  # weeks


def test_a_year_and_more_is_cut_to_a_year() -> None:
    """A phone has room for 53 weeks."""
    days = [{"day": str(day(n)), "state": "quiet"} for n in range(500)]
    drawn = str(pictures.calendar(NARROW, days).inline())
    assert drawn.count("<rect") == 371
    assert max(map(float, re.findall(r'<rect x="([\d.]+)"', drawn))) < NARROW.units


def test_evidence_has_a_gap_where_there_is_none() -> None:
    """And is cut at the edges."""
    days = [str(day(n)) for n in range(6)]
    drawn = pictures.evidence(WIDE, days, {"drift": [0.0, 1.0, None, 90.0, -90.0, 1.0]}, 7300)
    lines = re.findall(r'<polyline points="([^"]*)"', str(drawn.inline()))
    assert [len(line.split()) for line in lines] == [2, 3]
    heights = [float(point.split(",")[1]) for line in lines for point in line.split()]
    assert min(heights) >= 0
    assert max(heights) <= pictures.PANEL


def test_many_bins_are_drawn_as_those_that_moved_most_and_the_rest() -> None:
    """Empty ones are left out, and all shares are there."""
    signal = {"bins": [f"b{n}" for n in range(40)], "then": [0.025] * 40, "now": [0.035] * 10 + [0.65 / 30] * 30}
    drawn = str(page._column(signal))
    assert drawn.count('class="then"') == page.BINS
    assert "all others" in drawn
    few = str(page._column({"bins": ["a", "b", "c"], "then": [0.5, 0.0, 0.5], "now": [0.4, 0.0, 0.6]}))
    assert few.count('class="then"') == 2
    assert "all others" not in few


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_drawings_are_whole(worse: dict[str, Any], width: Any) -> None:
    """Each is XML, and nothing lies outside of its width."""
    risk = worse["risk"]
    for drawing in (
        pictures.calendar(width, worse["days"]),
        pictures.evidence(width, worse["evidence_days"], {"drift": worse["evidence"]["drift"]}, worse["bar"]),
        pictures.risk(width, risk["weeks"], risk["measured"], risk["allowed"]),
        pictures.bands(width, worse["versions"], {each["version"]: "version-1" for each in worse["versions"]}),
    ):
        root = ElementTree.fromstring(str(drawing.inline()))
        for box in root.iter("rect"):
            assert 0 <= float(box.get("x", 0)) <= float(box.get("x", 0)) + float(box.get("width", 0)) <= width.units


def families(told: dict[str, Any]) -> dict[str, dict[tuple[str, ...], float]]:
    """What Prometheus reads: metric, and the labels' values but the version's."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(export.text(told).decode()):
        for sample in family.samples:
            labels = dict(sample.labels)
            assert labels.pop("version") == NAME
            found.setdefault(sample.name.removeprefix("mainline_monitor_"), {})[tuple(labels.values())] = sample.value
    return found


def test_prometheus_reads_the_same(worse: dict[str, Any]) -> None:
    """The verdict, the evidence as powers of ten, what was measured, and what is now."""
    found = families(worse)
    assert found["alarm"] == {("worse",): 1}
    assert found["evidence"][("drift",)] == worse["evidence"]["drift"][-1]
    assert found["signal_evidence"][("column:age",)] > 3
    assert found["risk_measured"][()] == pytest.approx(0.1)
    assert found["risk"][()] == pytest.approx(0.2, abs=0.05)
    assert found["days_without_profile"] == {(): 0}


def test_prometheus_sees_quiet_and_silence() -> None:
    """No alarm; and for how long no profile has come."""
    assert families(said(100))["alarm"] == {("quiet",): 0}
    silent = families(said(100, without=(98, 99)))
    assert silent["alarm"] == {("blind",): 1}
    assert silent["days_without_profile"] == {(): 2}


def test_the_file_is_written_whole_or_not_at_all(worse: dict[str, Any], tmp_path: Path) -> None:
    """What was there stays where it cannot be."""
    export.write(worse, tmp_path / "mainline.prom")
    assert (tmp_path / "mainline.prom").read_bytes() == export.text(worse)
    with pytest.raises(ConfigError, match=r"--prometheus .*: cannot be written"):
        export.write(worse, tmp_path / "none" / "mainline.prom")
    assert [path.name for path in tmp_path.iterdir()] == ["mainline.prom"]
