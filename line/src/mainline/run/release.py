"""The way to production in `mainline run`: a canary that is promoted, and two that go back by themselves."""

from contextlib import suppress
from typing import Any

from mainline import ui
from mainline.errors import MainlineError
from mainline.host.model import Block
from mainline.host.state import Memory
from mainline.package.pinned import Pinned
from mainline.run import outcome, proposals
from mainline.run.host import CALM, Host
from mainline.run.live import Live
from mainline.run.outcome import Outcome
from mainline.run.proposals import Broken
from mainline.run.scratch import Scratch
from mainline.run.users import Tally, Users

LAG = 1.0  # seconds until a label is known
JUDGED_WITHIN = 300.0  # seconds, from a push; on a machine with other work, too
SERVED_WITHIN = 180.0
# what is judged in minutes or hours elsewhere must be shown in seconds here, with fewer requests, and by these rules
# whatever a project's own are; drift asks for a person, and nobody is here
HASTE: dict[str, Any] = {
    "strategy": "canary",
    "share": 0.3,
    "steps": [0.5, 1.0],
    "interval": 1,
    "minimum": 4,
    "timeout": JUDGED_WITHIN,
    "on_timeout": "hold",
    "baseline": 500,
    "user_header": "x-user",
    "signals": {
        "errors": {"margin": 0.02},
        "refusals": {"margin": 0.02},
        "latency": {"floor_ms": 40, "p50": 0.1, "p95": 0.1, "p99": 0.1},
        "labels": {"margin": 0.05, "wait": 10},
        "drift": False,
    },
}
FEW = 8  # decisions that the gate is asked for here, at most: the fewer, the smaller the gain that few rows can show


def settle(scratch: Scratch) -> None:
    """Have canaries judged by little, and the gate asked a few times only, so that one can watch."""
    scratch.edit_params("canary", HASTE)
    scratch.edit_params("gate", {"life": min(FEW, scratch.project.gate.life), "max_mde": 1.0})
    scratch.commit("Judge within seconds, for a demonstration")


def first(scratch: Scratch, host: Host) -> str:
    """The champion goes into production; there is nothing to judge it by.

    Returns:
        Its version.
    """
    version = _package(scratch, host, "champion")
    scratch.mainline("deploy", "production", "--version", version, "--push")
    host.wait("the first version", lambda memory: _in_production(memory, version), None, SERVED_WITHIN)
    ui.good(f"{version} is in production behind the router, at http://127.0.0.1:{host.port}")
    return version


def release(scratch: Scratch, host: Host, users: Users, name: str, tag: str) -> Outcome:
    """A canary that is good: judged, tagged, released in steps."""
    version = _package(scratch, host, name)
    scratch.mainline("deploy", "canary", "--push")
    became, why = _judged(host, version, users)
    if became != "passed":
        return _told(outcome.promoted(name, tag, _by(host, version, became), why))
    ui.good(f"{name} has passed as a canary")
    scratch.git("tag", "--annotate", "--message", f"Release {tag}", tag)
    scratch.git("push", "--quiet", "origin", tag)
    scratch.mainline("deploy", "production", "--push")
    became, why = _released(host, version, users)
    if became == "in production":
        host.names[version] = f"{name}, {tag}"
    return _told(outcome.promoted(name, tag, became, why))


def broken(scratch: Scratch, host: Host, users: Users, what: Broken) -> Outcome:
    """Merge a change that breaks the service where the gate does not look: its canary goes back without anybody."""
    proposals.propose_service(scratch, what.name, what.change, what.message)
    version = _package(scratch, host, what.name)
    scratch.mainline("deploy", "canary", "--push")
    became, why = _judged(host, version, users)
    harmed = outcome.harmed(_opinion_of(host.look(), version), scratch.project.canary.alpha)
    if became == "rolled back":
        host.wait("the end of the canary", lambda memory: memory.state.other is None, users, SERVED_WITHIN)
    merge = scratch.project.git("log", "-1", "--format=%H", f"--grep=^Merge {what.name}$")
    scratch.git("revert", "--no-edit", "--mainline", "1", merge)
    scratch.git("push", "--quiet", "origin", "main")
    return _told(outcome.taken_back(what.name, what.signal, became, why, harmed))


def _released(host: Host, version: str, users: Users) -> tuple[str, str]:
    """Wait until it has all the users, or none any more.

    Returns:
        in production, or what else became of it, and why.
    """

    def settled(memory: Memory) -> bool:
        return _in_production(memory, version) or _bar(memory, version) is not None

    with suppress(MainlineError):
        bar = _bar(host.wait("the release", settled, users, JUDGED_WITHIN), version)
        return (_by(host, version, "rolled back"), bar.why) if bar else ("in production", "judged at each step")
    return "held", _reason(host.look())


def _judged(host: Host, version: str, users: Users) -> tuple[str, str]:
    """Wait for the judge.

    Returns:
        passed, rolled back, or held where there is no answer in time, and why.
    """

    def settled(memory: Memory) -> bool:
        return _has_passed(memory, version) or _bar(memory, version) is not None

    with suppress(MainlineError):  # a table of one's own may be one where the judge sees neither
        memory = host.wait("an answer of the judge", settled, users, JUDGED_WITHIN)
        bar = _bar(memory, version)
        return ("rolled back", bar.why) if bar else ("passed", "")
    return "held", _reason(host.look())


def _reason(memory: Memory) -> str:
    """The judge's last words."""
    return str((memory.opinion or {"reason": "nobody asked it"})["reason"]).removeprefix("held: ")


def _by(host: Host, version: str, became: str) -> str:
    """A version that went back without the judge was given up by the agent: it died, or was never ready."""
    judged = (_opinion_of(host.look(), version) or {}).get("answer") == "rollback"
    return "failed" if became == "rolled back" and not judged else became


def _opinion_of(memory: Memory, version: str) -> dict[str, Any] | None:
    """The judge's last opinion of a version; None where it has judged another last, or none."""
    return memory.opinion if memory.judged.startswith(f"{version} ") else None


def _told(what: Outcome) -> Outcome:
    ui.outcome(what.mark, str(what))
    return what


def users_of(host: Host, asked: Live, tally: Tally) -> Users:
    """People who ask about live rows, as long as their block runs.

    Args:
        tally: what they see is counted here.
    """
    return Users(host.port, asked.rows, asked.labels, rate=CALM, lag=LAG, tally=tally, key=host.key)


def _package(scratch: Scratch, host: Host, name: str) -> str:
    scratch.mainline("package")
    version = Pinned.at_head(scratch.project).tag.partition(":")[2]
    host.names[version] = name
    return version


def _in_production(memory: Memory, version: str) -> bool:
    production = memory.state.production
    return bool(production and production.up and production.release.version == version and memory.state.other is None)


def _has_passed(memory: Memory, version: str) -> bool:
    other = memory.state.other
    return bool(other and other.release.version == version and other.phase == "passed")


def _bar(memory: Memory, version: str) -> Block | None:
    return next((bar for bar in memory.state.barred if bar.version == version), None)
