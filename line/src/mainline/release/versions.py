"""What a version is: as it was deployed before, as a Bento that was built here, or as an image of a commit."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from mainline import ledger
from mainline.errors import ConfigError, MainlineError
from mainline.host import desired
from mainline.host.model import Release
from mainline.package import bento
from mainline.project import Project

DATA = "data/train.parquet"


def default(project: Project, name: str) -> Release:
    """What nobody named: the Bento built last as canary, and what is canary as production.

    Raises:
        ConfigError: there is none.
    """
    if name == "production":
        release = desired.parse(desired.FILES["canary"], project.show("HEAD", desired.FILES["canary"]) or "")
        if release is None:
            raise ConfigError(f"{desired.FILES['canary']} names no version; say which one with --version")
        return release
    built = sorted((project / bento.HOME / "bentos").glob("*/*/bento.yaml"), key=lambda path: path.stat().st_mtime)
    if not built:
        raise ConfigError("no Bento was built here; run `mainline package`, or say which one with --version")
    return _of_bento(project, built[-1].parent)


def known(project: Project, version: str, image: str | None) -> Release:
    """A version as it was deployed before, else as it was built here, or as the image that was named.

    Raises:
        ConfigError: it is none of these.
    """
    if not re.fullmatch(desired.NAME, version):
        raise ConfigError(f"--version {version}: no version such as 0123456789ab-01234567")
    if named := next(as_named(project, version, "HEAD"), None):
        return named
    if image:
        return of_commit(project, version)
    built = sorted((project / bento.HOME / "bentos").glob(f"*/{version}/bento.yaml"))
    if not built:
        raise ConfigError(f"--version {version}: never deployed from here, and no such Bento was built here")
    return _of_bento(project, built[-1].parent)


def as_named(project: Project, version: str, revision: str) -> Iterator[Release]:
    """A version as deploy/*.env named it, in the history of a revision."""
    for path in desired.FILES.values():
        for commit in project.git("log", "--format=%H", f"-SMODEL_VERSION={version}", revision, "--", path).split():
            try:
                release = desired.parse(path, project.show(commit, path) or "")
            except MainlineError:
                continue
            if release and release.version == version:
                yield release


def _of_bento(project: Project, folder: Path) -> Release:
    return replace(of_commit(project, folder.name), bento=f"{folder.parent.name}:{folder.name}")


def of_commit(project: Project, version: str) -> Release:
    """A release with its facts: from the commit that its version names, and from the ledger.

    Raises:
        ConfigError: the commit is not here, or pins another model.
    """
    commit = project.git("rev-parse", "--verify", "--quiet", f"{version[:12]}^{{commit}}", check=False)
    if not commit:
        raise ConfigError(f"{version}: its commit is not in this repository")
    lock = project.lock_at(commit)
    model = lock.model
    if version != f"{commit[:12]}-{model[:8]}":
        raise ConfigError(f"{version}: its commit pins another model ({model[:8] or 'none'})")
    return Release(
        version=version,
        commit=commit,
        data_hash=lock.outputs.get(DATA, ""),
        gate_verdict=ledger.read(project.root).verdict(model) or "",
    )
