"""What the branch says is added up, and read only where it is as hosts write it."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from line.tests.monitor.profiles import recorded
from line.tests.monitor.profiles.hosts import Counter
from line.tests.monitor.profiles.recorded import head, labelled, predicted, write
from mainline.errors import MonitorError, ToolFailed
from mainline.monitor.profiles import book, branch, files, profile
from mainline.monitor.profiles.book import Book
from mainline.monitor.profiles.plan import Plan
from mainline.monitor.profiles.profile import Profiles
from mainline.tools import git

HOST = "0123456789abcdef"
VERSION = Plan.of(head()).version
MONDAY = recorded.at().date()
DAY = files.path_of_day(MONDAY, HOST)


def test_nothing_is_read_where_nothing_was_sent(remote: Path) -> None:
    """No branch, no profile, no error."""
    profiles = profile.read(remote)
    assert (profiles.versions, profiles.covered) == ((), ())


def test_an_unknown_version_or_signal_is_named(counter: Counter) -> None:
    """With what was probably meant."""
    write(counter.records, "1", predicted("a"))
    counter.fold()
    profiles = counter.profiles()
    with pytest.raises(MonitorError, match="no profile is of version 'v7'; there are: v1"):
        profiles.days("v7")
    with pytest.raises(MonitorError, match="no signal 'column:aeg'; did you mean 'column:age'"):
        profiles.counts("v1", "column:aeg", [MONDAY])


def test_versions_are_in_the_order_of_their_first_day(counter: Counter) -> None:
    """And one that only got labels is none."""
    write(counter.records, "1", predicted("a", model_version="v2", days=1), first=head("v2"))
    write(counter.records, "2", predicted("b", days=2))
    write(counter.records, "3", labelled("a", days=9), first=head("v0"))
    counter.fold()
    profiles = counter.profiles()
    assert profiles.versions == ("v2", "v1")
    assert profiles.days("v2") == (date(2026, 3, 3),)
    assert profiles.labels("v2", profiles.days("v2")).sum() == 1


@pytest.mark.parametrize("unit", [1, book.UNIT])
def test_counts_are_the_same_after_they_were_written(unit: int) -> None:
    """To the last millionth, wherever the zeros are."""
    random = np.random.default_rng(0)
    for _ in range(50):
        counts = random.integers(0, 10**12, 40) * (random.random(40) < random.random())
        if unit == 1:
            counts //= 10**6
        packed = book.packed(counts, unit)
        assert book.unpacked(packed, 40, unit).tolist() == counts.tolist()
    assert book.packed(np.array([0, 0, 3, 0, 2, 0, 0])) == [-2, 3, 0, 2]


def day_file(**more: object) -> str:
    """A day of one version."""
    return files.text_of_day({"v1": Book.empty(VERSION).to_json() | more})


DAMAGED = {
    "no JSON": (DAY, "{"),
    "too deep": (DAY, "[" * 100_000),
    "no counts": (DAY, "[]"),
    "another format": (DAY, '{"format": 2, "versions": {}}'),
    "no versions": (DAY, '{"format": 1, "versions": []}'),
    "an unknown version": (DAY, files.text_of_day({"v7": Book.empty(VERSION).to_json()})),
    "less": (DAY, files.text_of_day({"v1": {"counts": []}})),
    "text for a count": (DAY, day_file(counts=["7"])),
    "truth for a count": (DAY, day_file(counts=[True])),
    "a count that is too large": (DAY, day_file(counts=[10**10])),
    "a count without end": (DAY, day_file(counts=[10**400])),
    "not a number": (DAY, day_file(counts=[float("nan")])),
    "half a gap": (DAY, day_file(counts=[-1.5])),
    "a gap without end": (DAY, day_file(counts=[-1e300])),
    "more counts than bins": (DAY, day_file(counts=[1] * 10_000)),
    "a gap past the last bin": (DAY, day_file(counts=[-VERSION.size, 1])),
    "half a row": (DAY, day_file(answered=[0.5])),
    "labels of no day": (DAY, day_file(labels={"soon": [1]})),
    "labels that are none": (DAY, day_file(labels=[1])),
    "no such day": ("days/2026-02-31/0123456789abcdef.json", "{}"),
    "a host's name": ("days/2026-02-01/my-laptop.json", "{}"),
    "somebody's file": ("README.md", "hello"),
    "a file that is too large": (DAY, " " * (files.MOST_BYTES + 1)),
    "a version of another name": ("versions/v2.json", files.text_of(VERSION.to_json())),
    "a version of another format": ("versions/v2.json", files.text_of(VERSION.to_json() | {"format": 2})),
    "a version without answers": ("versions/v2.json", files.text_of(VERSION.to_json() | {"signals": []})),
    "a version with a bin that is none": (
        "versions/v2.json", files.text_of(VERSION.to_json() | {"version": "v2", "truths": [7]}),
    ),
    "a version with too many bins": (
        "versions/v2.json",
        files.text_of(
            VERSION.to_json()
            | {"version": "v2", "signals": [{"name": "answers", "kind": "answers", "bins": ["x"] * 20_000}]}
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("path", "text"), DAMAGED.values(), ids=DAMAGED)
def test_a_file_that_is_not_as_hosts_write_it_is_refused_by_name(counter: Counter, path: str, text: str) -> None:
    """In one line, that says what restores it."""
    root = counter.folder / "repo.git"
    branch.put(root, {files.path_of_version("v1"): files.text_of(VERSION.to_json()), path: text}, "damage", {})
    with pytest.raises(MonitorError, match="git log mainline/monitor") as caught:
        profile.read(root)
    assert path in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


def test_a_file_that_is_too_large_is_not_even_read(counter: Counter) -> None:
    """Nor is what is no file."""
    root = counter.folder / "repo.git"
    branch.put(root, {DAY: " " * (files.MOST_BYTES + 1)}, "damage", {})
    with pytest.raises(MonitorError, match="no file of at most 1,000,000 bytes"):
        list(branch.read(root))


def test_an_unreachable_remote_is_one_line(counter: Counter, remote: Path) -> None:
    """Profiles of before are not taken for those of today."""
    remote.rename(remote.with_name("away"))
    with pytest.raises(ToolFailed, match="cannot be reached"):
        profile.read(counter.folder / "repo.git")


def test_reading_moves_nothing_of_the_users(counter: Counter, remote: Path, tmp_path: Path) -> None:
    """No branch, no work tree; and what was read is not fetched again."""
    write(counter.records, "1", predicted("a"))
    counter.fold()
    counter.push(days=1)
    git.git("clone", "--quiet", "--no-checkout", str(remote), str(tmp_path / "clone"), root=tmp_path)
    before = git.git("branch", "--all", root=tmp_path / "clone")
    assert profile.read(tmp_path / "clone").versions == ("v1",)
    assert git.git("branch", "--all", root=tmp_path / "clone") == before
    assert git.git("status", "--porcelain", "--ignored", root=tmp_path / "clone") == ""


def test_a_shallow_clone_reads_the_same(
    counter: Counter, remote: Path, tmp_path: Path, sent: Callable[[], Profiles]
) -> None:
    """As CI has it."""
    write(counter.records, "1", predicted("a"))
    counter.fold()
    counter.push(days=1)
    counter.push(days=2)
    git.git(
        "clone", "--quiet", "--depth=1", "--no-checkout", f"file://{remote}", str(tmp_path / "clone"), root=tmp_path
    )
    assert profile.read(tmp_path / "clone").covered == sent().covered
