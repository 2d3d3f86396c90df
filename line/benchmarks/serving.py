"""How fast the service answers, beside plain FastAPI and `mlflow models serve` with the same model, in one run.

    python line/benchmarks/serving.py            # about three minutes; two cores, 2 GB
    python line/benchmarks/serving.py --quick    # about one minute: shorter rounds

It serves models/ of this project, on ports of this machine only.
"""

import argparse
import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from mainline.tools import ports

TOP = Path(__file__).parents[2]
sys.path.insert(0, str(TOP / "line/benchmarks"))

import load  # noqa: E402 - beside this file, wherever it is called from

CELLS = [(rows, callers) for rows in (1, 64) for callers in (1, 32)]
OURS, PLAIN, MLFLOW = "this service", "FastAPI + uvicorn", "mlflow models serve"


def plain() -> Any:
    """What one writes in ten minutes: FastAPI, a table of the rows, and the model's own predict_proba."""
    import pandas as pd
    from fastapi import FastAPI

    from pipeline.model import saving
    from pipeline.model.signature import Signature

    signature = Signature.load(TOP / "models/signature.json")
    fitted = saving.load(TOP / "models/model.skops", trusted=signature.trusted)
    app = FastAPI()

    names, labels = [column.name for column in signature.features], fitted.classes_

    def predict(content: dict[str, list[dict[str, float]]]) -> dict[str, Any]:
        chances = fitted.predict_proba(pd.DataFrame.from_records(content["rows"])[names])
        said = labels[chances.argmax(axis=1)]
        table = pd.DataFrame(chances, columns=labels.astype(str))
        return {"predictions": said.tolist(), "probabilities": table.to_dict("records")}

    app.post("/predict")(predict)
    return app


def rows_of_dev(count: int) -> list[dict[str, float]]:
    """Rows of the dev set, without what the model does not know."""
    import pandas as pd

    from pipeline.model.signature import Signature

    names = [column.name for column in Signature.load(TOP / "models/signature.json").features]
    rows: list[dict[str, float]] = pd.read_parquet(TOP / "data/dev.parquet")[names].astype(float).to_dict("records")
    return (rows * (count // len(rows) + 1))[:count]


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


@contextmanager
def running(command: list[str], port: int, folder: Path, **environment: str) -> Iterator[None]:
    """A server, from its first answer to the end of the block."""
    folder.mkdir(exist_ok=True)
    env = os.environ | {"BENTOML_HOME": str(folder), "BENTOML_DO_NOT_TRACK": "True", "PYTHONWARNINGS": "ignore"}
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"  # mlflow starts uvicorn from there
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=TOP, env=env | environment, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + 90
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"{command[0]} did not start:\n{(folder / 'log').read_text()[-2000:]}")
            time.sleep(0.2)
        yield
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def _listens(port: int) -> bool:
    """Whether a server answers there; MLflow and BentoML listen before they are ready."""
    try:
        with socket.create_connection((load.HOST, port), timeout=1) as connection:
            connection.settimeout(2)
            connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return connection.recv(100).startswith(b"HTTP/1.1")
    except OSError:
        return False


def compare(seconds: float, rounds: int) -> None:
    """Serve three ways, and load each in turn."""
    at_ports = {name: ports.free() for name in (OURS, PLAIN, MLFLOW)}
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as servers:
        folder = Path(temporary)
        save_for_mlflow(folder / "model")
        at = {name: ["--host", load.HOST, "--port", str(port)] for name, port in at_ports.items()}
        bento = ["bentoml", "serve", "service:Predictor", *at[OURS]]
        folder_of_this = str(Path(__file__).parent)
        fastapi = ["uvicorn", "--factory", "serving:plain", "--app-dir", folder_of_this, "--no-access-log", *at[PLAIN]]
        mlflow = ["mlflow", "models", "serve", "-m", str(folder / "model"), "--env-manager", "local", *at[MLFLOW]]
        servers.enter_context(running(bento, at_ports[OURS], folder / "a", RECORDS_FOLDER=str(folder / "records")))
        servers.enter_context(running(fastapi, at_ports[PLAIN], folder / "b"))
        servers.enter_context(running(mlflow, at_ports[MLFLOW], folder / "c", MLFLOW_DISABLE_ENV_CREATION="true"))
        print("| rows | callers | server | requests/s | p50 ms | p99 ms | rows/s | this service is faster by |")
        print("|---|---|---|---|---|---|---|---|")
        for rows, callers in CELLS:
            report(rows, callers, measure(at_ports, rows, callers, seconds, rounds))


def measure(at_ports: dict[str, int], rows: int, callers: int, seconds: float, rounds: int) -> dict[str, load.Result]:
    """Each server in turn, several times over, so that what else the machine does hits all of them."""
    content = rows_of_dev(rows)
    asked = {
        OURS: load.request("/predict", {"rows": content}),
        PLAIN: load.request("/predict", {"rows": content}),
        MLFLOW: load.request("/invocations", {"dataframe_records": content}),
    }
    found: dict[str, list[load.Result]] = {name: [] for name in at_ports}
    for name, port in at_ports.items():
        load.run(port, asked[name], callers=callers, seconds=seconds / 4)  # to warm up
    for _ in range(rounds):
        for name, port in at_ports.items():
            found[name].append(load.run(port, asked[name], callers=callers, seconds=seconds))
    return {
        name: load.Result(
            tuple(sorted(second for result in results for second in result.seconds)),
            sum(result.errors for result in results),
            sum(result.elapsed for result in results),
        )
        for name, results in found.items()
    }


def report(rows: int, callers: int, found: dict[str, load.Result]) -> None:
    """A line for each server."""
    for name, result in found.items():
        ratio = "-" if name == OURS else f"{found[OURS].rate / result.rate:.1f}x"
        failed = f" ({result.errors} errors)" if result.errors else ""
        print(
            f"| {rows} | {callers} | {name} | {result.rate:,.0f}{failed} | {result.milliseconds(0.5):.2f} "
            f"| {result.milliseconds(0.99):.2f} | {result.rate * rows:,.0f} | {ratio} |",
            flush=True,
        )


def parts() -> None:
    """Where one row's time goes, inside of this process."""
    import pandas as pd
    import pydantic_core

    from pipeline.model import predicting, saving
    from pipeline.model.signature import Signature
    from service.app import App
    from service.settings import Settings

    row = rows_of_dev(1)[0]
    body = load.request("/predict", {"row": row}).partition(b"\r\n\r\n")[2]
    signature = Signature.load(TOP / "models/signature.json")
    fitted = saving.load(TOP / "models/model.skops", trusted=signature.trusted)
    with tempfile.TemporaryDirectory() as folder:
        app = App(TOP / "models", Settings.read({"RECORDS_FOLDER": folder}))
        inputs = app.predictions.reader.read([row])
        answers = app._engine.answer(inputs)
        said = app.predictions.said.many(answers)
        steps: dict[str, Callable[[], Any]] = {
            "a table, and pipeline.model.predicting.predict": lambda: predicting.predict(
                fitted, signature, pd.DataFrame([row])
            ),
            "the same to the last bit, without a table": lambda: app._engine.answer(inputs),
            "read the JSON": lambda: pydantic_core.from_json(body),
            "check fields and values": lambda: app.predictions.reader.read([row]),
            "look for values out of range": lambda: app._ranges.look(inputs),
            "count the answer": lambda: app.metrics.predicted(answers.places, answers.values),
            "remember it for its label": lambda: app._memory.remember("x", answers.values[:, 0]),
            "write the JSON": lambda: pydantic_core.to_json(said),
        }
        print("| one row | microseconds |\n|---|---|")
        for name, step in steps.items():
            print(f"| {name} | {microseconds(step):,.0f} |")
        print(f"| all of the service, with records, without HTTP | {asyncio.run(_whole(app, body)):,.0f} |")
        app.close()


async def _whole(app: Any, body: bytes) -> float:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        assert message.get("status", 200) == 200

    scope = {"type": "http", "method": "POST", "path": "/predict", "headers": []}
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(200):
            await app(scope, receive, send)
        best = min(best, (time.perf_counter() - began) / 200)
    return best * 1e6


def microseconds(step: Callable[[], Any], times: int = 100) -> float:
    """The least mean of five."""
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(times):
            step()
        best = min(best, (time.perf_counter() - began) / times)
    return best * 1e6


def batching(seconds: float) -> None:
    """What it gives to answer together whoever waits, for a model that takes its time."""
    import pandas as pd

    from pipeline.model import fitting
    from pipeline.params import Params
    from service.http.rows import Reader
    from service.predict.engine import Engine

    print("| model, 32 callers of one row | one by one, rows/s | together, rows/s | gain |\n|---|---|---|---|")
    for name, parameters in (("tree.DecisionTree", {}), ("ensemble.Bagging", {"n_estimators": 30})):
        about = {"data": {"source": "x", "target": "target"}, "train": {"estimator": f"sklearn.{name}Classifier"}}
        about["train"]["params"] = parameters  # type: ignore[assignment]
        fitted, signature = fitting.fit(pd.read_parquet(TOP / "data/dev.parquet"), Params.model_validate(about))
        engine, reader = Engine(fitted, signature), Reader(signature)
        names = [column.name for column in signature.features]
        inputs = reader.read([{each: 1.0 for each in names}])
        found = {}
        for at_once in (True, False):
            engine.at_once = at_once
            found[at_once] = asyncio.run(_callers(engine, inputs, seconds))
        print(f"| {name}Classifier | {found[True]:,.0f} | {found[False]:,.0f} | {found[False] / found[True]:.1f}x |")
        engine.close()


async def _callers(engine: Any, inputs: Any, seconds: float) -> float:
    count, end = 0, time.perf_counter() + seconds

    async def ask() -> None:
        nonlocal count
        while time.perf_counter() < end:
            await engine.predict(inputs)
            count += 1
            await asyncio.sleep(0)

    await asyncio.gather(*(ask() for _ in range(32)))
    return count / seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="The service beside FastAPI and MLflow.")
    parser.add_argument("--quick", action="store_true", help="shorter rounds")
    quick = parser.parse_args().quick
    if not (TOP / "models/model.skops").exists():
        sys.exit("models/model.skops: not here yet; run `mainline lock` to build it")
    parts()
    print()
    batching(1.0 if quick else 3.0)
    print()
    compare(1.0 if quick else 2.5, 1 if quick else 3)


if __name__ == "__main__":
    main()
