"""The database of counts: what goes wrong with it is one line, with what to do."""

from pathlib import Path

import pytest

from line.tests.monitor.profiles.hosts import Counter
from line.tests.monitor.profiles.recorded import predicted, write
from mainline.errors import MonitorError
from mainline.monitor.profiles import store
from mainline.monitor.profiles.store import Store


def test_a_host_keeps_its_name(tmp_path: Path) -> None:
    """However often its database is opened; another host has another."""
    names = []
    for folder in ("a", "a", "b"):
        with Store(tmp_path / folder) as opened:
            names.append(opened.host)
    assert names[0] == names[1] != names[2]


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\0" + b"\xff" * 4_000])
def test_a_damaged_database_is_one_line(tmp_path: Path, content: bytes) -> None:
    """That says what its removal costs."""
    (tmp_path / store.FILE).write_bytes(content)
    with pytest.raises(MonitorError, match=r"monitor\.db: damaged .*remove it: .*counted a second time") as caught:
        Store(tmp_path)
    assert "\n" not in str(caught.value)


def test_damaged_counts_are_one_line(tmp_path: Path) -> None:
    """A day whose counts cannot be read back is not taken for an empty one."""
    with Store(tmp_path) as opened:
        version = opened.add_version("v1", "{}")
        opened.put_entry(7, version, {"answered": [1]})
        assert opened.entry(7, version) == {"answered": [1]}
        opened._database.execute("UPDATE books SET entry = x'00'")
        for read in (lambda: opened.entry(7, version), lambda: opened.entries(7)):
            with pytest.raises(MonitorError, match="damaged"):
                read()


def test_a_database_of_a_later_line_is_left_alone(tmp_path: Path) -> None:
    """Nobody knows what it means."""
    with Store(tmp_path) as opened:
        opened._database.execute("PRAGMA user_version = 9")
    with pytest.raises(MonitorError, match="written by another version of the line"):
        Store(tmp_path)


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    """A file is in its place."""
    (tmp_path / "state").write_text("")
    with pytest.raises(MonitorError, match="cannot be opened"):
        Store(tmp_path / "state")


def test_a_database_that_somebody_else_holds_is_waited_for_and_then_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not for ever."""
    monkeypatch.setattr(store, "WAITS", 0.01)
    with Store(tmp_path) as one, one.transaction(), pytest.raises(MonitorError, match="another process counts there"):
        Store(tmp_path)


def test_what_a_transaction_did_before_an_error_is_not_there(tmp_path: Path) -> None:
    """All or nothing."""

    def die_halfway(opened: Store) -> None:
        with opened.transaction():
            opened.note("half", "done")
            raise KeyboardInterrupt

    with Store(tmp_path) as opened:
        with pytest.raises(KeyboardInterrupt):
            die_halfway(opened)
        assert opened.fact("half") is None


def test_it_stays_small(counter: Counter) -> None:
    """A request that waits for its label costs less than a hundred bytes."""
    write(counter.records, "1", *(predicted(f"r{n}") for n in range(2000)))
    counter.fold()
    assert (counter.folder / store.FILE).stat().st_size < 200_000
