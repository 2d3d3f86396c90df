"""One issue on GitHub that training again is due, where it is proposed and no more: rewritten, and closed when over."""

from collections.abc import Iterator
from typing import Any

from mainline.project import Project
from mainline.retrain.due import Decision
from mainline.tools import github

LABEL = "mainline-retrain"
TITLE = "Train again: {}"
NEXT = "`mainline retrain --now` makes the branch that the gate judges; docs/retraining.md says what it brings."
OVER = "No longer due: {}."


def settle(project: Project, found: Decision) -> Iterator[str]:
    """Let GitHub have one open issue where it is due and proposed, and else none.

    Yields:
        What was done, a line each.

    Raises:
        ToolFailed: GitHub cannot be asked, or said no.
    """
    root, repository = project.root, github.repository(project.root)
    if repository is None or not github.here():
        return
    listed = github.ask(f"repos/{repository}/issues", root, state="open", labels=LABEL, per_page="100")
    there: list[dict[str, Any]] = listed[:1] if found.due else []
    title, body = TITLE.format(found.why), github.tame(f"{found.words}\n\n{NEXT}")
    if found.due and not there:
        made = github.send("POST", f"repos/{repository}/issues", root, title=title, body=body, labels=[LABEL])
        yield f"opened {made['html_url']}: {title}"
    for known in there:
        if known["body"] != body:
            github.send("PATCH", f"repos/{repository}/issues/{known['number']}", root, title=title, body=body)
            yield f"rewrote {known['html_url']}"
    for known in listed[len(there) :]:
        place = f"repos/{repository}/issues/{known['number']}"
        github.send("POST", f"{place}/comments", root, body=github.tame(OVER.format(found.words)))
        github.send("PATCH", place, root, state="closed", state_reason="completed")
        yield f"closed {known['html_url']}"
