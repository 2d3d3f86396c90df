"""A line of records counts once, whatever happens to its file; what cannot be counted stops nothing."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest

from line.tests.monitor.profiles import recorded
from line.tests.monitor.profiles.hosts import Counter
from line.tests.monitor.profiles.recorded import ROW, head, labelled, predicted, text, write
from mainline.monitor.profiles import lines as lines_of
from mainline.monitor.profiles.profile import Profiles


def units(profiles: Profiles, signal: str = "answers", version: str = "v1") -> float:
    """How many requests were counted."""
    days = profiles.days(version) if version in profiles.versions else ()
    return float(profiles.counts(version, signal, days).sum()) if days else 0.0


def counted(profiles: Profiles, signal: str) -> dict[str, float]:
    """The bins of a signal that are not empty, over all days."""
    bins = next(each.bins for each in profiles.signals("v1") if each.name == signal)
    sums = profiles.counts("v1", signal, profiles.days("v1")).sum(axis=(0, 1))
    return {word: float(count) for word, count in zip(bins, sums, strict=True) if count}


def test_each_value_falls_into_its_bin(counter: Counter) -> None:
    """Of every kind of column, of answers and of confidence."""
    rows = [
        {"age": -1.0, "city": None, "since": None, "note": None},
        {"age": 10.0, "city": "Rome", "since": "2030-01-01T00:00:00.000000", "note": "four"},
        {"age": 10.5, "city": "Bonn", "since": "2026-03-01T00:00:00.000000", "note": "five5"},
        {"age": None, "city": "Ulm", "since": "2026-03-02T10:00:00.000000", "note": "more than nine"},
        {"age": 100.5, "city": "Ulm", "since": "2010-01-01T00:00:00.000000", "note": ""},
    ]
    write(counter.records, "1", *(predicted(f"r{n}", [row]) for n, row in enumerate(rows)))
    counter.fold()
    profiles = counter.profiles()
    assert counted(profiles, "column:age") == {
        "missing": 1, "below 0": 1, "0 to 10": 1, "10 to 20": 1, "above 100": 1
    }  # fmt: skip
    assert counted(profiles, "column:city") == {"missing": 1, "Bonn": 1, "Ulm": 2, "unseen": 1}
    assert counted(profiles, "column:since") == {
        "missing": 1,
        "more than 3,652 days before": 1,
        "3 to 1 days before": 1,
        "up to 1 day after": 1,
        "1,096 to 3,652 days after": 1,
    }
    assert counted(profiles, "column:note") == {
        "missing": 2, "up to 4 letters": 1, "4 to 9 letters": 1, "above 9 letters": 1
    }  # fmt: skip
    assert counted(profiles, "answers") == {"yes": 5}
    assert counted(profiles, "confidence") == {"0.85 to 0.9": 5}


def test_a_unit_is_a_request_in_its_four_hours(counter: Counter) -> None:
    """Its rows share it; weekdays stand before weekends."""
    three = [ROW | {"age": age} for age in (5.0, 15.0, 15.0)]
    saturday = predicted("b", days=5.5)
    write(counter.records, "1", predicted("a", three, ["yes", "no", "no"]), saturday)
    counter.fold()
    profiles = counter.profiles()
    monday, weekend = profiles.days("v1")
    assert (monday.weekday(), weekend.weekday()) == (0, 5)
    counts = profiles.counts("v1", "column:age", [monday, weekend])
    assert counts.shape == (2, 12, 13)
    assert np.argwhere(counts).tolist() == [[0, 2, 2], [0, 2, 3], [1, 11, 5]]
    assert counts[0, 2, 2:4].tolist() == pytest.approx([1 / 3, 2 / 3], abs=2e-6)
    assert counts[1, 11, 5] == 1.0
    assert profiles.answered("v1", [monday, weekend, monday + timedelta(days=1)]).tolist() == [[2, 1], [0, 1], [0, 0]]


def test_friday_is_a_weekday_and_sunday_is_none(counter: Counter) -> None:
    """By the UTC day of the record."""
    write(counter.records, "1", *(predicted(f"r{n}", days=n) for n in range(7)))
    counter.fold()
    profiles = counter.profiles()
    strata = profiles.counts("v1", "answers", profiles.days("v1")).sum(axis=2).argmax(axis=1)
    assert strata.tolist() == [2, 2, 2, 2, 2, 8, 8]


def test_a_line_counts_once(counter: Counter) -> None:
    """However often the folder is folded; new lines are counted when they are there."""
    path = write(counter.records, "1", predicted("a"), predicted("b"))
    assert [counter.fold().rows for _ in range(3)] == [2, 0, 0]
    with path.open("ab") as file:
        file.write(text(predicted("c")))
    assert [counter.fold().rows for _ in range(2)] == [1, 0]
    assert units(counter.profiles()) == 3


def test_two_that_count_at_the_same_time_count_each_line_once(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The agent, and somebody by hand: one has looked where to begin, and the other was faster."""
    write(counter.records, "1", predicted("a"), predicted("b"))
    read, faster = lines_of.read, []

    def look(file: BinaryIO, start: int) -> lines_of.Chunk:
        if not faster:
            faster.append(True)
            assert counter.fold().rows == 2
        return read(file, start)

    monkeypatch.setattr(lines_of, "read", look)
    assert counter.fold().rows == 0
    assert units(counter.profiles()) == 2


def test_a_line_that_is_being_written_waits_for_its_rest(counter: Counter) -> None:
    """It is not damaged, and counts when it is whole."""
    path = write(counter.records, "1", predicted("a"), predicted("b"))
    whole = path.read_bytes()
    for cut in (30, len(text(head())) + 7, len(whole) - 1):
        path.write_bytes(whole[:cut])
        assert counter.fold().damaged == 0
    path.write_bytes(whole)
    assert counter.fold().rows == 1
    assert units(counter.profiles()) == 2


@pytest.mark.parametrize("how", ["moved", "copied"])
def test_a_file_is_known_by_what_it_holds(counter: Counter, tmp_path: Path, how: str) -> None:
    """Under another name, in another folder, it does not count again; what was added to it does."""
    path = write(counter.records, "1", predicted("a"), predicted("b"))
    counter.fold()
    (tmp_path / "other").mkdir()
    other = tmp_path / "other/records-9.jsonl"
    other.write_bytes(path.read_bytes() + text(predicted("c")))
    if how == "moved":
        path.unlink()
    assert counter.fold(tmp_path / "other").rows == 1
    assert units(counter.profiles()) == 3


def test_another_file_under_the_same_name_is_another_file(counter: Counter) -> None:
    """Though it is longer than the one before."""
    write(counter.records, "1", predicted("a"))
    counter.fold()
    write(counter.records, "1", predicted("b"), predicted("c"), predicted("d"))
    assert counter.fold().rows == 3


DAMAGED = {
    "no JSON": b"{",
    "no object": b"7",
    "bytes": b"\xff\xfe\x00",
    "no kind": b"{}",
    "unknown kind": text({"kind": "dreams"})[:-1],
    "a cell of another kind": text(predicted("x", [ROW | {"age": "old"}]))[:-1],
    "a list for a cell": text(predicted("x", [ROW | {"age": [1]}]))[:-1],
    "a text that is a number": text(predicted("x", [ROW | {"note": 7}]))[:-1],
    "a date that is none": text(predicted("x", [ROW | {"since": "soon"}]))[:-1],
    "a column less": text(predicted("x", [{"age": 1.0}]))[:-1],
    "rows that are not there": text(predicted("x", rows=2) if False else predicted("x") | {"rows": 2})[:-1],
    "no rows": text(predicted("x") | {"rows": 0})[:-1],
    "an unknown answer": text(predicted("x", answers=["maybe"]))[:-1],
    "no probability": text(predicted("x") | {"probabilities": {"no": [None], "yes": [None]}})[:-1],
    "another version": text(predicted("x") | {"model_version": "v2"})[:-1],
    "no time": text(predicted("x") | {"time": "now"})[:-1],
    "a time without a zone": text(predicted("x") | {"time": "2026-03-02T09:30:00"})[:-1],
    "a clock that was never set": text(predicted("x") | {"time": "1970-01-01T00:00:00+00:00"})[:-1],
    "a clock that is years ahead": text(predicted("x") | {"time": "2037-01-01T00:00:00+00:00"})[:-1],
    "a request without an id": text(predicted("x") | {"request_id": 7})[:-1],
    "a row that is none": text(predicted("x") | {"row": -1})[:-1],
    "an unknown label": text(labelled("a", "maybe"))[:-1],
    "a label that is a list": text(labelled("a", [1]))[:-1],
}


@pytest.mark.parametrize("line", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_line_is_passed_over_and_said(counter: Counter, line: bytes) -> None:
    """All others around it count; one line names the file."""
    path = write(counter.records, "1", predicted("a"))
    path.write_bytes(path.read_bytes() + line + b"\n" + text(*(predicted(f"b{n}") for n in range(5)), labelled("b0")))
    found = counter.fold()
    assert (found.rows, found.labels, found.damaged) == (6, 1, 1)
    (said,) = found.problems
    assert str(path) in said
    assert units(counter.profiles()) == 6
    assert counter.fold().problems == []


def test_a_huge_line_is_passed_over(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without being held in memory; one that has no end yet is waited for."""
    monkeypatch.setattr(lines_of, "LARGEST", 20_000)
    monkeypatch.setattr(lines_of, "CHUNK", 4_000)
    path = write(counter.records, "1", predicted("a"), predicted("b"))
    with path.open("ab") as file:
        file.write(b"x" * 50_000)
    assert (counter.fold().rows, counter.fold().damaged) == (2, 0)
    with path.open("ab") as file:
        file.write(b"x" * 50_000 + b"\n" + text(predicted("c", [ROW | {"note": "y" * 9_000}]), predicted("d")))
    found = counter.fold()
    assert (found.rows, found.damaged) == (2, 1)
    assert "too large" in found.problems[0]


def test_a_file_that_does_not_say_what_it_holds_is_passed_over_but_for_its_labels(counter: Counter) -> None:
    """As those that services of before wrote."""
    (counter.records).mkdir()
    (counter.records / "records-1.jsonl").write_bytes(text(predicted("a"), predicted("b"), labelled("c")))
    write(counter.records, "2", predicted("c"))
    found = counter.fold()
    assert (found.rows, found.labels, found.damaged) == (1, 1, 2)
    assert "does not say what its columns are" in found.problems[0]
    assert counter.profiles().truths("v1", counter.profiles().days("v1")).sum() == 1


def test_a_version_that_is_counted_otherwise_than_before_is_passed_over(counter: Counter) -> None:
    """Two models under one name would be added up."""
    write(counter.records, "1", predicted("a"))
    write(counter.records, "2", predicted("b", [{"age": 3.0}]), first=head(columns=recorded.COLUMNS[:1]))
    found = counter.fold()
    assert (found.rows, found.damaged) == (1, 1)
    assert "says otherwise" in found.problems[0]


def test_a_file_that_cannot_be_read_is_said(counter: Counter) -> None:
    """The others are counted."""
    (counter.records / "records-1.jsonl").mkdir(parents=True)
    write(counter.records, "2", predicted("a"))
    found = counter.fold()
    assert found.rows == 1
    assert "cannot be read" in found.problems[0]


@pytest.mark.parametrize("held", [True, False])
def test_a_file_that_went_while_it_was_written_is_missed(counter: Counter, held: bool) -> None:
    """Once, if a service had it at work when it was counted last; one that was whole may go."""
    import fcntl

    path = write(counter.records, "1", predicted("a"))
    with path.open("rb") as file:
        if held:
            fcntl.flock(file, fcntl.LOCK_EX)
        assert counter.fold().problems == []
    path.unlink()
    said = [counter.fold().problems for _ in range(2)]
    assert [len(each) for each in said] == [int(held), 0]
    if held:
        assert "RECORDS_MAX_MB" in said[0][0]


def test_counting_goes_on_where_a_full_disk_had_stopped_it(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line says so; nothing was counted by half."""
    from mainline.errors import MonitorError
    from mainline.monitor.profiles.store import Store

    write(counter.records, "1", *(predicted(f"r{n}") for n in range(300)))
    monkeypatch.setattr(lines_of, "CHUNK", 20_000)
    begin = Store._prepare

    def small(store: Store) -> None:
        begin(store)
        store._database.execute("PRAGMA max_page_count = 12")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "_prepare", small)
        with pytest.raises(MonitorError, match=r"full.*nothing is lost") as caught:
            counter.fold()
    assert "\n" not in str(caught.value)
    before = units(counter.profiles())
    assert before < 300
    assert counter.fold().rows == 300 - before
    assert units(counter.profiles()) == 300


def test_two_versions_of_a_day_are_kept_apart(counter: Counter) -> None:
    """A canary beside its champion."""
    write(counter.records, "1", predicted("a"))
    second = [predicted(f"b{n}", model_version="v2", days=-1) for n in range(2)]
    write(counter.records, "2", *second, first=head("v2"))
    counter.fold()
    profiles = counter.profiles()
    assert profiles.versions == ("v2", "v1")
    assert (units(profiles), units(profiles, version="v2")) == (1, 2)


def test_a_regression_is_counted_by_tenths(counter: Counter) -> None:
    """Of its target; what its answer was off is counted with the label."""
    first = head(columns=recorded.COLUMNS[:1], deciles=[0.0, 5.0, 10.0])
    said = [predicted(f"r{n}", [{"age": 3.0}], [answer]) for n, answer in enumerate((-3.0, 5.0, 7.0, 11.0))]
    told = [labelled("r0", -3), labelled("r1", 10.0), labelled("r3", 100.0)]
    write(counter.records, "1", *said, *told, first=first)
    assert counter.fold().problems == []
    profiles = counter.profiles()
    days = profiles.days("v1")
    assert [signal.name for signal in profiles.signals("v1")] == ["column:age", "answers"]
    assert counted(profiles, "answers") == {"up to 0": 1, "0 to 5": 1, "5 to 10": 1, "above 10": 1}
    labels = profiles.labels("v1", days)
    assert labels.shape == (1, 4, 7, 20)
    assert np.argwhere(labels[0]).tolist() == [[0, 0, 0], [1, 0, 5], [3, 0, 19]]
    assert profiles.truths("v1", days)[0, 0].tolist() == [1, 0, 1, 1]


def test_ages_of_columns_without_tenths_are_counted_in_their_range(counter: Counter) -> None:
    """As signatures of before there were any have them."""
    columns = [{"name": "age", "kind": "numeric", "minimum": 0.0, "maximum": 9.0}, {"name": "gone", "kind": "numeric"}]
    rows = [{"age": age, "gone": gone} for age, gone in ((3.0, None), (9.5, 1.0), (None, None))]
    write(counter.records, "1", *(predicted(f"r{n}", [row]) for n, row in enumerate(rows)), first=head(columns=columns))
    counter.fold()
    assert counted(counter.profiles(), "column:age") == {"missing": 1, "0 to 9": 1, "above 9": 1}
    assert counted(counter.profiles(), "column:gone") == {"missing": 2, "there": 1}


def test_more_columns_than_can_be_counted_are_said(counter: Counter) -> None:
    """The first thousand count."""
    columns = [{"name": f"c{n}", "kind": "numeric"} for n in range(1_003)]
    write(counter.records, "1", predicted("a", [{f"c{n}": 1.0 for n in range(1_003)}]), first=head(columns=columns))
    found = counter.fold()
    assert "3 columns are not counted" in found.problems[0]
    assert len(counter.profiles().signals("v1")) == 1_002


def test_a_private_column_is_in_no_profile(counter: Counter, host: Callable[[str], Counter], remote: Path) -> None:
    """Neither hashes in the records, nor request ids, nor a row's texts: bytes of database and files are searched."""
    secrets = ["5e3f6a1b" * 4, "request-of-mine", "my own words", "0.8311"]
    row = ROW | {"name": secrets[0], "note": secrets[2], "age": 0.8311}
    write(counter.records, "1", predicted(secrets[1], [row]), labelled(secrets[1]))
    assert counter.fold().damaged == 0
    counter.push()
    database = (counter.folder / "monitor.db").read_bytes()
    files = b"".join(counter.bytes().values())
    from mainline.monitor.profiles import branch

    everything = database + files + b"".join(content for _, content in branch.read(remote))
    assert [word for word in secrets if word.encode() in everything] == []
    assert b"Ulm" in everything
    assert b'"labels":{"2026-03-02":[' in files
