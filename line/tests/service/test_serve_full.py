"""The service on a disk that fills up."""

import resource
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

import pytest

from line.tests.service.serving import Served, serving, until
from service.records.recorder import read
from tests.service.conftest import digits, rows_of

pytestmark = pytest.mark.slow
ROWS = rows_of(digits(), 40)


@dataclass(frozen=True)
class Disk:
    """A folder on a disk that can be filled, and freed."""

    folder: Path
    fill: Callable[[Served], None]
    free: Callable[[Served], None]


def _fits(file: FileIO) -> bool:
    try:
        return file.write(bytes(4096)) == 4096
    except OSError:
        return False


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """Four megabytes of memory mounted as a disk; where that is not allowed, a limit on what workers may write."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(folder)], capture_output=True)
    filler = folder / "filler"

    def fill(served: Served) -> None:
        with filler.open("wb", buffering=0) as file:
            while _fits(file):
                pass

    def limit(served: Served, most: int) -> None:
        for worker in served.workers():
            resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

    if mounted.returncode == 0:
        yield Disk(folder, fill, lambda served: filler.unlink())
        subprocess.run(["umount", "-l", str(folder)], check=True)
    else:
        yield Disk(folder, lambda served: limit(served, 1), lambda served: limit(served, resource.RLIM_INFINITY))


def test_a_full_disk_stops_the_records_and_nothing_else(disk: Disk, tmp_path: Path, folders: dict[str, Path]) -> None:
    """Answers and counters go on; it shows; when there is room again records go on, and all lines are whole."""
    small = {"RECORDS_FOLDER": str(disk.folder / "records"), "FEEDBACK_MEMORY": "1024"}
    with serving(tmp_path / "served", folders["digits"], **small) as served:
        served.post("/predict", {"rows": ROWS})
        assert until(lambda: served.count("mainline_records_total", what="written") == 40, 10)
        disk.fill(served)
        for _ in range(30):
            assert served.post("/predict", {"rows": ROWS}).status_code == 200
        told = {"request_id": served.post("/predict", {"row": ROWS[0]}).json()["request_id"], "label": 0}
        assert served.post("/feedback", told).json()["outcome"] in ("right", "wrong")
        assert until(lambda: served.count("mainline_records_stopped") == 1, 10)
        assert served.count("mainline_records_total", what="dropped") > 0
        disk.free(served)
        written = served.count("mainline_records_total", what="written")
        assert until(
            lambda: (
                served.post("/predict", {"rows": ROWS}).is_success
                and served.count("mainline_records_total", what="written") > written
            ),
            20,
        )
        assert served.count("mainline_records_stopped") == 0
        assert served.count("mainline_predictions_total") >= 40 * 31
    assert sum(record.get("rows", 1) for record in read(served.records)) > 40
    assert "Traceback" not in served.log.read_text()
