"""`mainline run`: plays the whole line in a scratch clone with a real origin, as a person would type it."""

import json
import os
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from ruamel.yaml import YAML

from mainline import champion, dvc, git, process, serving, ui
from mainline.errors import MainlineError, ToolFailed
from mainline.package import bento

FOLDER = Path(".mainline/run")

# What the two branches try: one that most tables reward, and one that learns nothing.
BETTER = {
    "regression": ("sklearn.ensemble.RandomForestRegressor", {"n_estimators": 100, "min_samples_leaf": 3}),
    "classification": ("sklearn.ensemble.RandomForestClassifier", {"n_estimators": 100}),
}
WORSE = {
    "regression": ("sklearn.dummy.DummyRegressor", {}),
    "classification": ("sklearn.dummy.DummyClassifier", {"strategy": "prior"}),
}


@dataclass(frozen=True)
class Scratch:
    """A clone to play in, with an origin and a data remote of its own."""

    root: Path
    reports: Path

    def mainline(self, *arguments: str, expect: Sequence[int] = (0,)) -> int:
        """Run a verb as a user would, from the clone's own code.

        Returns:
            Its exit code.

        Raises:
            ToolFailed: it ended otherwise than expected.
        """
        ui.command(["mainline", *arguments])
        env = {"PYTHONPATH": str(self.root / "src"), **dvc.PLAIN}
        code = process.attach([sys.executable, "-m", "mainline", *arguments], cwd=self.root, env=env)
        if code not in expect:
            raise ToolFailed(f"mainline {arguments[0]}: ended with {code}; the scratch clone is {self.root}")
        return code

    def git(self, *arguments: str) -> None:
        """Run git in the clone, and show it."""
        ui.command(["git", *arguments])
        git.git(*arguments, root=self.root)


def play(root: Path) -> None:
    """Champion, better branch, merge, Bento, worse branch: each step with the real tools.

    Raises:
        MainlineError: a step did not end as it must.
    """
    began = time.monotonic()
    scratch = _scratch(root)
    ui.heading("1  The champion: the model that main's dvc.lock pins, built from the data")
    scratch.mainline("lock")
    _commit(scratch, "Build the champion")
    ui.heading("2  A branch with another model")
    certified = _propose(scratch, "better-model", BETTER, expect=(0, 3))
    ui.heading("3  The champion as a Bento, served over HTTP")
    tag = _serve(scratch)
    ui.heading("4  A branch with a worse model")
    _propose(scratch, "worse-model", WORSE, expect=(3,))
    if git.git("status", "--porcelain", root=scratch.root):
        raise MainlineError(f"the scratch clone {scratch.root} is not clean at the end")
    _summary(scratch, root, certified, tag, time.monotonic() - began)


def _scratch(root: Path) -> Scratch:
    """A bare origin with this project's HEAD as main, and a clone of it."""
    folder = root / FOLDER
    if git.dirty(root):
        ui.warn("changes that are not committed are left out: the run plays what HEAD has")
    shutil.rmtree(folder, ignore_errors=True)
    origin, clone = folder / "origin.git", folder / "clone"
    origin.mkdir(parents=True)
    git.git("init", "--quiet", "--bare", "--initial-branch=main", ".", root=origin)
    git.git("push", "--quiet", str(origin), "HEAD:refs/heads/main", root=root)
    git.git("clone", "--quiet", str(origin), str(clone), root=folder)
    for key, value in {"user.name": "Mainline", "user.email": "mainline@localhost", "commit.gpgsign": "false"}.items():
        git.git("config", key, value, root=clone)
    dvc.dvc("remote", "add", "--local", "--default", "scratch", str(folder / "data"), root=clone)
    champion.bring_own_table(root, clone)
    ui.good(f"scratch clone with an origin of its own: {os.path.relpath(clone)}")
    (folder / "reports").mkdir()
    return Scratch(clone, folder / "reports")


def _commit(scratch: Scratch, message: str) -> None:
    """Commit what the verbs left to commit, and share the data and the branch."""
    if git.dirty(scratch.root):
        scratch.git("commit", "--quiet", "--all", "--message", message)
    ui.command(["dvc", "push"])
    dvc.dvc("push", "--quiet", root=scratch.root)
    branch = git.git("branch", "--show-current", root=scratch.root)
    scratch.git("push", "--quiet", "origin", branch)


def _propose(scratch: Scratch, branch: str, models: dict[str, Any], expect: Sequence[int]) -> bool:
    """One pull request: branch, another model, lock, compare, report; and the merge, where the gate lets it."""
    scratch.git("switch", "--quiet", "--create", branch, "main")
    estimator, settings = models["regression" if _task(scratch) == "regression" else "classification"]
    _edit_params(scratch.root, estimator, settings)
    ui.say(f"  params.yaml: train.estimator is {estimator} now")
    scratch.mainline("lock")
    _commit(scratch, f"Try {estimator.rpartition('.')[2]}")
    certified = scratch.mainline("gate", "--base", "origin/main", expect=expect) == 0
    scratch.mainline("report", "--base", "origin/main")
    shutil.copy2(scratch.root / "report/index.html", scratch.reports / f"{branch}.html")
    scratch.git("switch", "--quiet", "main")
    if certified:
        scratch.git("merge", "--quiet", "--no-ff", "--message", f"Merge {branch}", branch)
        scratch.git("push", "--quiet", "origin", "main")
    ui.command(["dvc", "checkout"])
    dvc.dvc("checkout", "--quiet", "--force", root=scratch.root)
    return certified


def _task(scratch: Scratch) -> str:
    return str(json.loads((scratch.root / "models/signature.json").read_text())["task"])


def _edit_params(root: Path, estimator: str, settings: dict[str, Any]) -> None:
    """Put another model into params.yaml and leave its comments alone."""
    yaml, path = YAML(), root / "params.yaml"
    params = yaml.load(path.read_text())
    params["train"] |= {"estimator": estimator, "params": settings}
    with path.open("w") as stream:
        yaml.dump(params, stream)


def _serve(scratch: Scratch) -> str:
    """Package main's champion, serve it, and hold its answers to those it was judged by."""
    scratch.mainline("package")
    made = bento.build(scratch.root)
    with serving.serving(made, scratch.root.parent / "bento.log") as address:
        ui.good(f"{made.tag} answers at {address}")
        for name in ("dev", "sealed"):
            features = "data/dev.parquet" if name == "dev" else "data/sealed/features.parquet"
            rows = pd.read_parquet(scratch.root / features)
            wanted = pd.read_parquet(scratch.root / f"predictions/{name}.parquet").drop(columns="row_id")
            said = serving.predict(address, rows.drop(columns="row_id"))
            if not said.equals(wanted):
                raise MainlineError(
                    f"the Bento's answers for the {name} rows are not those of predictions/{name}.parquet"
                )
            ui.good(f"its answers for the {len(rows)} {name} rows equal predictions/{name}.parquet, to the last bit")
    return made.tag


def _summary(scratch: Scratch, root: Path, certified: bool, tag: str, seconds: float) -> None:
    ui.heading("What happened")
    ui.good(f"better-model: {'certified and merged' if certified else 'not certified, so not merged'}")
    ui.good("worse-model: not certified, not merged")
    ui.good(f"champion: {tag}, served and checked")
    ui.say("\nWhat a reviewer reads:")
    for page in sorted(scratch.reports.glob("*.html")):
        ui.say(f"  {os.path.relpath(page, root)}")
    ui.say(f"The history it left:  git -C {os.path.relpath(scratch.root, root)} log --graph --oneline")
    ui.say(f"It took {seconds:.0f} s. Your own tree is as it was.")
