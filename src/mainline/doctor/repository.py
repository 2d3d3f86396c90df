"""Is git new enough, and does this clone know who commits, where to push, and which hooks to run?"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from mainline import git
from mainline.doctor.checks import ANOTHER_ORIGIN
from mainline.doctor.finding import FINE, NOT_ASKED, WARNING, WRONG, Finding
from mainline.errors import ToolFailed

OLDEST = (2, 28)  # the first with `git init --initial-branch`


def look(root: Path) -> Iterator[Finding]:
    """What needs no network."""
    yield version(git.git("version", root=root))
    yield _identity(root)
    yield _branch(root)
    yield hooks(root)


def origin(root: Path) -> Iterator[Finding]:
    """Whether there is an origin, and it answers."""
    url = git.git("config", "--get", "remote.origin.url", root=root, check=False)
    if not url:
        said = "none is set: nobody else sees this project, and no CI or agent works for it"
        yield Finding("git origin", WARNING, said, "git remote add origin URL && git push --set-upstream origin main")
        return
    shown = re.sub(r"//[^/@]*@", "//", url)
    try:
        git.git("ls-remote", "--quiet", "origin", "HEAD", root=root)
        yield Finding("git origin", FINE, f"{shown} answers")
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
    if branch := git.branch(root):
        return Finding("git branch", FINE, branch)
    return Finding("git branch", WARNING, "HEAD is on none: a commit here is easily lost", "git switch main")


def hooks(root: Path) -> Finding:
    """Whether pre-commit runs at each commit."""
    if not (root / ".pre-commit-config.yaml").exists():
        return Finding("hooks", NOT_ASKED, "the project has no .pre-commit-config.yaml")
    hook = root / git.git("rev-parse", "--git-path", "hooks/pre-commit", root=root)
    if os.access(hook, os.X_OK) and "pre-commit" in hook.read_text(encoding="utf-8", errors="replace"):
        return Finding("hooks", FINE, "pre-commit looks at each commit")
    return Finding("hooks", WARNING, "not installed: only CI will see what they would", "pre-commit install")
