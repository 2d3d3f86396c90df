"""What a commit pins: its model, the files it was judged by, and the name and version they go by."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from mainline.errors import ConfigError, StaleLock
from mainline.project import MODEL, Project
from mainline.tools import dvc, git, storage

SIGNATURE, RAW = "models/signature.json", "data/raw.parquet"
DEV, PREDICTIONS, METRICS = "data/dev.parquet", "predictions/dev.parquet", "metrics/dev.json"
ROW_ID = "row_id"


@dataclass(frozen=True)
class Pinned:
    """A commit that pins a model."""

    project: Project
    commit: str
    name: str
    outputs: Mapping[str, str]
    """The content hash of every output, by path."""

    @classmethod
    def at_head(cls, project: Project) -> "Pinned":
        """What HEAD pins; changes that are not committed do not count.

        Raises:
            StaleLock: the commit pins no model.
            ConfigError: bentofile.yaml has no name.
        """
        commit = project.commit_of("HEAD")
        outputs = project.lock_at(commit).outputs
        if MODEL not in outputs:
            raise StaleLock(f"the commit {commit[:8]} pins no model; run `mainline lock` and commit dvc.lock")
        try:
            name = (yaml.safe_load(project.show(commit, "bentofile.yaml") or "") or {}).get("name")
        except (yaml.YAMLError, AttributeError):
            raise ConfigError("bentofile.yaml: not YAML with keys; mend it and commit") from None
        if not name:
            raise ConfigError("bentofile.yaml: no name; give the Bento one, such as name: my-model")
        return cls(project, commit, str(name), outputs)

    @property
    def model(self) -> str:
        """The model's content hash."""
        return self.outputs[MODEL]

    @property
    def tag(self) -> str:
        """The Bento's: NAME:COMMIT-MODEL."""
        return f"{self.name}:{self.commit[:12]}-{self.model[:8]}"

    @property
    def lock(self) -> str:
        """The SHA-256 of the commit's dvc.lock."""
        content = git.git_bytes("show", f"{self.commit}:{dvc.LOCK}", root=self.project.root)
        return hashlib.sha256(content).hexdigest()

    def text(self, path: str) -> str | None:
        """A file of the commit, or None where it has none."""
        return self.project.show(self.commit, path)

    def file(self, path: str) -> Path:
        """The pinned content of an output: in the tree, in the cache, or in a remote.

        Raises:
            StaleLock: it is nowhere.
        """
        md5 = self.outputs.get(path)
        if md5 is None:
            raise StaleLock(f"{path}: the commit {self.commit[:8]} does not pin it; run `mainline lock` and commit")
        if dvc.md5(self.project / path) == md5:
            return self.project / path
        cached = storage.cached(md5, self.project.root)
        if cached is None:
            dvc.dvc("fetch", path, root=self.project.root, check=False)
            cached = storage.cached(md5, self.project.root)
        if cached is None:
            raise StaleLock(f"{path}: the one that HEAD pins is in no cache and no remote; run `mainline lock`")
        return cached
