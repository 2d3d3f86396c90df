"""`mainline deploy` and `mainline rollback`: what is to run, written into deploy/*.env as a commit on main."""

import datetime
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path

from mainline import dvc, git, ledger
from mainline.errors import ConfigError, MainlineError, Refused, ToolFailed
from mainline.host import desired
from mainline.host.model import Release
from mainline.package import bento

BRANCH = "main"
DATA = "data/train.parquet"


@dataclass(frozen=True)
class Written:
    """A file of the desired state, as it is wanted now."""

    path: str
    release: Release
    committed: bool
    """False where it said so already."""


def deploy(
    root: Path, name: str, *, version: str | None = None, image: str | None = None, force: bool = False
) -> Written:
    """Want a version as canary or production.

    Args:
        name: canary or production.
        version: by default the Bento built last as canary, and what is canary as production.
        image: name@sha256:..., to run instead of the Bento.
        force: have it again though it was rolled back.

    Raises:
        ConfigError: there is no such version, or this is not main.
        Refused: it was rolled back.
    """
    path = desired.FILES[name]
    _require_main(root)
    release = _known(root, version) if version else _default(root, name)
    if image:
        release = desired.parse("--image", desired.text_of(replace(release, bento="", image=image))) or release
    word = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S.%f") if force else ""
    release = replace(release, force=word)
    if not force and release.version in (barred := ledger.read(root).rolled_back()):
        why = barred[release.version][0]
        raise Refused(f"{release.version} was rolled back: {why}; to have it again all the same: --force")
    return Written(path, release, _commit(root, path, release, f"Deploy {release.version} as {name}"))


def rollback(root: Path) -> Written:
    """Want the release in production that was wanted there before; a second time, the one before that.

    Raises:
        Refused: there is none.
    """
    _require_main(root)
    path = desired.FILES["production"]
    behind: list[str] = []
    for commit in git.git("log", "--first-parent", "--format=%H", "--reverse", "HEAD", "--", path, root=root).split():
        text = git.show(commit, path, root) or ""
        if text.strip() and len(behind) > 1 and behind[-2] == text:
            behind.pop()  # that was a rollback
        elif text.strip() and behind[-1:] != [text]:
            behind.append(text)
    release = desired.parse(path, behind[-2]) if len(behind) > 1 else _first(root, behind)
    if release is None:
        raise Refused(f"{path}: nothing was in production before; there is nothing to go back to")
    return Written(path, release, _commit(root, path, release, f"Roll production back to {release.version}"))


def _first(root: Path, behind: list[str]) -> Release | None:
    """The version that was production before the only one that git ever wanted there: a host's first, by its canary."""
    now = desired.parse(desired.FILES["production"], behind[0]) if behind else None
    first = next((entry["production"] for entry in ledger.read(root).deployments() if entry["production"]), None)
    return _known(root, first) if now and first and first != now.version else None


def push(root: Path) -> None:
    """Send main to origin.

    Raises:
        ToolFailed: it does not take it; the commit stays.
    """
    try:
        git.git("push", "--quiet", "origin", f"HEAD:refs/heads/{BRANCH}", root=root)
    except ToolFailed as error:
        raise ToolFailed(f"committed, but not pushed ({error}); pull, and push again", error.output) from None


def _require_main(root: Path) -> None:
    branch = git.git("branch", "--show-current", root=root)
    if branch != BRANCH:
        raise ConfigError(f"on {branch or 'no branch'}: what is to run is read from {BRANCH}; switch to it first")


def _commit(root: Path, path: str, release: Release, message: str) -> bool:
    text = desired.text_of(release)
    desired.parse(path, text)
    if git.show("HEAD", path, root) == text.rstrip() and (root / path).exists():
        return False
    (root / path).parent.mkdir(exist_ok=True)
    partial = (root / path).with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, root / path)
    git.git("add", "--", path, root=root)
    git.git("commit", "--quiet", "--message", message, "--only", "--", path, root=root)
    return True


def _default(root: Path, name: str) -> Release:
    if name == "production":
        release = desired.parse(desired.FILES["canary"], git.show("HEAD", desired.FILES["canary"], root) or "")
        if release is None:
            raise ConfigError(f"{desired.FILES['canary']} names no version; say which one with --version")
        return release
    built = sorted((root / bento.HOME / "bentos").glob("*/*/bento.yaml"), key=lambda path: path.stat().st_mtime)
    if not built:
        raise ConfigError("no Bento was built here; run `mainline package`, or say which one with --version")
    return _of_bento(root, built[-1].parent)


def _known(root: Path, version: str) -> Release:
    """A version as it was deployed before, else as it was built here."""
    if not re.fullmatch(desired.NAME, version):
        raise ConfigError(f"--version {version}: no version such as 0123456789ab-01234567")
    for path in desired.FILES.values():
        for commit in git.git(
            "log", "--format=%H", f"-SMODEL_VERSION={version}", "HEAD", "--", path, root=root
        ).split():
            try:
                release = desired.parse(path, git.show(commit, path, root) or "")
            except MainlineError:
                continue
            if release and release.version == version:
                return release
    built = sorted((root / bento.HOME / "bentos").glob(f"*/{version}/bento.yaml"))
    if not built:
        raise ConfigError(f"--version {version}: never deployed from here, and no such Bento was built here")
    return _of_bento(root, built[-1].parent)


def _of_bento(root: Path, folder: Path) -> Release:
    """A release with its facts: from the commit that its version names, and from the ledger."""
    version = folder.name
    commit = git.git("rev-parse", "--verify", "--quiet", f"{version[:12]}^{{commit}}", root=root, check=False)
    if not commit:
        raise ConfigError(f"{folder.parent.name}:{version}: its commit is not in this repository")
    pinned = dvc.outputs(git.show(commit, dvc.LOCK, root) or "")
    model = pinned.get("models/model.skops")
    decisions = [e for e in ledger.read(root).entries if e["kind"] == "decision" and e["challenger"]["model"] == model]
    return Release(
        version=version,
        commit=commit,
        data_hash=pinned.get(DATA, ""),
        gate_verdict=decisions[-1]["verdict"] if decisions else "",
        bento=f"{folder.parent.name}:{version}",
    )
