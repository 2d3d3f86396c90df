"""The page of `mainline history`: the ledger as a picture, who was in production when, and every entry."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mainline import ledger, pages
from mainline.history import HEAD, cells
from mainline.history.picture import draw, hues
from mainline.ledger import Entry
from mainline.monitor import lived
from mainline.monitor.profiles import branch
from mainline.pages import svg
from mainline.project import Project

TEMPLATES = Path(__file__).parent / "templates"
TONES = {"PASS": "right", "promoted": "right"}
TONES |= dict.fromkeys(("NOT CERTIFIED", "rolled back", "failed", "paused", "alarm"), "wrong")


def write(project: Project, folder: Path | None = None) -> Path:
    """Write history.html into a folder, by default the report's, and return its path.

    Raises:
        Refused: the ledger is not as it was written.
    """
    found = lived.lived(project) if branch.tip(project.root) else []
    text = render(ledger.read(project.root).entries, found)
    return pages.write(text, (folder or project / pages.FOLDER) / "history.html")


def render(entries: Sequence[Entry], found: Sequence[lived.Lived] = ()) -> str:
    """The page's HTML; entries oldest first, and what became of each version."""
    return (
        pages.environment(TEMPLATES)
        .get_template("history.html")
        .render(
            picture=svg.both(lambda width: draw(width, entries)) if entries else "",
            reigns=_reigns(entries),
            lived_head=lived.HEAD,
            lived=[each.cells() for each in found],
            agreement=lived.agreement(found),
            head=HEAD,
            rows=[(_tone(entry), _cells(entry)) for entry in reversed(entries)],
            span=[_time(entry) for entry in (*entries[:1], *entries[-1:])],
        )
    )


def _cells(entry: Entry) -> tuple[str, ...]:
    """The same as in a terminal, with the evidence for a retraining, for which there is room."""
    found = cells(entry)
    if entry["kind"] != "retrain":
        return found
    at = HEAD.index("condition")
    return (*found[:at], f"{found[at]}: {entry['trigger']['words']}", *found[at + 1 :])


def _reigns(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Who was in production from when to when, the latest first."""
    found: list[dict[str, Any]] = []
    colours = hues(entries)
    for entry in entries:
        if entry["kind"] != "deployment" or entry["production"] == (found[-1]["version"] if found else None):
            continue
        if found:
            found[-1]["until"] = _time(entry)
        version = entry["production"]
        about = {"since": _time(entry), "until": "", "by": entry["event"], "why": entry["reason"]}
        found.append({"version": version, "hue": colours.get(version, "soft"), **about})
    return [each for each in reversed(found) if each["version"]]


def _tone(entry: Entry) -> str:
    """The style sheet's word for what was decided or happened."""
    return TONES.get(str(entry.get("event") or entry.get("verdict") or entry["kind"]), "")


def _time(entry: Entry) -> str:
    return str(entry["time"])[:16].replace("T", " ")
