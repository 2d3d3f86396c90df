"""What the environment says to the service; every variable has a default, so that none has to be set.

Those of MODEL_* are, by default, as models/provenance.json says: `mainline package` puts it into the Bento.

MODEL_VERSION        the model's version, in every answer; else the Bento's version, else "unknown"
MODEL_NAME           the model's name in the paths of the Open Inference Protocol; else the Bento's, else "model"
MODEL_COMMIT         the commit that pins the model; GET /model shows it
MODEL_DATA_HASH      the hash of the training data
MODEL_GATE_VERDICT   what the gate said of the model: PASS or NOT CERTIFIED
SERVICE_MAX_ROWS     the most rows of one request: 10000
SERVICE_MAX_BODY_MB  the largest body of one request, in MiB: 16
FEEDBACK_MEMORY      how many predictions wait for their labels, in rows: 131072, at 48 bytes each
FEEDBACK_TOLERANCE   of a regression: how far off a right answer may be; by default a tenth of the distance
                     between the first and the last decile of the training target
PREDICTION_EDGES     of a regression: the values, with commas, between which predictions are counted; by default
                     the training target's deciles. A canary is given its champion's, so that both count alike.
RECORDS_FOLDER       where records go: mainline-records in the system's folder for temporary files
RECORDS_MAX_MB       the most that they take, in MiB: 256. The oldest go first.
RECORDS_KEY          a secret; with it, private columns are recorded as keyed hashes, without it left out
SERVICE_PRECOMPUTED  where `mainline score INPUT --to` wrote answers, which are looked for first: sqlite:PATH, or
                     redis://HOST:PORT/NUMBER; by default nowhere
SERVICE_API_KEYS     SHA-256 of the keys of which each caller needs one, in hex, with commas: several while they change;
                     by default nobody needs one, and no address but this machine's own is listened on
SERVICE_FEEDBACK_KEYS
                     the same for /feedback, in place of those
SERVICE_CORS_ORIGINS
                     whose pages' scripts may ask, such as https://example.com, with commas, or *; by default nobody's
SERVICE_RATE_LIMIT   the most requests of a key in a minute, of an address where none is needed; by default no limit
SERVICE_OPEN         1: listen at any address without keys, as who reaches it is settled elsewhere
"""

import json
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import DataError
from service.access import Access
from service.precomputed import problem
from service.variables import SettingError, number, whole

MIB = 1024**2
NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")


@dataclass(frozen=True)
class Settings:
    """The environment, understood."""

    name: str
    version: str
    commit: str
    data_hash: str
    gate_verdict: str
    max_rows: int
    max_body: int
    feedback_memory: int
    feedback_tolerance: float | None
    prediction_edges: tuple[float, ...] | None
    records_folder: Path
    records_max: int
    records_key: str
    precomputed: str
    """The address of a store, or nothing."""
    access: Access

    @classmethod
    def read(
        cls, environment: Mapping[str, str] = os.environ, *, version: str = "unknown", name: str = "model"
    ) -> "Settings":
        """Understand the environment.

        Args:
            version: the model's version where MODEL_VERSION is not set.
            name: its name where MODEL_NAME is not.

        Raises:
            SettingError: a number is none, or is out of its range; a name is none for a path.
        """
        edges = environment.get("PREDICTION_EDGES")
        tolerance = environment.get("FEEDBACK_TOLERANCE")
        folder = environment.get("RECORDS_FOLDER") or str(Path(tempfile.gettempdir()) / "mainline-records")
        return cls(
            name=_name(environment.get("MODEL_NAME") or name),
            version=environment.get("MODEL_VERSION") or version,
            commit=environment.get("MODEL_COMMIT") or "unknown",
            data_hash=environment.get("MODEL_DATA_HASH") or "unknown",
            gate_verdict=environment.get("MODEL_GATE_VERDICT") or "unknown",
            max_rows=whole(environment, "SERVICE_MAX_ROWS", 10_000),
            max_body=whole(environment, "SERVICE_MAX_BODY_MB", 16) * MIB,
            feedback_memory=whole(environment, "FEEDBACK_MEMORY", 131_072),
            feedback_tolerance=number("FEEDBACK_TOLERANCE", tolerance) if tolerance else None,
            prediction_edges=_edges(edges) if edges else None,
            records_folder=Path(folder),
            records_max=whole(environment, "RECORDS_MAX_MB", 256) * MIB,
            records_key=environment.get("RECORDS_KEY", ""),
            precomputed=_store(environment.get("SERVICE_PRECOMPUTED", "")),
            access=Access.read(environment),
        )


def models_folder() -> Path:
    """models/ of the project or of the Bento that this file stands in.

    Raises:
        DataError: there is none, or no model in it.
    """
    for folder in Path(__file__).parents:
        if (folder / "models" / "signature.json").exists():
            return folder / "models"
    raise DataError("models/signature.json: not here yet; run `mainline lock` to build the model")


def environment(folder: Path) -> dict[str, str]:
    """The environment, and where it says nothing of the model, what lies beside it in provenance.json.

    Raises:
        SettingError: the file is there, and is not what `mainline package` writes.
    """
    try:
        said = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
        of_model = {name: str(value) for name, value in said.items() if name.startswith("MODEL_")}
    except FileNotFoundError:
        of_model = {}
    except (ValueError, AttributeError):
        raise SettingError(f"{folder}/provenance.json: not an object of JSON; package the model again") from None
    return of_model | os.environ


def _name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise SettingError(f"MODEL_NAME: must be letters, digits, '.', '_' and '-', 100 at most (got {text[:120]!r})")
    return text


def _store(address: str) -> str:
    if address and (wrong := problem(address)):
        raise SettingError(f"SERVICE_PRECOMPUTED: {wrong}")
    return address


def _edges(text: str) -> tuple[float, ...]:
    edges = tuple(number("PREDICTION_EDGES", each) for each in text.split(","))
    if list(edges) != sorted(set(edges)) or len(edges) > 50:
        raise SettingError("PREDICTION_EDGES: must be at most 50 numbers, each larger than the one before")
    return edges
