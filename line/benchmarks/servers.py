"""The servers that serving.py loads in turn: this service, and others with the same model, each in one worker."""

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

import load

TOP = Path(__file__).parents[2]
PEERS = TOP / "line/benchmarks/peers"
OURS, LIMIT = "this service", "ASGI, a constant"


@dataclass(frozen=True)
class Server:
    """One of them.

    Attributes:
        command: What starts it, after its Python and before `--host` and `--port`, which `at` may say otherwise.
        path: Where it predicts.
        content: The JSON of a request, of rows.
        ready: Where it says that it is ready; MLflow and BentoML listen before.
        packages: The requirements of an environment of its own, beside this file, or "" for this project's.
        at: The words that tell it its host and its port.
    """

    name: str
    command: tuple[str, ...]
    path: str = "/predict"
    content: Callable[[list[dict[str, float]]], Any] = lambda rows: {"rows": rows}
    ready: str = "/readyz"
    packages: str = ""
    at: Callable[[str, int], tuple[str, ...]] = lambda host, port: ("--host", host, "--port", str(port))


def columns(rows: list[dict[str, float]]) -> dict[str, Any]:
    """Rows as the Open Inference Protocol has them."""
    shape = [len(rows), 1]
    inputs = [
        {"name": name, "datatype": "FP64", "shape": shape, "data": [row[name] for row in rows]} for name in rows[0]
    ]
    return {"parameters": {"content_type": "pd"}, "inputs": inputs}


def all_of(folder: Path) -> list[Server]:
    """What is compared, ours first and the limit last; MLflow's and MLServer's read what is put into a folder."""
    save_for_mlflow(folder / "mlflow")
    uvicorn = ("-m", "uvicorn", "--app-dir", str(PEERS), "--no-access-log", "--log-level", "warning")
    mlflow = ("-m", "mlflow", "models", "serve", "-m", str(folder / "mlflow"), "--env-manager", "local")
    return [
        ours(),
        Server("BentoML alone", ("-m", "bentoml", "serve", "by_bentoml:Plain", "--working-dir", str(PEERS))),
        Server("FastAPI + uvicorn", (*uvicorn, "--factory", "by_fastapi:app"), ready="/docs"),
        Server("LitServe", (str(PEERS / "by_litserve.py"),), ready="/health", packages="litserve"),
        Server(
            "MLServer",
            ("-c", "from mlserver.cli import main; main()", "start", str(folder / "mlserver")),
            path="/v2/models/plain/infer",
            content=columns,
            ready="/v2/models/plain/ready",
            packages="mlserver",
            at=lambda host, port: settings_for_mlserver(folder / "mlserver", host, port),
        ),
        Server(
            "mlflow models serve",
            mlflow,
            path="/invocations",
            content=lambda rows: {"dataframe_records": rows},
            ready="/ping",
        ),
        Server(LIMIT, (*uvicorn, "constant:app"), ready="/"),
    ]


def ours() -> Server:
    """This project's service."""
    return Server(OURS, ("-m", "bentoml", "serve", "service:Predictor"))


def save_for_mlflow(folder: Path) -> None:
    """The model as MLflow serves it."""
    import mlflow.sklearn

    from pipeline.model import saving
    from pipeline.model.signature import Signature

    trusted = Signature.load(TOP / "models/signature.json").trusted
    fitted = saving.load(TOP / "models/model.skops", trusted=trusted)
    mlflow.sklearn.save_model(
        fitted,
        folder,
        serialization_format="skops",
        skops_trusted_types=[*saving.TRUSTED, *trusted],
        pip_requirements=[],
    )


def settings_for_mlserver(folder: Path, host: str, port: int) -> tuple[str, ...]:
    """What MLServer reads of a folder: where it listens, in this process alone, and which class answers."""
    folder.mkdir()
    here = {"host": host, "http_port": port, "grpc_port": port + 1, "metrics_port": port + 2, "parallel_workers": 0}
    (folder / "settings.json").write_text(json.dumps(here | {"debug": False}))
    model = {"name": "plain", "implementation": "by_mlserver.Plain"}
    (folder / "model-settings.json").write_text(json.dumps(model))
    return ()


def python(packages: str) -> str:
    """The Python of an environment: this project's, or one that is made of pinned packages beside its own."""
    if not packages:
        return sys.executable
    folder = TOP / ".mainline/peers" / packages
    pins, done = PEERS / f"{packages}.txt", folder / "pins"
    if not done.exists() or done.read_bytes() != pins.read_bytes():
        print(f"(installing {packages} into {folder.relative_to(TOP)})", file=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)
        uv = str(Path(sys.executable).with_name("uv"))
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
        install = [uv, "pip", "install", "--quiet", "--python", str(folder / "bin/python"), "--require-hashes"]
        subprocess.run([*install, "--requirement", str(pins)], check=True)
        shutil.copyfile(pins, done)
    return str(folder / "bin/python")


@contextmanager
def running(server: Server, port: int, folder: Path) -> Iterator[float]:
    """A server, from the moment when it is ready to the end of the block.

    Yields:
        The seconds that it took to get ready.
    """
    folder.mkdir(exist_ok=True)
    env = os.environ | {"BENTOML_HOME": str(folder), "BENTOML_DO_NOT_TRACK": "True", "PYTHONWARNINGS": "ignore"}
    env |= {"RECORDS_FOLDER": str(folder / "records"), "MLFLOW_DISABLE_ENV_CREATION": "true"}
    env |= {"PYTHONPATH": os.pathsep.join([str(PEERS), str(TOP / "src")]), "BENTOML_PORT": str(port)}
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"  # mlflow starts uvicorn from there
    command = [python(server.packages), *server.command, *server.at(load.HOST, port)]
    with (folder / "log").open("wb") as log:
        began = time.monotonic()
        process = subprocess.Popen(command, cwd=TOP, env=env, stdout=log, stderr=log, start_new_session=True)
    try:
        while not ready(port, server.ready):
            if process.poll() is not None or time.monotonic() > began + 90:
                sys.exit(f"{server.name} did not start:\n{(folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)
        yield time.monotonic() - began
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def ready(port: int, path: str) -> bool:
    """Whether it says so there."""
    try:
        with socket.create_connection((load.HOST, port), timeout=1) as connection:
            connection.settimeout(2)
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            return connection.recv(100).startswith(b"HTTP/1.1 200")
    except OSError:
        return False
