"""What shuts a process in: no network, and some of the machine's folders empty; Linux alone can, where it lets one."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

# the first word counts the folders that follow; joblib and others talk to themselves over the loopback
SHUT = (
    "(ip link set lo up || true) 2>/dev/null; n=$1; shift; "
    'while [ "$n" -gt 0 ]; do mount -t tmpfs none "$1" || exit 99; shift; n=$((n - 1)); done; exec "$@"'
)
BY_ONESELF = ("unshare", "-rnm")
BY_SUDO = ("sudo", "-n", "unshare", "-nm")  # Ubuntu from 24.04 on lets nobody else; a runner of GitHub has it
TRIES = (BY_ONESELF, BY_SUDO)


def words(folders: Sequence[Path], env: Mapping[str, str]) -> list[str]:
    """What goes before a command to shut it in; nothing where this machine cannot.

    Args:
        folders: that are empty for it.
        env: its environment, which sudo would not hand on.
    """
    found = _way()
    if found is None:
        return []
    before = [*found, "sh", "-c", SHUT, "sh", str(len(folders)), *map(str, folders)]
    return [*before, *_as_oneself(env)] if found == BY_SUDO else before


def possible() -> bool:
    """Whether this machine can."""
    return _way() is not None


def without_folders() -> list[str] | None:
    """What goes before the command of a process that shuts its children in: it may do so then.

    Returns:
        Nothing where this machine can shut no process in; None where only an administrator can.
    """
    found = _way()
    return None if found == BY_SUDO else list(found or ())


@cache
def _way() -> tuple[str, ...] | None:
    return next((each for each in TRIES if shutil.which(each[0]) and _works(each)), None)


def _works(way: Sequence[str]) -> bool:
    oneself = _as_oneself({}) if way == BY_SUDO else []
    command = [*way, "sh", "-c", SHUT, "sh", "1", tempfile.gettempdir(), *oneself, "/bin/true"]
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _as_oneself(env: Mapping[str, str]) -> list[str]:
    """What makes the administrator the user again, with the user's environment."""
    who = ("--reuid", str(os.getuid()), "--regid", str(os.getgid()), "--clear-groups")
    return ["setpriv", *who, "env", "-i", *(f"{name}={value}" for name, value in env.items())]
