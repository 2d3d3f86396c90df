"""`mainline rows` on a real project and what its own service records: taken once, to learn from or to wait."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from line.tests.projects import commit_all, edit
from line.tests.stream.served import DAYS_AGO, TOLD, day, digits, record
from mainline import ledger
from mainline.commands import lock
from mainline.errors import ConfigError
from mainline.project import Project
from mainline.stream import files, take
from mainline.stream.files import ROWS, WAITING
from mainline.tools import dvc

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_cache")]
Say = Callable[..., str]


@pytest.fixture
def here(project: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The project, as the folder that one works in; no rule requires a column that its model does not read."""
    monkeypatch.chdir(project)
    edit(project, validate={"rules": {r"pixel_\d_\d": {"minimum": 0, "maximum": 16}}})
    built = lock.refresh(Project(project))
    commit_all(project, "Require nothing")
    return built


@pytest.fixture
def recorded(here: Project, tmp_path: Path) -> str:
    """Where the service has recorded the digits that the table lacks, with their labels."""
    return str(record(here, tmp_path / "host/slots/a/records", *digits()))


def ids(project: Project, path: str) -> list[str]:
    """The row ids of a table."""
    return list(pd.read_parquet(project / path)["row_id"])


def test_what_a_service_recorded_is_taken_once(here: Project, recorded: str, say: Say, tmp_path: Path) -> None:
    """Half to learn from and a third to wait; the same again changes nothing, whoever names the place."""
    said = say("rows", str(tmp_path / "host"))
    rows, waiting = pd.read_parquet(here / ROWS), pd.read_parquet(here / WAITING)
    assert f"taken: {len(rows)} rows to learn from, {len(waiting)} on the sealed side, which wait unseen" in said
    assert len(rows) + len(waiting) == TOLD
    assert 70 < len(waiting) < 140
    assert "git add data/stream/rows.parquet.dvc data/stream/waiting.parquet.dvc" in said
    assert "dvc push" not in said
    assert (rows.columns[0], *rows.columns[-2:]) == ("row_id", "target", "_day")
    assert "stream: not in the records, left blank: pixel_0_0, " in said
    assert "break a rule" not in said  # the pipeline counts the same once more
    assert set(rows["_day"]) == {day()}
    before = {path: (here / path).read_bytes() for path in files.TOUCHED}
    commit_all(here.root, "Rows")
    edit(here.root, retrain={"records": str(tmp_path / "host")})
    again = say("rows")
    assert f"left out: known already {TOLD}" in again
    assert "data/stream is as it was committed" in again
    assert {path: (here / path).read_bytes() for path in files.TOUCHED} == before


def test_labels_of_rows_that_wait_are_counted_nowhere(here: Project, recorded: str, say: Say) -> None:
    """By class come those of rows to learn from alone; in JSON as on a terminal."""
    told = json.loads(say("rows", recorded, "--json").splitlines()[0])
    target = pd.read_parquet(here / ROWS)["target"]
    assert told["labels"] == {str(label): count for label, count in target.value_counts().items()}
    assert told["in"] == {"learnt": len(target), "waiting": TOLD - len(target), "asked": 0}
    assert (told["until"], told["stream"]) == (day(), dvc.md5(here / ROWS))


def test_with_a_number_what_waits_is_asked(here: Project, recorded: str) -> None:
    """All that waited and all that is new on the sealed side: under the retraining's number, beside the others."""
    first = take.take(here, [recorded])
    asked = take.take(here, [recorded], number=1)
    assert (asked.asked, asked.learnt, asked.waiting, asked.until) == (first.waiting, 0, 0, day())
    there = ids(here, ROWS)
    assert sum(each.startswith("asked:1:") for each in there) == first.waiting
    assert not (here / WAITING).exists()


def test_what_the_source_brings_waits_no_more(here: Project, recorded: str) -> None:
    """It is the source's row by then, on whichever side; what it has not brought waits on, and is asked."""
    first = take.take(here, [recorded])
    edit(here.root, data={"rows": ":1600"})
    built = lock.refresh(here.again())
    again = take.take(built, [])
    left = len(pd.read_parquet(here / WAITING))
    assert again.out == {"known already": first.waiting - left}
    assert 0 < left < first.waiting
    assert take.take(built, [], number=1).asked == left
    assert not set(ids(lock.refresh(built.again()), "data/sealed/labels.parquet")) - set(ids(here, "data/raw.parquet"))


def test_what_an_asked_day_brings_late_has_been_asked(here: Project, tmp_path: Path) -> None:
    """A label that comes after the retraining of its day judges no later one; a later day's waits."""
    rows, labels = digits()
    line = {"kind": "retrain", "number": 5, "until": day(), "stream": "", "time": f"{day()}T09:00:00+00:00"}
    assert ledger.append(here.root, ledger.read(here.root), line)
    half = TOLD // 2
    then = record(here, tmp_path / "then", rows[:half], labels[:half])
    later = record(here, tmp_path / "later", rows[half:], labels[half:], ago=DAYS_AGO - 5)
    taken = take.take(here, [str(then), str(later)])
    asked = [each for each in ids(here, ROWS) if each.startswith("asked:5:")]
    waiting = pd.read_parquet(here / WAITING)
    assert (len(asked) + len(waiting), set(waiting["_day"])) == (taken.waiting, {day(DAYS_AGO - 5)})
    assert len(asked) > 20


def test_a_row_is_held_to_the_rules_and_known_ones_are_left_out(here: Project, say: Say, tmp_path: Path) -> None:
    """With the reason that quarantine gives; rows of the source are no news."""
    (old, were), (new, are) = digits(0), digits()
    bad = [row | {"pixel_3_3": 99.0} for row in new[:5]]
    place = record(here, tmp_path / "records", [*old[:10], *bad, *new[5:50]], [*were[:10], *are[:50]])
    said = say("rows", str(place))
    assert "known already 10" in said
    assert "pixel_3_3: above 16 5" in said
    assert len(ids(here, ROWS)) + len(ids(here, WAITING)) == 45


def test_rows_that_are_too_young_are_taken_later(here: Project, say: Say, tmp_path: Path) -> None:
    """Once `monitor.wait` days are over."""
    place = record(here, tmp_path / "records", *digits(), ago=7)
    said = say("rows", str(place))
    assert f"left out: too young {TOLD}" in said
    assert "too young: a label has 7 days to come (monitor.wait)" in said
    assert not (here / ROWS).exists()
    edit(here.root, monitor={"wait": 4})
    assert "too young" not in say("rows", str(place))
    assert (here / ROWS).exists()


def test_rows_of_a_model_that_reads_private_columns_are_refused(here: Project, recorded: str, say: Say) -> None:
    """By the pipeline, in one line that names the column; nothing is written."""
    edit(here.root, service={"private": ["pixel_3_3"]})
    said = say("rows", recorded)
    assert said.startswith("2 ")
    assert "service.private: 'pixel_3_3' is kept out of the records" in said
    assert not (here / ROWS).exists()


def test_without_a_place_it_is_said_where_one_is_named(here: Project, say: Say) -> None:
    """In one line; and one that is none is refused."""
    assert "mainline rows PLACE, or for good in params.yaml: retrain.records" in say("rows")
    edit(here.root, retrain={"records": 3})
    assert "retrain.records: a folder or an address, or a list of them" in say("rows")


def test_a_project_that_is_not_built_is_told_to_be(here: Project, recorded: str) -> None:
    """Which rows are news, nobody could tell."""
    shutil.rmtree(here / ".dvc/cache", ignore_errors=True)
    (here / ".dvc/config.local").unlink()
    for path in ("data/valid.parquet", "models/signature.json"):
        (here / path).unlink()
    with pytest.raises(ConfigError, match="in no cache; run `mainline lock`, then this again"):
        take.take(here, [recorded])


def test_a_damaged_table_of_rows_is_named(here: Project, recorded: str) -> None:
    """Before anything is written."""
    (here / ROWS).write_bytes(b"nonsense")
    with pytest.raises(ConfigError, match=r"rows\.parquet: not as `mainline rows` writes it"):
        take.take(here, [recorded])
    assert (here / ROWS).read_bytes() == b"nonsense"
