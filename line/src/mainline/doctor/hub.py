"""Is GitHub set up as the workflows need it?"""

import json
from collections.abc import Iterator
from typing import Any

from mainline.dependencies.layout import layout
from mainline.doctor.finding import FINE, NOT_ASKED, WARNING, WRONG, Finding
from mainline.errors import ConfigError, ToolFailed
from mainline.project import Project
from mainline.source import elsewhere
from mainline.tools import github

ALLOW = (
    "gh api --method PUT repos/{owner}/{repo}/actions/permissions/workflow "
    "-F can_approve_pull_request_reviews=true -f default_workflow_permissions=read"
)
BY_PULL_REQUEST = "MAINLINE_PULL_REQUEST"
OPENING = ("pull_request", "merge")  # modes of retraining
SETTINGS = frozenset({"AWS_ROLE", "AWS_REGION", "MAINLINE_UNATTESTED", BY_PULL_REQUEST})
ASKED = (
    "rulesets?includes_parents=false&per_page=100",
    "actions/variables?per_page=30",
    "actions/permissions/workflow",
)


def look(project: Project) -> Iterator[Finding]:
    """Rulesets, variables, and whether workflows may open the pull requests that are asked of them."""
    repository = github.repository(project.root)
    if repository is None:
        yield Finding("GitHub", NOT_ASKED, "the project does not lie on GitHub")
        return
    if not github.here():
        yield Finding("GitHub", NOT_ASKED, "gh is not here, GitHub on the command line", "apt-get install gh")
        return
    try:
        github.gh("auth", "token", root=project.root)
    except ToolFailed:
        yield Finding("GitHub", NOT_ASKED, "gh is not logged in", "gh auth login")
        return
    rules, variables, actions = (_answer(project, f"repos/{repository}/{path}") for path in ASKED)
    active = {each["name"] for each in _told(rules) if each["enforcement"] == "active"}
    found = {each["name"]: each["value"] for each in _told(variables, "variables")}
    yield _untold("GitHub rules", rules) or _rules(project, active)
    guarded = "main" in active and not _open(project)
    yield _untold("GitHub variables", variables) or _variables(found, project.trunk, guarded=guarded)
    yield _untold("GitHub Actions", actions) or _actions(project, actions, found.get(BY_PULL_REQUEST) == "true")


def _answer(project: Project, path: str) -> Any:
    """What GitHub answers, or why it does not."""
    try:
        return github.ask(path, project.root)
    except ToolFailed as error:
        return error


def _told(answer: Any, key: str | None = None) -> list[dict[str, Any]]:
    """The list in an answer; empty where there was none."""
    if isinstance(answer, ToolFailed):
        return []
    return list(answer if key is None else answer[key])


def _untold(name: str, answer: Any) -> Finding | None:
    if not isinstance(answer, ToolFailed):
        return None
    return Finding(name, WARNING, f"GitHub does not say ({answer})", "gh auth login, as an administrator")


def _rules(project: Project, active: set[str]) -> Finding:
    """Whether the rulesets of the project are in force."""
    wanted = [path.stem for path in sorted((project / ".github/rulesets").glob("*.json"))]
    if absent := [name for name in wanted if name not in active]:
        said = f"{', '.join(absent)}: not in force, so nothing keeps what they would"
        return Finding("GitHub rules", WARNING, said, f"{layout(project).make} protect")
    return Finding("GitHub rules", FINE, f"{', '.join(wanted) or 'none'}: in force")


def _variables(found: dict[str, str], trunk: str, *, guarded: bool) -> Finding:
    """Whether workflows are told to ask by pull request where the default branch takes no push of theirs."""
    if guarded and found.get(BY_PULL_REQUEST) != "true":
        said = f"{trunk} takes no push of a workflow, and {BY_PULL_REQUEST} is not true: no version gets into deploy/"
        return Finding("GitHub variables", WRONG, said, f"gh variable set {BY_PULL_REQUEST} --body true")
    known = sorted(SETTINGS.intersection(found))
    return Finding("GitHub variables", FINE, ", ".join(known) or "none is set, none is needed")


def _actions(project: Project, answer: dict[str, Any], by_pull_request: bool) -> Finding:
    """Whether workflows may open pull requests where they are told to."""
    if answer["can_approve_pull_request_reviews"]:
        return Finding("GitHub Actions", FINE, "may open pull requests")
    may_not = "may not open pull requests, and"
    if by_pull_request:
        return Finding("GitHub Actions", WRONG, f"{may_not} {BY_PULL_REQUEST} is true", ALLOW)
    if (mode := _retraining(project)) in OPENING:
        return Finding("GitHub Actions", WARNING, f"{may_not} retrain.mode is {mode}", ALLOW)
    return Finding("GitHub Actions", FINE, f"{may_not} need not")


def _retraining(project: Project) -> str:
    """retrain.mode; empty where no row comes by itself, or params.yaml is not understood."""
    try:
        return project.retrain.mode if project.retrain.records or elsewhere(project) else ""
    except ConfigError:
        return ""


def _open(project: Project) -> bool:
    """Whether the ruleset of main names somebody who may push all the same."""
    path = project / ".github/rulesets/main.json"
    rules: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return bool(rules.get("bypass_actors"))
