"""The way to production in `mainline run`: a canary that is promoted, and two that go back by themselves."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pandas as pd

from mainline import config, git, process, ui
from mainline.errors import MainlineError
from mainline.host.model import Bar
from mainline.host.state import Memory
from mainline.package.pinned import Pinned
from mainline.run import proposals
from mainline.run.host import Host
from mainline.run.scratch import Scratch
from mainline.run.users import Users

RATE = 250.0  # requests a second, of all users together
LAG = 1.0  # seconds until a label is known
JUDGED_WITHIN = 120.0  # seconds, from a push
# what is judged in minutes or hours elsewhere must be shown in seconds here, with fewer requests
HASTE = {
    "share": 0.3,
    "steps": [0.5, 1.0],
    "interval": 1,
    "minimum": 4,
    "timeout": 120,
    "baseline": 500,
    "signals": {
        "errors": {"margin": 0.02},
        "refusals": {"margin": 0.02},
        "latency": {"p50": 0.1, "p95": 0.1, "p99": 0.1},
        "labels": {"margin": 0.05},
        "drift": {"margin": 0.2},
    },
}


def settle(scratch: Scratch) -> None:
    """Have canaries judged by little, so that one can watch."""
    scratch.edit_params("canary", HASTE)
    scratch.commit("Judge canaries within seconds, for a demonstration")


def first(scratch: Scratch, host: Host) -> str:
    """The champion goes into production; there is nothing to judge it by.

    Returns:
        Its version.
    """
    version = _package(scratch, host, "champion")
    scratch.mainline("deploy", "production", "--version", version, "--push")
    host.wait("the first version", lambda memory: _in_production(memory, version), None, 60)
    ui.good(f"{version} is in production behind the router, at http://127.0.0.1:{host.port}")
    return version


def release(scratch: Scratch, host: Host, users: Users, name: str, tag: str) -> str:
    """A canary that is good: judged, tagged, released in steps.

    Returns:
        What became of it, in words.
    """
    version = _package(scratch, host, name)
    scratch.mainline("deploy", "canary", "--push")
    outcome, why = _judged(host, version, users)
    if outcome != "passed":
        return _told(name, outcome, why)
    ui.good(f"{name} has passed as a canary")
    scratch.git("tag", "--annotate", "--message", f"Release {tag}", tag)
    scratch.git("push", "--quiet", "origin", tag)
    scratch.mainline("deploy", "production", "--push")
    host.wait("the release", lambda memory: _in_production(memory, version), users, 120)
    host.names[version] = f"{name}, {tag}"
    return _told(name, f"in production as {tag}", "judged at each step")


def broken(scratch: Scratch, host: Host, users: Users, name: str, change: tuple[str, str, str], message: str) -> str:
    """Merge a change that breaks the service where the gate does not look: its canary goes back without anybody.

    Returns:
        What became of it, in words.
    """
    proposals.propose_service(scratch, name, change, message)
    version = _package(scratch, host, name)
    scratch.mainline("deploy", "canary", "--push")
    outcome, why = _judged(host, version, users)
    if outcome == "rolled back":
        host.wait("the end of the canary", lambda memory: memory.state.other is None, users, 60)
    merge = git.git("log", "-1", "--format=%H", f"--grep=^Merge {name}$", root=scratch.root)
    scratch.git("revert", "--no-edit", "--mainline", "1", merge)
    scratch.git("push", "--quiet", "origin", "main")
    return _told(name, outcome, why)


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
    opinion = host.look().opinion or {"reason": "nobody asked it"}
    return "held", str(opinion["reason"]).removeprefix("held: ")


def _told(name: str, outcome: str, why: str) -> str:
    said = f"{name}: {outcome}{f'; {why}' if why else ''}"
    ui.good(said)
    return said


@contextmanager
def users_of(scratch: Scratch, host: Host) -> Iterator[Users]:
    """People who ask about live rows, as long as the block runs.

    Raises:
        MainlineError: a request of theirs failed.
    """
    rows, labels = live(scratch)
    with Users(host.port, rows, labels, rate=RATE, lag=LAG) as users:
        yield users
    if failed := users.tally.failed:
        raise MainlineError(f"{len(failed)} requests of users failed; the first: {failed[0]}")


def live(scratch: Scratch) -> tuple[list[dict[str, Any]], list[Any]]:
    """Rows for users to ask about, and their labels: those that data.rows leaves out; without it, the dev rows."""
    told = (config.read(scratch.root).get("data") or {}).get("rows")
    signature = json.loads((scratch.root / "models/signature.json").read_text())
    path = scratch.root / "data/dev.parquet"
    if isinstance(told, str) and told.startswith(":"):
        path = _rest(scratch, told)
    table = pd.read_parquet(path)
    target = signature["target"]
    labels = table[target]
    if classes := signature.get("classes"):  # a regression has none
        known = {str(name): name for name in classes}
        keep = labels.astype(str).isin(known)
        table, labels = table[keep], labels[keep].astype(str).map(known)
    names = [column["name"] for column in signature["columns"] if column["kind"] != "ignored"]
    rows = json.loads(table[names].to_json(orient="records", date_format="iso", double_precision=15))
    return rows, json.loads(labels.to_json(orient="values"))


def _rest(scratch: Scratch, told: str) -> Path:
    """Read the rows that the pipeline was not given, by its own first stages in a worktree."""
    tree = scratch.folder / "live"
    git.git("worktree", "add", "--quiet", "--detach", str(tree), "main", root=scratch.root)
    aside = Scratch(tree, scratch.folder)
    aside.edit_params("data", {"rows": told.removeprefix(":") + ":"})
    for stage in ("ingest", "validate"):
        process.capture([sys.executable, "-m", "pipeline", stage], cwd=tree, env={"PYTHONPATH": str(tree / "src")})
    return tree / "data/valid.parquet"


def _package(scratch: Scratch, host: Host, name: str) -> str:
    scratch.mainline("package")
    version = Pinned.at_head(scratch.root).tag.partition(":")[2]
    host.names[version] = name
    return version


def _in_production(memory: Memory, version: str) -> bool:
    production = memory.state.production
    return bool(production and production.up and production.release.version == version and memory.state.other is None)


def _has_passed(memory: Memory, version: str) -> bool:
    other = memory.state.other
    return bool(other and other.release.version == version and other.phase == "passed")


def _bar(memory: Memory, version: str) -> Bar | None:
    return next((bar for bar in memory.state.barred if bar.version == version), None)
