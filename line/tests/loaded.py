"""Warm processes that have the libraries from the start: forked from one that loads them once, for all tests.

What a project's own code does in them is the same; that the real ones load what they need, tools/test_warm.py shows.
"""

import atexit
import multiprocessing
import os
import runpy
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import reduction
from pathlib import Path
from typing import Any

LIBRARIES = ["mlflow.sklearn", "mlflow.data.pandas_dataset", "mlflow.data.code_dataset_source", "botocore.exceptions"]
TOP = str(Path(__file__).parents[2])


def loader() -> Any:
    """What forks such processes: a process that has loaded the stages' libraries, from the first one on."""
    from pipeline import warm

    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"  # read as it is loaded
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*warm.LOADED, *LIBRARIES])
    return context


@contextmanager
def forked(context: Any, listener: socket.socket, root: Path, env: Mapping[str, str]) -> Iterator[None]:
    """In place of `mainline.tools.warm.process`: for as long as the block runs."""
    end, ours = os.pipe()
    descriptors = reduction.DupFd(listener.fileno()), reduction.DupFd(end)
    child = context.Process(target=_become, args=(*descriptors, str(root), dict(env)))
    child.start()
    os.close(end)
    try:
        yield
    finally:
        os.close(ours)
        child.join()


def _become(listener: Any, end: Any, root: str, env: dict[str, str]) -> None:
    """Be what `python -m pipeline --warm` is in that folder and environment."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for number, descriptor in enumerate((end.detach(), nothing, nothing)):
        os.dup2(descriptor, number)
    os.chdir(root)
    os.environ.clear()
    os.environ.update(env)
    sys.path[:] = [root, *env["PYTHONPATH"].split(os.pathsep), *(path for path in sys.path if path not in ("", TOP))]
    sys.stdin = os.fdopen(0, closefd=False)  # multiprocessing has put nothing in its place
    sys.argv = ["pipeline", "--warm", str(listener.detach())]
    try:
        runpy.run_module("pipeline", run_name="__main__", alter_sys=True)
    finally:
        atexit._run_exitfuncs()  # multiprocessing leaves without
