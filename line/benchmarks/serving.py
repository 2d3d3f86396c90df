"""How fast the service answers, beside other servers with the same model and beside the limit, in one run.

    python line/benchmarks/serving.py            # about five minutes; two cores, 3 GB
    python line/benchmarks/serving.py --quick    # about two minutes: shorter rounds

It serves models/ of this project, on ports of this machine only. LitServe and MLServer get environments of their own
in .mainline/peers, the first time.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from mainline.tools import ports

TOP = Path(__file__).parents[2]
sys.path.insert(0, str(TOP / "line/benchmarks"))

import load  # noqa: E402 - beside this file, wherever it is called from
import servers  # noqa: E402

CELLS = [(rows, callers) for rows in (1, 64) for callers in (1, 32)]


def rows_of_dev(count: int) -> list[dict[str, float]]:
    """Rows of the dev set, without what the model does not know."""
    import pandas as pd

    from pipeline.model.signature import Signature

    names = [column.name for column in Signature.load(TOP / "models/signature.json").features]
    rows: list[dict[str, float]] = pd.read_parquet(TOP / "data/dev.parquet")[names].astype(float).to_dict("records")
    return (rows * (count // len(rows) + 1))[:count]


def compare(seconds: float, rounds: int) -> None:
    """Start each server, load each in turn, and say whether the goals are met."""
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as running:
        folder, at, starts = Path(temporary), {}, {}
        for number, server in enumerate(servers.all_of(folder)):
            at[server] = ports.free()
            starts[server.name] = running.enter_context(servers.running(server, at[server], folder / str(number)))
        print("| server | ready after, s |\n|---|---|")
        for name, start in starts.items():
            print(f"| {name} | {start:.1f} |")
        print("\n| rows | callers | server | requests/s | p50 ms | p99 ms | rows/s | this service is faster by |")
        print("|---|---|---|---|---|---|---|---|")
        found = {}
        for rows, callers in CELLS:
            found[rows, callers] = measure(at, rows, callers, seconds, rounds)
            report(rows, callers, found[rows, callers])
        print()
        for goal, met in goals(found, starts[servers.OURS]).items():
            print(f"{'met    ' if met else 'not met'}  {goal}")


Cells = dict[tuple[int, int], dict[str, load.Result]]


def goals(found: Cells, start: float) -> dict[str, bool]:
    """What this service is to be, and whether it is."""
    peers = {
        (cell, name): result
        for cell, results in found.items()
        for name, result in results.items()
        if name not in (servers.OURS, servers.LIMIT)
    }
    one, many = found[1, 1], found[1, 32][servers.OURS]
    return {
        "ahead of each of the others in each row": all(
            found[cell][servers.OURS].rate > result.rate for (cell, _), result in peers.items()
        ),
        "one row: at least half of the requests of a constant": 2 * one[servers.OURS].rate >= one[servers.LIMIT].rate,
        "one row, 32 callers: p99 under 3 times p50": many.milliseconds(0.99) < 3 * many.milliseconds(0.5),
        "ready within 4 s": start < 4,
    }


def measure(
    at: dict[servers.Server, int], rows: int, callers: int, seconds: float, rounds: int
) -> dict[str, load.Result]:
    """Each server in turn, several times over, so that what else the machine does hits all of them."""
    content = rows_of_dev(rows)
    asked = {server: load.request(server.path, server.content(content)) for server in at}
    found: dict[servers.Server, list[load.Result]] = {server: [] for server in at}
    for server, port in at.items():
        load.run(port, asked[server], callers=callers, seconds=seconds / 4)  # to warm up
    for _ in range(rounds):
        for server, port in at.items():
            found[server].append(load.run(port, asked[server], callers=callers, seconds=seconds))
    return {
        server.name: load.Result(
            tuple(sorted(second for result in results for second in result.seconds)),
            sum(result.errors for result in results),
            sum(result.elapsed for result in results),
        )
        for server, results in found.items()
    }


def report(rows: int, callers: int, found: dict[str, load.Result]) -> None:
    """A line for each server."""
    for name, result in found.items():
        ratio = "-" if name == servers.OURS else f"{found[servers.OURS].rate / result.rate:.1f}x"
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
    parser = argparse.ArgumentParser(description="The service beside others.")
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
