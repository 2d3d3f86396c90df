"""Pull requests of `mainline run`: another model, or another service; and the merge, where the gate lets it."""

import json
import shutil
from dataclasses import dataclass
from typing import Any

from mainline import ui
from mainline.errors import MainlineError
from mainline.run.outcome import CERTIFIED, NOT_CERTIFIED, REFUSED
from mainline.run.scratch import Scratch
from mainline.tools import dvc

MODEL = ("models/model.skops", "models/signature.json")
Model = tuple[str, dict[str, Any]]
Change = tuple[str, str, str]
"""Of a file: which one, what stands there, and what is to stand there."""

# that most tables reward, the second where the champion is the first; and one that learns nothing
BETTER: dict[str, tuple[Model, ...]] = {
    "regression": (
        ("sklearn.ensemble.RandomForestRegressor", {"n_estimators": 100, "min_samples_leaf": 3}),
        ("sklearn.ensemble.ExtraTreesRegressor", {"n_estimators": 100, "min_samples_leaf": 3}),
    ),
    "classes": (
        ("sklearn.ensemble.RandomForestClassifier", {"n_estimators": 100}),
        ("sklearn.ensemble.ExtraTreesClassifier", {"n_estimators": 100}),
    ),
}
WORSE: dict[str, tuple[Model, ...]] = {
    "regression": (("sklearn.dummy.DummyRegressor", {}),),
    "classes": (("sklearn.dummy.DummyClassifier", {"strategy": "prior"}),),
}
# changes of the service that no test of the model can see; whatever the table, all answers are others, or late
SKEW: Change = (
    "src/service/predict/engine.py",
    "        if not np.isfinite(values).all():\n",
    "        far = 3 * np.ptp(self._signature.deciles or 0.0)\n"
    "        values = values + far if self.classes is None else np.roll(values, 1, axis=1)\n"
    "        if not np.isfinite(values).all():\n",
)
SLOW: Change = (
    "src/service/predict/engine.py",
    '        """Answer for rows, here and now."""\n',
    '        """Answer for rows, here and now."""\n        time.sleep(0.2)\n',
)


@dataclass(frozen=True)
class Broken:
    """A release that the gate cannot fault."""

    name: str
    change: Change
    message: str
    signal: str
    """What the judge is to take it back for."""


BROKEN = (
    Broken("faster-input", SKEW, "Take a faster way to the answers, which mixes them up", "labels"),
    Broken("audit-trail", SLOW, "Wait for an audit trail", "latency"),
)


def require_service(scratch: Scratch) -> None:
    """Refuse a service that is not as it was when the broken releases were written: before anything is begun.

    Raises:
        MainlineError: naming the file, and what is not there.
    """
    for each in BROKEN:
        _broken(scratch, each.change)


def propose_model(scratch: Scratch, branch: str, models: dict[str, tuple[Model, ...]]) -> tuple[int, bool]:
    """Branch, another model, lock, gate, report.

    Returns:
        What the gate ended with, and whether it is another model than the champion.

    Raises:
        ToolFailed: the model could not be built, or the gate not be asked.
    """
    scratch.git("switch", "--quiet", "--create", branch, "main")
    estimator, settings = _other(scratch, models["regression" if task(scratch) == "regression" else "classes"])
    scratch.edit_params("train", {"estimator": estimator, "params": settings})
    ui.say(f"  params.yaml: train.estimator is {estimator} now")
    scratch.mainline("lock")
    scratch.commit(f"Try {estimator.rpartition('.')[2]}", built=True)
    code = scratch.mainline("gate", "--base", "origin/main", expect=(CERTIFIED, NOT_CERTIFIED, REFUSED))
    scratch.mainline("report", "--base", "origin/main")
    shutil.copy2(scratch.root / "report/index.html", scratch.reports / f"{branch}.html")
    pinned = [scratch.project.lock_at(each).outputs for each in ("HEAD", "origin/main")]
    return code, any(pinned[0].get(path) != pinned[1].get(path) for path in MODEL)


def propose_service(scratch: Scratch, branch: str, change: Change, message: str) -> None:
    """Branch, a change of the service, gate, merge: the model is the champion's, so that the gate has no objection.

    Raises:
        MainlineError: the service is not as it was when this was written.
    """
    scratch.git("switch", "--quiet", "--create", branch, "main")
    (scratch.root / _place(scratch, change[0])).write_text(_broken(scratch, change), encoding="utf-8")
    scratch.commit(message)
    scratch.mainline("gate", "--base", "origin/main")
    back_on_main(scratch, branch)


def propose_words(scratch: Scratch, branch: str) -> None:
    """Branch, a word about the service, gate, merge: a new version of the same model, and nothing wrong with it."""
    scratch.git("switch", "--quiet", "--create", branch, "main")
    with (scratch.root / "README.md").open("a", encoding="utf-8") as stream:
        stream.write("\nQuestions about the model: ask whoever merged it.\n")
    scratch.commit("Say whom to ask")
    scratch.mainline("gate", "--base", "origin/main")
    back_on_main(scratch, branch)


def task(scratch: Scratch) -> str:
    """What the champion predicts: binary, multiclass or regression."""
    return str(json.loads((scratch.root / "models/signature.json").read_text(encoding="utf-8"))["task"])


def _other(scratch: Scratch, models: tuple[Model, ...]) -> Model:
    """The first that is not the champion's estimator."""
    now = (scratch.project.params.get("train") or {}).get("estimator")
    return next((model for model in models if model[0] != now), models[0])


def _place(scratch: Scratch, name: str) -> str:
    """Where a file of the service is: in its room, or in a project from before the rooms, right in src/service."""
    old = "src/service/" + name.rpartition("/")[2]
    return old if (scratch.root / old).exists() else name


def _broken(scratch: Scratch, change: Change) -> str:
    """A file's text with a change made."""
    name, before, after = _place(scratch, change[0]), *change[1:]
    path = scratch.root / name
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    if text.count(before) != 1:
        raise MainlineError(
            f"{name}: is not as it came, without {before.strip()!r}; `mainline run` cannot break it for a demonstration"
        )
    return text.replace(before, after)


def back_on_main(scratch: Scratch, merged: str | None) -> None:
    """Back on main, with a branch merged and pushed, or with none; and with main's outputs, where they are others."""
    before = (scratch.root / dvc.LOCK).read_text(encoding="utf-8")
    scratch.git("switch", "--quiet", "main")
    if merged:
        scratch.git("merge", "--quiet", "--no-ff", "--message", f"Merge {merged}", merged)
        scratch.git("push", "--quiet", "origin", "main")
    if (scratch.root / dvc.LOCK).read_text(encoding="utf-8") != before:
        checkout(scratch)


def checkout(scratch: Scratch) -> None:
    """Bring what the branch pins."""
    ui.command(["dvc", "checkout"])
    dvc.dvc("checkout", "--quiet", "--force", root=scratch.root)
