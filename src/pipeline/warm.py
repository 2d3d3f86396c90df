"""Runs stages in children of one process that has loaded the libraries: loading them is most of what a stage costs.

`mainline lock` starts that process, and names its socket in the environment of DVC. There `python -m pipeline STAGE`
asks it to run the stage: in the same folder, with the same output, and with every signal passed on. Where there is
no such process, or one in another environment, the stage runs by itself; the outcome is the same.
"""

import contextlib
import gc
import hashlib
import importlib
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Iterator
from typing import Any, TextIO

SOCKET = "PIPELINE_WARM"
LOADED = ("pandas", "pyarrow.parquet", "pydantic", "ruamel.yaml", "sklearn.compose", "sklearn.tree", "skops.io")
"""Libraries only: the project's own modules are loaded by each stage, as they stand then."""
OF_A_STAGE = ("DVC_ROOT", "DVC_STAGE", "PATH", "PS1", "PWD", "OLDPWD", "SHLVL", "_")
"""What DVC and its shell set anew, or take away, for each stage; no library reads it while it is loaded."""
PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def ask(arguments: list[str]) -> int | None:
    """Let the warm process run a stage; answer its exit code, or None where there is no such process for it."""
    with socket.socket(socket.AF_UNIX) as connection, connection.makefile() as answers:
        try:
            connection.connect(os.environ[SOCKET])
            socket.send_fds(connection, [json.dumps(_request(arguments)).encode()], [0, 1, 2])
            ready = answers.readline()
        except OSError:
            return None
        return _passing_signals_on(connection, answers) if ready else None


def _passing_signals_on(connection: socket.socket, answers: TextIO) -> int:
    """Let the stage begin once no signal can end this process alone, and wait for it."""
    child: list[int] = []
    early: list[int] = []

    def pass_on(number: int, _: object) -> None:
        if child:
            _send(child[0], number)
        else:
            early.append(number)

    for signal_ in PASSED_ON:
        signal.signal(signal_, pass_on)
    with _woken() as woken, contextlib.suppress(OSError):
        connection.sendall(b"\n")
        if started := _line(connection, answers, woken):
            child.append(int(started))
            for number in early:
                _send(child[0], number)
            if ended := _line(connection, answers, woken):
                code = int(ended)
                return code if code >= 0 else 128 - code  # as a shell says that a signal ended it
    for process in child:  # nobody waits for it any more
        _send(process, signal.SIGTERM)
    return 128 + signal.SIGTERM


@contextlib.contextmanager
def _woken() -> Iterator[socket.socket]:
    """What can be read from once a signal has come: one that came just before a wait would be heard after it."""
    woken, wakes = socket.socketpair()
    with woken, wakes:
        wakes.setblocking(False)
        before = signal.set_wakeup_fd(wakes.fileno(), warn_on_full_buffer=False)
        try:
            yield woken
        finally:
            signal.set_wakeup_fd(before)


def _line(connection: socket.socket, answers: TextIO, woken: socket.socket) -> str:
    """The next line of the warm process, empty where it is gone; signals are handled meanwhile."""
    while connection not in select.select([connection, woken], [], [])[0]:
        woken.recv(64)
    return answers.readline()


def _request(arguments: list[str]) -> dict[str, Any]:
    own = {name: os.environ[name] for name in OF_A_STAGE if name in os.environ}
    return {"like": _like(), "arguments": arguments, "folder": os.getcwd(), "environment": own}


def serve(number: int) -> list[str] | None:
    """Fork a stage for everyone who asks, one after the other, until standard input ends.

    Args:
        number: of the file descriptor of a listening socket.

    Returns:
        In a child, the arguments of its stage; in this process None, at the end.
    """
    listener, like = socket.socket(fileno=number), _like()  # before libraries add to the environment
    while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
        connection = listener.accept()[0]
        with connection:
            message, streams, *_ = socket.recv_fds(connection, 2**16, 3)
            request = json.loads(message)
            if request["like"] == like:
                _load()
                if _heard(connection):
                    child = os.fork()
                    if not child:
                        listener.close()
                        return _become(request, streams)
                    _attend(connection, child)
            for stream in streams:
                os.close(stream)
    return None


def _like() -> str:
    """What a process must share with another to be as good: interpreter, code and environment."""
    environment = sorted((name, value) for name, value in os.environ.items() if name not in OF_A_STAGE)
    return hashlib.sha256(repr((sys.prefix, __file__, environment)).encode()).hexdigest()


def _load() -> None:
    """Load the libraries; a fork takes them along safely, as none of them works in a thread before it is used."""
    for name in LOADED:
        with contextlib.suppress(ImportError):  # the stage says what is missing
            importlib.import_module(name)
    gc.freeze()  # or each child would copy all of it, to look for what it can free


def _become(request: dict[str, Any], streams: list[int]) -> list[str]:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(request["folder"])
    os.environ.update(request["environment"])
    arguments: list[str] = request["arguments"]
    sys.path[0], sys.argv[1:] = request["folder"], arguments
    return arguments


def _heard(connection: socket.socket) -> bool:
    """Say that all is ready; answer whether whoever asked for the stage is there, and passes signals on."""
    with contextlib.suppress(OSError):
        connection.sendall(b"\n")
        return bool(connection.recv(1))
    return False


def _attend(connection: socket.socket, child: int) -> None:
    """Wait for a stage and tell how it ended; end it if whoever asked is gone."""
    ended = os.pidfd_open(child)
    _tell(connection, child)
    if ended not in select.select([connection.fileno(), ended], [], [])[0]:
        _send(child, signal.SIGTERM)
    _, status = os.waitpid(child, 0)
    os.close(ended)
    _tell(connection, os.waitstatus_to_exitcode(status))


def _tell(connection: socket.socket, number: int) -> None:
    with contextlib.suppress(OSError):
        connection.sendall(f"{number}\n".encode())


def _send(process: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, number)
