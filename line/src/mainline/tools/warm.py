"""One process that loads the pipeline's libraries once, for all stages of a rebuild (pipeline/warm.py)."""

import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from mainline.tools import process
from mainline.tools.stages import PINNED

SOCKET, OWN = "PIPELINE_WARM", "src/pipeline/warm.py"
_open: dict[tuple[Path, frozenset[tuple[str, str]]], dict[str, str]] = {}


@contextmanager
def stages(root: Path, env: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Let the stages that start while the block runs share such a process, where the project and the system can.

    A block in a block shares the outer one's, where tree and environment are the same.

    Args:
        env: what the stages' environment has beside this process's.

    Yields:
        The same, with the address at which a stage finds it.
    """
    key = root.resolve(), frozenset(env.items())
    if key in _open:
        yield dict(_open[key])
        return
    with _begun(root, env) as shared:
        _open[key] = shared
        try:
            yield dict(shared)
        finally:
            del _open[key]


@contextmanager
def _begun(root: Path, env: Mapping[str, str]) -> Iterator[dict[str, str]]:
    if sys.platform != "linux" or not any((root / each).is_file() for each in (OWN, PINNED)):
        yield dict(env)
        return
    with TemporaryDirectory(prefix="mainline-") as folder, socket.socket(socket.AF_UNIX) as listener:
        shared = {**env, SOCKET: str(Path(folder, "stages"))}
        try:
            listener.bind(shared[SOCKET])
        except OSError:  # the name of a folder can be too long for a socket
            yield dict(env)
            return
        listener.listen()
        with running(listener, root, process.environment(shared)):
            listener.close()
            yield shared


@contextmanager
def running(listener: socket.socket, root: Path, env: Mapping[str, str]) -> Iterator[None]:
    """The process itself, for as long as the block runs."""
    with subprocess.Popen(
        [sys.executable, "-m", "pipeline", "--warm", str(listener.fileno())],
        cwd=root,
        env=env,
        stdin=subprocess.PIPE,  # its end is the process's end, however this one ends
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[listener.fileno()],
        start_new_session=True,  # a stage gets Ctrl-C once: from whoever started it
    ):
        yield
