"""Is git new enough, and does this clone know who commits, where to push, and which hooks to run?"""

import os
import re
from collections.abc import Iterator

from mainline.doctor.checks import ANOTHER_ORIGIN
from mainline.doctor.finding import FINE, NOT_ASKED, WARNING, WRONG, Finding
from mainline.errors import ToolFailed
from mainline.project import Project
from mainline.tools import branches

OLDEST = (2, 28)  # the first with `git init --initial-branch`


def look(project: Project) -> Iterator[Finding]:
    """What needs no network."""
    yield version(project.git("version"))
    yield _identity(project)
    yield _branch(project)
    yield hooks(project)


def origin(project: Project) -> Iterator[Finding]:
    """Whether there is an origin, and it answers."""
    remote, trunk = branches.remote(project.root), project.trunk
    if remote is None:
        said = "none is set: nobody else sees this project, and no CI or agent works for it"
        add = f"git remote add origin URL && git push --set-upstream origin {trunk}"
        if others := project.git("remote").split():
            said, add = f"none of {', '.join(others)} is called origin", f"git remote rename {others[0]} origin"
        yield Finding("git origin", WARNING, said, add)
        return
    shown = re.sub(r"//[^/@]*@", "//", project.git("config", "--get", f"remote.{remote}.url", check=False))
    try:
        answer = project.git("ls-remote", "--quiet", "--symref", remote, "HEAD")
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


def _identity(project: Project) -> Finding:
    name, email = (project.git("config", key, check=False) for key in ("user.name", "user.email"))
    if name and email:
        return Finding("git identity", FINE, f"{name} <{email}>")
    mend = 'git config --global user.name "YOUR NAME" && git config --global user.email YOU@EXAMPLE.COM'
    return Finding("git identity", WRONG, f"no user.{'email' if name else 'name'}: git commits for nobody", mend)


def _branch(project: Project) -> Finding:
    branch, trunk = project.branch, project.trunk
    if branch is None:
        return Finding("git branch", WARNING, "HEAD is on none: a commit here is easily lost", f"git switch {trunk}")
    if branches.champion(project.root) is None:
        said = f"{branch}; no branch {trunk} is here, where the champion would be"
        return Finding("git branch", WARNING, said, f"{branches.NAMED}=NAME, or: git remote set-head origin NAME")
    return Finding("git branch", FINE, f"{branch}; the champion is that of {trunk}" if branch != trunk else branch)


def hooks(project: Project) -> Finding:
    """Whether pre-commit runs at each commit."""
    if not (project / ".pre-commit-config.yaml").exists():
        return Finding("hooks", NOT_ASKED, "the project has no .pre-commit-config.yaml")
    hook = project / project.git("rev-parse", "--git-path", "hooks/pre-commit")
    if os.access(hook, os.X_OK) and "pre-commit" in hook.read_text(encoding="utf-8", errors="replace"):
        return Finding("hooks", FINE, "pre-commit looks at each commit")
    return Finding("hooks", WARNING, "not installed: only CI will see what they would", "pre-commit install")
