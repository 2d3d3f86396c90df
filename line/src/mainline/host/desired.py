"""What git wants to run here: deploy/*.env of a remote's default branch, read strictly, by a repository of its own."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from mainline.errors import ConfigError, ToolFailed
from mainline.host.model import Release
from mainline.tools import branches, git

FILES = {"canary": "deploy/canary.env", "production": "deploy/production.env"}
PARAMS = "params.yaml"
USUAL = tuple(f"refs/heads/{name}" for name in branches.USUAL)
LARGEST = {"env": 4096, "params": 2**20}  # bytes

NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}"
KEYS = {
    "MODEL_VERSION": (NAME, "a version such as 0123456789ab-01234567"),
    "MODEL_COMMIT": (r"[0-9a-f]{40}|[0-9a-f]{64}", "a whole commit hash"),
    "MODEL_DATA_HASH": (r"[A-Za-z0-9._-]{0,128}", "a hash"),
    "MODEL_GATE_VERDICT": (r"[A-Za-z ]{0,40}", "a verdict in words"),
    "IMAGE": (r"[a-z0-9][a-z0-9._/:-]{0,254}@sha256:[0-9a-f]{64}", "an image with its digest: name@sha256:..."),
    "BENTO": (rf"{NAME}:{NAME}", "a Bento's tag: name:version"),
    "FORCE": (r"[A-Za-z0-9:.+-]{1,64}", "one word"),
}


@dataclass(frozen=True)
class Desired:
    """What one commit of the default branch says."""

    commit: str
    releases: dict[str, Release | None] = field(default_factory=dict)
    """By name, canary and production; a file that cannot be understood is not among them."""
    problems: tuple[str, ...] = ()
    params: str | None = None


def prepare(repository: Path, remote: str) -> None:
    """Make the agent's repository, and mend what a crash may have left in it.

    Raises:
        ToolFailed: git cannot make it.
    """
    if not (repository / "HEAD").exists():
        repository.mkdir(parents=True, exist_ok=True)
        git.git("init", "--quiet", "--bare", "--template=", ".", root=repository)
    for lock in repository.rglob("*.lock"):  # nobody but this agent works here
        lock.unlink(missing_ok=True)
    for key, value in {"remote.origin.url": remote, "gc.auto": "0", "core.fsync": "none"}.items():
        git.git("config", key, value, root=repository)


def look(repository: Path, known: Desired | None = None) -> Desired:
    """Ask the remote for its default branch, and read what it wants; the same answer again where that has not moved.

    Raises:
        ToolFailed: the remote cannot be reached, or has no such branch.
    """
    commit, ref = _tip(repository)
    if known and known.commit == commit:
        return known
    git.fetch(repository, "origin", ref)
    return read(repository, commit)


def _tip(repository: Path) -> tuple[str, str]:
    """The commit that says what to run, and the ref to fetch it by."""
    named = os.environ.get(branches.NAMED)
    wanted = (f"refs/heads/{named}",) if named else ("HEAD", *USUAL)
    lines = git.git("ls-remote", "origin", *wanted, root=repository).splitlines()
    there = {ref: commit for commit, _, ref in (line.partition("\t") for line in lines)}
    for ref in wanted:  # HEAD may be of a branch that nobody has pushed
        if ref in there:
            return there[ref], ref
    said = f"the remote has no branch {named or ' or '.join(branches.USUAL)}"
    raise ToolFailed(f"{said}; {branches.NAMED} names the one that says what to run")


def branch(repository: Path) -> str:
    """The ref of the branch that says what to run, by its name.

    Raises:
        ToolFailed: the remote cannot be reached, or has no such branch.
    """
    _, ref = _tip(repository)
    if ref != "HEAD":
        return ref
    lines = git.git("ls-remote", "--symref", "origin", "HEAD", root=repository).splitlines()
    named = [line.removeprefix("ref: ").partition("\t")[0] for line in lines if line.startswith("ref: ")]
    if not named:
        raise ToolFailed(f"the remote does not say which branch is its default one; {branches.NAMED} names it")
    return named[0]


def read(repository: Path, commit: str) -> Desired:
    """What a commit wants."""
    releases: dict[str, Release | None] = {}
    problems = []
    for name, path in FILES.items():
        try:
            releases[name] = parse(path, _text(repository, commit, path, LARGEST["env"]) or "")
        except ConfigError as error:
            problems.append(str(error))
    params = None
    try:
        params = _text(repository, commit, PARAMS, LARGEST["params"])
    except ConfigError as error:
        problems.append(str(error))
    return Desired(commit, releases, tuple(problems), params)


def parse(path: str, text: str) -> Release | None:
    """Understand KEY=VALUE lines; blank lines and lines that begin with # say nothing.

    Returns:
        The release, or None where nothing is wanted.

    Raises:
        ConfigError: with the line, and what it should be.
    """
    values: dict[str, str] = {}
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        line = line.removesuffix("\r")
        if not line.strip() or line.startswith("#"):
            continue
        key, equals, value = line.partition("=")
        where = f"{path}, line {number}"
        if not equals or key not in KEYS:
            raise ConfigError(f"{where}: {key[:40]!r} is no key; there are: {', '.join(KEYS)}")
        if key in values:
            raise ConfigError(f"{where}: {key} stands twice")
        if not re.fullmatch(KEYS[key][0], value):
            raise ConfigError(f"{where}: {key} must be {KEYS[key][1]} (got {value[:80]!r})")
        values[key] = value
    return _release(path, values) if values else None


def _release(path: str, values: dict[str, str]) -> Release:
    for key in ("MODEL_VERSION", "MODEL_COMMIT"):
        if key not in values:
            raise ConfigError(f"{path}: {key} is missing; an empty file wants nothing, any other says what to run")
    if ("IMAGE" in values) == ("BENTO" in values):
        raise ConfigError(f"{path}: it must name either IMAGE or BENTO")
    return Release(
        version=values["MODEL_VERSION"],
        commit=values["MODEL_COMMIT"],
        data_hash=values.get("MODEL_DATA_HASH", ""),
        gate_verdict=values.get("MODEL_GATE_VERDICT", ""),
        image=values.get("IMAGE", ""),
        bento=values.get("BENTO", ""),
        force=values.get("FORCE", ""),
    )


def text_of(release: Release | None) -> str:
    """The lines that `parse` reads; empty for none."""
    if release is None:
        return ""
    values = {
        "MODEL_VERSION": release.version,
        "MODEL_COMMIT": release.commit,
        "MODEL_DATA_HASH": release.data_hash,
        "MODEL_GATE_VERDICT": release.gate_verdict,
        "IMAGE": release.image,
        "BENTO": release.bento,
        "FORCE": release.force,
    }
    return "".join(f"{key}={value}\n" for key, value in values.items() if value)


def _text(repository: Path, commit: str, path: str, most: int) -> str | None:
    """A file of a commit, None where there is none.

    Raises:
        ConfigError: it is no plain file, or too long.
    """
    said = git.git("ls-tree", "--long", commit, "--", path, root=repository)
    if not said:
        return None
    mode, kind, name, size = said.partition("\t")[0].split()
    if kind != "blob" or not mode.startswith("100"):
        raise ConfigError(f"{path}: it is no plain file")
    if int(size) > most:
        raise ConfigError(f"{path}: {size} bytes are too many; the most is {most}")
    return git.git_bytes("cat-file", "blob", name, root=repository).decode(errors="replace")
