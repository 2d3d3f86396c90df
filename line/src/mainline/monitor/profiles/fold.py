"""Folds a folder's new records into counts: some lines at a time, in one transaction with how far one has come."""

import fcntl
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from mainline.monitor.profiles import lines, records
from mainline.monitor.profiles.intake import Folded, Intake
from mainline.monitor.profiles.joins import DAY
from mainline.monitor.profiles.plan import Plan
from mainline.monitor.profiles.records import FAULTS
from mainline.monitor.profiles.store import Store

WAIT = 28 * DAY
"""Labels are waited for at least so long, where there is room."""
Clock = Callable[[], float]


def fold(store: Store, folder: Path, clock: Clock = time.time) -> Folded:
    """Count what a folder of records holds and was not counted yet.

    Raises:
        MonitorError: the database cannot be written; what was counted stays counted.
    """
    folder, found, now = folder.resolve(), Folded(), int(clock() * 1e6)
    intake = Intake(store, now)
    there = sorted(folder.glob("records-*.jsonl"))
    for path in there:
        try:
            with path.open("rb") as file:
                found.add(_of_file(store, intake, path, file))
        except FileNotFoundError:  # the service made room
            continue
        except OSError as error:
            found.problems.append(f"{path}: cannot be read ({error.strerror}); it is tried again")
    with store.transaction():
        if gone := store.vanished(folder, (path.name for path in there)):
            mend = "let the service keep more, by RECORDS_MAX_MB"
            found.problems.append(f"{folder}: {gone[0]} was removed before its end was counted; {mend}")
        if (youngest := store.trim()) > now - WAIT:
            days = (now - youngest) // DAY
            found.problems.append(
                f"{store.path}: full of predictions without a label; labels after {days} days are lost"
            )
    return found


def _of_file(store: Store, intake: Intake, path: Path, file: BinaryIO) -> Folded:
    """Count a file, as far as its lines are whole."""
    found = Folded()
    beginning = lines.beginning(file)
    if beginning is None:
        return found
    written = _written(file)
    plan, said, why = _understood(beginning.first)
    known = store.offset(beginning.identity)
    while lines.read(file, known[0] if known else 0).news or known is None or known[1] != written:
        with store.transaction():
            version = intake.version(plan, said) if plan else None
            if plan and version is None:
                why = "of a file that says otherwise than an earlier one how its version is counted"
            known = store.offset(beginning.identity)  # somebody else may count it, too
            chunk = lines.read(file, known[0] if known else 0)
            news = intake.take(chunk.lines, plan, version, why)
            news.passed["too large"] += chunk.too_large
            store.advance(beginning.identity, path, chunk.end, written=written)
        known = chunk.end, written
        found.add(news)
    found.passed = +found.passed
    found.problems += [f"{path}: {count:,} lines are passed over, {why}" for why, count in found.passed.items()]
    if plan and plan.left_out and found.rows:
        found.problems.append(f"{path}: {plan.left_out} columns are not counted; there are too many")
    return found


def _understood(first: bytes) -> tuple[Plan | None, dict[str, object], str]:
    """How a file is counted, out of its first line; else why its predictions are not."""
    try:
        said = records.parse(first)
        if said.get("kind") != "columns":
            return None, {}, "of a file that does not say what its columns are"
        return Plan.of(said), said, ""
    except FAULTS:
        return None, {}, "of a file whose first line is damaged"


def _written(file: BinaryIO) -> bool:
    """Whether a service has the file at work: it locks the one that it writes."""
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    fcntl.flock(file, fcntl.LOCK_UN)
    return False
