"""`mainline deploy` and `mainline rollback`: what is to run, as a commit of deploy/*.env on the trunk (main)."""

import datetime
import re
from dataclasses import dataclass, replace
from pathlib import Path

import click

from mainline import ledger, ui
from mainline.errors import ConfigError, MainlineError, Refused, ToolFailed
from mainline.host import desired
from mainline.host.model import Release
from mainline.package import bento
from mainline.project import Project
from mainline.tools import actions, branches, commits, git, github

TRIES = 4
DATA = "data/train.parquet"


@dataclass(frozen=True)
class Wanted:
    """A change of the desired state: the file, what it is to name, and why."""

    path: str
    release: Release
    message: str


push_option = click.option("--push", "pushed", is_flag=True, help="Push the commit: the agent sees it then.")

pull_request_option = click.option(
    "--pull-request",
    is_flag=True,
    envvar="MAINLINE_PULL_REQUEST",
    help="Ask for it by a pull request on GitHub instead.",
)


@click.command("deploy")
@click.argument("name", metavar="canary|production", type=click.Choice(["canary", "production"]))
@click.option("--version", help="By default the Bento built last as canary, and the canary as production.")
@click.option("--image", help="Run this image, name@sha256:..., instead of the Bento.")
@click.option("--force", is_flag=True, help="Have it again, though it was rolled back.")
@push_option
@pull_request_option
def verb(name: str, version: str | None, image: str | None, force: bool, pushed: bool, pull_request: bool) -> None:
    """Write what is to run into deploy/*.env, as a commit on main.

    Main is the default branch, whatever it is called.
    """
    project = Project.here()
    wanted = deploy(project, name, version=version, image=image, force=force)
    said = f"{wanted.path}: {wanted.release.version}"
    if not pull_request:
        announce(project, said if carry_out(project, wanted, pushed=pushed) else f"{said}, as before", pushed)
    elif address := propose(project, wanted):
        ui.good(f"{said}, once this is merged: {address}")
    else:
        ui.good(f"{said}, as before; there is nothing to ask for")


def deploy(
    project: Project, name: str, *, version: str | None = None, image: str | None = None, force: bool = False
) -> Wanted:
    """What it takes to have a version as canary or production; nothing is changed yet.

    Args:
        name: canary or production.
        version: by default the Bento built last as canary, and what is canary as production.
        image: name@sha256:..., to run instead of the Bento.
        force: have it again though it was rolled back.

    Raises:
        ConfigError: there is no such version, or this is not the trunk.
        Refused: it was rolled back.
    """
    path = desired.FILES[name]
    _require_trunk(project)
    release = _known(project, version, image) if version else _default(project, name)
    if image:
        release = desired.parse("--image", desired.text_of(replace(release, bento="", image=image))) or release
    word = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S.%f") if force else ""
    release = replace(release, force=word)
    if not force and release.version in (barred := ledger.read(project.root).rolled_back()):
        why = barred[release.version][0]
        raise Refused(f"{release.version} was rolled back: {why}; to have it again all the same: --force")
    return Wanted(path, release, f"Deploy {release.version} as {name}")


def rollback(project: Project) -> Wanted:
    """What it takes to have in production what was wanted there before; a second time, the one before that.

    Raises:
        Refused: there is none.
    """
    _require_trunk(project)
    path = desired.FILES["production"]
    behind: list[str] = []
    for commit in project.git("log", "--first-parent", "--format=%H", "--reverse", "HEAD", "--", path).split():
        text = project.show(commit, path) or ""
        if text.strip() and len(behind) > 1 and behind[-2] == text:
            behind.pop()  # that was a rollback
        elif text.strip() and behind[-1:] != [text]:
            behind.append(text)
    release = desired.parse(path, behind[-2]) if len(behind) > 1 else _first(project, behind)
    if release is None:
        raise Refused(f"{path}: nothing was in production before; there is nothing to go back to")
    return Wanted(path, release, f"Roll production back to {release.version}")


def carry_out(project: Project, wanted: Wanted, *, pushed: bool = False) -> bool:
    """Write it as a commit, and push main where that is asked for; where either fails, all is as it was.

    Returns:
        Whether there was something to commit; not where the file said so already.

    Raises:
        ToolFailed: a hook refuses the commit, or origin refuses main.
    """
    with commits.or_as_before(project.root, wanted.path):
        committed = _commit(project, wanted)
        if pushed:
            push(project)
    return committed


def _first(project: Project, behind: list[str]) -> Release | None:
    """The version that was production before the only one that git ever wanted there: a host's first, by its canary."""
    now = desired.parse(desired.FILES["production"], behind[0]) if behind else None
    first = next(
        (entry["production"] for entry in ledger.read(project.root).deployments() if entry["production"]), None
    )
    return _known(project, first, None) if now and first and first != now.version else None


def push(project: Project) -> None:
    """Send the trunk to its remote, on top of what others have sent; this tree follows once the remote has it.

    Raises:
        ToolFailed: origin does not take it, or the two are in conflict.
    """
    remote, branch = branches.require_remote(project.root, "and nobody else sees the commit"), project.trunk
    tip = project.git("rev-parse", "HEAD")
    for attempt in range(TRIES):
        try:
            commits.push(project.root, remote, tip, f"refs/heads/{branch}")
            break
        except ToolFailed as error:
            behind = any(word in error.output for word in ("fetch first", "non-fast-forward"))
            above = _caught_up(project, remote, branch) if behind and attempt < TRIES - 1 else None
            if above is None:
                raise ToolFailed(f"not pushed, so not committed either: {_why(error, behind)}", error.output) from None
            tip = above
    if tip != project.git("rev-parse", "HEAD"):
        commits.move(project.root, tip)


def _why(error: ToolFailed, behind: bool) -> str:
    if behind:
        return "others have pushed, and your commits or a file you have not committed are in their way; git pull first"
    return f"{error}; where the branch is protected, ask with --pull-request"


def _caught_up(project: Project, remote: str, branch: str) -> str | None:
    """What is only here, on top of the remote's branch; None where that cannot be."""
    there = f"refs/remotes/{remote}/{branch}"
    git.fetch(project.root, remote, f"+refs/heads/{branch}:{there}")
    return commits.on_top(project.root, there)


def propose(project: Project, wanted: Wanted) -> str | None:
    """Ask for a change of the desired state by a pull request; the trunk stays as it is, here and there.

    Returns:
        The pull request's address; None where the file says so already.

    Raises:
        ToolFailed: a hook, origin or GitHub does not take it; origin's branch is as it was.
    """
    name = Path(wanted.path).stem
    ref = f"refs/heads/deploy/{name}"
    remote = branches.require_remote(project.root, "and GitHub asks for a pull request there")
    before = commits.Before.of(project.root, wanted.path)
    try:
        if not _commit(project, wanted):
            return None
        there = project.git("ls-remote", remote, ref).partition("\t")[0]
        commits.push(project.root, remote, "HEAD", ref, "--force")
    finally:
        before.restore()
    title, text = f"Deploy {wanted.release.version} as {name}", f"`{wanted.path}` names it; the merge starts it."
    try:
        address = github.pull_request(project.root, ref.removeprefix("refs/heads/"), project.trunk, title, text)
    except ToolFailed:
        project.git("push", "--quiet", "--force", remote, f"{there}:{ref}", check=False)
        raise
    if actions.running():  # a push of a workflow's own token starts no workflow
        github.gh("workflow", "run", "verify.yml", "--ref", ref.removeprefix("refs/heads/"), root=project.root)
    return address


def _require_trunk(project: Project) -> None:
    branch, trunk = project.branch, project.trunk
    if branch != trunk:
        said = f"on {branch or 'no branch'}: what is to run is read from {trunk}; switch to it first"
        raise ConfigError(f"{said}; if your default branch is called otherwise, {branches.ANOTHER}")


def _commit(project: Project, wanted: Wanted) -> bool:
    text = desired.text_of(wanted.release)
    desired.parse(wanted.path, text)
    path = project / wanted.path
    if project.show("HEAD", wanted.path) == text.rstrip() and path.exists():
        return False
    path.parent.mkdir(exist_ok=True)
    commits.write(path, text.encode())
    commits.commit(project.root, wanted.message, wanted.path)
    return True


def _default(project: Project, name: str) -> Release:
    if name == "production":
        release = desired.parse(desired.FILES["canary"], project.show("HEAD", desired.FILES["canary"]) or "")
        if release is None:
            raise ConfigError(f"{desired.FILES['canary']} names no version; say which one with --version")
        return release
    built = sorted((project / bento.HOME / "bentos").glob("*/*/bento.yaml"), key=lambda path: path.stat().st_mtime)
    if not built:
        raise ConfigError("no Bento was built here; run `mainline package`, or say which one with --version")
    return _of_bento(project, built[-1].parent)


def _known(project: Project, version: str, image: str | None) -> Release:
    """A version as it was deployed before, else as it was built here, or as the image that was named."""
    if not re.fullmatch(desired.NAME, version):
        raise ConfigError(f"--version {version}: no version such as 0123456789ab-01234567")
    for path in desired.FILES.values():
        for commit in project.git("log", "--format=%H", f"-SMODEL_VERSION={version}", "HEAD", "--", path).split():
            try:
                release = desired.parse(path, project.show(commit, path) or "")
            except MainlineError:
                continue
            if release and release.version == version:
                return release
    if image:
        return _of_commit(project, version)
    built = sorted((project / bento.HOME / "bentos").glob(f"*/{version}/bento.yaml"))
    if not built:
        raise ConfigError(f"--version {version}: never deployed from here, and no such Bento was built here")
    return _of_bento(project, built[-1].parent)


def _of_bento(project: Project, folder: Path) -> Release:
    return replace(_of_commit(project, folder.name), bento=f"{folder.parent.name}:{folder.name}")


def _of_commit(project: Project, version: str) -> Release:
    """A release with its facts: from the commit that its version names, and from the ledger."""
    commit = project.git("rev-parse", "--verify", "--quiet", f"{version[:12]}^{{commit}}", check=False)
    if not commit:
        raise ConfigError(f"{version}: its commit is not in this repository")
    lock = project.lock_at(commit)
    model = lock.model
    if version != f"{commit[:12]}-{model[:8]}":
        raise ConfigError(f"{version}: its commit pins another model ({model[:8] or 'none'})")
    return Release(
        version=version,
        commit=commit,
        data_hash=lock.outputs.get(DATA, ""),
        gate_verdict=ledger.read(project.root).verdict(model) or "",
    )


def announce(project: Project, text: str, pushed: bool) -> None:
    """Say what is committed, and what is left to do where it was not pushed."""
    if pushed:
        ui.good(f"{text}; pushed")
    else:
        origin = branches.remote(project.root)
        first = "" if origin else "git remote add origin URL && "
        ui.good(f"{text}; the agent sees it after: {first}git push {origin or 'origin'} {project.trunk}")
