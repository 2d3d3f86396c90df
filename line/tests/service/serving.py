"""The service as it runs: `bentoml serve`, with its workers, from a folder laid out like a Bento."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from mainline.tools import ports

TOP = Path(__file__).parents[3]


@dataclass(frozen=True)
class Served:
    """A running service."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path
    records: Path

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def workers(self) -> list[psutil.Process]:
        """The processes that answer."""
        found = psutil.Process(self.process.pid).children(recursive=True)
        return [each for each in found if _is_worker(each)]

    def post(self, path: str, content: Any) -> httpx.Response:
        """POST JSON, on a connection of its own."""
        return httpx.post(self.url + path, json=content, timeout=30)

    def raw(self, data: bytes, *, wait: float = 10) -> bytes:
        """Send bytes, and read the first of what comes back."""
        with self.connect() as connection:
            connection.settimeout(wait)
            connection.sendall(data)
            return connection.recv(65536)

    def connect(self) -> socket.socket:
        """A bare connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def count(self, name: str, **labels: str) -> float:
        """The sum of a counter's samples that have these labels."""
        from prometheus_client.parser import text_string_to_metric_families

        text = httpx.get(f"{self.url}/metrics", timeout=30).text
        return sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )


def _is_worker(process: psutil.Process) -> bool:
    try:
        return "_bentoml_impl.worker.service" in process.cmdline()
    except psutil.Error:  # it has just ended
        return False


def until(holds: Callable[[], Any], seconds: float = 60) -> bool:
    """Wait until something holds; false where it never does."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.1)
    return False


def ready(served: Served) -> bool:
    """Whether it answers its probe."""
    try:
        return httpx.get(f"{served.url}/readyz", timeout=2).is_success
    except httpx.HTTPError:
        return False


@contextmanager
def serving(
    folder: Path,
    models: Path,
    *,
    workers: int = 1,
    target: str = "service:Predictor",
    module: str = "",
    host: str | None = "127.0.0.1",
    **environment: str,
) -> Iterator[Served]:
    """Serve the models of a folder on a free port for as long as the block runs.

    Args:
        target: what is served.
        module: the text of a module, other.py, beside the service.
        host: the address that it is told to listen on; none where it is told none.
    """
    for package in ("service", "pipeline"):
        shutil.copytree(TOP / "src" / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(models, folder / "models")
    (folder / "other.py").write_text(module)
    port = ports.free()
    env = os.environ | {
        "BENTOML_HOME": str(folder / "home"),
        "BENTOML_DO_NOT_TRACK": "True",
        "BENTOML_CONFIG_OPTIONS": f"services.Predictor.workers={workers}",
        "PYTHONPATH": "",
        "PYTHONWARNINGS": "ignore",
        "RECORDS_FOLDER": str(folder / "records"),
        "MODEL_VERSION": "v1",
        **environment,
    }
    command = [
        sys.executable,
        "-m",
        "bentoml",
        "serve",
        target,
        *(["--host", host] if host else []),
        "--port",
        str(port),
    ]
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=output, stderr=output, start_new_session=True)
    served = Served(port, process, log, Path(env["RECORDS_FOLDER"]))
    try:
        assert until(lambda: ready(served) or process.poll() is not None, 90), log.read_text()
        assert until(lambda: len(served.workers()) >= workers, 30), log.read_text()
        yield served
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def payload(path: str, content: Any, headers: str = "") -> bytes:
    """A request as it goes over the wire."""
    body = json.dumps(content).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{headers}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
