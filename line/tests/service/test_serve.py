"""The service with two workers, under everything that callers and accidents do to it."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from line.tests.service.serving import Served, payload, serving, until
from mainline.canary import scrape, units
from mainline.canary.moments import Moments
from pipeline.model import predicting, saving
from pipeline.model.signature import Signature
from service.records.recorder import read
from tests.service.conftest import digits, rows_of

pytestmark = pytest.mark.slow
ROWS = rows_of(digits(), 40)
HEAD = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, folders: dict[str, Path]) -> Iterator[Served]:
    """The digits, by two workers."""
    with serving(tmp_path_factory.mktemp("served"), folders["digits"], workers=2) as running:
        yield running


@pytest.fixture(autouse=True)
def _goes_on(served: Served) -> Iterator[None]:
    """After each test the service answers, and no traceback is in its log."""
    yield
    assert served.post("/predict", {"row": ROWS[0]}).status_code == 200
    assert "Traceback" not in served.log.read_text()


def test_answers_are_the_pipelines(served: Served, folders: dict[str, Path]) -> None:
    """To the last bit, over HTTP."""
    folder = folders["digits"]
    signature = Signature.load(folder / "signature.json")
    expected = predicting.predict(saving.load(folder / "model.skops"), signature, digits().head(40))
    said = served.post("/predict", {"rows": ROWS}).json()
    assert said["predictions"] == expected["prediction"].tolist()
    assert [list(row.values()) for row in said["probabilities"]] == expected.drop(
        columns=["row_id", "prediction"]
    ).to_numpy().tolist()


def test_labels_find_predictions_of_any_worker(served: Served) -> None:
    """Sixty predictions and labels, on connections of their own: all are matched, and counted over both workers."""
    before = served.count("mainline_predictions_total")
    for _ in range(60):
        said = served.post("/predict", {"row": ROWS[0]}).json()
        told = {"request_id": said["request_id"], "label": said["prediction"]}
        assert served.post("/feedback", told).json()["outcome"] == "right"
    assert served.count("mainline_predictions_total") - before == 60
    assert served.count("mainline_feedback_total", outcome="unmatched") == 0


def test_users_are_counted_over_both_workers(served: Served) -> None:
    """Sixty requests of three users, on connections of their own: whichever worker is asked knows of all, once."""
    for number in range(60):
        header = {"X-Mainline-Unit": f"g1.{number % 3}", "X-Request-ID": f"of-users-{number}"}
        assert httpx.post(f"{served.url}/predict", json={"row": ROWS[0]}, headers=header, timeout=30).is_success
    told = [scrape.of_text(httpx.get(f"{served.url}/metrics", timeout=30).text) for _ in range(6)]
    assert {(each.unit, each.moments[units.key("errors")].n) for each in told} == {("g1", 60)}
    assert told[0].moments[units.key("errors")] == Moments.of(dict.fromkeys(range(3), (20, 0)))


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (payload("/predict", {"rows": [1]}), b"400"),
        (HEAD + b"Content-Length: 1\r\n\r\n{", b"400"),
        (HEAD + b"Content-Length: 20\r\n\r\n" + b"[" * 20, b"400"),
        (HEAD + b'Content-Length: 12\r\n\r\n{"rows":NaN}', b"400"),
        (HEAD + b"Content-Length: -1\r\n\r\n{}", b"400"),
        (HEAD.replace(b"json", b"pickle") + b"Content-Length: 2\r\n\r\n{}", b"415"),
        (HEAD.replace(b"json", b"vnd.bentoml+pickle") + b"Content-Length: 2\r\n\r\n{}", b"415"),
        (HEAD.replace(b"/predict", b"/" + b"x" * 2000) + b"Content-Length: 2\r\n\r\n{}", b"404"),
        (HEAD.replace(b"POST", b"BREW") + b"Content-Length: 2\r\n\r\n{}", b"405"),
        (HEAD + b"Expect: 100-continue\r\nContent-Length: 99999999999\r\n\r\n", b"413"),
    ],
)
def test_nonsense_on_the_wire_is_a_4xx(data: bytes, status: bytes, served: Served) -> None:
    """Broken HTTP, broken JSON, unknown types, paths and methods."""
    assert served.raw(data).split()[1] == status


def test_a_body_of_100_mb_is_refused_and_held_by_nobody(served: Served) -> None:
    """413, for a stated length and for parts without an end; the workers do not grow."""
    before = {worker.pid: worker.memory_info().rss for worker in served.workers()}
    for headers in ({}, {"Content-Length": str(100_000_000)}):
        parts = (bytes(1_000_000) for _ in range(100))
        answer = httpx.post(
            f"{served.url}/predict", content=parts, timeout=60, headers={"Content-Type": "application/json", **headers}
        )
        assert answer.status_code == 413
        assert "over 16 MiB" in answer.json()["error"]
    grown = [worker.memory_info().rss - before[worker.pid] for worker in served.workers()]
    assert max(grown) < 60_000_000


def test_slow_callers_hold_up_nobody(served: Served) -> None:
    """Sixty that send a header a byte at a time, or half a body: others are answered meanwhile."""
    slow = [served.connect() for _ in range(60)]
    for i, connection in enumerate(slow):
        connection.sendall(HEAD if i % 2 else HEAD + b"Content-Length: 1000\r\n\r\n{")
    began = time.monotonic()
    for _ in range(20):
        assert served.post("/predict", {"row": ROWS[0]}).status_code == 200
        for connection in slow:
            connection.sendall(b"x")
    assert time.monotonic() - began < 20
    for connection in slow:
        connection.close()


def test_unknown_paths_are_one_endpoint_in_the_counters(served: Served) -> None:
    """However many there are."""
    for i in range(30):
        httpx.get(f"{served.url}/nowhere{i}")
    assert "nowhere" not in httpx.get(f"{served.url}/metrics").text
    assert served.count("bentoml_service_request_total", endpoint="other") >= 30


def test_a_killed_worker_is_replaced_and_the_records_are_whole(served: Served) -> None:
    """kill -9 under load: others go on, a new worker comes, and what was answered a second before is recorded."""
    done, answered, failed = threading.Event(), [], []
    start = served.count("mainline_start_time_seconds")

    def ask() -> None:
        while not done.is_set():
            try:
                said = httpx.post(f"{served.url}/predict", json={"row": ROWS[0]}, timeout=10)
                assert said.status_code == 200
                answered.append((time.monotonic(), said.json()["request_id"]))
            except httpx.HTTPError:
                failed.append(time.monotonic())

    callers = [threading.Thread(target=ask, daemon=True) for _ in range(4)]
    for caller in callers:
        caller.start()
    try:
        time.sleep(2)
        victim, killed = served.workers()[0].pid, time.monotonic()
        os.kill(victim, signal.SIGKILL)
        replaced = until(lambda: len({worker.pid for worker in served.workers()} - {victim}) == 2, 30)
        time.sleep(2)
    finally:
        done.set()
        for caller in callers:
            caller.join()
    assert replaced
    assert len(failed) <= len(callers)
    time.sleep(1)
    recorded = {record["request_id"] for record in read(served.records)}
    assert {name for at, name in answered if at < killed - 1 or at > killed + 3} <= recorded
    assert served.count("mainline_records_stopped") == 0
    assert served.count("mainline_start_time_seconds") == start  # counts went on, and say so


def test_it_ends_with_what_it_has_begun(tmp_path: Path, folders: dict[str, Path]) -> None:
    """SIGTERM while a body is on its way: the answer comes, the records are whole, and then it is gone."""
    with serving(tmp_path, folders["digits"]) as served:
        data = payload("/predict", {"row": ROWS[0]}, "X-Request-ID: the-last\r\n")
        with served.connect() as connection:
            connection.sendall(data[:-10])
            time.sleep(0.5)
            served.process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            connection.sendall(data[-10:])
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        served.process.wait(30)
    assert [record["request_id"] for record in read(served.records)] == ["the-last"]
    assert "Traceback" not in served.log.read_text()
