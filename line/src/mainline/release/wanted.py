"""What a commit asks for in deploy/*.env, held to what a release is asked: a merge is no way around the questions."""

from dataclasses import replace

from mainline import ledger, unopened
from mainline.errors import Refused
from mainline.host import desired
from mainline.host.model import Release
from mainline.ledger import note
from mainline.project import Project
from mainline.release import fitness, versions


def check(project: Project, commit: str, base: str) -> list[str]:
    """Ask about each version that a commit names and the base did not; all is read by git, and nothing checked out.

    Args:
        commit: the whole hash.
        base: the trunk, or a commit of it.

    Returns:
        What was asked about, each as PATH: VERSION.

    Raises:
        MainlineError: one is not fit, with the reason.
    """
    main = project.commit_of(base)
    before = project.git("merge-base", main, unopened.fetched(project, commit), check=False) or main
    _require_note(project, commit, before)
    asked = []
    for name, path in desired.FILES.items():
        release = _changed(project, commit, before, path)
        if release is not None:
            _require(project, main, name, release)
            asked.append(f"{path}: {release.version}")
    return asked


def _changed(project: Project, commit: str, before: str, path: str) -> Release | None:
    """What a file wants anew."""
    now, then = (_text(project, each, path) for each in (commit, before))
    return None if now == then else desired.parse(path, now)


def _text(project: Project, commit: str, path: str) -> str:
    content = (unopened.text(project, commit, path) or b"").decode()
    if len(content) > desired.LARGEST["env"]:
        raise Refused(f"{path} of {commit[:12]}: too long; the most is {desired.LARGEST['env']}")
    return content


def _require(project: Project, main: str, name: str, release: Release) -> None:
    path = desired.FILES[name]
    if project.git("merge-base", release.commit, main, check=False) != release.commit:
        raise Refused(f"{path}: {release.commit[:12]} is not on {project.trunk}, and only what is merged is run")
    named = replace(release, force="")
    before = (replace(each, force="") for each in versions.as_named(project, release.version, main))
    if named not in before:
        if name == "production":
            raise Refused(f"{path}: {release.version} was never, as it stands here, the canary on {project.trunk}")
        facts = replace(named, image="", bento="")
        if facts != (found := versions.of_commit(project, release.version)):
            raise Refused(
                f"{path}: not the facts of {release.version}; it is of {found.commit[:12]}, {_verdict(found)}"
            )
    if release.image:
        fitness.require(project, release)
    else:  # a Bento of the host's own store
        fitness.require_record(project, release)


def _verdict(release: Release) -> str:
    return f"verdict {release.gate_verdict}" if release.gate_verdict else "which the gate never judged"


def _require_note(project: Project, commit: str, before: str) -> None:
    """Refuse another deploy/ledger than one that the ledger agrees with: it guards the ledger."""
    now, then = (_text(project, each, note.FILE) for each in (commit, before))
    if now == then:
        return
    if not note.parsed(now, commit[:12]).agrees(ledger.read(project.root).entries):
        raise Refused(f"{note.FILE}: not what the ledger says; `mainline deploy canary` writes it")
