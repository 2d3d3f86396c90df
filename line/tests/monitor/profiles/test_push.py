"""Counts of days that are over come to the branch once a day, and add up over hosts, whatever goes wrong between."""

import threading
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from line.tests.monitor.profiles import recorded
from line.tests.monitor.profiles.hosts import Counter
from line.tests.monitor.profiles.recorded import head, labelled, predicted, write
from mainline.errors import MonitorError, ToolFailed
from mainline.monitor.profiles import branch, files, push
from mainline.monitor.profiles.profile import Profiles
from mainline.monitor.profiles.store import Store
from mainline.tools import cells, git
from mainline.tools.cells import Cell

Sent = Callable[[], Profiles]
MONDAY = recorded.at().date()


def day(number: int) -> date:
    """A day, by its number after the first Monday."""
    return MONDAY + timedelta(days=number)


def paths(remote: Path) -> list[str]:
    """The files of the branch."""
    return [path for path, _ in branch.read(remote)]


def commits(remote: Path) -> int:
    """How often somebody has sent something."""
    return len(git.git("rev-list", branch.NAME, root=remote, check=False).split())


def test_a_day_is_sent_when_it_is_over(counter: Counter, remote: Path, sent: Sent) -> None:
    """Once, and not before."""
    write(counter.records, "1", predicted("a"), predicted("b"))
    counter.fold()
    assert counter.push(days=0.2).days == ()
    assert commits(remote) == 0
    assert counter.push(days=0.7).days == (day(0),)
    assert [counter.push(days=n).days for n in (0.8, 1.2, 1.5)] == [(), (), ()]
    assert commits(remote) == 1
    assert sent().counts("v1", "answers", [day(0)]).sum() == 2


def test_a_day_without_a_line_is_sent_empty(counter: Counter, remote: Path, sent: Sent) -> None:
    """So that a day on which nobody counted is told from one on which nobody asked."""
    (counter.records).mkdir()
    for n in (0, 1, 2, 5):
        counter.fold(days=n)
        counter.push(days=n)
    assert sent().covered == tuple(day(n) for n in range(5))
    assert sent().versions == ()


def test_a_day_on_which_no_host_sent_anything_is_seen(counter: Counter, sent: Sent) -> None:
    """It is not covered until somebody has caught up."""
    counter.push(days=0)
    counter.push(days=2)
    assert day(2) not in sent().covered
    counter.push(days=3)
    assert day(2) in sent().covered


def test_today_is_sent_by_hand_and_again_when_it_is_over(counter: Counter, remote: Path, sent: Sent) -> None:
    """With what came after."""
    write(counter.records, "1", predicted("a"))
    counter.fold()
    assert counter.push(days=0.1, today=True).days == (day(0),)
    write(counter.records, "2", predicted("b", days=0.2))
    counter.fold()
    assert counter.push(days=0.7).days == (day(0),)
    assert sent().counts("v1", "answers", [day(0)]).sum() == 2
    assert counter.push(days=1.7).days == (day(1),)


def test_labels_that_come_later_are_in_the_file_of_their_own_day(counter: Counter, remote: Path, sent: Sent) -> None:
    """That of the answer is not sent again, and still has them when it is read."""
    write(counter.records, "1", predicted("a"))
    counter.fold()
    counter.push(days=1)
    before = dict(branch.read(remote))
    write(counter.records, "2", labelled("a", days=9))
    counter.fold()
    counter.push(days=10)
    after = dict(branch.read(remote))
    assert {path: after[path] for path in before} == before
    assert sent().labels("v1", [day(0)])[0, 1, 4].tolist() == [1, 0]
    assert sent().days("v1") == (day(0),)


def test_records_of_long_ago_change_their_day(counter: Counter, sent: Sent) -> None:
    """As of a slot that could not be read for a while; with the next day's push."""
    counter.push(days=0)
    counter.push(days=3)
    write(counter.records, "1", predicted("a", days=1))
    counter.fold()
    assert counter.push(days=3.1).days == ()
    assert counter.push(days=4).days == (day(1), day(3))
    assert sent().days("v1") == (day(1),)


def test_two_hosts_add_up(host: Callable[[str], Counter], sent: Sent) -> None:
    """Each in files of its own."""
    for name, requests in (("a", 2), ("b", 3)):
        write(
            host(name).records,
            name,
            *(predicted(f"{name}{n}") for n in range(requests)),
            labelled(f"{name}0", days=0.2),
        )
        host(name).fold()
        host(name).push(days=1)
    assert sent().counts("v1", "answers", [day(0)]).sum() == 5
    assert sent().labels("v1", [day(0)]).sum() == 2


def test_hosts_that_send_at_the_same_time_all_come_through(host: Callable[[str], Counter], sent: Sent) -> None:
    """Whoever comes second adds to what the first has sent."""
    hosts = [host(name) for name in "abc"]
    for n, each in enumerate(hosts):
        write(each.records, "1", predicted(f"r{n}"))
        each.fold()
    running = [threading.Thread(target=each.push, kwargs={"days": 1}) for each in hosts]
    for each in running:
        each.start()
    for each in running:
        each.join()
    assert sent().counts("v1", "answers", [day(0)]).sum() == 3


def test_no_name_of_the_host_is_sent(counter: Counter, remote: Path) -> None:
    """A random word that its database keeps."""
    write(counter.records, "1", predicted("a"))
    counter.fold()
    counter.push(days=1)
    with Store(counter.folder) as store:
        assert paths(remote) == [f"days/{day(0)}/{store.host}.json", "versions/v1.json"]
        assert len(store.host) == 16


def test_a_remote_that_is_away_is_one_line_and_caught_up(counter: Counter, remote: Path, sent: Sent) -> None:
    """Nothing is lost; days are sent together when it is back."""
    write(counter.records, "1", predicted("a"), predicted("b", days=1))
    counter.fold()
    remote.rename(remote.with_name("away"))
    with pytest.raises(ToolFailed, match="cannot be reached, and profiles wait") as caught:
        counter.push(days=1)
    assert "\n" not in str(caught.value)
    remote.with_name("away").rename(remote)
    assert counter.push(days=2).days == (day(0), day(1))
    assert sent().counts("v1", "answers", [day(0), day(1)]).sum() == 2


def test_a_remote_that_does_not_let_it_write_is_one_line(
    counter: Counter, remote: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what to do."""
    monkeypatch.setattr(cells, "PAUSE", 0.01)
    write(counter.records, "1", predicted("a"))
    counter.fold()
    (remote / "hooks").mkdir(exist_ok=True)
    hook = remote / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(ToolFailed, match=r"profiles wait: mainline/monitor cannot be written .* let this host push"):
        counter.push(days=1)


def test_a_push_whose_answer_was_lost_is_not_sent_twice(
    counter: Counter, remote: Path, sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The branch has it, the host does not know: it finds out."""
    write(counter.records, "1", predicted("a"))
    counter.fold()
    swap = Cell.swap

    def lost(*arguments: object) -> None:
        swap(*arguments)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Cell, "swap", lost)
        with pytest.raises(KeyboardInterrupt):
            counter.push(days=1)
    assert counter.push(days=1).days == (day(0),)
    assert commits(remote) == 1
    assert sent().counts("v1", "answers", [day(0)]).sum() == 1


def test_a_branch_that_somebody_deleted_is_filled_again(counter: Counter, remote: Path, sent: Sent) -> None:
    """Each host has all of its own days."""
    write(counter.records, "1", predicted("a"))
    counter.fold()
    counter.push(days=1)
    git.git("update-ref", "-d", branch.CELL.ref, root=remote)
    assert counter.push(days=2).days == (day(0), day(1))
    assert sent().counts("v1", "answers", [day(0)]).sum() == 1


def test_a_lock_that_a_crash_left_behind_stops_nobody(counter: Counter, sent: Sent) -> None:
    """Of the ref that says what was fetched."""
    write(counter.records, "1", predicted("a"))
    counter.fold()
    lock = counter.folder / f"repo.git/{branch.SEEN}.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    assert counter.push(days=1).days == (day(0),)
    assert counter.push(days=2).days == (day(1),)


def test_a_version_that_another_host_counts_otherwise_stays_here(host: Callable[[str], Counter], sent: Sent) -> None:
    """The others are sent; one line says which is not."""
    a, b = host("a"), host("b")
    write(a.records, "1", predicted("a"))
    write(b.records, "1", predicted("b", [{"age": 1.0}]), first=head(columns=recorded.COLUMNS[:1]))
    write(b.records, "2", predicted("c", model_version="v2"), first=head("v2"))
    for each in (a, b):
        each.fold()
    assert a.push(days=1).problems == []
    (said,) = b.push(days=1).problems
    assert "v1 is counted otherwise" in said
    assert {name: sent().counts(name, "answers", [day(0)]).sum() for name in sent().versions} == {"v1": 1, "v2": 1}


def test_a_shared_file_in_other_words_is_never_overwritten(counter: Counter, remote: Path) -> None:
    """Also where another host comes first between look and push."""
    root = counter.folder / "repo.git"
    branch.put(root, {}, "first", {"versions/v1.json": "one\n"})
    with pytest.raises(MonitorError, match=r"versions/v1\.json is there in other words"):
        branch.put(root, {"days/x": "1"}, "second", {"versions/v1.json": "two\n"})
    assert dict(branch.read(remote)) == {"versions/v1.json": b"one\n"}


def test_a_day_that_is_too_large_leaves_its_smallest_versions_here(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody would read such a file."""
    write(counter.records, "1", predicted("a"), predicted("b", [recorded.ROW | {"age": 3.0}]))
    write(counter.records, "2", predicted("c", model_version="v2"), first=head("v2"))
    counter.fold()
    monkeypatch.setattr(files, "MOST_BYTES", 200)
    (said,) = counter.push(days=1).problems
    assert "too much for one file; v2 stays here" in said


@pytest.mark.parametrize("version", ["v1", "model:1.0/β", "..", "a b"])
def test_a_version_of_any_name_is_sent(counter: Counter, sent: Sent, version: str) -> None:
    """Its file's name is safe on every system."""
    write(counter.records, "1", predicted("a", model_version=version), first=head(version))
    counter.fold()
    counter.push(days=1)
    assert sent().versions == (version,)


def test_without_a_remote_the_branch_is_the_clones_own(tmp_path: Path) -> None:
    """As on a laptop."""
    git.git("init", "--quiet", str(tmp_path / "alone"), root=tmp_path)
    alone = Counter(tmp_path / "state")
    write(alone.records, "1", predicted("a"))
    alone.fold()
    from mainline.monitor.profiles import profile

    with Store(alone.folder) as store:
        push.push(store, tmp_path / "alone", lambda: recorded.clock(1))
    assert profile.read(tmp_path / "alone").days("v1") == (day(0),)
    assert git.git("status", "--porcelain", root=tmp_path / "alone") == ""
