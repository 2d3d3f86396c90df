"""`mainline run`: plays the whole line in a scratch clone with a real origin, as a person would type it."""

import os
import time

import pandas as pd

from mainline import ui
from mainline.errors import MainlineError
from mainline.package import alike, serving
from mainline.package.pinned import Pinned
from mainline.project import Project
from mainline.run import host, live, loop, outcome, page, proposals, record, release, scratch
from mainline.run.live import Live, tolerance
from mainline.run.loop import Loop
from mainline.run.outcome import Outcome
from mainline.run.record import Began
from mainline.run.scratch import FOLDER, Scratch
from mainline.run.users import Tally
from mainline.tools import git

__all__ = ["FOLDER", "play"]


def play(project: Project) -> None:
    """Champion, better branch, merge, canary, release; two broken releases; worse branch; weeks later a retraining.

    Each with the real tools.

    Raises:
        MainlineError: something happened that the run does not mean to show; the page tells all of it.
    """
    start = time.monotonic()
    began = Began(project.commit_of("HEAD"))
    clone = scratch.prepare(project)
    proposals.require_service(clone)
    ui.heading("1  The champion: the model that main's dvc.lock pins")
    clone.mainline("lock")
    clone.commit("Build the champion", built=True)
    began.model = clone.project.lock.model
    release.settle(clone)
    ui.heading("2  It goes into production, behind a router")
    told: list[Outcome] = []
    tally, weeks = Tally(), Loop()
    with host.at_work(clone, tolerance(clone)) as machine:
        try:
            release.first(clone, machine)
            began.seconds = time.monotonic() - start
            began.answers = _check(clone, machine)
            _acts(clone, machine, told, tally, weeks)
        except MainlineError as error:  # what was seen until then is on the page all the same
            told.append(Outcome("the run", f"stopped there; {error}", "wrong"))
    page.write(clone.reports / "releases.html", clone.project, machine, told, tally, weeks)
    page.write_history(clone)
    record.keep(project, began, told, weeks.came)
    _summary(clone, project, told, time.monotonic() - start)


def _acts(clone: Scratch, machine: host.Host, told: list[Outcome], tally: Tally, weeks: Loop) -> None:
    """All that is shown with a host at work; what comes of each step is told as it comes."""
    ui.heading("3  A branch with another model")
    code, other = proposals.propose_model(clone, "better-model", proposals.BETTER)
    better = outcome.better("better-model", code, other=other)
    told.append(better)
    proposals.back_on_main(clone, "better-model" if better.state == "shown" else None)
    asked = live.live(clone)
    _releases(clone, machine, asked, told, tally)
    ui.heading("7  A branch with a worse model")
    code, other = proposals.propose_model(clone, "worse-model", proposals.WORSE)
    told.append(outcome.worse("worse-model", code, other=other))
    proposals.back_on_main(clone, None)
    ui.heading("8  Weeks later, by simulated days: the users' world changes, and the line trains again")
    loop.play(weeks, clone, machine, asked)
    told.append(weeks.said)
    if changed := git.dirty(clone.root):
        told.append(Outcome("the scratch clone", f"not clean at the end: {changed[0]}", "wrong"))


def _releases(clone: Scratch, machine: host.Host, asked: Live, told: list[Outcome], tally: Tally) -> None:
    """Three releases under load, one good and two bad, and what the users saw."""
    with release.users_of(machine, asked, tally) as users:
        ui.heading("4  The merge goes out as a canary; a tag brings it into production, step by step")
        good = told[-1].name
        if told[-1].state != "shown":
            ui.say("  the other model was not merged, so that a new version of the champion goes this way")
            good = "same-model"
            proposals.propose_words(clone, good)
        told.append(release.release(clone, machine, users, good, "v1.0.0"))
        for number, each in enumerate(proposals.BROKEN, start=5):
            ui.heading(f"{number}  A release that the gate cannot fault, and that is broken: {each.message}")
            told.append(release.broken(clone, machine, users, each))
    told.append(outcome.users(tally.answered.total(), tally.failed))


def _check(clone: Scratch, machine: host.Host) -> int:
    """Hold the answers that come through the router to those that the champion was judged by.

    Returns:
        How many they are.

    Raises:
        MainlineError: some differ.
    """
    pinned = Pinned.at_head(clone.project)
    said = serving.predict(f"http://127.0.0.1:{machine.port}", alike.questions(pinned))
    wanted: pd.DataFrame = alike.answers(pinned)
    if wrong := alike.differing(said, wanted):
        raise MainlineError(f"{wrong} of {len(wanted)} dev rows are answered otherwise than predictions/dev.parquet")
    ui.good(f"its answers for the {len(wanted)} dev rows equal predictions/dev.parquet, to the last bit")
    return len(wanted)


def _summary(clone: Scratch, project: Project, told: list[Outcome], seconds: float) -> None:
    """Say what came of each step, and where to look.

    Raises:
        MainlineError: something came of one that the run does not mean to show.
    """
    ui.heading("What happened")
    for each in told:
        ui.outcome(each.mark, str(each))
    ui.say("\nWhat to look at:")
    for path in sorted(clone.reports.glob("*.html")):
        ui.say(f"  {os.path.relpath(path, project.root)}")
    ui.say(f"The history it left:  git -C {os.path.relpath(clone.root, project.root)} log --graph --oneline")
    ui.say(f"It took {seconds:.0f} s. Your own tree is as it was.")
    if wrong := outcome.unmeant(told):
        raise MainlineError(wrong)
