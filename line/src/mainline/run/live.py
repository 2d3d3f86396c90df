"""What the users of `mainline run` ask about: rows that the model was not made with, and what is right for them."""

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from mainline import inputs, ui
from mainline.errors import MainlineError, ToolFailed
from mainline.package import alike
from mainline.project import Project
from mainline.run.scratch import Scratch
from mainline.tools import git, process, stages, storage

RIGHT = 0.8  # of the champion's answers for the dev rows, at least


class Live(NamedTuple):
    """What users ask about."""

    rows: list[dict[str, Any]]
    labels: list[Any]
    """What is right, row by row."""


def live(scratch: Scratch) -> Live:
    """Rows for users to ask about: those that data.rows leaves out; without it, the dev rows.

    Raises:
        MainlineError: there is none whose label the model can give.
    """
    told = (scratch.project.params.get("data") or {}).get("rows")
    rest = _rest(scratch, told) if isinstance(told, str) and told.startswith(":") else None
    return _of(scratch, rest) if rest else measured(scratch)


def measured(scratch: Scratch) -> Live:
    """The dev rows: in the long run, users who ask about such rows get as many wrong answers as were measured.

    Raises:
        MainlineError: there is none whose label the model can give.
    """
    return _of(scratch, scratch.root / "data/dev.parquet")


def _of(scratch: Scratch, path: Path) -> Live:
    about, table = signature(scratch), pd.read_parquet(path)
    if ruled := alike.cleaned(about):
        table = alike.as_sent(table, ruled, pd.read_parquet(path.with_name("raw.parquet"), columns=["row_id", *ruled]))
    labels = table[about["target"]]
    if classes := about.get("classes"):  # a regression has none
        known = {str(name): name for name in classes}
        keep = labels.astype(str).isin(known)
        table, labels = table[keep], labels[keep].astype(str).map(known)
    if table.empty:
        raise MainlineError(f"{path}: no row whose label the model knows, so there is nothing for users to ask about")
    names = [column["name"] for column in about["columns"] if column["kind"] != "ignored"]
    rows = json.loads(table[names].to_json(orient="records", date_format="iso", double_precision=15))
    return Live(rows, json.loads(labels.to_json(orient="values")))


def tolerance(scratch: Scratch) -> float | None:
    """Of a regression: how far from the label an answer may be to count as right; None of classes.

    A tenth of the distance between the outer deciles, as the service has it. Where that is too strict for the
    champion, such as for a target that is mostly noise, its errors on the dev rows say it: where nearly all answers
    are wrong, no broken release could be told from it.
    """
    about = signature(scratch)
    if about["task"] != "regression":
        return None
    labels, said = (
        pd.read_parquet(scratch.root / path).set_index("row_id")[column].astype("float64")
        for path, column in (("data/dev.parquet", about["target"]), ("predictions/dev.parquet", "prediction"))
    )
    deciles = about.get("deciles") or [0.0]
    return max(float(np.ptp(deciles)) / 10, float(np.quantile((said - labels).abs(), RIGHT)))


def signature(scratch: Scratch) -> dict[str, Any]:
    """What the champion's signature says."""
    return dict(json.loads((scratch.root / "models/signature.json").read_text(encoding="utf-8")))


def _rest(scratch: Scratch, told: str) -> Path | None:
    """The rows that the pipeline was not given, by its own first stages in a worktree; None where there is none."""
    tree = scratch.folder / "live"
    git.git("worktree", "add", "--quiet", "--detach", str(tree), "main", root=scratch.root)
    storage.share_cache(scratch.root, tree)
    inputs.bring(scratch.project, Project(tree))
    aside = Scratch(tree, scratch.folder)
    aside.edit_params("data", {"rows": told.removeprefix(":") + ":"})
    try:
        env = {"PYTHONPATH": stages.python_path(tree)}
        for stage in ("ingest", "clean", "validate"):
            process.capture([sys.executable, "-m", "pipeline", stage], cwd=tree, env=env)
    except ToolFailed as error:
        ui.warn(f"the rows behind data.rows cannot be asked about ({error}); users ask about the dev rows")
        return None
    return tree / "data/valid.parquet"
