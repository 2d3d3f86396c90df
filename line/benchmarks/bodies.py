"""What each kind of nasty body costs the service, beside a normal one of its size: `python line/benchmarks/bodies.py`.

About a minute. Processor seconds of this process, so that other work on the machine moves the ratios little. `NASTY` is
also what line/tests/service/test_bodies.py is made of.
"""

import asyncio
import gc
import importlib
import io
import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

TOP = Path(__file__).parents[2]
sys.path.insert(0, str(TOP))

CSV, JSON, PARQUET = "text/csv", "application/json", "application/vnd.apache.parquet"
PATHS = {CSV: "/predict/table", PARQUET: "/predict/table", JSON: "/predict"}
MOST_ROWS = 10_000
MARKS = "\u0301\u0316"  # in the wrong order, for ever
FLOOR = 0.02  # seconds that any body may take

Row = dict[str, Any]
Make = Callable[[Row, int], bytes]


@dataclass(frozen=True)
class Kind:
    """A way to make a body of about some size out of a row of the model."""

    media: str
    make: Make
    path: str = ""

    @property
    def to(self) -> str:
        """Where it is sent."""
        return self.path or PATHS[self.media]


def packed(content: Any) -> bytes:
    """JSON without blanks, in UTF-8."""
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()


def table(rows: list[Row]) -> bytes:
    """CSV."""
    return str(pd.DataFrame(rows).to_csv(index=False)).encode()


def parquet(columns: dict[str, Any], **options: Any) -> bytes:
    """A Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet

    stream = io.BytesIO()
    pyarrow.parquet.write_table(pa.table(columns), stream, **options)
    return stream.getvalue()


def rows_of(row: Row, size: int, change: Callable[[int], Row] = lambda i: {}) -> bytes:
    """As many rows as fit, each changed."""
    count = max(1, min(MOST_ROWS, size // len(packed(row | change(0)))))
    return packed({"rows": [row | change(i) for i in range(count)]})


def table_of(row: Row, size: int, change: Callable[[int], Row] = lambda i: {}) -> bytes:
    """The same as CSV."""
    each = len(",".join(map(str, (row | change(0)).values())))
    count = max(1, min(MOST_ROWS, size // each))
    return table([row | change(i) for i in range(count)])


def columns_of(row: Row, size: int) -> bytes:
    """The same as Parquet; of a size that the packing decides."""
    random, count = np.random.default_rng(0), max(1, min(MOST_ROWS, size // (8 * len(row))))
    return parquet({n: random.random(count) if isinstance(v, int | float) else [v] * count for n, v in row.items()})


def number(row: Row) -> str:
    """A column of numbers."""
    return next(name for name, value in row.items() if isinstance(value, int | float))


def word(row: Row) -> str:
    """A column of words."""
    return next(name for name, value in row.items() if isinstance(value, str) and not value[:1].isdigit())


def date(row: Row) -> str:
    """A column of dates."""
    return next(name for name, value in row.items() if isinstance(value, str) and value[:4].isdigit())


def strange(row: Row, size: int) -> list[str]:
    """Names that are nearly known."""
    names = list(row)
    return [f"{names[i % len(names)]}{i:x}_" for i in range(size // (len(names[0]) + 12))]


def digits_as_number(row: Row, size: int, length: int) -> bytes:
    """Rows with a whole number of many digits, as a number of JSON."""
    one = packed(row | {number(row): "*"}).replace(b'"*"', b"9" * length)
    return b'{"rows":[' + b",".join([one] * max(1, size // len(one))) + b"]}"


def late(i: int) -> str:
    """A date as it takes the longest way to read, and no two alike."""
    return f"2024-1-{i % 28 + 1} {i // 28 % 12 + 1}:{i // 336 % 60:02d}:{i % 59:02d} PM"


def unread(row: Row, size: int) -> bytes:
    """Many times [], where a row should be."""
    return b'{"row":[' + b"[]," * (size // 3) + b"[]]}"


NORMAL = {
    JSON: Kind(JSON, rows_of),
    CSV: Kind(CSV, table_of),
    PARQUET: Kind(PARQUET, columns_of),
}
INFER = "/v2/models/model/infer"


def split(make: Callable[[Row, int], tuple[list[str], list[Any]]]) -> Kind:
    """A body in MLflow's form of names and rows."""

    def body(row: Row, size: int) -> bytes:
        columns, data = make(row, size)
        return packed({"dataframe_split": {"columns": columns, "data": data}})

    return Kind(JSON, body, path="/invocations")


def tensor(name: str, data: list[Any]) -> dict[str, Any]:
    """A column as the Open Inference Protocol has it."""
    return {"name": name, "shape": [len(data)], "datatype": "FP64", "data": data}


NASTY: dict[str, Kind] = {
    "JSON: unknown names": Kind(JSON, lambda row, size: packed({"row": dict.fromkeys(strange(row, size), 1)})),
    "JSON: unknown names of 20 KiB": Kind(
        JSON, lambda row, size: packed({"row": {f"{i}{'x' * 20_000}": 1 for i in range(size // 20_000 + 1)}})
    ),
    "JSON: one name again and again": Kind(JSON, lambda row, size: b'{"row":{' + b'"a":1,' * (size // 6) + b'"a":1}}'),
    "JSON: empty lists": Kind(JSON, unread),
    "JSON: lists in lists": Kind(
        JSON, lambda row, size: b'{"rows":[' + (b"[" * 190 + b"]" * 190 + b",") * (size // 381) + b"[]]}"
    ),
    "JSON: empty rows": Kind(JSON, lambda row, size: b'{"rows":[' + b"{}," * (size // 3) + b"{}]}"),
    "JSON: numbers of 300 digits": Kind(JSON, lambda row, size: digits_as_number(row, size, 300)),
    "JSON: numbers of 4,300 digits": Kind(JSON, lambda row, size: digits_as_number(row, size, 4300)),
    "JSON: 1e308 for words": Kind(JSON, lambda row, size: rows_of(row, size, lambda i: {word(row): 1e308})),
    "JSON: a number in text without end": Kind(
        JSON, lambda row, size: packed({"row": row | {number(row): "9" * size + "x"}})
    ),
    "JSON: dates that read slowly": Kind(JSON, lambda row, size: rows_of(row, size, lambda i: {date(row): late(i)})),
    "JSON: a date without end": Kind(
        JSON, lambda row, size: packed({"row": row | {date(row): "2024-1-1 1:00 " + "9" * size}})
    ),
    "JSON: a date of many words": Kind(
        JSON, lambda row, size: packed({"row": row | {date(row): "2024-1-1 1:00 " + "a 1 " * (size // 4)}})
    ),
    "JSON: accents on one letter": Kind(
        JSON, lambda row, size: packed({"row": row | {word(row): "a" + MARKS * (size // 4)}})
    ),
    "CSV: unknown names": Kind(CSV, lambda row, size: ",".join(strange(row, size)).encode() + b"\n1\n"),
    "CSV: one name again and again": Kind(CSV, lambda row, size: b"a," * (size // 2) + b"\n1\n"),
    "CSV: one long name": Kind(CSV, lambda row, size: b"a" * size + b"\n1\n"),
    "CSV: a row wider than the header": Kind(
        CSV, lambda row, size: ",".join(row).encode() + b"\n" + b"1," * (size // 2) + b"\n"
    ),
    "CSV: empty rows": Kind(CSV, lambda row, size: ",".join(row).encode() + b"\n" * size),
    "CSV: short rows": Kind(CSV, lambda row, size: ",".join(row).encode() + b"\n1" * min(size // 2, MOST_ROWS)),
    "CSV: quotes": Kind(CSV, lambda row, size: ",".join(row).encode() + b"\n" + b'"' * size),
    "CSV: dates that read slowly": Kind(CSV, lambda row, size: table_of(row, size, lambda i: {date(row): late(i)})),
    "CSV: a date without end": Kind(CSV, lambda row, size: table([row | {date(row): "2024-1-1 1:00 " + "9" * size}])),
    "CSV: accents on one letter": Kind(CSV, lambda row, size: table([row | {word(row): "a" + MARKS * (size // 4)}])),
    "Parquet: unknown names": Kind(
        PARQUET, lambda row, size: parquet({name: [1.0] for name in strange(row, size // 20)})
    ),
    "Parquet: rows one by one": Kind(
        PARQUET,
        lambda row, size: parquet({n: [v] * (size // 2000 + 1) for n, v in row.items()}, row_group_size=1),
    ),
    "Parquet: one text, unpacked a thousandfold": Kind(
        PARQUET,
        lambda row, size: parquet(
            {n: ["red " * (size // 4)] * 10 if n == word(row) else [v] * 10 for n, v in row.items()}, compression="zstd"
        ),
    ),
    "feedback: unknown names": Kind(
        JSON, lambda row, size: packed({f"request_i{i:x}": 1 for i in range(size // 16)}), "/feedback"
    ),
    "feedback: empty lists": Kind(JSON, lambda row, size: b"[" + b"[]," * (size // 3) + b"[]]", "/feedback"),
    "feedback: accents on one letter": Kind(
        JSON, lambda row, size: packed({"request_id": "a", "label": "a" + MARKS * (size // 4)}), "/feedback"
    ),
    "MLflow: unknown names": split(lambda row, size: ([*strange(row, size)], [[1]])),
    "MLflow: rows without a cell": split(lambda row, size: ([*row], [[]] * min(MOST_ROWS, size // 3))),
    "MLflow: NaN": Kind(
        JSON, lambda row, size: b'{"instances":[[' + b"NaN," * (size // 4) + b"1]]}", path="/invocations"
    ),
    "MLflow: a name for each value": Kind(
        JSON, lambda row, size: packed({"inputs": {f"c{i}": [1] for i in range(size // 10)}}), path="/invocations"
    ),
    "Open Inference: unknown names": Kind(
        JSON,
        lambda row, size: packed({"inputs": [tensor(f"c{i}", [1]) for i in range(size // 60)]}),
        path=INFER,
    ),
    "Open Inference: lists for values": Kind(
        JSON, lambda row, size: packed({"inputs": [tensor(name, [[1]] * (size // 12)) for name in row]}), path=INFER
    ),
    "Open Inference: outputs again and again": Kind(
        JSON,
        lambda row, size: packed(
            {
                "inputs": [tensor(*each) for each in zip(row, [[v] for v in row.values()], strict=True)],
                "outputs": [{"name": "prediction"}] * (size // 22),
            }
        ),
        path=INFER,
    ),
}


@dataclass(frozen=True)
class Cost:
    """Of one request."""

    seconds: float
    """Of the processor, in all threads."""
    loop: float
    """Of them in the event loop's thread."""
    status: int
    answer: bytes


def ask(app: Any, kind: Kind, body: bytes) -> Cost:
    """Send a body to the application itself, without a server between."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    async def once() -> tuple[float, float]:
        headers = [(b"content-type", kind.media.encode())]
        whole, loop = time.process_time(), time.thread_time()
        await app({"type": "http", "method": "POST", "path": kind.to, "headers": headers}, receive, send)
        return time.process_time() - whole, time.thread_time() - loop

    seconds, loop = asyncio.run(once())
    return Cost(seconds, loop, sent[0]["status"], sent[1]["body"])


def total(app: Any, kind: Kind, body: bytes, times: int = 3) -> float:
    """Processor seconds of a body that is sent several times."""
    return sum(ask(app, kind, body).seconds for _ in range(times))


def usual(app: Any, media: str, row: Row, size: int, times: int = 3) -> float:
    """Processor seconds of a normal body that is sent several times; if MOST_ROWS are shorter, as much more."""
    body = NORMAL[media].make(row, size)
    full = 1.0 if media == PARQUET else max(1.0, size / len(body))
    return full * total(app, NORMAL[media], body, times)


def main() -> None:
    """Print a line for each kind of body."""
    from pipeline.model import saving
    from service.app import App
    from service.settings import Settings

    models: Any = importlib.import_module("tests.service.conftest")  # of the project's own tests

    print("| model | body | KiB | status | s | of them in the event loop | a normal one, s | times |")
    print("|---|---|---|---|---|---|---|---|")
    for name in ("people", "notes", "digits"):
        make, estimator, parameters = models.TABLES[name]
        fitted, signature = models.fit(make(), estimator, parameters)
        with tempfile.TemporaryDirectory() as folder:
            saving.save(fitted, Path(folder) / "model.skops")
            signature.save(Path(folder) / "signature.json")
            app = App(Path(folder), Settings.read({"RECORDS_FOLDER": f"{folder}/records"}))
            report(name, app, models.rows_of(make(), 1)[0])
            app.close()


def report(name: str, app: Any, row: Row) -> None:
    """The lines of one model."""
    for media in NORMAL:
        usual(app, media, row, 1000)  # to warm up
    gc.collect()
    gc.freeze()  # as the service does
    for size in (32 * 1024, 256 * 1024, 4 * 1024**2):
        base = {media: usual(app, media, row, size, 1) for media in NORMAL}
        for what, kind in NASTY.items():
            try:
                body = kind.make(row, size)
            except StopIteration:  # there is no column of words, or of dates
                continue
            cost, normal = ask(app, kind, body), base[kind.media] * max(1.0, len(body) / size)
            print(
                f"| {name} | {what} | {len(body) // 1024:,} | {cost.status} | {cost.seconds:.3f} | {cost.loop:.3f} "
                f"| {normal:.3f} | {cost.seconds / normal:.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
