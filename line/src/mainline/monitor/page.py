"""The page of `mainline monitor`: the verdict, and all that it rests on, as pictures."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from mainline import pages
from mainline.monitor import pictures
from mainline.pages import svg, timeline
from mainline.project import Project

TEMPLATES = Path(__file__).parent / "templates"
TONES = {"quiet": "pass", "worse": "fail", "drifted": "fail", "suspected": "fail"}
HUES = {"drift": "drift", "risk": "errors", "labels": "labels", "estimated": "refusals"}
WORDS = {
    "drift": "columns and answers, all together",
    "risk": "wrong answers",
    "estimated": "wrong answers, as estimated without labels",
    "labels": "labels",
}
SHOWN = 12  # signals that are drawn
BINS = 14  # bars of one
SEEN = 0.0005  # a share that is worth a bar


def write(project: Project, told: Mapping[str, Any], folder: Path | None = None) -> Path:
    """Write monitor.html into a folder, by default the report's, and return its path."""
    return pages.write(render(told), (folder or project / pages.FOLDER) / "monitor.html")


def render(told: Mapping[str, Any]) -> str:
    """The page's HTML, from what `mainline monitor --json` says."""
    lines = [(WORDS[name], HUES[name]) for name in told["evidence"]]
    drawn = [each for each in told["signals"] if each["then"]][:SHOWN]
    return (
        pages.environment(TEMPLATES)
        .get_template("monitor.html")
        .render(
            told=told,
            tone=TONES.get(told["verdict"], ""),
            pictures=_pictures(told),
            lines=lines,
            shown=[(each, _column(each)) for each in drawn],
        )
    )


def _pictures(told: Mapping[str, Any]) -> dict[str, Markup | str]:
    days, evidence, risk = told["days"], told["evidence"], told["risk"]
    hues = timeline.hues([each["version"] for each in told["versions"]])
    watched, named = told["evidence_days"], {HUES[name]: powers for name, powers in evidence.items()}
    return {
        "calendar": svg.both(lambda width: pictures.calendar(width, days)) if days else "",
        "bands": svg.both(lambda width: pictures.bands(width, told["versions"], hues)) if told["versions"] else "",
        "evidence": svg.both(lambda width: pictures.evidence(width, watched, named, told["bar"])) if named else "",
        "risk": svg.both(lambda width: pictures.risk(width, risk["weeks"], risk["measured"], risk["allowed"]))
        if risk and risk["weeks"]
        else "",
    }


def _column(signal: Mapping[str, Any]) -> Markup:
    """Its bars, of the bins that are not empty; of many those that moved most, in their order, then the rest."""
    bins, then, now = signal["bins"], signal["then"], signal["now"] or signal["then"]
    there = [at for at in range(len(bins)) if then[at] or now[at]]
    if len(there) > BINS:
        there = sorted(sorted(there, key=lambda at: -abs(now[at] - then[at]))[: BINS - 1])
    words, before, after = ([each[at] for at in there] for each in (bins, then, now))
    if sum(before) < 1 - SEEN or sum(after) < 1 - SEEN:
        words, before, after = [*words, "all others"], [*before, 1 - sum(before)], [*after, 1 - sum(after)]
    return pictures.then_and_now(words, before, after).inline()
