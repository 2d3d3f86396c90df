"""The ledger on one axis of time, as SVG: what the gate decided, and below it who answered the users."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise

from markupsafe import Markup

from mainline.ledger import VERDICTS, Entry
from mainline.pages import svg, timeline
from mainline.pages.svg import Drawing, Width
from mainline.pages.timeline import EDGE, LEFT, ROOM, SHARES, At, Band, Mark

GATE = 40  # of the gate's lane, pixels
SIGNS = {"PASS": ("▲", "good"), "NOT CERTIFIED": ("▼", "bad")}
ENDS = ("promoted", "reverted", "rolled back", "failed", "withdrawn")
"""Events after which there is no candidate."""
MINUTE, HOUR, DAY = 60, 3600, 86400
STEPS = (
    *(10, 30, MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR),
    *(DAY, 2 * DAY, 7 * DAY, 14 * DAY, 28 * DAY, 91 * DAY, 182 * DAY, 365 * DAY, 1826 * DAY),
)
APART = 74  # pixels between two figures of the clock


def draw(width: Width, entries: Sequence[Entry]) -> Drawing:
    """Decisions as marks, shares of versions as areas.

    Args:
        entries: at least one, oldest first.
    """
    begin, last = moment(entries[0]), moment(entries[-1])
    end = last + max(0.04 * (last - begin), 1.0)  # so that what is now has a width
    at, events = timeline.axis(width, begin, end), [each for each in entries if each["kind"] == "deployment"]
    parts = [*_decisions([each for each in entries if each["kind"] in VERDICTS], at, width)]
    bottom = GATE
    if events:
        top = GATE + ROOM + 6
        marks = [Mark(moment(e), e["event"], e["version"]) for e in events if e["event"] in timeline.SIGNS]
        parts += timeline.shares(list(bands(events, end)), hues(entries), at, top)
        parts += timeline.marks(marks, at, width, top)
        bottom = top + SHARES
    parts += _clock(width, begin, end, at, bottom)
    return Drawing(width, bottom + 26, "What the gate decided, and who answered the users, over time", parts)


def moment(entry: Entry) -> float:
    """When it was written, in seconds since 1970."""
    return datetime.fromisoformat(entry["time"]).timestamp()


def hues(entries: Sequence[Entry]) -> dict[str, str]:
    """The colour of each version that was ever started."""
    return timeline.hues([each["version"] for each in entries if each["kind"] == "deployment"])


def bands(events: Sequence[Entry], end: float) -> Iterator[Band]:
    """Who answered from each event to the next."""
    for one, until in pairwise([*events, None]):
        if one:
            candidate = "" if one["event"] in ENDS else one["version"]
            share = one["share"] if candidate else 0.0
            yield Band(moment(one), moment(until) if until else end, one["production"] or "", candidate, share)


def _decisions(decisions: Sequence[Entry], at: At, width: Width) -> Iterator[Markup]:
    y = GATE - 8
    yield svg.text(0, 12, "decisions of the gate, and the share of each version", "label")
    yield svg.text(LEFT - 6, y, "gate", "end")
    yield svg.path(f"M{LEFT} {y - 4}H{width.units - EDGE}", "grid")
    for entry in decisions:
        sign, kind = SIGNS.get(entry["verdict"], ("•", "label"))
        yield svg.text(at(moment(entry)), y, sign, f"middle over {kind}")


def _clock(width: Width, begin: float, end: float, at: At, bottom: float) -> Iterator[Markup]:
    most = (width.units - LEFT) / APART
    step = next((each for each in STEPS if (end - begin) / each <= most), STEPS[-1])
    said = "%H:%M:%S" if step < MINUTE else "%H:%M" if step < DAY else "%d %b" if step < 91 * DAY else "%b %Y"
    for tick in range(-int(-begin // step) * step, int(end) + 1, step):
        x = min(at(tick), width.units - APART / 3)
        yield svg.text(x, bottom + 20, datetime.fromtimestamp(tick, UTC).strftime(said), "middle")
