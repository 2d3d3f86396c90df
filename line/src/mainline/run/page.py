"""The page of `mainline run`: who answered when, on which evidence, what happened, and what the users saw."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from markupsafe import Markup

from mainline import config, ledger, pages
from mainline.canary import plot
from mainline.canary.judge import Judge
from mainline.ledger import Entry
from mainline.pages import svg, timeline
from mainline.project import Project
from mainline.run import picture
from mainline.run.host import Host
from mainline.run.outcome import Outcome
from mainline.run.users import Tally

TEMPLATES = Path(__file__).parent / "templates"


def write(path: Path, project: Project, host: Host, told: Sequence[Outcome], tally: Tally) -> None:
    """Write the page.

    Args:
        project: the one whose ledger holds the events.
        told: what came of each step.
    """
    pages.write(render(project.canary, ledger.read(project.root).deployments(), host, told, tally), path)


def render(settings: config.Canary, past: Sequence[Entry], host: Host, told: Sequence[Outcome], tally: Tally) -> str:
    """The page's HTML; `past` is what happened on the host, oldest first."""
    judges = {version: Judge.from_state(settings, state) for version, state in host.evidence.items()}
    hues, marks = timeline.hues(list(host.names)), _marks(past, host)
    # the judge goes by the seconds that the agent has worked, and it began with the host
    harm = {version: [(point.time, point.harm) for point in judge.points] for version, judge in judges.items()}
    page = pages.environment(TEMPLATES).get_template("releases.html")
    return page.render(
        told=told,
        timeline=svg.both(lambda width: picture.draw(width, host.samples, harm, marks, hues, settings.alpha)),
        versions=[
            {
                "version": version,
                "name": host.names[version],
                "hue": hue,
                "answers": tally.answered[version],
                "labelled": tally.labelled[version],
                "wrong": tally.wrong[version],
            }
            for version, hue in hues.items()
        ],
        events=[_event(entry, host) for entry in past],
        evidence=[
            (host.names.get(version, version), _evidence(judge, settings, _end(past, version)))
            for version, judge in judges.items()
        ],
    )


def _evidence(judge: Judge, settings: config.Canary, reason: str) -> Markup:
    return svg.both(lambda width: plot.drawing(width, judge.points, settings, reason))


def _marks(past: Sequence[Entry], host: Host) -> list[timeline.Mark]:
    """The events that end a candidate's way."""
    return [
        timeline.Mark(_second(entry, host), entry["event"], entry["version"])
        for entry in past
        if entry["event"] in ("promoted", "rolled back", "failed")
    ]


def _event(entry: Entry, host: Host) -> dict[str, object]:
    share = f" at {entry['share']:.0%}" if entry["event"] in ("canary", "releasing") and entry["share"] else ""
    return {
        "second": _second(entry, host),
        "what": f"{entry['event']}{share}",
        "name": host.names.get(entry["version"], entry["version"]),
        "why": entry["reason"],
    }


def _second(entry: Entry, host: Host) -> float:
    return datetime.fromisoformat(entry["time"]).timestamp() - host.began


def _end(past: Sequence[Entry], version: str) -> str:
    """Why a candidate went where it went."""
    return next((str(entry["reason"]) for entry in reversed(past) if entry["version"] == version), "")
