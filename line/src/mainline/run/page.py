"""The page of `mainline run`: who answered when, on which evidence, what happened, and what the users saw."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from markupsafe import Markup

from mainline import config, ledger, pages
from mainline.canary import plot
from mainline.canary.judge import Judge
from mainline.history import page as history
from mainline.ledger import Entry
from mainline.pages import svg, timeline
from mainline.project import Project
from mainline.run import loop_picture, picture
from mainline.run.days import SET_BACK
from mainline.run.host import Host
from mainline.run.loop import Loop
from mainline.run.outcome import Outcome
from mainline.run.scratch import Scratch
from mainline.run.users import Tally

TEMPLATES = Path(__file__).parent / "templates"


def write(path: Path, project: Project, host: Host, told: Sequence[Outcome], tally: Tally, loop: Loop) -> None:
    """Write the page.

    Args:
        project: the one whose ledger holds the events.
        told: what came of each step.
    """
    past = [each for each in ledger.read(project.root).deployments() if each["reason"] != SET_BACK]
    pages.write(render(project.canary, past, host, told, tally, loop), path)


def write_history(scratch: Scratch) -> None:
    """The ledger as a page, without the lines of simulated days: beside those no minute of the run would be seen."""
    entries = [each for each in ledger.read(scratch.root).entries if each.get("reason") != SET_BACK]
    pages.write(history.render(entries), scratch.reports / "history.html")


def render(
    settings: config.Canary,
    past: Sequence[Entry],
    host: Host,
    told: Sequence[Outcome],
    tally: Tally,
    loop: Loop | None = None,
) -> str:
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
        weeks=_weeks(loop, hues, host) if loop and loop.stretches else "",
        days=loop and loop.stretches and loop.plan.number(loop.stretches[-1].days[-1]),
        events=[_event(entry, host) for entry in past],
        evidence=[
            (host.names.get(version, version), _evidence(judge, settings, _end(past, version)))
            for version, judge in judges.items()
        ],
    )


def _weeks(loop: Loop, hues: Mapping[str, str], host: Host) -> Markup:
    return svg.both(lambda width: loop_picture.draw(width, loop.plan, loop.stretches, loop.came, hues, host.names))


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
