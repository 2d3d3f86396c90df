"""`mainline release`: tags what has been the canary, once everything is known that makes it fit for production."""

import os
import re
from dataclasses import dataclass

import click

from mainline import inputs, ledger, outputs, ui
from mainline.errors import ConfigError, Refused, ToolFailed
from mainline.host import desired
from mainline.host.model import Release
from mainline.project import Project
from mainline.tools import actions, branches, commits, dvc, git, github, storage

TAG = re.compile(r"v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
WORKFLOW = "deliver.yml"


@dataclass(frozen=True)
class Candidate:
    """What a tag is to bring into production."""

    tag: str
    release: Release
    before: str
    """The commit that production is of now; its own where there is nothing in production."""


@click.command("release")
@click.argument("tag")
@click.option("--check", "only_check", is_flag=True, help="Tag nothing: look whether the tag on origin may go on.")
def verb(tag: str, only_check: bool) -> None:
    """Tag the canary, and push the tag: the way to production.

    TAG is vMAJOR.MINOR.PATCH. Refused unless it is newer than the last one, the canary's commit is on main, its
    dvc.lock is current, the gate let its model pass, no host rolled it back, and its image is known by a digest that
    deliver.yml has attested.
    """
    if only_check:
        candidate = check(Project.here(), tag)
        ui.good(f"{tag} may go to production: {candidate.release.version}, {candidate.release.image}")
        return
    with ui.doing("asking whether it is fit for production"):
        candidate = release(Project.here(), tag)
    ui.good(f"{tag} is {candidate.release.version}; pushed")
    ui.say("  what comes next: release.yml asks the same again, and writes deploy/production.env")
    ui.say("  without GitHub:  mainline deploy production --push")


def release(project: Project, tag: str) -> Candidate:
    """Tag the canary's commit, and push the tag: a workflow, or a person, does the rest.

    Raises:
        MainlineError: it is not fit for production, with the reason; nothing was tagged.
    """
    _numbers(tag)
    if tag in _tags(project):
        raise Refused(f"{tag}: there is such a tag already, and a version is never used twice")
    candidate = _candidate(project, tag)
    message = f"Release {candidate.release.version}\n\n{candidate.release.image}"
    project.git(*git.identity(project.root), "tag", "--annotate", "--message", message, tag, candidate.release.commit)
    try:
        commits.push(project.root, _remote(project), f"refs/tags/{tag}", f"refs/tags/{tag}")
    except BaseException as error:
        project.git("tag", "--delete", tag, check=False)
        if not isinstance(error, ToolFailed):
            raise
        raise ToolFailed(f"{tag}: origin does not take the tag ({error}); nothing was tagged", error.output) from None
    return candidate


def check(project: Project, tag: str) -> Candidate:
    """Look whether a tag that is on origin may go to production; a workflow is told what it brings.

    Raises:
        MainlineError: it may not, with the reason.
    """
    _numbers(tag)
    commit = _tags(project).get(tag)
    if commit is None:
        raise Refused(f"{tag}: origin has no such tag; `mainline release {tag}` makes it")
    candidate = _candidate(project, tag, commit)
    version, image = candidate.release.version, candidate.release.image
    actions.output(version=version, image=image, before=candidate.before)
    return candidate


def _candidate(project: Project, tag: str, commit: str | None = None) -> Candidate:
    """Ask all the questions, the cheapest first.

    Args:
        commit: that the tag stands on; None where it is to be made.
    """
    _require_newer(tag, [other for other in _tags(project) if other != tag])
    remote, trunk = _remote(project), project.trunk
    git.fetch(project.root, remote, f"+refs/heads/{trunk}:refs/remotes/{remote}/{trunk}")
    main = project.commit_of(f"refs/remotes/{remote}/{trunk}")
    wanted = {name: desired.parse(path, project.show(main, path) or "") for name, path in desired.FILES.items()}
    canary, production = wanted["canary"], wanted["production"]
    if canary is None:
        raise Refused(f"{desired.FILES['canary']} on {trunk} names no version; what was no canary is not released")
    if not _holds(project, main, commit or canary.commit):
        raise Refused(f"{tag}: {(commit or canary.commit)[:12]} is not on {trunk}")
    if commit not in (None, canary.commit):
        raise Refused(
            f"{tag}: on {str(commit)[:12]}, and the canary is of {canary.commit[:12]}; tag what is the canary"
        )
    if not canary.image:
        raise Refused(f"{canary.version}: the canary is a Bento without an image, so there is no digest to release")
    _require_fit(project, canary)
    _require_lock(project, canary.commit)
    _require_attested(project, canary.image)
    return Candidate(tag, canary, (production or canary).commit)


def _remote(project: Project) -> str:
    return branches.require_remote(project.root, "and a release is a tag there")


def _tags(project: Project) -> dict[str, str]:
    """Origin's tags, and the commits they stand on."""
    found: dict[str, str] = {}
    for line in project.git("ls-remote", "--tags", _remote(project)).splitlines():
        commit, _, ref = line.partition("\t")
        name = ref.removeprefix("refs/tags/")
        if name.endswith("^{}"):
            found[name.removesuffix("^{}")] = commit
        else:
            found.setdefault(name, commit)
    return found


def _numbers(tag: str) -> tuple[int, ...]:
    """MAJOR, MINOR and PATCH."""
    found = TAG.fullmatch(tag)
    if found is None:
        raise ConfigError(f"{tag}: no version; a tag is vMAJOR.MINOR.PATCH, such as v1.2.0")
    return tuple(map(int, found.groups()))


def _require_newer(tag: str, others: list[str]) -> None:
    last = max((_numbers(other) for other in others if TAG.fullmatch(other)), default=None)
    if last and _numbers(tag) < last:
        raise Refused(f"{tag}: not newer than v{'.'.join(map(str, last))}; to go back, run `mainline rollback`")


def _holds(project: Project, main: str, commit: str) -> bool:
    there = project.git("rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}", check=False)
    return bool(there) and project.git("merge-base", there, main, check=False) == there


def _require_fit(project: Project, release: Release) -> None:
    """Refuse what the ledger speaks against: the gate did not let its model pass, or a host has rolled it back."""
    history = ledger.read(project.root)
    why, used = history.rolled_back().get(release.version, ("", ()))
    if why and (not release.force or release.force in used):
        raise Refused(f"{release.version} was rolled back: {why}; mend it, and release what comes of it")
    if release.version not in {entry["version"] for entry in history.deployments()}:
        ui.warn(f"{release.version}: no host has told of it yet; as far as the ledger knows, it was never a canary")
    model = project.lock_at(release.commit).model
    verdict = history.verdict(model)
    if verdict == "PASS":
        return
    with project.worktree(release.commit) as tree:
        judged = history.decisions(tree.generation)
    first = judged[0]["champion"] if judged else None
    if verdict is None and (not judged or (first and first["model"] == model)):
        ui.warn(f"{release.version}: its model was there before the first decision on these sealed rows")
        return
    raise Refused(f"{release.version}: the gate did not let its model pass ({verdict or 'it was never asked'})")


def _require_lock(project: Project, commit: str) -> None:
    with project.worktree(commit) as tree:
        storage.share_cache(project.root, tree.root)
        outputs.bring(tree)
        inputs.bring(project, tree)
        if stages := dvc.stale(tree.root, absent=True):
            raise Refused(
                f"dvc.lock of {commit[:12]} is not current: {', '.join(stages[:3])}; mend it by a pull request"
            )


def _require_attested(project: Project, image: str) -> None:
    """Refuse an image that nobody can show to come from the trunk; on a laptop that cannot ask, say so."""
    trunk = project.trunk
    if os.environ.get("MAINLINE_UNATTESTED") == "true":
        ui.warn(f"{image}: MAINLINE_UNATTESTED is set, so nobody asks whether it was built from {trunk}")
    elif github.repository(project.root) and github.here():
        try:
            github.require_attested(project.root, image, WORKFLOW, f"refs/heads/{trunk}")
        except ToolFailed as error:
            raise Refused(f"{image}: not attested as built by {WORKFLOW} from {trunk} ({error})") from None
    elif os.environ.get("CI"):
        raise Refused(f"{image}: whether it is attested cannot be asked; gh is not here, or this is no GitHub project")
    else:
        ui.warn(
            f"{image}: whether it is attested cannot be asked here (no gh, or no GitHub project); the workflow will"
        )
