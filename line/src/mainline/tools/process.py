"""Starts other programs: their output in full when it matters, their failure as one line."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from mainline.errors import MAKE, ToolFailed

# in a hook of git's these name the repository that is at work, and would be taken for the project's
OF_GIT = frozenset(
    f"GIT_{name}"
    for name in (
        *("DIR", "WORK_TREE", "COMMON_DIR", "INDEX_FILE", "OBJECT_DIRECTORY", "ALTERNATE_OBJECT_DIRECTORIES"),
        *("NAMESPACE", "PREFIX", "SHALLOW_FILE", "GRAFT_FILE", "REPLACE_REF_BASE", "QUARANTINE_PATH", "ATTR_SOURCE"),
        *("CONFIG", "CONFIG_PARAMETERS", "EXTERNAL_DIFF", "DIFF_OPTS", "TEMPLATE_DIR", "DEFAULT_HASH"),
        *("LITERAL_PATHSPECS", "GLOB_PATHSPECS", "NOGLOB_PATHSPECS", "ICASE_PATHSPECS"),
    )
)
INSTALL = {"git": "install it (Debian, Ubuntu: apt-get install git; macOS: xcode-select --install)"}


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for programs of this project: its own python first on the path, plain output."""
    here = str(Path(sys.executable).parent)
    path = os.environ.get("PATH", "")
    return {
        **{name: value for name, value in os.environ.items() if name not in OF_GIT},
        "PATH": path if path.split(os.pathsep)[0] == here else here + os.pathsep + path,
        **(extra or {}),
    }


def capture(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    check: bool = True,
    stdin: str | None = None,
) -> str:
    """Run a program and answer its standard output, without white space at the end.

    Raises:
        ToolFailed: it ended with an error, and `check` is on.
    """
    given = stdin.encode() if stdin is not None else None
    return capture_bytes(command, cwd=cwd, env=env, check=check, stdin=given).decode(errors="replace").rstrip()


def capture_bytes(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    check: bool = True,
    stdin: bytes | None = None,
) -> bytes:
    """The same, to the byte."""
    try:
        done = subprocess.run(
            command, cwd=cwd, env=environment(env), capture_output=True, check=False, input=stdin or b""
        )
    except FileNotFoundError:
        if not cwd.exists():
            raise ToolFailed(f"{cwd}: no such folder") from None
        mend = INSTALL.get(command[0], f"run `{MAKE} setup`, or put it on PATH")
        raise ToolFailed(f"{command[0]}: not found; {mend}") from None
    if check and done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace")
        raise ToolFailed(f"{' '.join(command[:3])}: {reason(said)}", said)
    return done.stdout


def stream(
    command: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None, shown: Callable[[str], bool]
) -> tuple[int, list[str]]:
    """Run a program and pass its lines on as they come, those for which `shown` says so.

    Returns:
        Its exit code and all its lines, standard error among them.
    """
    lines = []
    with subprocess.Popen(
        command,
        cwd=cwd,
        env=environment(env),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as running:
        for line in running.stdout or ():
            lines.append(line.rstrip())
            if shown(line):
                print(f"  {line.rstrip()}", flush=True)
    return running.returncode, lines


def attach(command: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None) -> int:
    """Run a program on this terminal and answer its exit code."""
    sys.stdout.flush()
    return subprocess.run(command, cwd=cwd, env=environment(env), check=False).returncode


def apart(command: Sequence[str], *, cwd: Path) -> int:
    """Run a program on this terminal and answer its exit code; Ctrl-C ends it and what it has started, in silence."""
    sys.stdout.flush()
    with subprocess.Popen(command, cwd=cwd, env=environment(), start_new_session=True) as child:
        try:
            return child.wait()
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGTERM)
            raise


def reason(output: str) -> str:
    """The line of a failed program's output that says why."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if line.lower().startswith(("error", "fatal")) or "Error" in line]
    return (telling or lines or ["it said nothing"])[-1][:300]
