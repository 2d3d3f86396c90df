"""What the dev rows say of a version: how many it got wrong, and of which confidence. Measured once, and kept.

They come from the commit that the version names, through DVC.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mainline import outputs
from mainline.errors import MainlineError
from mainline.monitor.evidence.null import Floats
from mainline.monitor.profiles import bins
from mainline.project import Project
from mainline.tools import storage

KEPT = Path(".mainline/monitor")
LEAST = 2  # of which a risk can be said
ROWS, ANSWERS, SIGNATURE = "data/dev.parquet", "predictions/dev.parquet", "models/signature.json"


@dataclass(frozen=True)
class DevRows:
    """Dev rows, counted."""

    scores: Floats
    """(scores,): right and wrong, or by the clipped squared error of a regression."""
    confidence: Floats | None
    """(bins of confidence, 2): right and wrong; None of a regression."""


def of(project: Project, version: str) -> DevRows | str:
    """Count the dev rows of a version, COMMIT12-MODEL8; or say why they cannot be had."""
    place = project / KEPT / f"{version}.json"
    if (found := kept(project, version)) is not None:
        return found
    commit = project.git("rev-parse", "--verify", "--quiet", f"{version[:12]}^{{commit}}", check=False)
    if not commit:
        return f"the commit of {version} is not in this repository; `git fetch` may bring it"
    try:
        with _there(project, commit) as tree:
            if tree is None:
                return f"the dev rows of {version} are in no cache and no remote; `dvc push` where it was built"
            found = _counted(tree)
    except (MainlineError, OSError, ValueError, KeyError) as error:
        return f"the dev rows of {version} cannot be read ({str(error).splitlines()[0][:200]})"
    said = {
        "scores": found.scores.tolist(),
        "confidence": None if found.confidence is None else found.confidence.tolist(),
    }
    place.parent.mkdir(parents=True, exist_ok=True)
    partial = place.with_suffix(".partial")
    partial.write_text(json.dumps(said), encoding="utf-8")
    partial.replace(place)
    return found


def kept(project: Project, version: str) -> DevRows | None:
    """What was measured before; None of a version that never was."""
    try:
        said = json.loads((project / KEPT / f"{version}.json").read_text(encoding="utf-8"))
        confidence = said["confidence"]
        return DevRows(np.array(said["scores"], float), None if confidence is None else np.array(confidence, float))
    except (OSError, ValueError, KeyError, TypeError):
        return None


@contextmanager
def _there(project: Project, commit: str) -> Iterator[Project | None]:
    """The commit's tree with its files; None where they are nowhere."""
    with project.worktree(commit) as tree:
        storage.share_cache(project.root, tree.root)
        yield tree if outputs.bring(tree) else None


def _counted(tree: Project) -> DevRows:
    signature: dict[str, Any] = json.loads((tree / SIGNATURE).read_text(encoding="utf-8"))
    truth = pd.read_parquet(tree / ROWS, columns=["row_id", signature["target"]])
    truth.columns = pd.Index(["row_id", "true"])
    said = pd.read_parquet(tree / ANSWERS).merge(truth, on="row_id", validate="one_to_one")
    if len(said) < LEAST:
        raise ValueError(f"there are {len(said)} of them")
    true = said["true"]
    if signature["task"] == "regression":
        tenths = signature.get("deciles") or [0.0]
        parts = bins.errors(said["prediction"].to_numpy(float), true.to_numpy(float), tenths[-1] - tenths[0])
        return DevRows(np.bincount(parts, minlength=bins.ERRORS).astype(float), None)
    wrong = (said["prediction"] != true).to_numpy()
    chances = said[[name for name in said.columns if name.startswith("p_")]].to_numpy(float)
    counted = np.zeros((len(bins.CONFIDENCES) + 1, 2))
    np.add.at(counted, (bins.confidence(chances.max(axis=1)), wrong.astype(int)), 1)
    return DevRows(counted.sum(axis=0), counted)
