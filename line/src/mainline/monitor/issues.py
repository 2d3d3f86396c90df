"""One issue on GitHub for each alarm: opened when it begins, rewritten while it lasts, closed when it is over."""

import json
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
LARGEST = 60_000  # characters; GitHub takes 65,536


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
    repository = github.repository(project.root)
    if repository is None:
        raise ConfigError("--issue: origin does not lie on GitHub; there are no issues to write")
    there = _open(project, repository)
    for alarm in found:
        body = text(alarm)
        if (known := there.pop((alarm.kind, alarm.version), None)) is None:
            made = _send(project, "POST", f"repos/{repository}/issues", title=alarm.title, body=body, labels=[LABEL])
            yield f"opened {made['html_url']}: {alarm.title}"
        elif known["body"] != body:
            _send(project, "PATCH", f"repos/{repository}/issues/{known['number']}", title=alarm.title, body=body)
            yield f"rewrote {known['html_url']}"
    for known in there.values():
        place = f"repos/{repository}/issues/{known['number']}"
        _send(project, "POST", f"{place}/comments", body=OVER.format(until=until))
        _send(project, "PATCH", place, state="closed", state_reason="completed")
        yield f"closed {known['html_url']}"


def text(alarm: Alarm) -> str:
    """An issue's text: of bounded size, and calling nobody, whatever columns are called."""
    lines = [f"<!-- mainline monitor: {alarm.kind} {alarm.version} -->", *alarm.words, NEXT[alarm.kind]]
    lines.append("`mainline monitor --page` draws all of it; docs/how-the-monitor-decides.md says how it is decided.")
    safe = re.sub(r"@(?=\w)", "@\u200b", "\n\n".join(lines))[:LARGEST]
    return re.sub(r"(?<!^)<(?=[!/a-zA-Z])", "&lt;", safe)


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


def _send(project: Project, method: str, path: str, **fields: object) -> dict[str, Any]:
    said = github.gh("api", "--method", method, path, "--input", "-", root=project.root, stdin=json.dumps(fields))
    answer: dict[str, Any] = json.loads(said)
    return answer
