"""The one door to git: it answers the same whatever a user's own settings of git, and the shell's, are."""

import os
import re
import shlex
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from mainline.errors import ConfigError, MainlineError, ToolFailed
from mainline.tools import process

# git asks nobody anything, and gives up on a remote that is silent for half a minute
UNATTENDED = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_EDITOR": "true",
    "GIT_HTTP_LOW_SPEED_LIMIT": "1000",
    "GIT_HTTP_LOW_SPEED_TIME": "30",
    "GIT_SSH_COMMAND": os.environ.get("GIT_SSH_COMMAND", "ssh -o BatchMode=yes -o ConnectTimeout=30"),
}
# what somebody may have set otherwise, and would change what git says or moves
SETTINGS = {
    **dict.fromkeys(("color.ui", "color.branch", "color.diff", "color.status", "column.ui"), "never"),
    **dict.fromkeys(("diff.noprefix", "diff.mnemonicPrefix", "diff.relative"), "false"),
    **dict.fromkeys(("log.showSignature", "log.follow", "core.quotePath", "core.fsmonitor"), "false"),
    **dict.fromkeys(("push.followTags", "submodule.recurse", "rebase.updateRefs", "rebase.autoSquash"), "false"),
    **dict.fromkeys(("diff.renames", "log.showRoot"), "true"),
    "diff.ignoreSubmodules": "none",
}
NO_HOOKS = ("-c", f"core.hooksPath={os.devnull}")
IDENTITY = ("-c", "user.name=mainline", "-c", "user.email=mainline@users.noreply.github.com")


def git(
    *arguments: str, root: Path, check: bool = True, stdin: str | None = None, env: Mapping[str, str] | None = None
) -> str:
    """Run git in a folder and answer what it prints.

    Raises:
        ToolFailed: it ended with an error, and `check` is on.
    """
    given = stdin.encode() if stdin is not None else None
    return git_bytes(*arguments, root=root, check=check, stdin=given, env=env).decode(errors="replace").rstrip()


def git_bytes(
    *arguments: str, root: Path, check: bool = True, stdin: bytes | None = None, env: Mapping[str, str] | None = None
) -> bytes:
    """The same, to the byte."""
    try:
        return process.capture_bytes(
            ["git", *arguments], cwd=root, env={**_environment(), **(env or {})}, check=check, stdin=stdin
        )
    except ToolFailed as error:
        if trust := re.search(r"git config --global --add safe\.directory .+", error.output):
            raise ToolFailed(f"{_ownership(error)}; where you trust it: {trust[0]}", error.output) from None
        raise


def paths(*arguments: str, root: Path) -> list[str]:
    """What git lists with -z: names of files, whatever letters they are made of."""
    return [os.fsdecode(name) for name in git_bytes(*arguments, root=root).split(b"\0") if name]


def _environment() -> dict[str, str]:
    """Our settings after those that the shell may hand to git."""
    first = int(os.environ.get("GIT_CONFIG_COUNT") or 0)
    numbered = {
        f"GIT_CONFIG_{what}_{first + n}": word
        for n, setting in enumerate(SETTINGS.items())
        for what, word in zip(("KEY", "VALUE"), setting, strict=True)
    }
    return {**UNATTENDED, **numbered, "GIT_CONFIG_COUNT": str(first + len(SETTINGS))}


def _ownership(error: ToolFailed) -> str:
    said = next((line for line in error.output.splitlines() if line.startswith("fatal:")), str(error))
    return f"git refuses a repository that another user owns ({said.removeprefix('fatal: ')})"


def root(start: Path | None = None) -> Path:
    """The top of the project that a folder lies in.

    Raises:
        MainlineError: there is no repository that can be read, or it is not one of ours.
    """
    try:
        start = (start or Path.cwd()).resolve()
    except FileNotFoundError:
        raise MainlineError("the folder you are in is gone; cd to your project") from None
    found = top(start)
    if not (found / "dvc.yaml").exists():
        raise MainlineError(_elsewhere(found, start))
    return found


def top(start: Path, otherwise: str = "run this from your project") -> Path:
    """The top of the repository that a folder lies in.

    Args:
        otherwise: what to do where it lies in none.

    Raises:
        MainlineError: it lies in none, or in one that git cannot read or has no files of.
    """
    try:
        return Path(os.fsdecode(git_bytes("rev-parse", "--show-toplevel", root=start).rstrip(b"\n")))
    except ToolFailed as error:
        if "not a git repository (or any" in error.output:
            raise MainlineError(f"{start}: not in a git repository; {otherwise}") from None
        if "must be run in a work tree" in error.output:
            bare = git("rev-parse", "--is-bare-repository", root=start, check=False) == "true"
            why = "a bare repository holds no files; clone it, and" if bare else "in the insides of git;"
            raise MainlineError(f"{start}: {why} run this from the project") from None
        if "safe.directory" in error.output or not error.output:
            raise
        raise MainlineError(f"{start}: git cannot read this repository ({error})") from None


def _elsewhere(top: Path, start: Path) -> str:
    """Where the project lies, if not at the top."""
    above = (folder for folder in (start, *start.parents) if folder.is_relative_to(top))
    below = (top / each for each in paths("ls-files", "-z", "--", "*/dvc.yaml", root=top))
    here = next((each for each in above if (each / "dvc.yaml").exists()), None)
    found = here or next((each.parent for each in below), None)
    if found is None:
        return f"{top}: no dvc.yaml here; run this from a project made with Mainline, or add the line: mainline init"
    folder, name = shlex.quote(str(found.relative_to(top))), re.sub(r"[^\w-]+", "-", found.name)
    return (
        f"{found}: the project lies in a sub-folder of the git repository {top}, and the line works for a repository "
        f"of its own. To make it one, in {top}: git subtree split --prefix={folder} --branch={name} && "
        f"git clone --single-branch --branch={name} . ../{name}"
    )


def commit_of(revision: str, root: Path) -> str:
    """The full hash of a revision; a branch comes before a tag that is called like it.

    Raises:
        ConfigError: there is no such revision here.
    """
    names = (f"refs/heads/{revision}", f"refs/remotes/{revision}", f"refs/remotes/*/{revision}")
    listed = git("for-each-ref", "--format=%(objectname) %(refname)", *names, root=root, check=False).splitlines()
    there = {ref: name for name, _, ref in (line.partition(" ") for line in listed)}
    if near := next((there[name] for name in names[:2] if name in there), None):
        return near
    found = git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}", root=root, check=False)
    if found:
        return found
    if len(there) == 1:  # a branch that only the remote has
        return next(iter(there.values()))
    raise ConfigError(_no_such(revision, root))


def _no_such(revision: str, root: Path) -> str:
    if not git("rev-parse", "--verify", "--quiet", "HEAD", root=root, check=False):
        return "nothing is committed here yet; first: git add --all && git commit"
    near = git("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads", "refs/remotes", root=root).split()
    shallow = git("rev-parse", "--is-shallow-repository", root=root) == "true"
    more = "; this clone is shallow, and the rest comes with: git fetch --unshallow" if shallow else ""
    return f"--base {revision}: no such branch or commit; there are: {', '.join(near[:8]) or 'none yet'}{more}"


def show(revision: str, path: str, root: Path) -> str | None:
    """A file's text at a revision, or None where it is not there."""
    if not git("ls-tree", "--name-only", revision, "--", path, root=root):
        return None
    return git("show", f"{revision}:{path}", root=root)


def changed(base: str, root: Path, *paths: str, commit: str | None = None) -> list[str]:
    """How files, those here or of another commit, differ from a commit: lines as `git diff --stat` has them."""
    between = [base, *([commit] if commit else [])]
    lines = git("diff", "--no-ext-diff", "--stat=100", *between, "--", *paths, root=root).splitlines()
    return [line.strip() for line in lines[:-1]]


def dirty(root: Path) -> list[str]:
    """Paths that differ from HEAD, untracked ones included."""
    how = ("-z", "--porcelain", "--untracked-files=all", "--no-renames")
    return [line[3:] for line in paths("status", *how, root=root)]


def branch(root: Path) -> str | None:
    """The branch that is checked out; None where HEAD is on none."""
    return git("branch", "--show-current", root=root) or None


def identity(root: Path) -> tuple[str, ...]:
    """Options for what commits and tags: none where git knows the user without guessing, else the line's name."""
    strictly = ("-c", "user.useConfigOnly=true", "var")
    known = all(git(*strictly, f"GIT_{who}_IDENT", root=root, check=False) for who in ("AUTHOR", "COMMITTER"))
    return () if known else IDENTITY


def fetch(root: Path, remote: str, refspec: str) -> None:
    """Fetch one ref's commits, and let no other ref move.

    Raises:
        ToolFailed: the remote cannot be reached, or has none of it.
    """
    quietly = ("--quiet", "--no-tags", "--no-prune", "--no-recurse-submodules", "--no-write-fetch-head", "--refmap=")
    git("fetch", *quietly, remote, refspec, root=root)


@contextmanager
def worktree(commit: str, root: Path, *, empty: bool = False) -> Iterator[Path]:
    """The tree of a commit, checked out beside this one for as long as the block runs.

    Args:
        empty: check nothing out; HEAD is the commit all the same.
    """
    with tempfile.TemporaryDirectory(prefix="mainline-") as folder:
        tree = Path(folder, "tree")
        how = ("--detach", "--quiet", *(["--no-checkout"] if empty else []))
        git(*NO_HOOKS, "worktree", "add", *how, str(tree), commit, root=root)
        try:
            yield tree
        finally:
            git("worktree", "remove", "--force", str(tree), root=root, check=False)
