"""Labels of rows on the sealed side do not count; what was asked and answered there does."""

import sqlite3
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from line.tests.monitor.profiles.hosts import Counter
from line.tests.monitor.profiles.recorded import COLUMNS, ROW, Line, head, labelled, predicted, write
from mainline.monitor.profiles import sides, store
from mainline.monitor.profiles.sides import Window

WINDOW: dict[str, Any] = {"salt": "mainline", "start": 0.15, "stop": 0.5, "group": None}
ROWS = [ROW | {"age": float(n), "city": ["Ulm", "Bonn", "Kiel"][n % 3]} for n in range(60)]
NAMES = [column["name"] for column in COLUMNS]


def sealed(window: dict[str, Any] = WINDOW) -> list[bool]:
    """Which of ROWS are on the sealed side."""
    inputs = {name: [row[name] for row in ROWS] for name in NAMES}
    keys = sides.keys(inputs, len(ROWS), NAMES)
    return sides.sealed(Window(**window), keys, inputs, len(ROWS)).tolist()


def asked(rows: Sequence[dict[str, Any]] = ROWS) -> list[Line]:
    """Each row in a request of its own."""
    return [predicted(f"r{n}", [row], days=n / 60) for n, row in enumerate(rows)]


TOLD = [labelled(f"r{n}", "yes" if n % 2 else "no") for n in range(60)]


def folded(counter: Counter, first: Line, *files: Sequence[Line]) -> dict[str, int]:
    """What is counted of files, one after the other: requests, rows whose label would count, labels and classes."""
    taken = 0
    for n, lines in enumerate(files or [[*asked(), *TOLD]]):
        write(counter.records, f"{n}", *lines, first=first)
        found = counter.fold()
        assert found.problems == []
        taken += found.rows
    profiles = counter.profiles()
    days = profiles.days("v1")
    units = {float(profiles.counts("v1", name, days).sum()) for name in ("answers", "confidence", "column:age")}
    assert units == {float(taken)}
    assert profiles.labels("v1", days).sum() == profiles.truths("v1", days).sum()
    return {
        "rows": taken,
        "answered": int(profiles.answered("v1", days).sum()),
        "labels": int(profiles.labels("v1", days).sum()),
    }


def test_a_label_on_the_sealed_side_does_not_count(counter: Counter) -> None:
    """Nor does its row among those whose label may come; in columns, answers and confidence every row counts."""
    others = 60 - sum(sealed())
    assert 5 < others < 55
    assert folded(counter, head(sealed=WINDOW)) == {"rows": 60, "answered": others, "labels": others}


@pytest.mark.parametrize(
    "first",
    [head(), head(sealed=None), head(sealed=WINDOW | {"group": "user"}), head(sealed=WINDOW | {"stop": 0.15})],
    ids=["an older service", "nothing", "a group that is not recorded", "an empty window"],
)
def test_where_no_row_can_be_told_to_be_sealed_all_count(counter: Counter, first: Line) -> None:
    """As before there were sides."""
    assert folded(counter, first) == {"rows": 60, "answered": 60, "labels": 60}


def test_a_group_decides_for_its_rows(counter: Counter) -> None:
    """By one of the recorded columns: of three cities some are sealed, with all of their rows."""
    window = WINDOW | {"group": "city", "start": 0.0, "stop": 0.5}
    whole = {row["city"] for row, is_sealed in zip(ROWS, sealed(window), strict=True) if is_sealed}
    assert 0 < len(whole) < 3
    others = 20 * (3 - len(whole))
    assert folded(counter, head(sealed=window)) == {"rows": 60, "answered": others, "labels": others}


@pytest.mark.parametrize("files", [[asked(), TOLD], [TOLD, asked()], [[*TOLD, *asked()]]],
                         ids=["after", "before", "in one file"])  # fmt: skip
def test_whichever_is_read_first(counter: Counter, files: list[list[Line]]) -> None:
    """The same counts, as of other labels."""
    others = 60 - sum(sealed())
    assert folded(counter, head(sealed=WINDOW), *files) == {"rows": 60, "answered": others, "labels": others}


def test_of_many_rows_in_a_request_each_has_its_side(counter: Counter) -> None:
    """Its request is one unit all the same."""
    told = [labelled("a", "yes", row=n) for n in range(60)]
    write(counter.records, "1", predicted("a", ROWS, ["yes"] * 60), *told, first=head(sealed=WINDOW))
    counter.fold()
    profiles = counter.profiles()
    (day,) = profiles.days("v1")
    assert profiles.counts("v1", "answers", [day]).sum() == pytest.approx(1.0, abs=1e-4)
    assert profiles.labels("v1", [day]).sum() == profiles.answered("v1", [day]).sum() == 60 - sum(sealed())


def test_of_a_regression_too(counter: Counter) -> None:
    """Numbers have no class to stand for the side."""
    lines = [predicted(f"r{n}", [row], [5.0]) for n, row in enumerate(ROWS)]
    first = head(deciles=[1.0, 5.0, 9.0], sealed=WINDOW)
    write(counter.records, "1", *lines, *(labelled(f"r{n}", 5.5) for n in range(60)), first=first)
    assert counter.fold().problems == []
    profiles = counter.profiles()
    assert profiles.labels("v1", profiles.days("v1")).sum() == 60 - sum(sealed())


def test_a_day_of_sealed_rows_alone_is_a_day(counter: Counter) -> None:
    """Its answers are watched for drift, though no label of it counts."""
    write(counter.records, "1", *asked(), first=head(sealed=WINDOW | {"start": 0.0, "stop": 1.0}))
    counter.fold()
    profiles = counter.profiles()
    assert len(profiles.days("v1")) == 2  # by UTC
    assert profiles.counts("v1", "answers", profiles.days("v1")).sum() == 60
    assert not profiles.answered("v1", profiles.days("v1")).any()


def test_a_column_that_is_too_many_to_count_tells_the_side_all_the_same(counter: Counter) -> None:
    """Its cells are content, as they are to whoever collects the rows."""
    more = [{"name": f"c{n}", "kind": "date"} for n in range(700)]  # more bins than there is room for
    rows = [row | {column["name"]: None for column in more} for row in ROWS]
    names = [*NAMES, *(column["name"] for column in more)]
    inputs = {name: [row[name] for row in rows] for name in names}
    window = Window(**WINDOW)
    wanted = np.count_nonzero(~sides.sealed(window, sides.keys(inputs, 60, names), inputs, 60))
    first = head(columns=[*COLUMNS, *more], sealed=WINDOW)
    write(counter.records, "1", predicted("a", rows, ["yes"] * 60), first=first)
    (said,) = counter.fold().problems
    assert "columns are not counted; there are too many" in said
    profiles = counter.profiles()
    assert profiles.answered("v1", profiles.days("v1")).sum() == wanted


def test_a_damaged_window_has_its_predictions_passed_over(counter: Counter) -> None:
    """As any damaged first line."""
    write(counter.records, "1", *asked(), first=head(sealed={"salt": 3}))
    found = counter.fold()
    assert found.rows == 0
    assert "60 lines are passed over, of a file whose first line is damaged" in found.problems[0]


def test_its_label_waits_no_longer(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    """It finds its row, takes no room of labels without one, and goes when its row goes."""
    first = head(sealed=WINDOW | {"start": 0.0, "stop": 1.0})
    folded(counter, first)
    with sqlite3.connect(counter.folder / "monitor.db") as database:
        assert database.execute("SELECT count(*), count(moment), count(came) FROM rows").fetchone() == (60, 60, 60)
    monkeypatch.setattr(store, "MOST_WAITING", 3)
    write(counter.records, "9", predicted("z", days=3), first=first)
    assert counter.fold().problems == []
    with sqlite3.connect(counter.folder / "monitor.db") as database:
        assert database.execute("SELECT count(*) FROM rows").fetchone() == (3,)
