"""Real MLflow servers for the tests, on SQLite and on PostgreSQL; their artifacts go through the server."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mainline.tools import ports

START_WITHIN = 120.0


@contextmanager
def server(backend: str) -> Iterator[str]:
    """An MLflow server on a database of its own, for as long as the block runs; answers its address."""
    folder = Path(tempfile.mkdtemp(prefix="mainline-mlflow-"))
    try:
        if backend == "sqlite":
            with _mlflow(f"sqlite:///{folder}/mlflow.db", folder) as url:
                yield url
        else:
            with _postgresql() as database, _mlflow(database, folder) as url:
                yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite() -> Iterator[str]:
    """The address of a server that keeps its records in SQLite; one for all tests, which one worker runs."""
    with server("sqlite") as url:
        yield url


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a server that keeps its records in PostgreSQL; one for all tests, which one worker runs."""
    with server("postgresql") as url:
        yield url


@contextmanager
def served(model: str, tracking: str, folder: Path) -> Iterator[str]:
    """`mlflow models serve` of a registered model; answers its address."""
    port = ports.free()
    command = [sys.executable, "-m", "mlflow", "models", "serve", "--model-uri", model, "--env-manager", "local"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    env = _environment(MLFLOW_TRACKING_URI=tracking)
    with _running(command, folder, env, lambda: _answers(f"http://127.0.0.1:{port}/ping")):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def _mlflow(database: str, folder: Path) -> Iterator[str]:
    url = f"http://127.0.0.1:{(port := ports.free())}"
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", database, "--serve-artifacts", "--artifacts-destination", str(folder / "files")]
    with _running(command, folder, _environment(), lambda: _answers(f"{url}/health")):
        yield url


@contextmanager
def _postgresql() -> Iterator[str]:
    """A cluster of its own; PostgreSQL refuses to run as root, so nobody runs it then."""
    nobody = pwd.getpwnam("nobody")
    who: dict[str, Any] = {}
    if os.geteuid() == 0:
        who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    folder = Path(tempfile.mkdtemp(prefix="mainline-postgresql-"))  # not below pytest's: that is closed to others
    if who:
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    programs, data, port = _programs(), folder / "data", ports.free()
    try:
        initdb = [programs / "initdb", "--pgdata", data, "--username", "mlflow", "--auth", "trust", "--no-sync"]
        subprocess.run([*initdb, "--encoding", "UTF8"], check=True, capture_output=True, cwd=folder, **who)
        command = [str(programs / "postgres"), "-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-F"]
        command += ["-c", "unix_socket_directories="]
        ready = [programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
        # SIGINT ends PostgreSQL at once; killed, it would leave its shared memory behind
        with _running(command, folder, _environment(), lambda: _succeeds(ready), signal.SIGINT, **who):
            yield f"postgresql+psycopg://mlflow@127.0.0.1:{port}/postgres"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    """Where PostgreSQL's server is: on PATH, where pg_config says, or where Debian puts it."""
    on_path = shutil.which("initdb")
    places = [Path(on_path).resolve().parent] if on_path else []
    if shutil.which("pg_config"):
        said = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True)
        places.append(Path(said.stdout.strip()))
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for place in places:
        if (place / "initdb").exists():
            return place
    raise FileNotFoundError("no PostgreSQL server here; on Debian and Ubuntu: apt-get install postgresql")


def _environment(**more: str) -> dict[str, str]:
    """This environment without what would send MLflow elsewhere, or to the project's own code."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "PYTHONPATH"))}
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}  # ten processes fewer
    return kept | quiet | more


@contextmanager
def _running(
    command: list[str],
    folder: Path,
    env: Mapping[str, str],
    ready: Callable[[], bool],
    stop: signal.Signals = signal.SIGKILL,
    **who: Any,
) -> Iterator[None]:
    log = Path(folder, f"{Path(command[0]).name}.log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=dict(env), stdout=output, stderr=output, start_new_session=True, **who
        )
    try:
        deadline = time.monotonic() + START_WITHIN
        while not ready():
            assert process.poll() is None, log.read_text(errors="replace")[-3000:]
            assert time.monotonic() < deadline, log.read_text(errors="replace")[-3000:]
            time.sleep(0.2)
        yield
    finally:
        os.killpg(process.pid, stop)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _succeeds(command: list[Any]) -> bool:
    return subprocess.run(command, check=False).returncode == 0


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
