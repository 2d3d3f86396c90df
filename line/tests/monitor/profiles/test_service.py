"""What a real service records is counted: of every task, with private columns, without the service's help."""

from pathlib import Path

import pytest

from line.tests.monitor.profiles.hosts import Counter
from line.tests.service.serving import serving, until
from mainline.monitor.profiles import fold, sides
from mainline.monitor.profiles.plan import Plan
from mainline.monitor.profiles.records import parse
from mainline.monitor.profiles.store import Store
from service.records.recorder import read
from tests.service.conftest import Start, digits, notes, numbers, people, rows_of


def counting(folder: Path) -> list[list[bool]]:
    """Of each recorded request, which of its rows are on a side whose labels count."""
    found = []
    for path in sorted(folder.glob("records-*.jsonl")):
        about, *lines = map(parse, path.read_bytes().splitlines())
        window, names = sides.sealed_window(about), sides.names(about)
        assert window is not None
        for line in lines:
            if line["kind"] == "predictions":
                keys = sides.keys(line["inputs"], line["rows"], names)
                found.append((~sides.sealed(window, keys, line["inputs"], line["rows"])).tolist())
    return found


TABLES = {"people": people, "notes": notes, "digits": digits, "numbers": numbers, "private": people}


@pytest.mark.parametrize("table", TABLES)
def test_records_of_every_kind_of_model_are_counted(start: Start, counter: Counter, tmp_path: Path, table: str) -> None:
    """Each row of each request, and its label but on the sealed side; nothing is damaged."""
    running, rows = start(table, RECORDS_KEY="secret"), rows_of(TABLES[table](), 9)
    said = running.post("/predict", {"rows": rows}).json()
    running.post("/predict", {"row": rows[0]})
    for row, answer in enumerate(said["predictions"]):
        running.post("/feedback", {"request_id": said["request_id"], "row": row, "label": answer})
    running.app.close()
    with Store(counter.folder) as store:
        found = fold.fold(store, tmp_path / "records0")
    assert (found.rows, found.labels, found.damaged, found.problems) == (10, 9, 0, [])
    profiles = counter.profiles()
    days = profiles.days("v1")
    for signal in profiles.signals("v1"):
        assert profiles.counts("v1", signal.name, days).sum() == pytest.approx(2, abs=1e-4)
    labels = profiles.labels("v1", days).sum(axis=(0, 1, 2))
    open_ = sum(counting(tmp_path / "records0")[0])
    assert 0 < open_ < 9
    assert (labels[0], labels.sum()) == (open_, open_)
    names = {signal.name for signal in profiles.signals("v1")}
    assert ("column:city" in names, "column:height" in names) == (
        (table != "private" and table in ("people", "notes")),
    ) * 2


def test_a_first_line_is_understood(start: Start, tmp_path: Path) -> None:
    """By whoever counts, in the words of whoever records."""
    running = start("notes")
    running.post("/predict", {"rows": rows_of(notes(), 2)})
    running.app.close()
    (path,) = (tmp_path / "records0").glob("records-*.jsonl")
    plan = Plan.of(parse(path.read_bytes().split(b"\n")[0]))
    kinds = {signal.name: (signal.kind, len(signal.bins)) for signal in plan.version.signals}
    assert kinds["column:age"] == ("number", 13)
    assert kinds["column:city"] == ("category", 5)
    assert kinds["column:since"] == ("date", 25)
    assert kinds["column:note"][0] == "text"
    assert plan.version.answers == ("no", "yes")


@pytest.mark.slow
def test_a_running_service_is_counted_while_it_writes(
    folders: dict[str, Path], counter: Counter, tmp_path: Path
) -> None:
    """Two workers, one file each, folded again and again: every row once, and each label but on the sealed side."""
    rows = rows_of(digits(), 40)
    (tmp_path / "served").mkdir()
    with serving(tmp_path / "served", folders["digits"], workers=2) as served, Store(counter.folder) as store:
        counted = 0
        for _ in range(6):
            for _ in range(10):
                answer = served.post("/predict", {"rows": rows[:3]}).json()
                told = {"request_id": answer["request_id"], "row": 1, "label": answer["predictions"][1]}
                assert served.post("/feedback", told).status_code == 200
            counted += fold.fold(store, served.records).rows
        assert until(lambda: sum(1 for _ in read(served.records)) == 120, 10)
        counted += fold.fold(store, served.records).rows
    assert counted == 180
    profiles = counter.profiles()
    days = profiles.days("v1")
    assert profiles.counts("v1", "answers", days).sum() == pytest.approx(60, abs=1e-3)
    sides_of = counting(served.records)
    assert profiles.answered("v1", days).sum() == sum(map(sum, sides_of))
    assert profiles.labels("v1", days)[..., 0].sum() == sum(each[1] for each in sides_of)
