"""Pull requests of `mainline run`: another model, or another service; and the merge, where the gate lets it."""

import json
import shutil
from collections.abc import Sequence
from typing import Any

from mainline import dvc, ui
from mainline.errors import MainlineError
from mainline.run.scratch import Scratch

Model = tuple[str, dict[str, Any]]

# one that most tables reward, and one that learns nothing; for a regression, and for classes
BETTER: tuple[Model, Model] = (
    ("sklearn.ensemble.RandomForestRegressor", {"n_estimators": 100, "min_samples_leaf": 3}),
    ("sklearn.ensemble.RandomForestClassifier", {"n_estimators": 100}),
)
WORSE: tuple[Model, Model] = (
    ("sklearn.dummy.DummyRegressor", {}),
    ("sklearn.dummy.DummyClassifier", {"strategy": "prior"}),
)
# changes of the service that no test of the model can see: file, before, after
SKEW = (
    "src/service/rows.py",
    "        return values\n\n    def _dates",
    "        return values / 16\n\n    def _dates",
)
SLOW = (
    "src/service/engine.py",
    '        """Answer for rows, here and now."""\n',
    '        """Answer for rows, here and now."""\n        time.sleep(0.08)\n',
)


def propose_model(scratch: Scratch, branch: str, models: tuple[Model, Model], expect: Sequence[int]) -> bool:
    """Branch, another model, lock, gate, report, and the merge if it was certified.

    Returns:
        Whether it was.
    """
    scratch.git("switch", "--quiet", "--create", branch, "main")
    estimator, settings = models[task(scratch) != "regression"]
    scratch.edit_params("train", {"estimator": estimator, "params": settings})
    ui.say(f"  params.yaml: train.estimator is {estimator} now")
    scratch.mainline("lock")
    scratch.commit(f"Try {estimator.rpartition('.')[2]}")
    certified = scratch.mainline("gate", "--base", "origin/main", expect=expect) == 0
    scratch.mainline("report", "--base", "origin/main")
    shutil.copy2(scratch.root / "report/index.html", scratch.reports / f"{branch}.html")
    _back_on_main(scratch, branch if certified else None)
    return certified


def propose_service(scratch: Scratch, branch: str, change: tuple[str, str, str], message: str) -> None:
    """Branch, a change of the service, gate, merge: the model is the champion's, so that the gate has no objection.

    Raises:
        MainlineError: the service is not as it was when this was written.
    """
    name, before, after = change
    path = scratch.root / name
    text = path.read_text(encoding="utf-8")
    if text.count(before) != 1:
        raise MainlineError(f"{name}: is not as it came; `mainline run` cannot break it for a demonstration")
    scratch.git("switch", "--quiet", "--create", branch, "main")
    path.write_text(text.replace(before, after), encoding="utf-8")
    scratch.commit(message)
    scratch.mainline("gate", "--base", "origin/main")
    _back_on_main(scratch, branch)


def task(scratch: Scratch) -> str:
    """What the champion predicts: binary, multiclass or regression."""
    return str(json.loads((scratch.root / "models/signature.json").read_text())["task"])


def _back_on_main(scratch: Scratch, merged: str | None) -> None:
    scratch.git("switch", "--quiet", "main")
    if merged:
        scratch.git("merge", "--quiet", "--no-ff", "--message", f"Merge {merged}", merged)
        scratch.git("push", "--quiet", "origin", "main")
    ui.command(["dvc", "checkout"])
    dvc.dvc("checkout", "--quiet", "--force", root=scratch.root)
