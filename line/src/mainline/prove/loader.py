"""A process that has loaded what stages compute with, and forks one for each: shut in, in a folder of its own.

It runs the line's code and libraries, none of a project: whatever a stage does is done in a fork, and ends with it. So
nothing goes from one stage to the next, as with a Python for each.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from mainline.prove.closed import SHUT

LIBRARIES = ("pandas", "pyarrow.parquet", "pydantic", "ruamel.yaml", "sklearn.compose", "sklearn.tree", "skops.io")
"""Those of the process by which `mainline lock` builds (pipeline/warm.py); none works in a thread before it is used."""
APART = 0x00020000 | 0x40000000
"""Folders and network of one's own: CLONE_NEWNS and CLONE_NEWNET of Linux."""
DIES_WITH_PARENT = 1
"""PR_SET_PDEATHSIG of Linux."""
OPEN = "open"
"""Said of a stage that could not be shut in, and so was not begun."""


def serve() -> list[str] | None:
    """Fork a stage for each line of standard input, one after the other, and say in a line how it ended.

    Returns:
        In a fork, the stage's arguments; in this process None, once the input ends.
    """
    for line in sys.stdin:
        request = json.loads(line)
        ready, say = os.pipe()
        child = os.fork()
        if not child:
            os.close(ready)
            return _become(request, say)
        os.close(say)
        begun = os.read(ready, 1)
        os.close(ready)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status) if begun else OPEN, flush=True)
    return None


def _become(request: dict[str, Any], say: int) -> list[str]:
    """Be that stage's process: shut in where that is asked for, or gone; with its streams, folder and environment."""
    _die_with_parent()
    if request["shut"] is not None and not _shut_in(request["shut"]):
        os._exit(1)
    os.write(say, b"1")
    os.close(say)
    for number, path in enumerate((os.devnull, *request["streams"])):
        stream = os.open(path, os.O_RDWR)
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.path[:0] = [request["folder"], *request["environment"]["PYTHONPATH"].split(os.pathsep)]
    importlib.invalidate_caches()
    arguments: list[str] = request["arguments"]
    return arguments


def _shut_in(folders: Sequence[str]) -> bool:
    if ctypes.CDLL(None).unshare(APART):
        return False
    done = subprocess.run(["sh", "-c", SHUT, "sh", str(len(folders)), *folders, "true"], check=False)
    return done.returncode == 0


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(DIES_WITH_PARENT, signal.SIGKILL, 0, 0, 0)


def _load() -> None:
    for name in LIBRARIES:
        with contextlib.suppress(ImportError):  # the stage says what is missing
            importlib.import_module(name)
    gc.freeze()  # or each fork would copy all of it, to look for what it can free


if __name__ == "__main__":
    _die_with_parent()
    _load()
    if stage := serve():
        sys.argv[:] = stage
        runpy.run_module(stage[0], run_name="__main__", alter_sys=True)
