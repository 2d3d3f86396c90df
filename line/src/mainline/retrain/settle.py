"""What becomes of open retrainings: judged and not better, they are closed; better, a person merges, or merge does."""

from collections.abc import Iterator
from typing import Any

from mainline import ledger, retraining
from mainline.errors import Refused
from mainline.gate.verdict import PASS
from mainline.ledger import Entry
from mainline.monitor import retrained
from mainline.project import Project
from mainline.retrain import branch, signs
from mainline.retrain.branch import Branch
from mainline.retraining import Retraining
from mainline.tools import actions, github

CHECK, DELIVERS, VERIFIES = "verify", github.WORKFLOW, "verify.yml"
MARK = "<!-- mainline retrain -->"
MOVED = "{trunk}'s model is another by now than the one it was to replace; the next `mainline retrain` makes another"
ASKED = "number {} was asked about another model, and each is asked once; the next `mainline retrain` makes another"


def settle(project: Project, base: str, said: dict[str, Any] | None) -> Iterator[str]:
    """Let no retraining stay open that nothing will become of, nor its branch once the trunk has it.

    Args:
        base: the commit that the trunk is at.
        said: what the monitor says; None where nothing is in production.

    Yields:
        What became of each, a line each.

    Raises:
        ToolFailed: the remote or GitHub says no.
        Refused: the ledger is not as it was written.
    """
    entries = ledger.read(project.root).entries
    for each in branch.opened(project, base):
        yield f"{each.name}: {_settled(project, base, each, entries, said)}"
    for each in branch.merged(project, base):
        branch.drop(project, each)
        yield f"{each.name}: {project.trunk} has it, and the branch is deleted"


def _settled(project: Project, base: str, each: Branch, entries: tuple[Entry, ...], said: dict[str, Any] | None) -> str:
    try:
        told = retraining.parsed(each.told)
    except Refused as error:
        return f"left alone: {error}"
    pull = _pull(project, each)
    line = _line(project, each, told, entries)
    moved = project.lock_at(told.base).text != project.lock_at(base).text
    if line is None and any(e["kind"] == "retrain" and e["number"] == told.number for e in entries):
        return _closed(project, each, pull, ASKED.format(told.number))
    if line is not None and line["verdict"] != PASS:
        return _closed(project, each, pull, retrained.words(line))
    if moved:
        return _closed(project, each, pull, MOVED.format(trunk=project.trunk))
    if pull is None and _on_github(project):
        return f"no pull request is open for it; open one, or delete it: git push origin --delete {each.name}"
    if line is None:
        return f"not judged yet{_where(pull, '; `mainline gate` on it does it')}"
    if project.retrain.mode != "merge":
        lost = retraining.lost(line["dev"])
        return f"PASS; it waits for a person's merge{f'; {lost}' if lost else ''}{_where(pull, '')}"
    if why := signs.against_a_robot(line, said):
        return _left(project, pull, why)
    return _merged(project, base, each, pull)


def _line(project: Project, each: Branch, told: Retraining, entries: tuple[Entry, ...]) -> Entry | None:
    """The ledger's line about a branch's model under its number."""
    model = project.lock_at(each.tip).model
    about = [e for e in entries if e["kind"] == "retrain" and e["number"] == told.number]
    return next((e for e in about if e["challenger"]["model"] == model), None)


def _pull(project: Project, each: Branch) -> dict[str, Any] | None:
    return github.opened(project.root, each.name, project.trunk) if _on_github(project) else None


def _on_github(project: Project) -> bool:
    return github.repository(project.root) is not None and github.here()


def _closed(project: Project, each: Branch, pull: dict[str, Any] | None, why: str) -> str:
    if pull:
        github.gh("pr", "close", str(pull["number"]), "--comment", github.tame(why), root=project.root)
    branch.drop(project, each)
    return f"closed, and the branch is deleted: {why}"


def _left(project: Project, pull: dict[str, Any] | None, why: str) -> str:
    """Leave a merge to a person, who is told so once."""
    if pull:
        place = f"repos/{github.repository(project.root)}/issues/{pull['number']}/comments"
        body = f"{MARK}\n{github.tame(f'PASS, and no robot merges it: {why}')}"
        comments = github.ask(place, project.root, per_page="100")
        if not any(each["body"] == body for each in comments):
            github.send("POST", place, project.root, body=body)
    return f"PASS, and it is left to a person: {why}{_where(pull, '')}"


def _merged(project: Project, base: str, each: Branch, pull: dict[str, Any] | None) -> str:
    root = project.root
    if pull is None:
        return f"PASS; a person merges it: git merge {each.name} on {project.trunk}"
    number = str(pull["number"])
    if project.git("merge-base", base, each.tip) != base:
        github.gh("pr", "update-branch", number, root=root)
        _dispatch(project, VERIFIES, each.name)
        return f"PASS; {project.trunk} has moved on in other things, and is merged into it: verified again first"
    place = f"repos/{github.repository(root)}/commits/{each.tip}/check-runs"
    checks = github.ask(place, root, check_name=CHECK)["check_runs"]
    if not any(check["conclusion"] == "success" for check in checks):
        return f"PASS; its check `{CHECK}` has not succeeded yet{_where(pull, '')}"
    github.gh("pr", "merge", number, "--merge", "--match-head-commit", each.tip, root=root)
    _dispatch(project, DELIVERS, project.trunk)
    return f"PASS, and merged: {pull['url']}"


def _dispatch(project: Project, workflow: str, ref: str) -> None:
    """Start a workflow: of what a workflow's own token pushes or merges, none starts."""
    if actions.running():
        github.gh("workflow", "run", workflow, "--ref", ref, root=project.root)


def _where(pull: dict[str, Any] | None, otherwise: str) -> str:
    return f": {pull['url']}" if pull else otherwise
