"""GitHub's settings, asked of a stand-in for gh."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from line.tests.runner.github import BIN
from mainline.doctor import hub
from mainline.doctor.finding import FINE, NOT_ASKED, WARNING, WRONG, Finding
from mainline.project import Project
from mainline.tools import git

RULES = ("ledger", "main", "tags")
SET_UP: dict[str, Any] = {
    "rulesets": [{"name": name, "enforcement": "active"} for name in RULES],
    "variables": {"variables": [{"name": "MAINLINE_PULL_REQUEST", "value": "true"}, {"name": "X", "value": "1"}]},
    "workflow": {"can_approve_pull_request_reviews": True},
}


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project on GitHub, with its rulesets, and somebody logged in."""
    git.git("init", "--quiet", ".", root=tmp_path)
    git.git("remote", "add", "origin", "git@github.com:someone/digits.git", root=tmp_path)
    for name in RULES:
        path = tmp_path / f".github/rulesets/{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"name": name, "bypass_actors": []}))
    monkeypatch.setenv("PATH", f"{BIN}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("STAND_IN", str(tmp_path))
    monkeypatch.setenv("GH_TOKEN", "a-token")
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    return tmp_path


def found(root: Path, **settings: Any) -> dict[str, Finding]:
    """What is found where GitHub is set up so; what is None is not told."""
    for name, value in (SET_UP | settings).items():
        (root / f"{name}.json").unlink(missing_ok=True)
        if value is not None:
            (root / f"{name}.json").write_text(json.dumps(value))
    return {each.check: each for each in hub.look(Project(root))}


def test_a_project_that_is_set_up_is_fine(tree: Path) -> None:
    """Rulesets in force, variables, and workflows that may open pull requests."""
    assert list(found(tree).values()) == [
        Finding("GitHub rules", FINE, "ledger, main, tags: in force"),
        Finding("GitHub variables", FINE, "MAINLINE_PULL_REQUEST"),
        Finding("GitHub Actions", FINE, "may open pull requests"),
    ]


OFF = {"name": "tags", "enforcement": "disabled"}
NOTHING: dict[str, Any] = {"variables": []}


@pytest.mark.parametrize(
    ("settings", "check", "state", "said", "mend"),
    [
        ({"rulesets": []}, "rules", WARNING, "ledger, main, tags: not in force", "make protect"),
        ({"rulesets": [*SET_UP["rulesets"][:2], OFF]}, "rules", WARNING, "tags: not in force", "make protect"),
        ({"variables": NOTHING}, "variables", WRONG, "main takes no push", "gh variable set MAINLINE_PULL_REQUEST"),
        ({"workflow": {"can_approve_pull_request_reviews": False}}, "Actions", WRONG, "may not open", hub.ALLOW),
        (
            {"workflow": None},
            "Actions",
            WARNING,
            "GitHub does not say (gh api --method: gh: Must have admin",
            "gh auth",
        ),
    ],
    ids=["no rules", "a rule is off", "no variable", "no pull requests", "not an administrator"],
)
def test_one_setting_that_is_wrong_is_named(
    settings: dict[str, Any], check: str, state: str, said: str, mend: str, tree: Path
) -> None:
    """It is told with its command, and the others stay fine."""
    findings = found(tree, **settings)
    wrong = findings.pop(f"GitHub {check}")
    assert wrong.state == state
    assert wrong.said.startswith(said)
    assert wrong.mend.startswith(mend)
    assert {each.state for each in findings.values()} == {FINE}


def test_what_nobody_guards_needs_no_variable(tree: Path) -> None:
    """Where main takes a push of the workflows, they need not ask by pull request, nor be allowed to."""
    closed = {"can_approve_pull_request_reviews": False}
    unguarded = found(tree, rulesets=[], variables=NOTHING, workflow=closed)
    assert [unguarded[f"GitHub {name}"].state for name in ("variables", "Actions")] == [FINE, FINE]
    key = [{"actor_type": "DeployKey", "bypass_mode": "always"}]
    (tree / ".github/rulesets/main.json").write_text(json.dumps({"bypass_actors": key}))
    by_key = found(tree, variables=NOTHING, workflow=closed)
    assert [each.state for each in by_key.values()] == [FINE, FINE, FINE]


@pytest.mark.parametrize(
    ("params", "state", "said"),
    [
        ("retrain: {records: host}", WARNING, "may not open pull requests, and retrain.mode is pull_request"),
        ("retrain: {records: host, mode: merge}", WARNING, "may not open pull requests, and retrain.mode is merge"),
        ("data: {source: 'https://a/b.csv'}", WARNING, "may not open pull requests, and retrain.mode is pull_request"),
        ("data: {source: data/source/b.csv}", FINE, "may not open pull requests, and need not"),
        ("retrain: {mode: merge}", FINE, "may not open pull requests, and need not"),
        ("retrain: {records: host, mode: propose}", FINE, "may not open pull requests, and need not"),
        ("retrain: {records: host, mode: sometimes}", FINE, "may not open pull requests, and need not"),
    ],
    ids=range(7),
)
def test_a_retraining_that_could_not_be_opened_is_told(params: str, state: str, said: str, tree: Path) -> None:
    """With the command that lets it; not where no row comes by itself, nor of an issue, nor of a mode that is none."""
    (tree / "params.yaml").write_text(f"{params}\n")
    closed = {"can_approve_pull_request_reviews": False}
    finding = found(tree, rulesets=[], variables=NOTHING, workflow=closed)["GitHub Actions"]
    assert (finding.state, finding.said, finding.mend) == (state, said, hub.ALLOW if state == WARNING else "")
    assert found(tree)["GitHub Actions"].state == FINE


def test_where_github_cannot_be_asked_it_is_not(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody logged in, no gh, a project that lies elsewhere: one line each, with what would change it."""

    def only() -> tuple[str, str]:
        (finding,) = found(tree).values()
        assert finding.state == NOT_ASKED
        return finding.said, finding.mend

    monkeypatch.delenv("GH_TOKEN")
    assert only() == ("gh is not logged in", "gh auth login")
    monkeypatch.setattr("mainline.tools.github.here", lambda: False)
    assert only() == ("gh is not here, GitHub on the command line", "apt-get install gh")
    git.git("remote", "set-url", "origin", "git@example.com:someone/digits.git", root=tree)
    assert only() == ("the project does not lie on GitHub", "")
