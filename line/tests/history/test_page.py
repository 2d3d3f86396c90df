"""The ledger as a page: decisions, deployments, and who was in production when."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from mainline.history import cells, page, picture
from mainline.ledger import Entry
from mainline.pages.svg import NARROW, WIDE, Width

EVIL = "</style><script>alert(1)</script>"


def decision(day: int, verdict: str = "PASS", condition: str = "superiority") -> Entry:
    """As the gate writes it."""
    about = {"challenger": {"model": f"{day:08x}ff"}, "champion": None, "generation": 0, "t": day}
    time = f"2026-03-{day:02}T12:00:00+00:00"
    return {"n": day, "kind": "decision", "time": time, "verdict": verdict, "condition": condition, **about}


def retraining(day: int, verdict: str = "PASS") -> Entry:
    """As the gate writes it."""
    about = {"number": 3, "trigger": {"why": "worse", "words": EVIL}, "champion": {"model": "0" * 32}}
    return {**decision(day, verdict), "kind": "retrain", **about}


def event(day: int, name: str, version: str, production: str | None, share: float = 0.0, reason: str = "") -> Entry:
    """As a host writes it."""
    about = {"event": name, "version": version, "production": production, "share": share, "reason": reason}
    return {"n": day, "kind": "deployment", "time": f"2026-03-{day:02}T12:00:00+00:00", **about}


PAST: list[Entry] = [
    decision(1),
    event(2, "started", "one", None),
    event(3, "promoted", "one", "one", 1.0, "the first"),
    decision(4, "NOT CERTIFIED"),
    event(5, "started", "two", "one"),
    event(6, "canary", "two", "one", 0.3),
    event(7, "rolled back", "two", "one", 0.3, "it was slow"),
    event(8, "started", "three", "one"),
    event(9, "canary", "three", "one", 0.3),
    event(10, "promoted", "three", "three", 1.0, EVIL),
]


def test_bands_say_who_answered() -> None:
    """From each event to the next; after its end a candidate has no share, whatever its last was."""
    found = list(picture.bands([each for each in PAST if each["kind"] == "deployment"], 9e9))
    assert [(band.production, band.candidate, band.share) for band in found] == [
        ("", "one", 0.0), ("one", "", 0.0), ("one", "two", 0.0), ("one", "two", 0.3), ("one", "", 0.0),
        ("one", "three", 0.0), ("one", "three", 0.3), ("three", "", 0.0),
    ]  # fmt: skip
    assert found[-1].end == 9e9


def test_a_pause_takes_the_share_and_is_marked() -> None:
    """Until a person lets it go on, at the share that it had."""
    paused, resumed = event(7, "paused", "two", "one", 0.0, "it refuses more"), event(8, "resumed", "two", "one", 0.3)
    entries = [*PAST[1:3], *PAST[4:6], paused, resumed]
    assert [(band.candidate, band.share) for band in picture.bands(entries, 9e9)][-3:] == [
        ("two", 0.3), ("two", 0.0), ("two", 0.3),
    ]  # fmt: skip
    assert re.findall(r'<td role="cell" class="words fixed (\w*)"[^>]*>(paused|resumed)', page.render(entries)) == [
        ("", "resumed"), ("wrong", "paused"),
    ]  # fmt: skip


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("entries", [PAST, PAST[:1], PAST[1:2], [PAST[0], PAST[3]]])
def test_any_past_is_a_picture(width: Width, entries: list[Entry]) -> None:
    """One entry included, and a project without a host; the clock's figures do not meet."""
    root = ElementTree.fromstring(str(picture.draw(width, entries).inline()))
    bottom = max(float(each.attrib["y"]) for each in root.iter("text"))
    clock = [float(each.attrib["x"]) for each in root.iter("text") if float(each.attrib["y"]) == bottom]
    assert all(b - a > 40 for a, b in pairwise(clock))
    boxes = list(root.iter("rect"))
    assert bool(boxes) == any(each["kind"] == "deployment" and each["production"] for each in entries)


def test_the_page_says_who_was_in_production_when() -> None:
    """The latest first, with the reason; a version that was never promoted is not among them."""
    html = page.render(PAST)
    reigns = html[html.index('id="h-production"') : html.index('id="h-entries"')]
    assert re.findall(r'<code class="id">(.*?)</code>', reigns) == ["three", "one"]
    assert "2026-03-10 12:00" in reigns
    assert ">now<" in reigns
    assert html.count("<tr role") == 2 + 2 + len(PAST)


@pytest.mark.parametrize(("verdict", "sign", "tone"), [("PASS", "▲", "right"), ("NOT CERTIFIED", "▼", "wrong")])
def test_a_retraining_is_a_decision_with_its_trigger(verdict: str, sign: str, tone: str) -> None:
    """Under its own number, with a mark on the picture; its evidence is the page's alone, and is text."""
    entry = retraining(11, verdict)
    assert cells(entry) == (
        *("11", "2026-03-11 12:00", "retraining 3", verdict, "superiority; worse", "0000000b", "00000000"),
    )
    html = page.render([*PAST, entry])
    assert "superiority; worse: &lt;/style&gt;&lt;script&gt;" in html
    assert f'class="words fixed {tone}" data-label="verdict">{verdict}<' in html[html.index("retraining 3") :][:300]
    assert "<script" not in html
    count = [str(picture.draw(WIDE, entries).inline()).count(sign) for entries in (PAST, [*PAST, entry])]
    assert count[1] == count[0] + 1


def test_what_others_wrote_does_not_run() -> None:
    """Reasons are text."""
    html = page.render(PAST)
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_nothing_yet_is_a_page_as_well() -> None:
    """Of a project that has decided nothing."""
    html = page.render([])
    assert "No decision has been taken yet." in html
    assert "<svg" not in html


def test_an_event_of_a_cluster_has_its_name() -> None:
    """A host has none."""
    said = {"n": 1, "kind": "deployment", "time": "2026-03-01T12:00:00+00:00", "event": "promoted", "share": 1.0}
    said |= {"version": "c1-aaaaaaaa", "production": "c1-aaaaaaaa", "reason": ""}
    assert cells(said)[2] == "on a host"
    assert cells({**said, "host": "paris"})[2] == "on paris"
