"""What a commit pins: its model, the files it was judged by, and the name and version they go by."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import yaml

from mainline.errors import ConfigError, StaleLock
from mainline.tools import dvc, git, storage

MODEL, SIGNATURE, RAW = "models/model.skops", "models/signature.json", "data/raw.parquet"
DEV, PREDICTIONS, METRICS = "data/dev.parquet", "predictions/dev.parquet", "metrics/dev.json"
ROW_ID = "row_id"


@dataclass(frozen=True)
class Pinned:
    """A commit that pins a model."""

    root: Path
    commit: str
    name: str
    outputs: dict[str, str]
    """The content hash of every output, by path."""

    @classmethod
    def at_head(cls, root: Path) -> "Pinned":
        """What HEAD pins; changes that are not committed do not count.

        Raises:
            StaleLock: the commit pins no model.
            ConfigError: bentofile.yaml has no name.
        """
        commit = git.commit_of("HEAD", root)
        outputs = dvc.outputs(git.show(commit, dvc.LOCK, root) or "")
        if MODEL not in outputs:
            raise StaleLock(f"the commit {commit[:8]} pins no model; run `mainline lock` and commit dvc.lock")
        try:
            name = (yaml.safe_load(git.show(commit, "bentofile.yaml", root) or "") or {}).get("name")
        except (yaml.YAMLError, AttributeError):
            raise ConfigError("bentofile.yaml: not YAML with keys; mend it and commit") from None
        if not name:
            raise ConfigError("bentofile.yaml: no name; give the Bento one, such as name: my-model")
        return cls(root, commit, str(name), outputs)

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
        content = git.git_bytes("show", f"{self.commit}:{dvc.LOCK}", root=self.root)
        return hashlib.sha256(content).hexdigest()

    def text(self, path: str) -> str | None:
        """A file of the commit, or None where it has none."""
        return git.show(self.commit, path, self.root)

    def file(self, path: str) -> Path:
        """The pinned content of an output: in the tree, in the cache, or in a remote.

        Raises:
            StaleLock: it is nowhere.
        """
        md5 = self.outputs.get(path)
        if md5 is None:
            raise StaleLock(f"{path}: the commit {self.commit[:8]} does not pin it; run `mainline lock` and commit")
        if dvc.md5(self.root / path) == md5:
            return self.root / path
        cached = storage.cached(md5, self.root)
        if not cached.exists():
            dvc.dvc("fetch", path, root=self.root, check=False)
        if not cached.exists():
            raise StaleLock(f"{path}: the one that HEAD pins is in no cache and no remote; run `mainline lock`")
        return cached
