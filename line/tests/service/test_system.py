"""Where systems differ: each as on Linux, and as on macOS, which lacks some calls and all of /proc."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from service import system
from service.records.memory import Found, Memory
from service.records.shared import path_of


@pytest.fixture(params=["Linux", "macOS"], autouse=True)
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test runs on both."""
    if request.param == "macOS":
        monkeypatch.delattr(os, "posix_fallocate")
        monkeypatch.delattr(os, "fdatasync")
        there = Path.exists
        monkeypatch.setattr(Path, "exists", lambda path: not str(path).startswith("/proc") and there(path))


def test_a_process_is_gone_or_not() -> None:
    """Ours lives, one that was waited for does not; what is no number is nobody's."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert [system.gone(each) for each in (str(os.getpid()), str(ended.pid), "", "x")] == [False, True, True, True]


def test_a_file_is_as_long_as_asked_for_and_keeps_what_it_holds(tmp_path: Path) -> None:
    """It grows, and is never cut off."""
    with (tmp_path / "file").open("w+b") as file:
        file.write(b"abc")
        file.flush()
        for size, length in ((8, 8), (2, 8)):
            system.reserve(file.fileno(), size)
            assert os.fstat(file.fileno()).st_size == length
        system.sync(file.fileno())
        file.seek(0)
        assert file.read() == b"abc" + bytes(5)


def test_the_memory_of_workers_that_live_is_kept(tmp_path: Path) -> None:
    """And that of those which are gone is removed."""
    kept, gone = (tmp_path / f"memory-{pid}.bin" for pid in (os.getpid(), 999_999_999))
    memory = Memory(64, kept, "v1")
    memory.remember("a", np.array([3]))
    gone.touch()
    path_of(tmp_path)
    assert (kept.exists(), gone.exists()) == (True, False)
    row = Memory(64, kept, "v1").label("a", 0, 7.0)
    assert isinstance(row, Found)
    assert (row.said, row.before) == (3.0, None)
