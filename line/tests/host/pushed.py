"""Two versions as images in a registry, for hosts to pull."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from line.tests.host.registry import Registry, docker
from line.tests.projects import commit_all
from mainline.host.model import Release
from mainline.package import bento, image
from mainline.project import Project
from mainline.tools import git
from mainline.tools.container import Engine
from mainline.tools.container import find as engine_that_answers


@dataclass(frozen=True)
class Pushed:
    """Two versions in a registry, none of them on this machine; and a row for them."""

    registry: Registry
    first: Release
    second: Release
    row: dict[str, object]

    def drop(self) -> None:
        """Have the engine forget both."""
        for each in (self.first, self.second):
            docker("rmi", each.image, check=False)


def push(built: Path, folder: Path) -> Pushed:
    """Package a project twice, as images of one registry."""
    root = folder / "project"
    shutil.copytree(built, root, symlinks=True)
    registry, client = Registry(folder), engine_that_answers()
    releases = [_pushed(root, registry, client, message) for message in ("First", "Second")]
    rows = pd.read_parquet(root / "data/dev.parquet").drop(columns=["row_id", "target"])
    return Pushed(registry, *releases, json.loads(rows.head(1).to_json(orient="records"))[0])


def _pushed(root: Path, registry: Registry, client: Engine, message: str) -> Release:
    (root / "README.md").write_text(message)
    commit_all(root, message)
    made = bento.build(Project(root))
    identity = image.build(client, made, root / "image.log")
    name = registry.push(identity)
    docker("rmi", "--no-prune", identity, check=False)
    return Release(made.tag.rpartition(":")[2], git.git("rev-parse", "HEAD", root=root), image=name)
