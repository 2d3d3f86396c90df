"""Profiles depend on what was recorded alone: not on the order of folding, on how files are cut, on stops, on hosts."""

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from line.tests.monitor.profiles import recorded
from line.tests.monitor.profiles.hosts import Counter
from line.tests.monitor.profiles.recorded import Line, head, labelled, predicted, text
from mainline.monitor.profiles import lines as lines_of
from mainline.monitor.profiles.profile import Profiles

QUICK = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

IDS = st.sampled_from([f"r{n}" for n in range(6)])
DAYS = st.integers(0, 400).map(lambda n: n / 10)
ROWS = st.fixed_dictionaries(
    {
        "age": st.one_of(st.none(), st.floats(-5, 105).map(lambda age: round(age, 1))),
        "city": st.sampled_from([None, "Bonn", "Ulm", "Rome"]),
        "since": st.sampled_from([None, "2026-01-01T00:00:00.000000", "2020-05-05T00:00:00.000000"]),
        "note": st.sampled_from([None, "red", "a red car"]),
    }
)
ANSWERS = st.sampled_from(["no", "yes"])


@st.composite
def predictions(draw: st.DrawFn) -> Line:
    """A request of one row to three."""
    rows = draw(st.lists(ROWS, min_size=1, max_size=3))
    return predicted(draw(IDS), rows, [draw(ANSWERS) for _ in rows], days=draw(DAYS))


LABELS = st.builds(labelled, IDS, ANSWERS, days=DAYS, row=st.integers(0, 2))
HISTORIES = st.lists(st.one_of(predictions(), LABELS), min_size=1, max_size=25)


@contextmanager
def counter() -> Iterator[Counter]:
    """A host without anything."""
    with tempfile.TemporaryDirectory() as folder:
        made = Counter(Path(folder))
        made.records.mkdir()
        yield made


def put(host: Counter, name: str, lines: list[Line]) -> Path:
    """A file of records; its second line tells it from others, as real files never begin with the same record."""
    path = host.records / f"records-{name}.jsonl"
    path.write_bytes(text(head(), {"kind": "columns", "file": name}, *lines))
    return path


def whole(history: list[Line]) -> dict[object, bytes]:
    """The profiles of all of it, folded at once."""
    with counter() as host:
        put(host, "0", history)
        host.fold()
        return dict(host.bytes())


def cut(history: list[Line], seed: int, parts: int) -> list[list[Line]]:
    """The lines shuffled, in so many files."""
    shuffled = random.Random(seed).sample(history, len(history))
    return [shuffled[n::parts] for n in range(parts)]


@QUICK
@given(HISTORIES, st.integers(0, 99), st.integers(1, 4))
def test_the_order_of_folding_does_not_matter(history: list[Line], seed: int, parts: int) -> None:
    """Whichever lines lie in whichever file, and whichever file is folded first: the same bytes."""
    with counter() as host:
        for n, lines in enumerate(cut(history, seed, parts)):
            put(host, f"{n}", lines)
            if seed % 2:
                host.fold()
        host.fold()
        assert host.bytes() == whole(history)


@QUICK
@given(HISTORIES, st.lists(st.floats(0, 1), max_size=5))
def test_stops_and_cut_lines_do_not_matter(history: list[Line], stops: list[float]) -> None:
    """A file that is folded while it grows, byte by byte where it happens so, is counted as if it had been whole."""
    with counter() as host:
        path = put(host, "0", history)
        content = path.read_bytes()
        for stop in sorted(stops):
            path.write_bytes(content[: int(stop * len(content))])
            assert host.fold().damaged == 0
        path.write_bytes(content)
        host.fold()
        assert host.bytes() == whole(history)


@QUICK
@given(HISTORIES, st.integers(300, 3_000))
def test_how_much_is_read_at_once_does_not_matter(history: list[Line], size: int) -> None:
    """A transaction holds more lines or fewer."""
    before = lines_of.CHUNK
    try:
        lines_of.CHUNK = size
        found = whole(history)
    finally:
        lines_of.CHUNK = before
    assert found == whole(history)


def added(history: list[Line]) -> list[np.ndarray]:
    """All figures of profiles."""
    with counter() as host:
        put(host, "0", history)
        host.fold()
        return figures(host.profiles())


def figures(profiles: Profiles) -> list[np.ndarray]:
    """All that profiles say of the days of the history."""
    days = [recorded.at(n).date() for n in range(60)]
    if not profiles.versions:
        return []
    signals = [profiles.counts("v1", each.name, days) for each in profiles.signals("v1")]
    return [*signals, profiles.labels("v1", days), profiles.truths("v1", days), profiles.answered("v1", days)]


@QUICK
@given(HISTORIES, HISTORIES)
def test_two_hosts_add_up(one: list[Line], two: list[Line]) -> None:
    """Each labels what it has predicted itself: to the sum of both."""
    both = Profiles.of(*_sent([one, two]))
    zero = [0.0] * 10
    for sums, first, second in zip(figures(both), added(one) or zero, added(two) or zero, strict=False):
        assert np.allclose(sums, first + second, atol=1e-9)


def _sent(histories: list[list[Line]]) -> tuple[dict, list]:  # type: ignore[type-arg]
    from mainline.monitor.profiles import files
    from mainline.monitor.profiles.plan import Plan

    plan = Plan.of(head())
    versions = {"v1": plan.version}
    days = [
        (day, files.books_from("x", content, versions))
        for history in histories
        for day, content in whole(history).items()
    ]
    return versions, days
