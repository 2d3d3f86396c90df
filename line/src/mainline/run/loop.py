"""The act after the releases: weeks of traffic at full speed, in which the users' world changes; the line trains again.

Monitor, retraining, gate, canary and release are the real ones, typed as a person would. Simulated is the time alone:
the days lie in the past, since the monitor judges none that is not over.
"""

import datetime
from dataclasses import dataclass, field

from mainline import ledger
from mainline.monitor.verdict import EXIT
from mainline.run import live, outcome, proposals, release
from mainline.run.days import NEW, Plan, can_change
from mainline.run.host import Host
from mainline.run.live import Live
from mainline.run.outcome import CERTIFIED, NOT_CERTIFIED, REFUSED, Came, Outcome
from mainline.run.scratch import Scratch
from mainline.run.users import Tally
from mainline.run.weeks import WAIT, Stretch, Weeks
from mainline.tools import git

NAME, TAG = "retrained", "v1.1.0"
BRANCHES = "mainline/retrain-*"
UNFIT = 2  # what `mainline retrain` ends with where records lack a column: service.private may keep it out


def today() -> Plan:
    """The days that can be simulated now."""
    return Plan(datetime.datetime.now(datetime.UTC).date())


@dataclass
class Loop:
    """The act, as far as it came."""

    plan: Plan = field(default_factory=today)
    stretches: list[Stretch] = field(default_factory=list)
    """Of the version that was there, and of the retrained one."""
    came: Came = field(default_factory=Came)

    @property
    def said(self) -> Outcome:
        """What came of it."""
        return outcome.loop(self.came)


def play(loop: Loop, scratch: Scratch, host: Host, asked: Live) -> None:
    """Old world, new world, worse, trained again, in production, better: noted as it comes.

    Args:
        asked: rows that no model was made with, or measured on: those of the new world, once it has changed them.

    Raises:
        MainlineError: a tool failed.
    """
    tally = Tally(failed=loop.came.failed)
    columns = [column for column in live.signature(scratch)["columns"] if not column.get("clean")]  # which come raw
    if not can_change(columns):
        loop.came.why = "no column holds numbers or categories, so that nothing of the users' world can change here"
        return
    weeks = Weeks(scratch, host, live.measured(scratch), asked, columns, loop.plan, tally)
    _settle(scratch, weeks)
    loop.stretches.append(weeks.live(loop.plan.before))
    _see(scratch, loop)
    if loop.came.worse is None or not _train_again(scratch, loop):
        return
    with release.users_of(host, weeks.new, tally) as users:
        released = release.release(scratch, host, users, NAME, TAG)
    loop.came.released = released.state == "shown"
    if loop.came.released:
        loop.stretches.append(weeks.live(loop.plan.after))
        _look(scratch, loop.plan.after[-1])
        loop.came.after = loop.stretches[-1].rate(len(loop.plan.after))


def _settle(scratch: Scratch, weeks: Weeks) -> None:
    """Say where the records are, that labels come within a day, and that a branch is wanted."""
    scratch.edit_params("monitor", {"wait": WAIT})
    scratch.edit_params("retrain", {"mode": "pull_request", "records": weeks.records})
    scratch.commit("Train again on what production brings")


def _see(scratch: Scratch, loop: Loop) -> None:
    """Ask the monitor on the days on which it had something new to say."""
    told, days = loop.stretches[0].told, loop.stretches[0].days
    loop.came.squared = bool(told["risk"]["squared"])
    loop.came.before = loop.stretches[0].rate(NEW)
    worse = next((datetime.date.fromisoformat(each["day"]) for each in told["days"] if each["state"] == "worse"), None)
    drifted = datetime.date.fromisoformat(told["drifted"]) if told["drifted"] else None
    # the risk of a day's answers is known once their labels have come
    worse = worse and min(worse + datetime.timedelta(days=WAIT), days[-1])
    for day in sorted({each for each in (drifted, worse) if each}) or days[-1:]:
        _look(scratch, day)
    loop.came.drifted = loop.plan.number(drifted) if drifted else None
    loop.came.worse = loop.plan.number(worse) if worse else None


def _look(scratch: Scratch, day: datetime.date) -> None:
    scratch.mainline("monitor", "--until", str(day), expect=tuple(EXIT.values()))


def _train_again(scratch: Scratch, loop: Loop) -> bool:
    """A retraining's branch, judged and merged; or why not."""
    code = scratch.mainline("retrain", expect=(0, UNFIT))
    scratch.git("fetch", "--quiet", "origin")
    listed = git.git(
        "for-each-ref", "--format=%(refname:lstrip=3)", f"refs/remotes/origin/{BRANCHES}", root=scratch.root
    )
    if not listed:
        loop.came.why = (
            "its rows cannot be learnt from, as said above" if code else "no retraining is due, as said above"
        )
        return False
    branch = listed.split()[-1]
    loop.came.retrained = True
    scratch.git("switch", "--quiet", branch)
    proposals.checkout(scratch)
    code = scratch.mainline("gate", "--base", "origin/main", expect=(CERTIFIED, NOT_CERTIFIED, REFUSED))
    judged = [entry for entry in ledger.read(scratch.root).entries if entry["kind"] == "retrain"]
    loop.came.fresh = int(judged[-1]["fresh"][1]) if judged else 0
    loop.came.gate = code
    proposals.back_on_main(scratch, branch if code == CERTIFIED else None)
    return code == CERTIFIED
