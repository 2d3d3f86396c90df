"""The workflows, run: their own `run:` steps in the order they stand there, on real git, DVC and a real origin.

What GitHub does itself is stood in for by tests/runner, which says what that is.
"""

import json
import shutil
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from line.tests.monitor.served import OLDER_PEOPLE, promote, send
from line.tests.projects import commit_all, edit
from line.tests.runner.expressions import Expressions
from line.tests.runner.github import NAME, GitHub, Job, Run, names_of
from line.wheel import LINE, sources
from mainline import card, ledger, outputs
from mainline.commands import lock
from mainline.host import desired, sync
from mainline.host.model import Record, Release
from mainline.monitor.accept import accept
from mainline.project import MODEL, Project
from mainline.tools import dvc, git, storage

TOP = Path(__file__).parents[3]
BETTER: dict[str, Any] = {"estimator": "sklearn.ensemble.RandomForestClassifier", "params": {"n_estimators": 60}}
WORSE: dict[str, Any] = {"estimator": "sklearn.dummy.DummyClassifier", "params": {"strategy": "prior"}}


class Author:
    """Somebody with a clone."""

    def __init__(self, hub: GitHub, root: Path) -> None:
        self.hub, self.root = hub, root

    def branch(self, name: str, train: dict[str, Any], *, locked: bool = True) -> str:
        """Try another model on a branch; answers the branch's ref, which is pushed."""
        git.git("switch", "--quiet", "--create", name, "main", root=self.root)
        edit(self.root, train=train)
        if locked:
            lock.refresh(Project(self.root))
        commit_all(self.root, f"Try {name}")
        git.git("push", "--quiet", "origin", name, root=self.root)
        return f"refs/heads/{name}"

    def merge(self, name: str) -> None:
        """Merge a branch, as the button does."""
        git.git("switch", "--quiet", "main", root=self.root)
        git.git("pull", "--quiet", "origin", "main", root=self.root)
        identity = ["-c", "user.name=Test", "-c", "user.email=test@localhost"]
        git.git(*identity, "merge", "--quiet", "--no-ff", "--message", f"Merge {name}", name, root=self.root)
        git.git("push", "--quiet", "origin", "main", root=self.root)


@pytest.fixture
def hub(tmp_path: Path) -> GitHub:
    """GitHub, with nothing on it."""
    return GitHub(tmp_path)


@pytest.fixture(scope="session")
def left(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The artifact that deliver.yml leaves of the champion; made once."""
    root = tmp_path_factory.mktemp("delivered") / "project"
    shutil.copytree(built, root, symlinks=True)
    folder = root.with_name(str(outputs.name(Project(root))))
    outputs.pack(Project(root), folder, {})
    return folder


@pytest.fixture
def author(hub: GitHub, built: Path, left: Path, tmp_path: Path) -> Author:
    """Somebody whose clone has the champion built; main is pushed, and deliver.yml has left its outputs."""
    root = tmp_path / "author"
    shutil.copytree(built, root, symlinks=True)
    if git.dirty(root):
        commit_all(root, "Build the champion")
    git.git("remote", "add", "origin", str(hub.origin), root=root)
    git.git("push", "--quiet", "origin", "main", root=root)
    shutil.copytree(left, hub.artifact(1, left.name))
    (hub.folder / "runs").mkdir()
    (hub.folder / "runs/1.json").write_text('{"fork": false}')
    return Author(hub, root)


def results(jobs: dict[str, Job]) -> dict[str, str]:
    """How the jobs ended."""
    return {name: job.result for name, job in jobs.items()}


def verified(gate: str) -> dict[str, str]:
    """How the jobs of verify.yml end where the lock was current, by what the gate says."""
    fine = dict.fromkeys(("test", "challenger", "report"), "success")
    return {**fine, "relock": "skipped", "gate": gate, "verify": gate}


def everything(jobs: dict[str, Job]) -> str:
    """What the jobs printed, for a failing test to show."""
    return "\n".join(f"== {name}: {job.result}\n{job.said}" for name, job in jobs.items())


@pytest.mark.parametrize("default", ["main", "master", "stable/2026"])
@pytest.mark.parametrize(
    ("workflow", "event", "branch", "runs"),
    [
        ("verify", "push", "forest", {"test", "challenger", "verify"}),
        ("verify", "push", None, set()),
        ("verify", "workflow_dispatch", None, {"test", "challenger", "verify"}),
        ("verify", "merge_group", "gh-readonly-queue/main/forest", {"test", "challenger", "verify"}),
        ("deliver", "push", "forest", set()),
        ("deliver", "push", None, {"image"}),
    ],
)
def test_the_default_branch_may_have_any_name(
    workflow: str, event: str, branch: str | None, runs: set[str], default: str
) -> None:
    """A push to it (None here) is delivered and not verified again, one to any other branch the other way round."""
    said = yaml.safe_load((TOP / f".github/workflows/{workflow}.yml").read_text())
    about = {"event_name": event, "event": {"repository": {"default_branch": default}}}
    github = {**names_of(f"refs/heads/{branch or default}"), **about}
    expressions = Expressions({"github": github, "needs": {}})
    first = {name: job for name, job in said["jobs"].items() if "needs" not in job or name == "verify"}
    assert {name for name, job in first.items() if expressions.holds(job.get("if"))} == runs
    assert expressions.text(said["env"]["MAINLINE_BRANCH"]) == default


@pytest.mark.slow
def test_a_good_pull_request_is_merged_delivered_tagged_and_released(author: Author) -> None:
    """From the push to production: judged, merged, packaged once, attested, canary, tag, production by that digest."""
    hub = author.hub
    run = hub.push(author.branch("forest", BETTER), "verify.yml")
    jobs = run.play()
    assert results(jobs) == verified("success"), everything(jobs)
    assert "PASS" in jobs["gate"].said
    assert "**PASS**" in jobs["report"].summary
    for said in (jobs["gate"].said, jobs["report"].summary):
        assert f"rebuilt by run {run.number}; SHA-256" in " ".join(said.split())
    assert [entry["verdict"] for entry in ledger.read(author.root).entries] == ["PASS"]

    head = {"label": "someone:forest", "sha": hub.sha("forest")}
    (hub.folder / "pulls.json").write_text(json.dumps([{"number": 5, "html_url": "pull/5", "head": head}]))
    jobs = hub.end(run, "forest").play()
    assert hub.lines("commented") == [f"POST repos/{NAME}/issues/5/comments"], everything(jobs)
    assert "**PASS**" in json.loads((hub.folder / "comments.json").read_text())[0]["body"]

    built_by, run = run.number, hub.queue("forest")
    jobs = run.play("challenger", "gate")
    assert results(jobs) == {"challenger": "success", "gate": "success"}, everything(jobs)
    assert len(ledger.read(author.root).entries) == 1  # the same question again learns nothing new
    assert f"rebuilt by run {built_by}" in jobs["gate"].said  # nor is what a run has built, built again
    assert "alone" not in jobs["challenger"].said

    author.merge("forest")
    merge = hub.sha("main")
    hub.secrets["MLFLOW_TRACKING_URI"] = f"sqlite:///{hub.folder}/mlflow.db"
    hub.variables["MAINLINE_PULL_REQUEST"] = "true"
    deliver = hub.push("refs/heads/main", "deliver.yml")
    jobs = deliver.play()
    assert results(jobs) == {"image": "success", "canary": "success"}, everything(jobs)
    assert hub.lines("proposed")[0].startswith("deploy/canary main: Deploy ")
    assert hub.lines("dispatches") == ["verify.yml deploy/canary"]
    assert hub.sha("main") == merge
    del hub.variables["MAINLINE_PULL_REQUEST"]
    assert deliver.play("canary")["canary"].result == "success"
    assert f"of run {run.number}" in jobs["image"].said  # what was judged is what is packaged: nothing was trained
    assert "train:" not in jobs["image"].said
    canary = desired.parse("canary", git.show("main", "deploy/canary.env", hub.origin) or "")
    assert canary is not None
    assert (canary.commit, canary.gate_verdict) == (merge, "PASS")
    assert canary.image == jobs["image"].outputs["image"]
    assert canary.image.startswith(f"ghcr.io/{NAME}@sha256:")
    changed = git.git("diff", "--name-only", merge, "main", root=hub.origin).split()
    assert changed == ["deploy/canary.env", "deploy/ledger"]  # which paths-ignore leaves out

    git.git("pull", "--quiet", "origin", "main", root=author.root)
    git.git("tag", "--annotate", "--message", "too early", "v1.0.0", root=author.root)
    git.git("push", "--quiet", "origin", "v1.0.0", root=author.root)
    jobs = hub.push("refs/tags/v1.0.0", "release.yml").play("check")
    assert "and the canary is of" in jobs["check"].said  # the tag is on the commit that only says what is to run
    git.git("push", "--quiet", "origin", ":v1.0.0", root=author.root)
    git.git("tag", "--delete", "v1.0.0", root=author.root)

    git.git("tag", "--annotate", "--message", "Release", "v1.0.1", merge, root=author.root)
    git.git("push", "--quiet", "origin", "v1.0.1", root=author.root)
    jobs = hub.push("refs/tags/v1.0.1", "release.yml").play()
    assert results(jobs) == {"check": "success", "production": "success", "publish": "success"}, everything(jobs)
    production = desired.parse("production", git.show("main", "deploy/production.env", hub.origin) or "")
    assert production == canary
    files = {path.name for path in (hub.folder / "releases/v1.0.1").iterdir()}
    assert files == {"comment.md", "index.html", "card.md", f"digitline-{canary.version}.cdx.json"}
    inside = (hub.folder / f"releases/v1.0.1/digitline-{canary.version}.cdx.json").read_text()
    assert "libc6" in inside
    assert f'"rebuilt by run {built_by}"' in inside


@pytest.mark.slow
def test_a_bad_pull_request_with_a_stale_lock_is_refreshed_and_is_red(author: Author) -> None:
    """The author of a worse model forgot `mainline lock`: CI commits what it built, and verifies that commit.

    Nothing is built again; the model is reported, and the required check fails.
    """
    hub = author.hub
    ref = author.branch("forgot", WORSE, locked=False)
    before = hub.sha(ref)
    jobs = hub.push(ref, "verify.yml").play()
    assert {name: results(jobs)[name] for name in ("relock", "gate", "verify")} == {
        "relock": "success",
        "gate": "skipped",
        "verify": "failure",
    }, everything(jobs)
    assert "mainline lock --push --from lock" in jobs["challenger"].summary
    assert git.git("diff", "--name-only", before, ref, root=hub.origin).split() == ["dvc.lock", "models/card.md"]
    assert hub.lines("dispatches") == ["verify.yml forgot"]
    again = hub.dispatch(ref, "verify.yml").play()
    assert results(again) == verified("failure"), everything(again)
    assert again["challenger"].outputs["stale"] == "false"
    assert "train:" not in again["challenger"].said
    assert "NOT CERTIFIED" in again["gate"].said
    assert "**NOT CERTIFIED**" in again["report"].summary


@pytest.mark.slow
def test_a_fork_is_served_without_rights(author: Author) -> None:
    """It gets the report, and its lock as a file with the command that takes it; nothing of it is written anywhere."""
    hub, fork = author.hub, author.hub.folder / "fork.git"
    git.git("clone", "--quiet", "--bare", str(hub.origin), str(fork), root=hub.folder)
    git.git("remote", "set-url", "origin", str(fork), root=author.root)
    ref = author.branch("forked", {"params": {"max_depth": 7}}, locked=False)
    hub.propose(7, fork, ref)
    before = git.git("for-each-ref", root=hub.origin)
    run = hub.pull(7, "verify.yml", fork=True)
    jobs = run.play()
    assert results(jobs) == verified("failure"), everything(jobs)
    assert "dvc.lock is not committed" in jobs["gate"].said
    assert "max_depth" in jobs["report"].summary
    page = jobs["challenger"].summary
    assert (
        f"gh run download {run.number} --repo {NAME} --name lock --dir lock\nmainline lock --push --from lock" in page
    )

    shutil.copytree(hub.artifact(run.number, "lock"), author.root / "lock")  # as the first of these commands does
    assert card.changed(lock.take(Project(author.root), author.root / "lock")) == ["dvc.lock", "models/card.md"]
    assert lock.push(Project(author.root))
    hub.propose(7, fork, ref)
    jobs = hub.pull(7, "verify.yml", fork=True).play("challenger", "gate")
    assert jobs["challenger"].outputs["stale"] == "false"
    assert "the ledger cannot be written" in jobs["gate"].said
    changed = git.git("for-each-ref", root=hub.origin).replace(hub.sha("refs/pull/7/head"), "")
    assert changed == before.replace(git.git("rev-parse", f"{ref}^", root=fork), "")


def test_what_may_write_runs_mains_code() -> None:
    """A job of verify.yml whose token writes checks main out, and no branch: none of its files lie where it works."""
    jobs = yaml.safe_load((TOP / ".github/workflows/verify.yml").read_text())["jobs"]
    writing = {name for name, job in jobs.items() if "write" in (job["permissions"] or {}).get("contents", "")}
    assert writing == {"relock", "gate"}
    for name in writing:
        first, second, *others = jobs[name]["steps"]
        assert first["with"]["ref"] == "${{ github.event.repository.default_branch }}"
        assert second["uses"] == "./.github/actions/setup"
        assert not [step for step in others if "checkout" in step.get("uses", "")]
        assert not [step for step in others if "working-directory" in step]
        folders = {step["with"].get("path") for step in others if "download-artifact" in step.get("uses", "")}
        assert folders <= {"lock", "outputs"}


SETTINGS = """\
[core]
    remote = store
['remote "store"']
    url = s3://bucket/x
    endpointurl = http://127.0.0.1:9
    profile = ci
    configpath = aws
    read_timeout = 1
    connect_timeout = 1
"""


def hostile(author: Author, *, linked: str = "", huge: str = "") -> Run:
    """The run of a branch that leaves the model as it is, and whose other files are of ill will.

    Its job `challenger` has ended as its own code likes, with what deliver.yml has left of the same model.
    """
    hub, root = author.hub, author.root
    git.git("switch", "--quiet", "--create", "hostile", "main", root=root)
    (root / ".dvc/config").write_text(SETTINGS)
    (root / ".dvc/aws").write_text(f"[profile ci]\ncredential_process = touch {hub.folder}/ran\n")
    (root / "README.md").unlink()
    (root / "README.md").symlink_to("/etc/passwd")
    for name in filter(None, (linked, huge)):
        (root / name).unlink()
    if linked:
        (root / linked).symlink_to("/etc/passwd")
    if huge:
        (root / huge).write_bytes(b"#" * 2**21)
    git.git("add", "--all", "--force", ".dvc/aws", root=root)
    commit_all(root, "Nothing to see here")
    git.git("push", "--quiet", "origin", "hostile", root=root)
    run = hub.push("refs/heads/hostile", "verify.yml")
    (left,) = hub.artifact(1, "x").parent.iterdir()
    shutil.copytree(left, hub.artifact(run.number, "outputs-x"))
    run.jobs["challenger"] = Job("success", {"stale": "false", "artifact": "outputs-x"})
    return run


def outside(run: Run) -> dict[str, float]:
    """All files of the stand-in GitHub but those of the job's own machine, and when they were written."""
    machines = run.hub.folder / "machines"
    found = (path for path in run.hub.folder.rglob("*") if path.is_file() and machines not in path.parents)
    return {str(path): path.stat().st_mtime for path in found}


@pytest.mark.slow
def test_a_branch_of_ill_will_is_judged_and_not_opened(author: Author) -> None:
    """Its settings of DVC would run a command, and a file of it is a link out of the project: neither is met."""
    run = hostile(author)
    before = outside(run)
    jobs = run.play("gate")
    assert jobs["gate"].result == "success", everything(jobs)
    assert "UNCHANGED" in jobs["gate"].said
    assert set(outside(run)) - set(before) == {str(run.hub.artifact(run.number, "decision") / "decision.json")}
    workspace = run.hub.folder / "machines" / f"{run.number}-gate" / "work"
    assert not (workspace / "README.md").is_symlink()
    assert git.git("worktree", "list", root=workspace).count("\n") == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "said"),
    [
        ({"linked": "params.yaml"}, "params.yaml of COMMIT: no plain file of at most 1,048,576 bytes"),
        ({"linked": "dvc.lock"}, "dvc.lock of COMMIT: no plain file of at most 1,048,576 bytes"),
        ({"huge": "params.yaml"}, "params.yaml of COMMIT: no plain file of at most 1,048,576 bytes"),
    ],
)
def test_what_is_no_plain_file_is_refused_where_the_token_writes(
    author: Author, what: dict[str, str], said: str
) -> None:
    """In one line, with nothing written outside of the job's folder."""
    run = hostile(author, **what)
    before = outside(run)
    jobs = run.play("gate")
    assert jobs["gate"].result == "failure", everything(jobs)
    assert said.replace("COMMIT", run.github["sha"][:12]) in " ".join(jobs["gate"].said.split())
    assert "Traceback" not in jobs["gate"].said
    assert outside(run) == before


@pytest.mark.parametrize("bad", ["test", "challenger", "relock", "gate", "report", None])
def test_the_one_check_hears_results_and_runs_nothing(hub: GitHub, tmp_path: Path, bad: str | None) -> None:
    """It is red where any job is, whatever outputs a branch's code gave them; a shell reads its inputs."""
    root, mark = tmp_path / "author", tmp_path / "ran"
    shutil.copytree(TOP / ".github", root / ".github")
    git.git("init", "--quiet", "--initial-branch=main", str(root), root=tmp_path)
    commit_all(root, "Workflows")
    git.git("push", "--quiet", str(hub.origin), "main:branch", root=root)
    run = hub.push("refs/heads/branch", "verify.yml")
    said = {"stale": f"$(touch {mark})", "artifact": f"`touch {mark}`"}
    for name in run.workflow["jobs"]["verify"]["needs"]:
        result = "failure" if name == bad else "skipped" if name == "relock" else "success"
        run.jobs[name] = Job(result, dict(said))
    assert run.play("verify")["verify"].result == ("failure" if bad else "success")
    assert not mark.exists()


@pytest.mark.slow
def test_a_stale_lock_on_main_is_not_delivered(author: Author) -> None:
    """Two merges can leave one: nothing is built and no canary is named, and the message says what mends it."""
    edit(author.root, train={"params": {"max_depth": 7}})
    commit_all(author.root, "Merge two branches")
    git.git("push", "--quiet", "origin", "main", root=author.root)
    jobs = author.hub.push("refs/heads/main", "deliver.yml").play()
    assert results(jobs) == {"image": "failure", "canary": "skipped"}
    assert "dvc.lock is not current: train (train modified), diagnose (train modified); run" in jobs["image"].said
    assert "docker" not in {path.name for path in author.hub.folder.iterdir()}


@pytest.mark.slow
def test_the_merge_queue_refuses_a_lock_that_is_of_neither_branch(author: Author) -> None:
    """Two branches that git merges without a conflict can leave one: it is seen before it is main's."""
    author.branch("forgot", {"params": {"max_depth": 7}}, locked=False)
    jobs = author.hub.queue("forgot").play()
    kept = ("challenger", "relock", "gate", "verify")
    assert [results(jobs)[name] for name in kept] == ["success", "skipped", "failure", "failure"], everything(jobs)
    assert "dvc.lock is not committed" in jobs["gate"].said
    assert ledger.read(author.root).entries == ()


@pytest.mark.slow
def test_what_takes_minutes_runs_behind_a_label(author: Author) -> None:
    """Without it, nothing of it is run."""
    hub = author.hub
    hub.propose(8, hub.origin, "main")
    assert set(results(hub.pull(8, "end-to-end.yml", fork=False, labels=("bug",)).play()).values()) == {"skipped"}
    jobs = hub.pull(8, "end-to-end.yml", fork=False, labels=("bug", "end-to-end")).play()
    assert [job.ran[-1] for job in jobs.values()] == ["mainline package --image", "mainline run"]
    assert set(results(jobs).values()) == {"success"}, everything(jobs)


@pytest.mark.slow
def test_with_one_secret_the_outputs_go_through_a_dvc_remote(author: Author) -> None:
    """The challenger's go there, the gate gets them from there, and no artifact holds any."""
    hub = author.hub
    storage = hub.folder / "storage"
    hub.secrets["DVC_CONFIG"] = f"[core]\n    remote = storage\n['remote \"storage\"']\n    url = {storage}\n"
    git.git("switch", "--quiet", "--create", "words", "main", root=author.root)
    (author.root / "README.md").write_text("# Words\n")
    commit_all(author.root, "Change words")
    git.git("push", "--quiet", "origin", "words", root=author.root)
    run = hub.push("refs/heads/words", "verify.yml")
    jobs = run.play("challenger", "gate")
    assert results(jobs) == {"challenger": "success", "gate": "success"}, everything(jobs)
    assert "UNCHANGED" in jobs["gate"].said
    assert len(list(storage.glob("files/md5/*/*"))) > 10
    kept = hub.artifact(run.number, jobs["challenger"].outputs["artifact"])
    assert [path.name for path in kept.rglob("*")] == ["facts.json"]
    assert ledger.read(author.root).entries == ()


@pytest.mark.slow
def test_a_model_that_was_made_elsewhere_is_made_again_and_that_one_counts(author: Author) -> None:
    """Its hash is in dvc.lock, the file in the remote; CI commits what the branch's code makes, and that is judged."""
    hub, root = author.hub, author.root
    place = hub.folder / "storage"
    hub.secrets["DVC_CONFIG"] = f"[core]\n    remote = storage\n['remote \"storage\"']\n    url = {place}\n"
    author.branch("shallow", {"params": {"max_depth": 5}})
    model = (root / MODEL).read_bytes()  # neither main's nor what the code of the branch makes
    ref = author.branch("elsewhere", {"params": {"max_depth": 7}})
    honest = Project(root).lock.model
    (root / MODEL).unlink()
    (root / MODEL).write_bytes(model)
    dvc.dvc("commit", "--quiet", "--force", "train", root=root)
    lock.refresh(Project(root))
    assert Project(root).lock.model != honest
    commit_all(root, "Tuned")
    (root / ".dvc/config.local").write_text(hub.secrets["DVC_CONFIG"])
    storage.push(root)
    git.git("push", "--quiet", "origin", "elsewhere", root=root)
    run = hub.push(ref, "verify.yml")
    jobs = run.play("challenger", "relock")
    assert results(jobs) == {"challenger": "success", "relock": "success"}, everything(jobs)
    assert f"train: built again, {MODEL} is another than dvc.lock pins" in jobs["challenger"].said
    assert dvc.outputs(git.show(ref, "dvc.lock", hub.origin) or "")[MODEL] == honest
    jobs = hub.dispatch(ref, "verify.yml").play("challenger", "gate")
    assert jobs["challenger"].outputs["stale"] == "false", everything(jobs)
    assert f"{MODEL}: rebuilt by run {run.number}; SHA-256" in jobs["gate"].said


@pytest.mark.slow
def test_code_of_a_branch_is_not_run_where_the_token_writes(author: Author) -> None:
    """A branch that brings its own `mainline`, and stages that leave a mark, gets to see only jobs that may read."""
    hub = author.hub
    git.git("switch", "--quiet", "--create", "evil", "main", root=author.root)
    mark = f"open({str(hub.folder)!r} + '/ran', 'a').write(__import__('os').getcwd() + '\\n')\n"
    stage = author.root / "src/pipeline/__main__.py"
    stage.write_text(mark + stage.read_text())
    (author.root / "vendor").mkdir(exist_ok=True)
    with zipfile.ZipFile(author.root / "vendor/mainline-9-py3-none-any.whl", "w") as wheel:
        for name, data in sources(LINE).items():
            wheel.writestr(name, mark.encode() + data if name == "mainline/cli.py" else data)
    edit(author.root, gate={"bars": {"latency_ms": 1000}}, train={"params": {"max_depth": 7}})
    lock.refresh(Project(author.root))
    commit_all(author.root, "Nothing to see here")
    git.git("push", "--quiet", "origin", "evil", root=author.root)
    jobs = hub.push("refs/heads/evil", "verify.yml").play("challenger", "gate")
    assert results(jobs)["challenger"] == "success", everything(jobs)
    assert "decisions of the sealed test set are used" in jobs["gate"].said
    ran = set(hub.lines("ran"))
    assert any("-challenger/" in folder for folder in ran)
    assert not [folder for folder in ran if "-gate/" in folder]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("github.event_name == 'push' && 'yes' || 'no'", "yes"),
        ("!(github.ref != 'refs/heads/main') || needs.a.result == 'skipped'", True),
        ("contains(github.labels.*.name, 'b')", True),
        ("github.nothing.here || 'it''s'", "it's"),
        ("always() && !cancelled()", True),
        ("toJSON(needs)", '{"a": {"result": "success"}}'),
    ],
)
def test_the_tests_read_expressions_as_github_does(expression: str, value: object) -> None:
    """As far as the workflows use them; a function that is not known is an error."""
    github = {"event_name": "push", "ref": "refs/heads/main", "labels": [{"name": "a"}, {"name": "b"}]}
    said = Expressions({"github": github, "needs": {"a": {"result": "success"}}})
    assert said.value(expression) == value
    with pytest.raises(AssertionError, match="do not know"):
        said.value("hashFiles('dvc.lock')")


@pytest.mark.slow
def test_each_night_a_canary_that_was_rolled_back_gives_way_to_production(hub: GitHub, author: Author) -> None:
    """And one that was not stays; the next night there is nothing to do."""
    tip = hub.sha("main")
    good, bad = (
        Release(f"{tip[:12]}-{name * 8}", tip, image=f"ghcr.io/shop/model@sha256:{name * 64}") for name in ("a", "b")
    )
    (author.root / "deploy").mkdir(exist_ok=True)
    for name, release in (("production", good), ("canary", bad)):
        (author.root / desired.FILES[name]).write_text(desired.text_of(release))
    commit_all(author.root, "Deploy")
    git.git("push", "--quiet", "origin", "main", root=author.root)

    def night() -> str:
        run = hub.push("refs/heads/main", "canary.yml", event_name="schedule")
        assert results(run.play()) == {"back": "success"}, run.jobs["back"].said
        text = git.git("show", f"main:{desired.FILES['canary']}", root=hub.origin)
        return str(getattr(desired.parse("canary", text), "version", None))

    before = hub.sha("main")
    assert (night(), hub.sha("main")) == (bad.version, before)
    said = Record("rolled back", bad.version, tip, 0.1, "7 of 21 failed", good.version)
    assert ledger.append(author.root, ledger.read(author.root), sync.entry(said, 0.0))
    assert night() == good.version
    after = hub.sha("main")
    assert (night(), hub.sha("main")) == (good.version, after)


@pytest.mark.slow
def test_each_night_an_alarm_has_one_issue_until_it_is_over(hub: GitHub, author: Author) -> None:
    """Before anything is in production nothing is told; then drift is, once, until a person accepts it."""

    def night() -> list[str]:
        run = hub.push("refs/heads/main", "monitor.yml", event_name="schedule")
        assert results(run.play()) == {"monitor": "success"}, run.jobs["monitor"].said
        place = hub.folder / "issues.json"
        return [issue["state"] for issue in json.loads(place.read_text())] if place.exists() else []

    assert night() == []
    today = datetime.now(UTC).date()
    version = f"{hub.sha('main')[:12]}-{Project(author.root).lock.model[:8]}"
    promote(author.root, version, today - timedelta(days=61))
    send(author.root, version, 60, replace(OLDER_PEOPLE, wrong=0.22), at=40, first=today - timedelta(days=60))
    assert night() == ["open"]
    assert night() == ["open"]
    kinds = [entry["kind"] for entry in ledger.read(author.root).entries]
    assert kinds == ["deployment", "alarm"]
    assert (hub.artifact(hub.runs, "monitor") / "monitor.html").exists()
    accept(Project(author.root), "people do get older")
    assert night() == ["closed"]
