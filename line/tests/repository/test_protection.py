"""`make protect` puts the rulesets on GitHub: the real gh does, against a small stand-in for GitHub on this machine."""

import itertools
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from ruamel.yaml import YAML

TOP = Path(__file__).parents[3]
RULESETS = {path.stem: json.loads(path.read_text()) for path in TOP.glob(".github/rulesets/*.json")}


class GitHub(ThreadingHTTPServer):
    """Holds rulesets as GitHub does: a number each, a name once."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.held: dict[int, dict[str, Any]] = {}
        self.numbers = itertools.count(1)
        self.refusal = ""

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """The status and the body of an answer."""
        base, _, number = path.partition("?")[0].partition("/repos/team/model/rulesets")
        if base != "http://api.github.localhost":
            return 404, {"message": "Not Found"}
        if self.refusal:
            return 403, {"message": self.refusal}
        if method == "GET":
            return 200, [{"id": key, "name": value["name"]} for key, value in self.held.items()]
        key = int(number.strip("/")) if method == "PUT" else next(self.numbers)
        if any(value["name"] == body["name"] for other, value in self.held.items() if other != key):
            return 422, {"message": "Validation Failed"}
        self.held[key] = body
        return 200, body


class Handler(BaseHTTPRequestHandler):
    server: GitHub

    def reply(self) -> None:
        """Answer as GitHub's API."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, said = self.server.answer(self.command, self.path, json.loads(body) if body else None)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(said).encode())

    do_GET = do_POST = do_PUT = reply

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


@pytest.fixture
def github() -> Iterator[GitHub]:
    """The stand-in, listening."""
    with GitHub() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def protect(folder: Path, server: GitHub, **env: str) -> subprocess.CompletedProcess[str]:
    """Run .ci/protect in a repository of its own, for which the stand-in is GitHub.

    gh speaks plain HTTP to the host github.localhost only, and there through a proxy: the stand-in.
    """
    if not (folder / ".git").exists():
        (folder / ".ci").mkdir()
        shutil.copy2(TOP / ".ci/protect", folder / ".ci")
        shutil.copytree(TOP / ".github/rulesets", folder / ".github/rulesets")
        subprocess.run(["git", "init", "--quiet", "."], cwd=folder, check=True)
        address = "http://github.localhost/team/model.git"
        subprocess.run(["git", "remote", "add", "origin", address], cwd=folder, check=True)
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GH_HOST": "github.localhost",
        "GH_TOKEN": "a-token",
        "HTTP_PROXY": f"http://127.0.0.1:{server.server_address[1]}",
        **env,
    }
    command = [folder / ".ci/protect"]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_rulesets_are_made_once_and_then_replaced(github: GitHub, tmp_path: Path) -> None:
    """What is missing is made, what was changed by hand is put back, and what is somebody else's is left alone."""
    github.held[next(github.numbers)] = {"name": "mainly ours"}
    first = protect(tmp_path, github)
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.splitlines()[:-1] == ["ledger: made", "main: made", "tags: made"]
    assert "docs/github.md" in first.stdout.splitlines()[-1]
    before = dict(github.held)
    assert list(before.values()) == [{"name": "mainly ours"}, *(RULESETS[name] for name in sorted(RULESETS))]

    github.held[3] = {**github.held[3], "enforcement": "disabled"}
    again = protect(tmp_path, github)
    assert again.stdout.splitlines()[:-1] == ["ledger: replaced", "main: replaced", "tags: replaced"]
    assert github.held == before


@pytest.mark.slow
def test_what_stands_in_the_way_is_one_line(github: GitHub, tmp_path: Path) -> None:
    """Without gh, without a login, without the right, or without GitHub, nothing is set and one line says why."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("bash", "dirname"):
        (tools / name).symlink_to(str(shutil.which(name)))
    github.refusal = "Upgrade to GitHub Pro"
    for env, said in (
        ({"PATH": str(tools)}, "gh is missing"),
        ({"GH_TOKEN": ""}, "gh is not logged in"),
        ({}, "Upgrade to GitHub Pro"),
        ({"GH_REPO": "github.localhost/team/other"}, "Not Found"),
        ({"HTTP_PROXY": "http://127.0.0.1:1"}, "cannot be set"),
    ):
        done = protect(tmp_path, github, **env)
        assert (done.returncode, done.stdout) == (1, "")
        assert said in done.stderr
        assert done.stderr.count("\n") == 1
    assert github.held == {}


def test_a_ruleset_is_found_by_the_name_of_its_file() -> None:
    """Each file's ruleset bears the file's name, is in force, and nobody is above it."""
    assert sorted(RULESETS) == ["ledger", "main", "tags"]
    for name, ruleset in RULESETS.items():
        assert (ruleset["name"], ruleset["enforcement"], ruleset["bypass_actors"]) == (name, "active", [])


def test_the_ledger_of_the_ruleset_is_the_gates() -> None:
    """The branch that may not be rewritten is the one that the gate writes."""
    from mainline.ledger import branch as ledger
    from mainline.monitor.profiles import branch as monitor

    included = RULESETS["ledger"]["conditions"]["ref_name"]["include"]
    assert included == [f"refs/heads/{branch.NAME}" for branch in (ledger, monitor)]


def test_main_requires_the_check_that_waits_for_all_others() -> None:
    """The check that main requires is a job of verify.yml that always runs, after every other job."""
    rules = {rule["type"]: rule.get("parameters") for rule in RULESETS["main"]["rules"]}
    (check,) = rules["required_status_checks"]["required_status_checks"]
    jobs = YAML().load((TOP / ".github/workflows/verify.yml").read_text())["jobs"]
    (last,) = [name for name, job in jobs.items() if f"'{check['context']}'" in str(job["name"])]
    assert "always()" in jobs[last]["if"]
    assert {last, *jobs[last]["needs"]} == set(jobs)
