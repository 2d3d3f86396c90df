"""What is counted by user, for the judge: requests by bucket, and rows at one age of the answers."""

from pathlib import Path

import numpy as np
import pytest

from mainline.canary import scrape, units
from mainline.canary.moments import Moments
from service.records.memory import Memory
from service.records.users import AGES, BUCKETS
from tests.service.conftest import Start, people, rows_of

ROW = rows_of(people(), 1)[0]

OURS = 'bentoml_service_request_total{endpoint="/predict",http_response_code="200",service_version="v"} 1\n'


class Now:
    """A clock that is put forward."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


def told(memory: Memory) -> tuple[str, dict[str, Moments], dict[float, int]]:
    """What the judge reads: whose counts, the sums, and how many rows gave way before each age."""
    counts = scrape.of_text(OURS + memory.text())
    return counts.unit, dict(counts.moments), {age: n for age, n in counts.lost.items() if n}


def ask(memory: Memory, bucket: int, status: int = 200, *, unit: str = "g1.2") -> None:
    """A request of a user."""
    memory.answered(memory.user(f"{unit}.{bucket}".encode()), status)


def predict(memory: Memory, request: str, said: int, bucket: int = 7) -> None:
    """An answer to a user."""
    memory.remember(request, np.array([said]), memory.user(f"g1.2.{bucket}".encode()))


def test_without_a_users_request_nothing_is_said() -> None:
    """No canary is judged: there is not one line more than before."""
    memory = Memory(64)
    memory.remember("a", np.array([1]), memory.user(None))
    memory.answered(None, 500)
    assert memory.text() == ""


def test_requests_are_counted_by_bucket() -> None:
    """Errors and refusals, all and a bucket's first eight; the judge reads sums of them, and who has most."""
    memory = Memory(64)
    sent = {17: [200] * 9 + [500], 404: [500, 400], BUCKETS - 1: [200]}
    for bucket, answers in sent.items():
        for status in answers:
            ask(memory, bucket, status)
    unit, moments, _ = told(memory)
    assert unit == "g1.2"
    assert moments[units.key("errors")] == Moments.of({17: (10, 1), 404: (2, 1), 9999: (1, 0)})
    assert moments[units.key("errors", units.FIRST)] == Moments.of({17: (8, 0), 404: (2, 1), 9999: (1, 0)})
    assert moments[units.key("refusals")] == Moments.of({17: (10, 0), 404: (2, 1), 9999: (1, 0)})


def test_another_canary_empties_all() -> None:
    """Rows of the one before count nowhere any more, nor does a request of its that is answered late."""
    memory, late = Memory(64), b"g1.2.5"
    user = memory.user(late)
    memory.remember("a", np.array([1]), user)
    ask(memory, 3, unit="b9")
    memory.answered(user, 500)
    memory.remember("b", np.array([1]), user)
    unit, moments, _ = told(memory)
    assert (unit, moments[units.key("errors")]) == ("b9", Moments.of({3: (1, 0)}))
    assert np.count_nonzero(np.asarray(memory._buckets)) == 0


@pytest.mark.parametrize(
    "header", [b"", b"7", b".7", b"v.10000", b"v.-1", b"v.x", b"a b.7", b"v" * 101 + b".7", b'v".7']
)
def test_what_is_no_bucket_of_a_canary_counts_nowhere(header: bytes) -> None:
    """Only the router sets the header; of anything else nothing is taken."""
    memory = Memory(64)
    user = memory.user(header)
    assert (user, memory.text()) == (None, "")


def test_a_row_is_counted_when_it_has_an_age_with_the_label_it_had_by_then() -> None:
    """Labels count those labelled by then, complaints all rows; a label that comes later counts at later ages."""
    memory = Memory(64, clock=(now := Now()))
    for request, bucket in (("soon", 1), ("late", 2), ("never", 3)):
        predict(memory, request, 1, bucket)
    now.now += 5
    memory.label("soon", 0, 2.0)
    assert told(memory)[1] == {}
    now.now += 20
    memory.label("late", 0, 1.0)
    now.now += 10
    _, moments, _ = told(memory)
    for view in (units.ALL, units.FIRST):
        assert moments[units.key("complaints", view, 10)] == Moments.of({1: (1, 1), 2: (1, 0), 3: (1, 0)})
        assert moments[units.key("labels", view, 10)] == Moments.of({1: (1, 1)}, most=1)
        assert moments[units.key("labels", view, 30)] == Moments.of({1: (1, 1), 2: (1, 0)}, most=1)
    assert units.key("labels", units.ALL, 60) not in moments


def test_however_often_one_looks_a_row_counts_once_an_age() -> None:
    """And the sums do not depend on when one looks."""
    seldom, often = (Memory(64, clock=Now()) for _ in range(2))
    for memory in (seldom, often):
        for i in range(12):
            predict(memory, f"r{i}", 1, bucket=i % 2)
            memory._clock.now += 1  # type: ignore[attr-defined]
            if i % 3 == 0:
                memory.label(f"r{i}", 0, 5.0)
            if memory is often:
                told(memory)
        memory._clock.now += 400  # type: ignore[attr-defined]
    assert told(seldom) == told(often) == told(often)
    assert told(often)[1][units.key("labels", units.ALL, 300)].n == 4


def test_of_a_bucket_its_first_eight_rows_are_seen_by_themselves() -> None:
    """Those that became so old first, however many are counted at one look."""
    memory = Memory(256, clock=(now := Now()))
    for i in range(20):
        predict(memory, f"r{i}", 1, bucket=4)
        memory.label(f"r{i}", 0, 1.0 if i < 8 else 2.0)
        now.now += 0.1
    now.now += 10
    _, moments, _ = told(memory)
    assert moments[units.key("labels", units.ALL, 10)] == Moments.of({4: (20, 12)})
    assert moments[units.key("labels", units.FIRST, 10)] == Moments.of({4: (8, 0)})


def test_a_row_that_gives_way_is_lost_for_the_ages_that_it_has_not_reached() -> None:
    """What it has reached counts, though nobody looked; rows of nobody are not lost to the judge."""
    memory = Memory(8, clock=(now := Now()))
    for i in range(8):
        predict(memory, f"r{i}", 1)
    now.now += 45
    for i in range(3):
        memory.remember(f"other{i}", np.array([1]))
    _, moments, lost = told(memory)
    assert moments[units.key("complaints", units.ALL, 30)].n == 8
    assert lost == {float(age): 3 for age in AGES if age > 45}
    now.now += 1
    for i in range(16):
        memory.remember(f"more{i}", np.array([1]))
    assert set(told(memory)[2].values()) == {8}


@pytest.mark.parametrize(("tolerance", "wrong"), [(0.0, 1), (0.5, 0)])
def test_of_a_number_what_is_within_the_tolerance_is_right(tolerance: float, wrong: int) -> None:
    """As the counter of labels has it."""
    memory = Memory(64, tolerance=tolerance, clock=(now := Now()))
    predict(memory, "a", 3)
    memory.label("a", 0, 3.4)
    now.now += 11
    assert told(memory)[1][units.key("labels", units.ALL, 10)].b == wrong


def test_workers_count_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever of them is asked answers for all; where they share no file, none says what it alone has seen."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    one, other = (Memory(64, tmp_path / "memory.bin", "v1") for _ in range(2))
    ask(one, 1)
    ask(other, 1, 500)
    assert told(one) == told(other)
    assert told(one)[1][units.key("errors")] == Moments.of({1: (2, 1)})
    (tmp_path / "file").touch()
    alone = Memory(64, tmp_path / "file" / "memory.bin")
    ask(alone, 1)
    assert alone.text() == ""


def test_no_more_memory_is_ever_used() -> None:
    """Any number of users and labels is 10,000 buckets at ten ages."""
    memory = Memory(64, clock=(now := Now()))
    before = len(memory._shared.bytes)
    for i in range(3000):
        predict(memory, f"r{i}", 1, bucket=i * 7 % BUCKETS)
        ask(memory, i * 7 % BUCKETS, 500)
        now.now += 1
    assert len(memory._shared.bytes) == before < 5_000_000
    assert len(memory.text()) < 40_000


def test_a_request_counts_by_its_answer(start: Start) -> None:
    """Refusals too, of /predict and /predict/table alone; a label's age is told, with or without a user."""
    running, unit = start("people"), {"X-Mainline-Unit": "g1.7"}
    said = running.ask("POST", "/predict", json={"row": ROW}, headers=unit).json()
    running.ask("POST", "/predict", json={"row": {}, "rows": []}, headers=unit)
    running.ask("GET", "/model", headers=unit)
    running.post("/feedback", {"request_id": said["request_id"], "label": said["prediction"]})
    counts = scrape.of_text(running.ask("GET", "/metrics").text)
    assert (counts.unit, counts.requests) == ("g1.7".partition(".")[0], 2)
    assert counts.moments[units.key("refusals")] == Moments.of({7: (2, 1)})
    assert counts.ages["right"][10.0] == counts.ages["right"][float("inf")] == 1
    assert counts.ages["wrong"][float("inf")] == 0


def test_a_second_opinion_counts_nowhere(start: Start) -> None:
    """It is answered; no counter, no record and no remembered row is of it."""
    running, second = start("people"), {"X-Mainline-Unit": "g1.7", "X-Mainline-Second": "1"}
    before = running.ask("GET", "/metrics").text
    said = running.ask("POST", "/predict", json={"row": ROW}, headers=second)
    assert running.ask("POST", "/predict", json={"row": 1}, headers=second).status_code == 400
    after = running.ask("GET", "/metrics").text
    assert "mainline_unit_info" not in after
    kept = [
        [line for line in text.splitlines() if "/metrics" not in line and "in_progress" not in line]
        for text in (before, after)
    ]
    assert kept[0] == kept[1]
    assert running.records() == []
    told = {"request_id": said.json()["request_id"], "label": said.json()["prediction"]}
    assert running.post("/feedback", told).json()["outcome"] == "unmatched"
