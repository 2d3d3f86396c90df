"""Records: whole lines, in files that rotate, whatever happens to the disk or the process."""

import fcntl
import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from line.tests.service.serving import until
from service.records import recorder as records
from service.records.recorder import Recorder, files_of, read


@dataclass
class Lines:
    """A record of so many rows, each a line of so many bytes."""

    rows: int = 1
    size: int = 10

    def lines(self) -> list[dict[str, Any]]:
        return [{"n": i, "x": "x" * self.size} for i in range(self.rows)]


class Tally:
    """Counts, and remembers what it was set to."""

    def __init__(self) -> None:
        self.value, self.seen = 0.0, []  # type: ignore[var-annotated]

    def inc(self, amount: float = 1) -> None:
        self.value += amount

    def set(self, value: float) -> None:
        self.value = value
        self.seen.append(value)


@dataclass
class Kept:
    """A recorder, and what it counted."""

    recorder: Recorder
    written: Tally
    dropped: Tally
    stopped: Tally


def recording(folder: Path, most: int = 1_000_000, about: dict[str, Any] | None = None) -> Kept:
    """A recorder whose counters can be looked at."""
    tallies = Tally(), Tally(), Tally()
    recorder = Recorder(folder, most, written=tallies[0], dropped=tallies[1], stopped=tallies[2], about=about)
    return Kept(recorder, *tallies)


def test_what_is_put_is_read(tmp_path: Path) -> None:
    """In order, and counted."""
    kept = recording(tmp_path)
    kept.recorder.put(Lines(3))
    kept.recorder.put(Lines(2))
    kept.recorder.close()
    assert [line["n"] for line in read(tmp_path)] == [0, 1, 2, 0, 1]
    assert (kept.written.value, kept.dropped.value, kept.stopped.value) == (5, 0, 0)


def test_a_record_is_on_disk_within_a_second_without_closing(tmp_path: Path) -> None:
    """The thread writes by itself."""
    kept = recording(tmp_path)
    written = threading.Event()
    kept.written.inc = lambda amount=1: written.set()  # type: ignore[method-assign]
    kept.recorder.put(Lines())
    assert written.wait(1)
    assert len(list(read(tmp_path))) == 1
    kept.recorder.close()


def test_files_rotate_and_the_oldest_go(tmp_path: Path) -> None:
    """All of them together stay within the bound; the last lines are there."""
    kept = recording(tmp_path, most=160_000)
    for _ in range(30):
        kept.recorder.put(Lines(10, 1000))
    kept.recorder.close()
    assert len(files_of(tmp_path)) > 5
    assert sum(path.stat().st_size for path in files_of(tmp_path)) <= 160_000
    assert [line["n"] for line in read(tmp_path)][-10:] == list(range(10))
    assert kept.written.value == 300


def test_each_file_begins_with_what_is_true_of_its_lines(tmp_path: Path) -> None:
    """However often they rotate, and whatever that line's own size; readers of records pass over it."""
    about = {"kind": "columns", "x": "y" * 30_000}
    kept = recording(tmp_path, most=325_000, about=about)
    for _ in range(10):
        kept.recorder.put(Lines(3, 5000))
    kept.recorder.close()
    files = files_of(tmp_path)
    assert len(files) > 2
    assert [json.loads(path.read_bytes().split(b"\n")[0]) for path in files] == [about] * len(files)
    assert all(len(path.read_bytes().splitlines()) == 6 for path in files[:-1])
    assert sum(path.stat().st_size for path in files) <= 325_000
    assert {line["n"] for line in read(tmp_path)} == {0, 1, 2}


def test_a_file_without_a_record_does_not_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first record could not be written, though the line before it could: nothing is left of either."""
    write, failed = os.write, []

    def full(file: int, data: bytes) -> int:
        if data.startswith(b'{"n"') and not failed:
            failed.append(data)
            raise OSError(28, "No space left on device")
        return write(file, data)

    monkeypatch.setattr(records.os, "write", full)
    kept = recording(tmp_path, about={"kind": "columns"})
    kept.recorder.put(Lines())
    kept.recorder.close()
    assert (kept.dropped.value, files_of(tmp_path)) == (1, [])


def test_a_file_that_another_worker_writes_is_not_removed(tmp_path: Path) -> None:
    """However old it is; one that nobody writes goes."""
    for name in ("records-1-busy.jsonl", "records-0-left.jsonl"):
        (tmp_path / name).write_bytes(b'{"n": 7}\n' * 20_000)
    with (tmp_path / "records-1-busy.jsonl").open("rb") as busy:
        fcntl.flock(busy, fcntl.LOCK_EX)
        kept = recording(tmp_path, most=200_000)
        kept.recorder.put(Lines())
        kept.recorder.close()
    assert [path.name[:9] for path in files_of(tmp_path)] == ["records-1", "records-2"]


@pytest.mark.slow
def test_two_workers_have_a_file_each(tmp_path: Path) -> None:
    """Their lines do not mix."""
    code = (
        "import sys; from pathlib import Path; from line.tests.service.records.test_recorder import *\n"
        "kept = recording(Path(sys.argv[1])); kept.recorder.put(Lines(500, 50)); kept.recorder.close()"
    )
    here = Path(__file__).parents[4]
    workers = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=here) for _ in range(2)]
    assert [worker.wait(60) for worker in workers] == [0, 0]
    assert len(files_of(tmp_path)) == 2
    assert len(list(read(tmp_path))) == 1000


def test_a_last_line_that_is_torn_is_skipped(tmp_path: Path) -> None:
    """Those before it, and those of files after it, are read."""
    (tmp_path / "records-1.jsonl").write_bytes(b'{"n": 1}\n{"n": 2')
    (tmp_path / "records-2.jsonl").write_bytes(b'{"n": 3}\n')
    assert [line["n"] for line in read(tmp_path)] == [1, 3]


def test_too_many_at_once_are_dropped_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded: rows past MOST_PENDING are not taken."""
    monkeypatch.setattr(records, "MOST_PENDING", 10)
    monkeypatch.setattr(records, "PAUSE", 30)
    kept = recording(tmp_path)
    for _ in range(5):
        kept.recorder.put(Lines(4))
    assert kept.dropped.value == 12
    kept.recorder.close()
    assert len(list(read(tmp_path))) == 8


@pytest.mark.parametrize(("retry", "written"), [(30.0, 0), (0.0, 3)])
def test_after_a_failure_it_waits_before_it_tries_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, retry: float, written: int
) -> None:
    """Rows that come meanwhile are dropped: a full disk is not asked for each of them."""
    monkeypatch.setattr(records, "RETRY", retry)
    blocked = tmp_path / "folder"
    blocked.write_text("a file is in the way")
    kept = recording(blocked)
    kept.recorder.put(Lines(1))
    until(lambda: kept.dropped.value == 1)
    blocked.unlink()
    kept.recorder.put(Lines(3))
    kept.recorder.close()
    assert (kept.written.value, kept.dropped.value) == (written, 4 - written)


def test_a_folder_that_cannot_be_written_stops_the_records_only(tmp_path: Path) -> None:
    """Rows are dropped and counted, the flag goes up; when it can be written again they go on."""
    blocked = tmp_path / "folder"
    blocked.write_text("a file is in the way")
    kept = recording(blocked)
    kept.recorder.put(Lines(3))
    kept.recorder.close()
    assert (kept.dropped.value, kept.stopped.value) == (3, 1)
    blocked.unlink()
    kept = recording(blocked)
    kept.recorder.put(Lines(3))
    kept.recorder.close()
    assert (kept.written.value, kept.stopped.value) == (3, 0)


@pytest.mark.slow
def test_a_full_disk_leaves_whole_lines(tmp_path: Path) -> None:
    """Files that end after 100 kB: what is there is whole, the rest is counted; a second later there is another try."""
    code = (
        "import resource, sys, time; from pathlib import Path; from line.tests.service.records.test_recorder import *\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_050, 100_050))\n"
        "kept = recording(Path(sys.argv[1]), most=10_000_000)\n"
        "for _ in range(40): kept.recorder.put(Lines(10, 300))\n"
        "while not kept.dropped.value: time.sleep(0.01)\n"
        "time.sleep(1.5); kept.recorder.put(Lines(10, 300))\n"
        "kept.recorder.close(); print(int(kept.written.value), int(kept.dropped.value), max(kept.stopped.seen))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=Path(__file__).parents[4], capture_output=True, text=True, check=True,
    )  # fmt: skip
    written, dropped, stopped = done.stdout.split()
    assert int(written) + int(dropped) == 410
    assert int(dropped) > 0
    assert stopped == "1"
    assert len(files_of(tmp_path)) == 2
    assert all(path.read_bytes().endswith(b"\n") for path in files_of(tmp_path))
    assert len(list(read(tmp_path))) >= int(written)


@pytest.mark.slow
def test_a_killed_process_leaves_what_it_wrote(tmp_path: Path) -> None:
    """kill -9 half a second after the last record: every line is there."""
    code = (
        "import sys, time; from pathlib import Path; from line.tests.service.records.test_recorder import *\n"
        "kept = recording(Path(sys.argv[1])); kept.recorder.put(Lines(100, 50))\n"
        "while kept.written.value < 100: time.sleep(0.01)\n"
        "print('written', flush=True); time.sleep(60)"
    )
    worker = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], cwd=Path(__file__).parents[4], stdout=subprocess.PIPE
    )
    assert worker.stdout is not None
    worker.stdout.readline()
    os.kill(worker.pid, 9)
    worker.wait()
    assert len(list(read(tmp_path))) == 100
