"""How main comes to say what is to run: by a commit, which is pushed, or asked for by a pull request."""

from dataclasses import dataclass
from pathlib import Path

from mainline.errors import ConfigError, ToolFailed
from mainline.host import desired
from mainline.host.model import Release
from mainline.ledger import note
from mainline.project import Project
from mainline.tools import actions, branches, commits, git, github

TRIES = 4


@dataclass(frozen=True)
class Wanted:
    """A change of the desired state: the file, what it is to name, and why."""

    path: str
    release: Release
    message: str
    ledger: str = ""
    """What main is to know of the ledger from then on: deploy/ledger; empty where that stays."""

    also: tuple[str, ...] = ()
    """Other files of deploy/ that are to name it."""

    @property
    def files(self) -> dict[str, str]:
        """What is written, by path."""
        named = dict.fromkeys((self.path, *self.also), desired.text_of(self.release))
        return {**named, **({note.FILE: self.ledger} if self.ledger else {})}


def require_trunk(project: Project) -> None:
    """Refuse another branch than the one that says what is to run.

    Raises:
        ConfigError: it is not checked out.
    """
    branch, trunk = project.branch, project.trunk
    if branch != trunk:
        said = f"on {branch or 'no branch'}: what is to run is read from {trunk}; switch to it first"
        raise ConfigError(f"{said}; if your default branch is called otherwise, {branches.ANOTHER}")


def carry_out(project: Project, wanted: Wanted, *, pushed: bool = False) -> bool:
    """Write it as a commit, and push main where that is asked for; where either fails, all is as it was.

    Returns:
        Whether there was something to commit; not where the file said so already.

    Raises:
        ToolFailed: a hook refuses the commit, or origin refuses main.
    """
    with commits.or_as_before(project.root, *wanted.files):
        committed = _commit(project, wanted)
        if pushed:
            push(project)
    return committed


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
    before = commits.Before.of(project.root, *wanted.files)
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


def _commit(project: Project, wanted: Wanted) -> bool:
    text = desired.text_of(wanted.release)
    desired.parse(wanted.path, text)
    paths = (wanted.path, *wanted.also)
    if all(project.show("HEAD", path) == text.rstrip() and (project / path).exists() for path in paths):
        return False
    (project / wanted.path).parent.mkdir(exist_ok=True)
    for name, content in wanted.files.items():
        commits.write(project / name, content.encode())
    commits.commit(project.root, wanted.message, *wanted.files)
    return True


def _why(error: ToolFailed, behind: bool) -> str:
    if behind:
        return "others have pushed, and your commits or a file you have not committed are in their way; git pull first"
    return f"{error}; where the branch is protected, ask with --pull-request"


def _caught_up(project: Project, remote: str, branch: str) -> str | None:
    """What is only here, on top of the remote's branch; None where that cannot be."""
    there = f"refs/remotes/{remote}/{branch}"
    git.fetch(project.root, remote, f"+refs/heads/{branch}:{there}")
    return commits.on_top(project.root, there)
