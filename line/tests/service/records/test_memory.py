"""What is remembered for labels that come later."""

from pathlib import Path

import numpy as np
import pytest

from service.records.memory import MOST_ROWS, Found, Memory
from service.records.shared import path_of


def found(row: Found | None) -> tuple[float, float | None] | None:
    """What was said, and the label that it had."""
    return row and (row.said, row.before)


def test_a_label_finds_its_row() -> None:
    """By request id and row; the first label stays."""
    memory = Memory(64)
    memory.remember("a", np.array([3, 1, 4]))
    assert found(memory.label("a", 1, 7.0)) == (1.0, None)
    assert found(memory.label("a", 1, 8.0)) == (1.0, 7.0)
    assert found(memory.label("a", 2, 9.0)) == (4.0, None)


@pytest.mark.parametrize(("request_id", "row"), [("b", 0), ("a", 3), ("a", 2**31), ("", 0)])
def test_what_was_not_predicted_is_not_found(request_id: str, row: int) -> None:
    """Another request, or another row."""
    memory = Memory(64)
    memory.remember("a", np.array([3, 1, 4]))
    assert memory.label(request_id, row, 1.0) is None


def test_the_same_id_again_is_a_new_prediction() -> None:
    """The last prediction counts, and has no label yet."""
    memory = Memory(64)
    memory.remember("a", np.array([3]))
    memory.label("a", 0, 7.0)
    memory.remember("a", np.array([5]))
    assert found(memory.label("a", 0, 8.0)) == (5.0, None)


def test_the_last_ones_are_remembered_in_bounded_memory() -> None:
    """Of many more predictions than fit, nearly all of the last half are there, and those of long ago are not."""
    memory = Memory(4096)
    for i in range(20_000):
        memory.remember(f"r{i}", np.array([i]))
    last = [memory.label(f"r{i}", 0, 0.0) for i in range(18_000, 20_000)]
    first = [memory.label(f"r{i}", 0, 0.0) for i in range(2_000)]
    assert sum(row is not None for row in last) > 1900
    assert all(found(row) == (float(i), None) for i, row in enumerate(last, 18_000) if row is not None)
    assert first == [None] * 2_000


def test_of_a_large_request_the_first_rows_are_remembered() -> None:
    """MOST_ROWS of them, so that one table does not push out everyone else."""
    memory = Memory(4096)
    memory.remember("a", np.arange(MOST_ROWS + 5))
    assert found(memory.label("a", MOST_ROWS - 1, 0.0)) == (MOST_ROWS - 1, None)
    assert memory.label("a", MOST_ROWS, 0.0) is None


def test_workers_share_it(tmp_path: Path) -> None:
    """What one worker predicted, another one's label finds; and a worker that comes after one that died."""
    one, other = (Memory(64, tmp_path / "memory.bin", "v1") for _ in range(2))
    one.remember("a", np.array([3]))
    assert found(other.label("a", 0, 7.0)) == (3.0, None)
    del one, other
    assert found(Memory(64, tmp_path / "memory.bin", "v1").label("a", 0, 7.0)) == (3.0, 7.0)


def test_another_versions_predictions_are_not_found(tmp_path: Path) -> None:
    """Its classes may have other places."""
    Memory(64, tmp_path / "memory.bin", "v1").remember("a", np.array([3]))
    assert Memory(64, tmp_path / "memory.bin", "v2").label("a", 0, 7.0) is None


def test_where_no_file_can_be_made_the_memory_is_its_own(tmp_path: Path) -> None:
    """Feedback works on, for the worker that predicted."""
    (tmp_path / "file").write_text("")
    memory = Memory(64, tmp_path / "file" / "memory.bin")
    memory.remember("a", np.array([3]))
    assert found(memory.label("a", 0, 7.0)) == (3.0, None)


def test_files_of_services_that_are_gone_go(tmp_path: Path) -> None:
    """One whose process does not run any more is removed; the own one stays."""
    own = path_of(tmp_path)
    own.write_bytes(b"")
    (tmp_path / "memory-999999999.bin").write_bytes(b"")
    assert path_of(tmp_path) == own
    assert list(tmp_path.iterdir()) == [own]
