"""Runs a workflow's jobs: its `run:` steps for real, in a fresh clone each; what GitHub does itself is stood in for.

Stood in for: the check-out (a clone, whose origin takes a push only where the job has the right and keeps the
credentials), artifacts (folders), signing in at registries, attestations (a list), and the programs gh and docker
(bin/). Left out: `make setup`, since the environment is there, but for a wheel in vendor/ that the tree brings; `make
test`, which has a test of its own; and `mainline run`, which has more.
"""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from line.tests.runner.expressions import Expressions
from mainline.tools import git

BIN = Path(__file__).parent / "bin"
LEFT_OUT = ("make setup", "make test", "mainline run")
NAME = "someone/digits"
FORK = "stranger/digits"


@dataclass
class Job:
    """What became of a job."""

    result: str
    outputs: dict[str, str] = field(default_factory=dict)
    said: str = ""
    """All that its steps printed."""
    ran: list[str] = field(default_factory=list)
    """The commands of its `run:` steps."""
    summary: str = ""


class GitHub:
    """A project that lies on GitHub: a bare repository, and what workflows leave."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.origin = folder, folder / "origin.git"
        self.runs = 100
        self.branch = "main"  # the default branch
        self.secrets: dict[str, str] = {}
        self.variables: dict[str, str] = {}
        git.git("init", "--quiet", "--bare", "--initial-branch=main", str(self.origin), root=folder)

    def sha(self, ref: str) -> str:
        """The commit that a ref of the origin points to."""
        return git.git("rev-parse", f"{ref}^{{commit}}", root=self.origin)

    def artifact(self, run: int, name: str) -> Path:
        """Where a run's artifact lies."""
        return self.folder / "artifacts" / str(run) / name

    def lines(self, name: str) -> list[str]:
        """What the stand-ins have noted: dispatches, attested, comments, pulls."""
        path = self.folder / name
        return path.read_text().splitlines() if path.exists() else []

    def propose(self, number: int, fork: Path, ref: str) -> None:
        """A pull request from a fork, or new commits on it."""
        git.git("fetch", "--quiet", "--force", str(fork), f"{ref}:refs/pull/{number}/head", root=self.origin)

    def push(self, ref: str, workflow: str, **more: Any) -> "Run":
        """The run that a push starts."""
        return Run(self, workflow, {"event_name": "push", "ref": ref, "sha": self.sha(ref), "event": {}, **more})

    def dispatch(self, ref: str, workflow: str) -> "Run":
        """The run that `gh workflow run` starts."""
        return self.push(ref, workflow, event_name="workflow_dispatch")

    def queue(self, branch: str) -> "Run":
        """The run that an entry of the merge queue starts: the branch, merged with main."""
        ref, base = f"refs/heads/gh-readonly-queue/main/{branch}", self.sha("main")
        tree = git.git("merge-tree", "--write-tree", "main", branch, root=self.origin)
        parents = ("-p", base, "-p", branch)
        merge = git.git(*git.IDENTITY, "commit-tree", tree, *parents, "-m", f"Merge {branch}", root=self.origin)
        git.git("update-ref", ref, merge, root=self.origin)
        event = {"merge_group": {"base_sha": base}}
        return self.push(ref, "verify.yml", event_name="merge_group", event=event)

    def end(self, run: "Run", branch: str) -> "Run":
        """The run of comment.yml that the end of another starts."""
        about = {"id": run.number, "event": run.github["event_name"], "head_sha": run.github["sha"]}
        about |= {"head_branch": branch, "head_repository": {"full_name": NAME, "owner": {"login": "someone"}}}
        return self.push("refs/heads/main", "comment.yml", event_name="workflow_run", event={"workflow_run": about})

    def pull(self, number: int, workflow: str, *, fork: bool, labels: tuple[str, ...] = ()) -> "Run":
        """The run that a pull request starts."""
        head = {"sha": self.sha(f"refs/pull/{number}/head"), "repo": {"full_name": FORK if fork else NAME}}
        event = {"pull_request": {"head": head, "labels": [{"name": name} for name in labels]}}
        ref = f"refs/pull/{number}/merge"
        return Run(self, workflow, {"event_name": "pull_request", "ref": ref, "sha": head["sha"], "event": event})


def names_of(ref: str) -> dict[str, str]:
    """What GitHub says beside a ref."""
    kind = {"heads": "branch", "tags": "tag"}.get(ref.split("/")[1], "")
    return {"ref_name": ref.split("/", 2)[2], "ref_type": kind, "repository": NAME, "actor": "someone", "token": "t"}


class Run:
    """One run of a workflow."""

    def __init__(self, hub: GitHub, workflow: str, github: dict[str, Any]) -> None:
        hub.runs += 1
        self.hub, self.number = hub, hub.runs
        text = git.git("show", f"{github['sha']}:.github/workflows/{workflow}", root=hub.origin)
        self.workflow = yaml.safe_load(text.replace("\non:", '\n"on":'))
        self.github = {**names_of(github["ref"]), "workflow": self.workflow["name"], **github}
        self.github["event"] = {**github["event"], "repository": {"default_branch": hub.branch}}
        head = (self.github["event"].get("pull_request") or {}).get("head")
        self.fork = bool(head) and head["repo"]["full_name"] == FORK
        self.jobs: dict[str, Job] = {}
        note = {"fork": self.fork}
        (hub.folder / "runs").mkdir(exist_ok=True)
        (hub.folder / "runs" / f"{self.number}.json").write_text(json.dumps(note))

    def play(self, *only: str) -> dict[str, Job]:
        """Run the jobs, in the order of their needs; of a long workflow, only these."""
        for name, job in self.workflow["jobs"].items():
            if not only or name in only:
                self.jobs[name] = self._job(name, job)
        return self.jobs

    def _contexts(self, job: dict[str, Any]) -> dict[str, Any]:
        needs = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
        known = {name: vars(self.jobs[name]) for name in needs if name in self.jobs}
        secrets = {} if self.fork else self.hub.secrets
        return {"github": self.github, "needs": known, "secrets": secrets, "vars": self.hub.variables, "steps": {}}

    def _job(self, name: str, job: dict[str, Any]) -> Job:
        contexts = self._contexts(job)
        bad = any(each["result"] != "success" for each in contexts["needs"].values())
        said = Expressions(contexts, failed=bad)
        if not said.holds(job.get("if")):
            return Job("skipped")
        return Runner(self, name, job, contexts).play()


class Runner:
    """One machine, for one job."""

    def __init__(self, run: Run, name: str, job: dict[str, Any], contexts: dict[str, Any]) -> None:
        self.run, self.job, self.contexts, self.result = run, job, contexts, Job("success")
        self.home = run.hub.folder / "machines" / f"{run.number}-{name}"
        self.workspace = self.home / "work"
        shutil.rmtree(self.home, ignore_errors=True)  # of the same job, which is run again
        self.workspace.mkdir(parents=True)
        self.env = self._environment()

    def play(self) -> Job:
        """Run the steps."""
        top = Expressions(self.contexts)
        contexts_env = {key: top.text(value) for key, value in self.run.workflow.get("env", {}).items()}
        for step in self.job["steps"]:
            said = Expressions({**self.contexts, "env": dict(contexts_env)}, failed=self.result.result == "failure")
            env = {**contexts_env, **{key: said.text(value) for key, value in step.get("env", {}).items()}}
            said.contexts["env"] = env
            if said.holds(step.get("if")):
                outputs, code = self._step(step, said, env)
                outcome = "failure" if code else "success"
                if step.get("id"):
                    self.contexts["steps"][step["id"]] = {"outputs": outputs, "outcome": outcome}
                self.result.result = "failure" if code else self.result.result
        final = Expressions(self.contexts)
        self.result.outputs = {key: final.text(value) for key, value in self.job.get("outputs", {}).items()}
        summary = self.home / "summary"
        self.result.summary = summary.read_text() if summary.exists() else ""
        return self.result

    def _step(self, step: dict[str, Any], said: Expressions, env: dict[str, str]) -> tuple[dict[str, str], int]:
        if "run" in step:
            return self._command(step, said, env)
        given = {key: said.text(value) for key, value in step.get("with", {}).items()}
        action = step["uses"].partition("@")[0]
        if action == "./.github/actions/setup":
            return {}, self._setup(given)
        return {}, getattr(self, "_" + action.rpartition("/")[2].replace("-", "_"))(given)

    def _setup(self, given: dict[str, str]) -> int:
        """The steps of the composite action, out of the tree that is checked out."""
        text = (self.workspace / ".github/actions/setup/action.yml").read_text()
        action = yaml.safe_load(text)
        inputs = {name: given.get(name, each.get("default", "")) for name, each in action["inputs"].items()}
        said = Expressions({**self.contexts, "inputs": inputs})
        for step in action["runs"]["steps"]:
            if "run" in step:
                env = {key: said.text(value) for key, value in step.get("env", {}).items()}
                if self._command(step, said, env)[1]:
                    return 1
        return 0

    def _install_line(self) -> None:
        """What `make setup` does with the wheel of the tree that is checked out, where it has one."""
        for wheel in (self.workspace / "vendor").glob("mainline-*.whl"):
            site = self.home / "site"
            zipfile.ZipFile(wheel).extractall(site)
            self.env["PYTHONPATH"] = f"{self.env['PYTHONPATH']}{os.pathsep}{site}"

    def _command(self, step: dict[str, Any], said: Expressions, env: dict[str, str]) -> tuple[dict[str, str], int]:
        command = step["run"].strip()
        assert "${{" not in command
        self.result.ran.append(command)
        if command == "make setup":
            self._install_line()
        if command in LEFT_OUT:
            return {}, 0
        note = self.home / "output"
        note.write_text("")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", command],
            cwd=self.workspace / step.get("working-directory", "."),
            env={**self.env, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.result.said += f"$ {command}\n{done.stdout}"
        return dict(line.split("=", 1) for line in note.read_text().splitlines()), done.returncode

    def _environment(self) -> dict[str, str]:
        """What a runner's process sees: no identity, no credentials, nothing of this machine's but its programs."""
        github, hub = self.run.github, self.run.hub
        path = os.pathsep.join([str(BIN), str(Path(sys.executable).parent), os.environ["PATH"]])
        kept = {name: os.environ[name] for name in ("LANG", "TMPDIR") if name in os.environ}
        return kept | {
            "PATH": path,
            "HOME": str(self.home),
            "PYTHONPATH": str(self.workspace / "src"),  # what `make setup` installs, editable
            "GIT_CONFIG_NOSYSTEM": "1",
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": github["event_name"],
            "GITHUB_REF": github["ref"],
            "GITHUB_REF_NAME": github["ref_name"],
            "GITHUB_SHA": github["sha"],
            "GITHUB_REPOSITORY": NAME,
            "GITHUB_RUN_ID": str(self.run.number),
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_OUTPUT": str(self.home / "output"),
            "GITHUB_STEP_SUMMARY": str(self.home / "summary"),
            "GITHUB_PATH": str(self.home / "path"),
            "RUNNER_TEMP": str(self.home / "temp"),
            "STAND_IN": str(hub.folder),
        }

    # the actions, by name

    def _checkout(self, given: dict[str, str]) -> int:
        hub, github = self.run.hub, self.run.github
        place = self.workspace / given.get("path", ".")
        depth = [] if given.get("fetch-depth") == "0" else ["--depth=1", "--no-single-branch"]
        git.git("clone", "--quiet", *depth, hub.origin.as_uri(), str(place), root=self.home)
        ref = given.get("ref") or (github["ref"] if github["ref"].startswith("refs/heads/") else github["sha"])
        git.git("fetch", "--quiet", "origin", github["sha"], root=place, check=False)
        if ref.startswith("refs/heads/"):
            name = ref.removeprefix("refs/heads/")
            git.git("switch", "--quiet", "--force-create", name, github["sha"], root=place)
        else:
            git.git("checkout", "--quiet", ref, root=place)
        keeps = given.get("persist-credentials", "true") == "true"
        may = self.job.get("permissions", {}).get("contents") == "write" and not self.run.fork
        if not (keeps and may):
            git.git("config", "remote.origin.pushurl", str(hub.folder / "no-right-to-push"), root=place)
        return 0

    def _upload_artifact(self, given: dict[str, str]) -> int:
        named = [self.workspace / line.strip() for line in given["path"].splitlines()]
        files = [path for each in named for path in ([each] if each.is_file() else sorted(each.rglob("*")))]
        files = [path for path in files if path.is_file()]
        top = named[0] if len(named) == 1 and named[0].is_dir() else Path(os.path.commonpath([*files, self.workspace]))
        top = named[0].parent if len(named) == 1 and named[0].is_file() else top
        if given.get("include-hidden-files") != "true":
            files = [path for path in files if "/." not in str(path.relative_to(self.workspace.parent))]
        if not files:
            return int(given.get("if-no-files-found") == "error")
        place = self.run.hub.artifact(self.run.number, given["name"])
        for path in files:
            (place / path.relative_to(top)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place / path.relative_to(top))
        return 0

    def _download_artifact(self, given: dict[str, str]) -> int:
        number = int(given.get("run-id", self.run.number))
        found = self.run.hub.artifact(number, given.get("name", given.get("pattern", "")))
        if not found.is_dir():
            return int("name" in given)
        shutil.copytree(found, self.workspace / given.get("path", "."), dirs_exist_ok=True)
        return 0

    def _login_action(self, given: dict[str, str]) -> int:
        return int(not given["password"] or "packages" not in self.job["permissions"])

    def _attest(self, given: dict[str, str]) -> int:
        assert given["subject-digest"].startswith("sha256:")
        if "sbom-path" in given:
            return int(not (self.workspace / given["sbom-path"]).is_file())
        workflow = f"{NAME}/.github/workflows/{self.run.workflow['name']}.yml"
        with (self.run.hub.folder / "attested").open("a") as stream:
            line = [f"oci://{given['subject-name']}@{given['subject-digest']}", workflow, self.run.github["ref"]]
            stream.write(" ".join(line) + "\n")
        return 0

    def _alls_green(self, given: dict[str, str]) -> int:
        skips = {name.strip() for name in given["allowed-skips"].split(",")}
        script = f"cat << EOM\n{given['jobs']}\nEOM\n"  # the action's own, which lets a shell read its inputs
        said = subprocess.run(["bash", "-c", script], env=self.env, capture_output=True, text=True, check=True)
        jobs = json.loads(said.stdout)
        return int(
            any(j["result"] != "success" and not (j["result"] == "skipped" and n in skips) for n, j in jobs.items())
        )
