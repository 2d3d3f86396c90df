"""`mainline run`: plays the whole line in a scratch clone with a real origin, as a person would type it."""

import os
import time
from pathlib import Path

import pandas as pd

from mainline import git, serving, ui
from mainline.errors import MainlineError
from mainline.history import page as history
from mainline.package import alike
from mainline.package.pinned import Pinned
from mainline.run import host, page, proposals, release, scratch
from mainline.run.scratch import FOLDER, Scratch
from mainline.run.users import Tally

__all__ = ["FOLDER", "play"]

BROKEN = (
    ("faster-input", proposals.SKEW, "Scale numbers before the model sees them"),
    ("audit-trail", proposals.SLOW, "Wait for an audit trail"),
)


def play(root: Path) -> None:
    """Champion, better branch, merge, canary, release; two broken releases; worse branch: each with the real tools.

    Raises:
        MainlineError: a step did not end as it must.
    """
    began = time.monotonic()
    clone = scratch.prepare(root)
    ui.heading("1  The champion: the model that main's dvc.lock pins, built from the data")
    clone.mainline("lock")
    clone.commit("Build the champion")
    release.settle(clone)
    ui.heading("2  It goes into production, behind a router")
    with host.at_work(clone) as machine:
        release.first(clone, machine)
        _check(clone, machine)
        ui.heading("3  A branch with another model")
        certified = proposals.propose_model(clone, "better-model", proposals.BETTER, expect=(0, 3))
        told, tally = _releases(clone, machine, certified)
        ui.heading("7  A branch with a worse model")
        proposals.propose_model(clone, "worse-model", proposals.WORSE, expect=(3,))
    if git.git("status", "--porcelain", root=clone.root):
        raise MainlineError(f"the scratch clone {clone.root} is not clean at the end")
    told = [
        f"better-model: {'certified and merged' if certified else 'not certified, so not merged'}",
        *told,
        "worse-model: not certified, not merged",
        f"users got {tally.answered.total():,} answers; no request of theirs failed",
    ]
    page.write(clone.reports / "releases.html", clone.root, machine, told, tally)
    history.write(clone.root, clone.reports)
    _summary(clone, root, told, time.monotonic() - began)


def _releases(clone: Scratch, machine: host.Host, certified: bool) -> tuple[list[str], Tally]:
    """Three releases under load, one good and two bad; what became of each, and what the users saw."""
    told = []
    with release.users_of(clone, machine) as users:
        if certified:
            ui.heading("4  The merge goes out as a canary; a tag brings it into production, step by step")
            told.append(release.release(clone, machine, users, "better-model", "v1.0.0"))
        for number, (name, change, message) in enumerate(BROKEN, start=5):
            ui.heading(f"{number}  A release that the gate cannot fault, and that is broken: {message}")
            told.append(release.broken(clone, machine, users, name, change, message))
    return told, users.tally


def _check(clone: Scratch, machine: host.Host) -> None:
    """Hold the answers that come through the router to those that the champion was judged by."""
    pinned = Pinned.at_head(clone.root)
    said = serving.predict(f"http://127.0.0.1:{machine.port}", alike.questions(pinned))
    wanted: pd.DataFrame = alike.answers(pinned)
    if wrong := alike.differing(said, wanted):
        raise MainlineError(f"{wrong} of {len(wanted)} dev rows are answered otherwise than predictions/dev.parquet")
    ui.good(f"its answers for the {len(wanted)} dev rows equal predictions/dev.parquet, to the last bit")


def _summary(clone: Scratch, root: Path, told: list[str], seconds: float) -> None:
    ui.heading("What happened")
    for each in told:
        ui.good(each)
    ui.say("\nWhat to look at:")
    for path in sorted(clone.reports.glob("*.html")):
        ui.say(f"  {os.path.relpath(path, root)}")
    ui.say(f"The history it left:  git -C {os.path.relpath(clone.root, root)} log --graph --oneline")
    ui.say(f"It took {seconds:.0f} s. Your own tree is as it was.")
