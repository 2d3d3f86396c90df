"""Which branch holds the champion, and which remote everybody shares: the one place that knows their names."""

import os
from pathlib import Path

from mainline import ui
from mainline.errors import ConfigError
from mainline.tools.git import git

NAMED = "MAINLINE_BRANCH"
USUAL = ("main", "master")
ANOTHER = f"name another with {NAMED}=NAME, or for good: git remote set-head origin NAME"


def remote(root: Path) -> str | None:
    """The remote that everybody shares: origin, or the only one there is; None where there is none, or no telling."""
    names = git("remote", root=root).splitlines()
    if "origin" in names or len(names) == 1:
        return "origin" if "origin" in names else names[0]
    default = git("config", "--get", "checkout.defaultRemote", root=root, check=False)
    return default if default in names else None


def require_remote(root: Path, why: str) -> str:
    """The same, where nothing goes on without it.

    Raises:
        ConfigError: there is none.
    """
    if found := remote(root):
        return found
    names = git("remote", root=root).split()
    mend = f"git remote rename {names[0]} origin" if names else "git remote add origin URL"
    raise ConfigError(f"no remote is called origin, {why}: {mend}")


def trunk(root: Path) -> str:
    """The branch that merges go to and whose dvc.lock pins the champion: main, or as a project calls it.

    MAINLINE_BRANCH says which. Without it, it is the remote's default branch as git knows it (`git remote set-head
    origin --auto` asks for it), else main or master, whichever is there, else what git calls a first branch.
    """
    if named := os.environ.get(NAMED):
        return named
    far = f"refs/remotes/{remote(root)}/"
    listed = git("for-each-ref", "--format=%(refname) %(symref)", "refs/heads", far, root=root, check=False)
    refs = {name: head for name, _, head in (line.partition(" ") for line in listed.splitlines())}
    if head := refs.get(f"{far}HEAD"):
        return head.removeprefix(far)
    usual = (*USUAL, git("config", "--get", "init.defaultBranch", root=root, check=False))
    for place in (far, "refs/heads/"):
        for name in usual:
            if name and place + name in refs:
                return name
    own = [name.removeprefix("refs/heads/") for name in refs if name.startswith("refs/heads/")]
    return own[0] if len(own) == 1 else USUAL[0]


def champion(root: Path) -> str | None:
    """The trunk as the remote has it, else as it is here; None where it is neither there nor here."""
    name, far = trunk(root), remote(root)
    for short, ref in ((f"{far}/{name}", f"refs/remotes/{far}/{name}"), (name, f"refs/heads/{name}")):
        if git("for-each-ref", "--format=%(refname)", ref, root=root) == ref:
            return short
    return None


def base(root: Path, named: str | None = None) -> str:
    """What to compare with: the revision that was named, else the champion's branch.

    Raises:
        ConfigError: nobody named one, and there is no such branch.
    """
    if named and not (named == f"origin/{trunk(root)}" and remote(root) != "origin"):
        return named
    found = champion(root)
    if found is None:
        first = f"no branch {trunk(root)}, whose dvc.lock would pin the champion"
        raise ConfigError(f"{first}; {ANOTHER}; or say what to compare with: --base REVISION")
    if "/" not in found.removesuffix(trunk(root)):
        ui.warn(f"no remote has the branch {found}: compared with the one here")
    return found
