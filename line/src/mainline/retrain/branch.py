"""A retraining's branch, mainline/retrain-DATE: which are open, and how one is made, whole or not at all."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import count

from mainline import card, retraining
from mainline.errors import ConfigError, ToolFailed
from mainline.project import Project
from mainline.retrain import words
from mainline.retraining import Retraining
from mainline.stream import files
from mainline.tools import branches, commits, git, github, storage

BEGINS = "mainline/retrain-"
WRITTEN = (*card.KEPT, retraining.FILE, *files.KEPT)
SETTING = "let GitHub Actions create pull requests (docs/github.md says where), or set retrain.mode to propose"


@dataclass(frozen=True)
class Branch:
    """A retraining's branch, as the remote has it; without a remote, this clone."""

    name: str
    tip: str
    told: str
    """Its models/retrain.json."""


def trunk(project: Project) -> str:
    """The commit that the trunk is at: the remote's, asked anew; without a remote, this clone's.

    Raises:
        ToolFailed: the remote cannot be reached.
        ConfigError: there is no such branch.
    """
    if remote := branches.remote(project.root):
        name = project.trunk
        git.fetch(project.root, remote, f"+refs/heads/{name}:refs/remotes/{remote}/{name}")
    return project.commit_of(branches.base(project.root))


def opened(project: Project, base: str) -> Iterator[Branch]:
    """The retrainings' branches that the trunk does not have yet.

    Args:
        base: the commit that the trunk is at.
    """
    merged = project.show(base, retraining.FILE)
    for name, tip in sorted(_there(project).items()):
        if branches.remote(project.root) and project.git("cat-file", "-t", tip, check=False) != "commit":
            git.fetch(project.root, str(branches.remote(project.root)), f"refs/heads/{name}")
        told = project.show(tip, retraining.FILE) or ""
        if told != merged and project.git("merge-base", base, tip, check=False) != tip:
            yield Branch(name, tip, told)


def merged(project: Project, base: str) -> Iterator[Branch]:
    """The retrainings' branches of the remote that the trunk has whole, as after a merge by hand.

    Args:
        base: the commit that the trunk is at.
    """
    if not branches.remote(project.root):
        return
    for name, tip in sorted(_there(project).items()):
        if project.git("merge-base", base, tip, check=False) == tip:
            yield Branch(name, tip, project.show(tip, retraining.FILE) or "")


def make(project: Project, tree: Project, told: Retraining) -> Branch:
    """Commit what a tree has become, as a branch; where there is a remote, it and DVC's have it then.

    Args:
        tree: locked.

    Raises:
        ConfigError: something else has changed as well, or another has been made meanwhile.
        ToolFailed: a hook or a remote says no; nothing is left but files in DVC's cache and remote.
    """
    commits.write(tree / retraining.FILE, told.text().encode())
    changed = tree.dirty()
    if others := [path for path in changed if path not in WRITTEN]:
        raise ConfigError(f"{others[0]}: changes, too, and rows alone may; first `mainline lock` on {project.trunk}")
    commits.commit(tree.root, words.message(told), *changed)
    name, tip = _free(project, told.date), tree.git("rev-parse", "HEAD")
    ref = f"refs/heads/{name}"
    if remote := branches.remote(project.root):
        if storage.unshared(tree.root):
            storage.push(tree.root)
        _require_none(project)
        commits.push(tree.root, remote, tip, ref, f"--force-with-lease={ref}:")
    else:
        _require_none(project)
        project.git("update-ref", ref, tip, "")
    return Branch(name, tip, told.text().rstrip())


def propose(project: Project, branch: Branch, told: Retraining) -> str | None:
    """Open its pull request.

    Returns:
        Its address; None where the project does not lie on GitHub, or gh is not here.

    Raises:
        ToolFailed: GitHub says no; then the branch is gone again.
    """
    if github.repository(project.root) is None or not github.here():
        return None
    try:
        text = github.tame(words.text(told))
        return github.pull_request(project.root, branch.name, project.trunk, words.title(told), text)
    except ToolFailed as error:
        drop(project, branch)
        raise ToolFailed(f"no pull request, so no branch either ({error}); {SETTING}", error.output) from None


def drop(project: Project, branch: Branch) -> None:
    """Delete a branch, if it still is where it was.

    Raises:
        ToolFailed: it is not, or may not be.
    """
    ref = f"refs/heads/{branch.name}"
    if remote := branches.remote(project.root):
        project.git("push", "--quiet", "--no-verify", f"--force-with-lease={ref}:{branch.tip}", remote, f":{ref}")
    else:
        project.git("update-ref", "-d", ref, branch.tip)


def _require_none(project: Project) -> None:
    """One at a time, also of two that are made at once: the name is chosen before, and its push makes it or fails."""
    if other := next(opened(project, trunk(project)), None):
        raise ConfigError(f"{other.name} was made meanwhile, and one may be open at a time: nothing is made")


def _there(project: Project) -> dict[str, str]:
    """The branches' tips, by name."""
    if remote := branches.remote(project.root):
        listed = project.git("ls-remote", remote, f"refs/heads/{BEGINS}*")
    else:
        how = ("--format=%(objectname)%09%(refname)", f"refs/heads/{BEGINS}*")
        listed = project.git("for-each-ref", *how)
    pairs = (line.split("\t") for line in listed.splitlines())
    return {ref.removeprefix("refs/heads/"): tip for tip, ref in pairs}


def _free(project: Project, day: str | date) -> str:
    """The first name of a day that no branch has, here or there."""
    taken = {*_there(project), *project.git("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads").split()}
    names = (f"{BEGINS}{day}" + (f"-{n}" if n > 1 else "") for n in count(1))
    return next(name for name in names if name not in taken)
