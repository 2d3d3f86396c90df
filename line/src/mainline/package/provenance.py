"""Where a model comes from, as its Bento, its image, its list of contents and the running service tell it."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from mainline.package.pinned import RAW, Pinned

FILE = "models/provenance.json"
NONE = "none"


@dataclass(frozen=True)
class Provenance:
    """A model's origin: which one it is, and what it was made from."""

    name: str
    version: str
    commit: str
    committed: str
    """When the commit was made: UTC, as RFC 3339 has it."""
    hash: str
    """The model's MD5, as dvc.lock pins it."""
    data_hash: str
    """The MD5 of the data as they were read, before any row was put aside."""
    lock_hash: str
    """The SHA-256 of the commit's dvc.lock."""
    gate_verdict: str

    @classmethod
    def of(cls, pinned: Pinned, verdict: str | None) -> "Provenance":
        """What a commit says of its model.

        Args:
            pinned: the commit.
            verdict: what the gate decided about this very model; None where it has not.
        """
        seconds = int(pinned.project.git("log", "-1", "--no-show-signature", "--format=%ct", pinned.commit))
        return cls(
            name=pinned.name,
            version=pinned.tag.partition(":")[2],
            commit=pinned.commit,
            committed=datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            hash=pinned.model,
            data_hash=pinned.outputs.get(RAW, NONE),
            lock_hash=pinned.lock,
            gate_verdict=verdict or NONE,
        )

    @property
    def variables(self) -> dict[str, str]:
        """The same as the service's environment has it: MODEL_VERSION, MODEL_COMMIT and so on."""
        return {f"MODEL_{name.upper()}": value for name, value in asdict(self).items()}

    def write(self, folder: Path) -> None:
        """Write it for the service, which reads it where its environment says nothing."""
        (folder / FILE).write_text(json.dumps(self.variables, indent=1) + "\n")

    def is_of(self, folder: Path) -> bool:
        """Whether the Bento in a folder says the same of itself."""
        try:
            return bool(json.loads((folder / "src" / FILE).read_text()) == self.variables)
        except (OSError, ValueError):
            return False
