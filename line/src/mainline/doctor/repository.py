"""Is git new enough, and does this clone know who commits, where to push, and which hooks to run?"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from mainline.doctor.checks import ANOTHER_ORIGIN
from mainline.doctor.finding import FINE, NOT_ASKED, WARNING, WRONG, Finding
from mainline.errors import ToolFailed
from mainline.tools import branches, git

OLDEST = (2, 28)  # the first with `git init --initial-branch`


def look(root: Path) -> Iterator[Finding]:
    """What needs no network."""
    yield version(git.git("version", root=root))
    yield _identity(root)
    yield _branch(root)
    yield hooks(root)


def origin(root: Path) -> Iterator[Finding]:
    """Whether there is an origin, and it answers."""
    remote, trunk = branches.remote(root), branches.trunk(root)
    if remote is None:
        said = "none is set: nobody else sees this project, and no CI or agent works for it"
        add = f"git remote add origin URL && git push --set-upstream origin {trunk}"
        if others := git.git("remote", root=root).split():
            said, add = f"none of {', '.join(others)} is called origin", f"git remote rename {others[0]} origin"
        yield Finding("git origin", WARNING, said, add)
        return
    shown = re.sub(r"//[^/@]*@", "//", git.git("config", "--get", f"remote.{remote}.url", root=root, check=False))
    try:
        answer = git.git("ls-remote", "--quiet", "--symref", remote, "HEAD", root=root)
        yield Finding("git origin", FINE, f"{shown} answers")
        default = re.match(r"ref: refs/heads/(\S+)\tHEAD", answer)
        if default and default[1] != trunk and not os.environ.get(branches.NAMED):
            said = f"{shown}: its default branch is {default[1]}; here it is taken to be {trunk}"
            yield Finding("git origin", WARNING, said, f"git remote set-head {remote} --auto")
    except ToolFailed as error:
        yield Finding("git origin", WRONG, f"{shown}: {error}", ANOTHER_ORIGIN)


def version(said: str) -> Finding:
    """Whether what `git version` says is new enough."""
    found = re.search(r"(\d+)\.(\d+)\S*", said)
    if found and (int(found[1]), int(found[2])) >= OLDEST:
        return Finding("git", FINE, found[0])
    wanted = ".".join(map(str, OLDEST))
    return Finding("git", WRONG, f"{said or 'no version'}; {wanted} or newer is needed", "apt-get install git")


def _identity(root: Path) -> Finding:
    name, email = (git.git("config", key, root=root, check=False) for key in ("user.name", "user.email"))
    if name and email:
        return Finding("git identity", FINE, f"{name} <{email}>")
    mend = 'git config --global user.name "YOUR NAME" && git config --global user.email YOU@EXAMPLE.COM'
    return Finding("git identity", WRONG, f"no user.{'email' if name else 'name'}: git commits for nobody", mend)


def _branch(root: Path) -> Finding:
    branch, trunk = git.branch(root), branches.trunk(root)
    if branch is None:
        return Finding("git branch", WARNING, "HEAD is on none: a commit here is easily lost", f"git switch {trunk}")
    if branches.champion(root) is None:
        said = f"{branch}; no branch {trunk} is here, where the champion would be"
        return Finding("git branch", WARNING, said, f"{branches.NAMED}=NAME, or: git remote set-head origin NAME")
    return Finding("git branch", FINE, f"{branch}; the champion is that of {trunk}" if branch != trunk else branch)


def hooks(root: Path) -> Finding:
    """Whether pre-commit runs at each commit."""
    if not (root / ".pre-commit-config.yaml").exists():
        return Finding("hooks", NOT_ASKED, "the project has no .pre-commit-config.yaml")
    hook = root / git.git("rev-parse", "--git-path", "hooks/pre-commit", root=root)
    if os.access(hook, os.X_OK) and "pre-commit" in hook.read_text(encoding="utf-8", errors="replace"):
        return Finding("hooks", FINE, "pre-commit looks at each commit")
    return Finding("hooks", WARNING, "not installed: only CI will see what they would", "pre-commit install")
