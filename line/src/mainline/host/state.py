"""What the agent remembers between two breaths: one file, replaced whole, and a lock so that one agent writes it."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from mainline.errors import MainlineError, ToolFailed
from mainline.host.model import Block, Placed, Release, State

FILE, LOCK = "state.json", "lock"
FORMAT = 1


@dataclass(frozen=True)
class Memory:
    """All that a restarted agent needs to go on where it was."""

    state: State = field(default_factory=State)
    services: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Per slot, what finds its process or container again."""
    judge: dict[str, Any] | None = None
    """The evidence about the candidate, as the judge keeps it."""
    judged: str = ""
    """The version and slot that the evidence is about."""
    opinion: dict[str, Any] | None = None
    """The judge's last answer, for people."""
    outbox: tuple[dict[str, Any], ...] = ()
    """Events that are not in the ledger yet."""
    clock: float = 0.0
    """For how many seconds agents of this folder have worked."""


def load(folder: Path) -> Memory:
    """Read what was kept; an empty memory where there is none.

    Raises:
        MainlineError: the file is not one of ours.
    """
    path = folder / FILE
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        if said.pop("format") != FORMAT:
            raise ValueError("another format")
        return Memory(**{**said, "state": state_from(said["state"]), "outbox": tuple(said["outbox"])})
    except FileNotFoundError:
        return Memory()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise MainlineError(
            f"{path}: cannot be read ({error}); put a copy back, or remove it: what runs is then started anew"
        ) from None


def save(folder: Path, memory: Memory) -> None:
    """Keep it, whole or not at all, and on the disk before this returns.

    Raises:
        ToolFailed: it cannot be written.
    """
    path, partial = folder / FILE, folder / f"{FILE}.partial"
    text = json.dumps({"format": FORMAT, **asdict(replace(memory, state=State())), "state": state_to(memory.state)})
    try:
        with partial.open("w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(partial, path)
        directory = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except OSError as error:
        raise ToolFailed(f"{path}: cannot be written ({error.strerror}); nothing is changed until it can be") from None


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Be the only agent of this folder for as long as the block runs.

    Raises:
        MainlineError: another one is, or the folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise MainlineError(f"{folder}: cannot be written ({error.strerror}); give --state another folder") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise MainlineError(f"{folder}: another agent works here; stop it first, or give --state another") from None
    try:
        yield
    finally:
        os.close(handle)


def state_to(state: State) -> dict[str, Any]:
    """The state as JSON holds it."""
    return dict(json.loads(json.dumps(asdict(state))))


def state_from(said: dict[str, Any]) -> State:
    """The state out of JSON.

    Raises:
        KeyError, TypeError: it lacks something, or has too much.
    """
    return State(
        production=_placed(said["production"]),
        other=_placed(said["other"]),
        wanted_canary=Release(**said["wanted_canary"]) if said["wanted_canary"] else None,
        wanted_production=Release(**said["wanted_production"]) if said["wanted_production"] else None,
        former=tuple(said["former"]),
        barred=tuple(Block(**{**block, "words": tuple(block["words"])}) for block in said["barred"]),
    )


def _placed(said: dict[str, Any] | None) -> Placed | None:
    if not said:
        return None
    # an agent of before only knew how often, not when
    deaths = tuple(said["deaths"]) if isinstance(said["deaths"], list) else ()
    more = {"release": Release(**said["release"]), "deaths": deaths, "words": tuple(said.get("words", ()))}
    return Placed(**{**said, **more})
