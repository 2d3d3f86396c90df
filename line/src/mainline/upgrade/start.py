"""The first half of an upgrade: looks whether it can begin, gets the new line, and lets that do the rest."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mainline.errors import ConfigError
from mainline.tools import git
from mainline.upgrade import merge, show, template, vendored

BESIDE = "mainline.mk"


def start(root: Path, said: str | None, base: str | None) -> int:
    """Upgrade a project.

    Args:
        root: its top.
        said: the template, as typed; None for the one of last time.
        base: the commit of the template that an old project began with, where its user knows it.

    Returns:
        The exit code.

    Raises:
        MainlineError: naming what is wrong; nothing has changed.
    """
    if conflicts := merge.open_conflicts(root):
        show.still_open(conflicts)
        return show.OPEN
    _refuse(root)
    said = said or template.remembered(root)
    if not said:
        raise ConfigError(
            "which template? name its address, a checkout of it or a wheel: mainline upgrade https://HOST/OWNER/NAME"
        )
    with template.found(said, whole=vendored.pinned(root) is None) as found:
        if not vendored.Wheel.read(found.wheel).upgrades():
            raise ConfigError(f"{template.masked(said)}: that line is from before `mainline upgrade`; name a newer one")
        options = {"--checkout": found.checkout, "--address": found.address, "--base": base}
        words = [f"{name}={value}" for name, value in options.items() if value]
        command = [sys.executable, "-P", "-m", "mainline.upgrade", str(found.wheel), *words]
        with _interrupted_by_itself():
            env = {**os.environ, "PYTHONPATH": str(found.wheel)}
            return subprocess.run(command, cwd=root, env=env, check=False).returncode


def _refuse(root: Path) -> None:
    if (root / "cookiecutter.json").exists() and (root / "line").exists():
        raise ConfigError(f"{root}: the template itself; `python scripts/rename.py NAME` makes it a project first")
    if (root / BESIDE).exists():
        raise ConfigError(
            f"{BESIDE}: the line stands beside a project of yours here, and no upgrade knows yet how it was fitted in; "
            "remove what `mainline init` added, commit, and run the new line's `mainline init`"
        )
    if left := git.dirty(root):
        more = f" (and {len(left) - 1} more)" if len(left) > 1 else ""
        raise ConfigError(f"{left[0]}{more}: not committed; commit or stash it, so that all can be taken back")


@contextmanager
def _interrupted_by_itself() -> Iterator[None]:
    """Let Ctrl-C reach the one who is at work, who takes back what is half done; it is waited for."""
    usual = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
