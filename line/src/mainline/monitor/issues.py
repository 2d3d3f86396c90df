"""One issue on GitHub for each alarm: opened when it begins, rewritten while it lasts, closed when it is over."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from mainline.errors import ConfigError
from mainline.monitor.alarms import NEXT, Alarm
from mainline.project import Project
from mainline.tools import github

LABEL = "mainline-monitor"
MARK = re.compile(r"<!-- mainline monitor: (\w+) (\S+) -->")
OVER = "Over, by the profiles up to {until}."


def settle(project: Project, found: Sequence[Alarm], until: str) -> Iterator[str]:
    """Let GitHub have one open issue for each alarm, and none for what is over.

    Args:
        until: the last day that was looked at.

    Yields:
        What was done, a line each.

    Raises:
        ConfigError: the project does not lie on GitHub.
        ToolFailed: GitHub cannot be asked, or said no.
    """
    root, repository = project.root, github.repository(project.root)
    if repository is None:
        raise ConfigError("--issue: origin does not lie on GitHub; there are no issues to write")
    there = _open(project, repository)
    for alarm in found:
        body = text(alarm)
        if (known := there.pop((alarm.kind, alarm.version), None)) is None:
            made = github.send("POST", f"repos/{repository}/issues", root, title=alarm.title, body=body, labels=[LABEL])
            yield f"opened {made['html_url']}: {alarm.title}"
        elif known["body"] != body:
            github.send("PATCH", f"repos/{repository}/issues/{known['number']}", root, title=alarm.title, body=body)
            yield f"rewrote {known['html_url']}"
    for known in there.values():
        place = f"repos/{repository}/issues/{known['number']}"
        github.send("POST", f"{place}/comments", root, body=OVER.format(until=until))
        github.send("PATCH", place, root, state="closed", state_reason="completed")
        yield f"closed {known['html_url']}"


def text(alarm: Alarm) -> str:
    """An issue's text: of bounded size, and calling nobody, whatever columns are called."""
    lines = [f"<!-- mainline monitor: {alarm.kind} {alarm.version} -->", *alarm.words, NEXT[alarm.kind]]
    lines.append("`mainline monitor --page` draws all of it; docs/how-the-monitor-decides.md says how it is decided.")
    return github.tame("\n\n".join(lines))


def _open(project: Project, repository: str) -> dict[tuple[str, str], dict[str, Any]]:
    """The open issues about alarms, by kind and version; of two about the same, the first."""
    listed = github.ask(
        f"repos/{repository}/issues", project.root, state="open", labels=LABEL, per_page="100", direction="asc"
    )
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for each in listed:
        if marked := MARK.match(each["body"] or ""):
            found.setdefault((marked[1], marked[2]), each)
    return found
