"""Projects from before the line was a wheel: the commit of the template that they stand on, and its files."""

import io
import json
import re
import tarfile
from dataclasses import dataclass
from pathlib import Path

from mainline.errors import ConfigError, ToolFailed
from mainline.tools import git
from mainline.upgrade.files import Files

THE_LINE = "src/mainline/"
CRUFT = ".cruft.json"
OWNERS = re.compile(
    r"README\.md|LICENSE.*|params\.yaml|dvc\.(yaml|lock)|docs/canvas\.md|deploy/[^/]+\.env|\.secrets\.baseline"
    r"|(\.dvc|data|models|labels|src/(pipeline|service)|tests/(pipeline|service))/.*"
    r"|tests/(conftest\.py|example\.yaml)"  # the tests of the owner's code go by these
    r"|(hooks|scripts|tests/template|\{\{cookiecutter\.[^/]*)/.*|cookiecutter\.json"  # never came into a project
)
"""What of the template's files an upgrade leaves alone."""


@dataclass(frozen=True)
class Beginning:
    """A commit of the template."""

    commit: str
    how: str
    """How it was found."""


def find(root: Path, template: Path, named: str | None) -> Beginning:
    """The commit of the template that a project stands on.

    Args:
        named: by its user, where it is known.

    Raises:
        ConfigError: it cannot be found there.
    """
    if named:
        return Beginning(_commit(named, template), "as you said")
    if not any(path.startswith(THE_LINE) for path in _files("HEAD", root)):
        raise ConfigError(f"{root}: neither vendor/ nor {THE_LINE} is here; `mainline init` adds the line to a project")
    said = _by_cruft(root)
    if said and _has(said, template):
        return Beginning(said, f"as {CRUFT} says")
    history = git.git("rev-list", "--topo-order", "--all", root=template).split()
    own = set(git.git("rev-list", "HEAD", root=root).split())
    if common := next((commit for commit in history if commit in own), None):
        return Beginning(common, "the last that both have")
    return Beginning(_likest(root, template, history), "the one whose files are most like yours")


def lines_files(commit: str, template: Path) -> Files:
    """The files that are the line's in a commit of the template."""
    with tarfile.open(fileobj=io.BytesIO(git.git_bytes("archive", "--format=tar", commit, root=template))) as archive:
        found = {each.name: archive.extractfile(each) for each in archive if each.isfile()}
    return {name: stream.read() for name, stream in found.items() if stream and not OWNERS.fullmatch(name)}


def _likest(root: Path, template: Path, history: list[str]) -> str:
    """The commit most of whose files of the line stand in the project to the byte, as its owner changed few of them.

    Of several that are as like the oldest: what the others brought comes anew then, and nothing is left out.
    """
    ours = {each for each in _files("HEAD", root).items() if not OWNERS.fullmatch(each[0])}
    best, most = "", 0
    for commit in history:
        alike = len(ours.intersection(_files(commit, template).items()))
        if alike >= most:
            best, most = commit, alike
    of_the_line = {path for path in _files(best or "HEAD", template) if path.startswith(THE_LINE)}
    same = [path for path, _ in ours.intersection(_files(best or "HEAD", template).items()) if path in of_the_line]
    if 2 * len(same) <= len(of_the_line):
        shallow = git.git("rev-parse", "--is-shallow-repository", root=template) == "true"
        mend = "the template's clone is shallow: git fetch --unshallow" if shallow else "name it with --base COMMIT"
        raise ConfigError(f"{template}: no commit is like the template that this project began with; {mend}")
    return best


def _by_cruft(root: Path) -> str | None:
    try:
        said = json.loads((root / CRUFT).read_text(encoding="utf-8"))["commit"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return said if isinstance(said, str) and re.fullmatch(r"[0-9a-f]{7,64}", said) else None


def _has(commit: str, template: Path) -> bool:
    return bool(git.git("rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}", root=template, check=False))


def _commit(named: str, template: Path) -> str:
    try:
        return git.git("rev-parse", "--verify", "--end-of-options", f"{named}^{{commit}}", root=template)
    except ToolFailed:
        raise ConfigError(f"--base {named}: no such commit in {template}") from None


def _files(commit: str, root: Path) -> dict[str, str]:
    lines = (line.split("\t", 1) for line in git.paths("ls-tree", "-r", "-z", commit, root=root))
    return {path: facts.split()[2] for facts, path in lines}
