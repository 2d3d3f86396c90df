"""The ledger keeps every decision, lets nobody change one, and says which line is wrong: on real git."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mainline import ledger
from mainline.errors import MainlineError, Refused, ToolFailed
from mainline.ledger import branch, note
from mainline.tools import cells, git

pytestmark = pytest.mark.slow

IDENTITY = ("-c", "user.name=Test", "-c", "user.email=test@localhost")
WRITER = """
import sys
from pathlib import Path
from mainline import ledger
root, who, times = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
for turn in range(times):
    while True:
        history = ledger.read(root)
        t = len(history.decisions(("mainline", 0))) + 1
        if ledger.append(root, history, {"kind": "decision", "generation": 0, "t": t, "by": f"{who}{turn}"}):
            print(t, flush=True)
            break
"""


def decision(t: int, **more: object) -> ledger.Entry:
    """An entry as the gate writes it, but shorter."""
    return {"kind": "decision", "generation": 0, "t": t, "verdict": "PASS", **more}


def write(root: Path, count: int) -> ledger.Ledger:
    """Append decisions until there are so many."""
    while len((found := ledger.read(root)).entries) < count:
        assert ledger.append(root, found, decision(len(found.entries) + 1))
    return found


def lines_of(root: Path) -> list[str]:
    """The ledger's lines as they stand."""
    return (git.show(str(branch.tip(root)), ledger.FILE, root) or "").split("\n")


def tamper(root: Path, lines: list[str], *, end: str = "\n") -> None:
    """Commit other lines on top of the branch, and push them, as a person with an editor would."""
    above = branch.tip(root)
    commit = branch.commit(root, above, ledger.FILE, "\n".join(lines) + end, "edit")
    branch.CELL.swap(root, above, commit)


def forged(lines: list[str], at: int, **change: object) -> list[str]:
    """The lines with one entry changed, and all digests made right again."""
    entries, before = [json.loads(line) for line in lines], ""
    entries[at] |= change
    for entry in entries:
        entry["digest"] = before = ledger._digest(before, entry)
    return [json.dumps(entry) for entry in entries]


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bare remote with a main branch of two commits; not to be changed."""
    folder = tmp_path_factory.mktemp("started")
    bare, seed = folder / "origin.git", folder / "seed"
    git.git("init", "--quiet", "--bare", "--initial-branch=main", str(bare), root=folder)
    git.git("init", "--quiet", "--initial-branch=main", str(seed), root=folder)
    (seed / "file").write_text("content\n")
    git.git("add", "file", root=seed)
    for message in ("First", "Second"):
        git.git(*IDENTITY, "commit", "--quiet", "--allow-empty", "--message", message, root=seed)
    git.git("push", "--quiet", str(bare), "main", root=seed)
    return bare


@pytest.fixture
def origin(started: Path, tmp_path: Path) -> Path:
    """A remote of one's own."""
    return Path(shutil.copytree(started, tmp_path / "origin.git"))


@pytest.fixture
def clone(origin: Path, tmp_path: Path) -> Callable[..., Path]:
    """Clone the remote under a name."""

    def make(name: str, *options: str) -> Path:
        git.git("clone", "--quiet", *options, origin.as_uri(), str(tmp_path / name), root=tmp_path)
        return tmp_path / name

    return make


@pytest.fixture(scope="module")
def four(started: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a remote of four decisions, and the clone `a` that wrote them; not to be changed."""
    folder = tmp_path_factory.mktemp("four")
    shutil.copytree(started, folder / "origin.git")
    git.git("clone", "--quiet", "origin.git", "a", root=folder)
    git.git("remote", "set-url", "origin", "../origin.git", root=folder / "a")
    write(folder / "a", 4)
    return folder


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    """A repository without a remote."""
    git.git("init", "--quiet", "--initial-branch=main", ".", root=tmp_path)
    return tmp_path


def test_there_is_no_entry_before_the_first(clone: Callable[..., Path]) -> None:
    """A project without a ledger has an empty one."""
    assert ledger.read(clone("a")) == ledger.Ledger(None, ())


def test_what_is_appended_is_read_back_everywhere(clone: Callable[..., Path]) -> None:
    """Entries come back in order, with their numbers, in the clone that wrote them and in any other."""
    a, b = clone("a"), clone("b")
    assert ledger.append(a, ledger.read(a), decision(1, alpha=1.6e-3))
    assert ledger.append(b, ledger.read(b), decision(2, rows=["abc", 10]))
    here, there = ledger.read(a), ledger.read(b)
    assert here == there
    assert [(entry["n"], entry["t"]) for entry in here.entries] == [(1, 1), (2, 2)]
    assert (here.entries[0]["alpha"], here.entries[1]["rows"]) == (1.6e-3, ["abc", 10])


def test_decisions_are_those_of_one_sealed_set(alone: Path) -> None:
    """Other generations, and entries that are no decisions, do not count."""
    entries = [decision(1), {**decision(1), "generation": 1}, {"kind": "note"}, decision(2)]
    found = ledger.Ledger("x", tuple(entries)).decisions(("mainline", 0))
    assert found == [entries[0], entries[3]]


def test_a_model_is_known_by_its_last_decision() -> None:
    """The gate's word about it, and who built it, where a line says so: older ones do not."""
    kind = {"kind": "decision", "generation": 0, "t": 1}
    about = ({"model": "a"}, {"model": "a", "made": "rebuilt by run 17"}, {"model": "b"})
    lines = [{**kind, "verdict": v, "challenger": each} for v, each in zip(("x", "PASS", "y"), about, strict=True)]
    known = ledger.Ledger("c", tuple(lines))
    assert [(known.verdict(model), known.made(model)) for model in "abc"] == [
        ("PASS", "rebuilt by run 17"),
        ("y", None),
        (None, None),
    ]


def test_a_retraining_is_a_verdict_and_no_decision() -> None:
    """It says of its model what a decision says, and none of the sealed set's numbers is its."""
    about = {"number": 1, "challenger": {"model": "r", "made": "rebuilt by run 3"}, "salt": "mainline"}
    one, other = decision(1, challenger={"model": "m"}), {**decision(9), **about, "kind": "retrain"}
    history = ledger.Ledger("x", (one, {"kind": "alarm"}, other, {**other, "generation": 1}))
    assert history.decisions(("mainline", 0)) == [one]
    assert history.judged(("mainline", 0)) == [one, other]
    assert history.retrainings == [other, {**other, "generation": 1}]
    assert (history.verdict("r"), history.made("r"), history.verdict("m")) == ("PASS", "rebuilt by run 3", "PASS")


def test_a_sealed_set_is_a_salt_and_a_generation() -> None:
    """Lines from before salts were written down are of any salt, but of one that new rows have brought since."""
    old, ours, left = decision(1), decision(2, salt="mainline"), decision(3, salt="mainline", to=["f00", 0])
    news = decision(1, salt="f00")
    history = ledger.Ledger("x", (old, ours, left, news, decision(1, salt="f00", generation=1)))
    assert history.decisions(("mainline", 0)) == [old, ours, left]
    assert history.decisions(("f00", 0)) == [news]
    assert history.decisions(("own", 0)) == [old]
    assert history.salts == {"mainline", "f00"}


@pytest.mark.parametrize("text", ["é ü 中文 🎯", "a\u2028b\u0085c\x0bd", 'quote " back \\ tab \t line \n end', ""])
def test_any_text_survives(alone: Path, text: str) -> None:
    """Letters of any alphabet, and what some call the end of a line, come back as they were."""
    assert ledger.append(alone, ledger.read(alone), decision(1, condition=text))
    assert ledger.append(alone, ledger.read(alone), decision(2))
    assert ledger.read(alone).entries[0]["condition"] == text


def test_the_slower_of_two_decides_again(clone: Callable[..., Path]) -> None:
    """Who has read what is no longer the newest writes nothing, be it the same entry, and succeeds on what is."""
    a, b = clone("a"), clone("b")
    stale = ledger.read(b)
    assert ledger.append(a, ledger.read(a), decision(1))
    assert not ledger.append(b, stale, decision(1))
    assert ledger.append(b, ledger.read(b), decision(2))
    assert [entry["t"] for entry in ledger.read(a).entries] == [1, 2]


def test_without_a_remote_the_slower_decides_again_too(alone: Path) -> None:
    """The branch of the clone itself is swapped, never overwritten."""
    stale = ledger.read(alone)
    assert ledger.append(alone, stale, decision(1))
    assert not ledger.append(alone, stale, decision(1, verdict="NOT CERTIFIED"))
    assert ledger.append(alone, ledger.read(alone), decision(2))
    assert [entry["n"] for entry in ledger.read(alone).entries] == [1, 2]


@pytest.mark.smoke
def test_two_clones_at_the_same_moment_lose_nothing(clone: Callable[..., Path]) -> None:
    """Processes that append at once get a number each, and every entry is there."""
    each, running = 6, []
    for name in ("a", "b", "c"):
        command = [sys.executable, "-c", WRITER, str(clone(name)), name, str(each)]
        running.append(subprocess.Popen(command))
    assert [process.wait() for process in running] == [0, 0, 0]
    entries = ledger.read(clone("reader")).entries
    assert [entry["n"] for entry in entries] == [entry["t"] for entry in entries] == list(range(1, 3 * each + 1))
    assert sorted(entry["by"] for entry in entries) == sorted(f"{name}{turn}" for name in "abc" for turn in range(each))


def test_two_gates_of_one_clone_lose_nothing(clone: Callable[..., Path]) -> None:
    """Two threads in the same clone share its refs and still get a number each."""
    root, failures = clone("a"), []

    def work(who: str) -> None:
        try:
            for turn in range(5):
                while not ledger.append(root, ledger.read(root), decision(0, by=f"{who}{turn}")):
                    pass
        except MainlineError as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(who,)) for who in "xy"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert sorted(entry["by"] for entry in ledger.read(root).entries) == [f"{who}{n}" for who in "xy" for n in range(5)]


EDITS: dict[str, tuple[Callable[[list[str]], list[str]], str, int]] = {
    "a verdict edited": (lambda x: [x[0], x[1].replace("PASS", "FAIL"), *x[2:]], "\n", 2),
    "a verdict edited, digests made right": (lambda x: forged(x, 1, verdict="FAIL"), "\n", 2),
    "a level edited at the end": (lambda x: forged(x, 3, alpha=0.5), "\n", 4),
    "the end cut off": (lambda x: x[:-1], "\n", 4),
    "all but one cut off": (lambda x: x[:1], "\n", 2),
    "everything cut off": (lambda x: [], "", 1),
    "a line deleted": (lambda x: [x[0], *x[2:]], "\n", 2),
    "the first line deleted": (lambda x: x[1:], "\n", 1),
    "the last line half written": (lambda x: [*x[:-1], x[-1][:40]], "", 4),
    "two lines exchanged": (lambda x: [x[0], x[2], x[1], x[3]], "\n", 2),
    "a line twice": (lambda x: [*x, x[-1]], "\n", 5),
    "an empty line between": (lambda x: [*x[:2], "", *x[2:]], "\n", 3),
    "a line that is no object": (lambda x: [*x, "[]"], "\n", 5),
    "a line of no digest": (lambda x: [*x, '{"n": 5, "kind": "decision"}'], "\n", 5),
}


@pytest.mark.parametrize("edit", EDITS)
def test_what_was_tampered_with_is_refused_by_line(four: Path, tmp_path: Path, edit: str) -> None:
    """Whoever reads it, whether or not they have seen it whole, is told the first line that was changed."""
    change, end, line = EDITS[edit]
    shutil.copytree(four, tmp_path, dirs_exist_ok=True)
    knowing, fresh = tmp_path / "a", tmp_path / "b"
    whole = branch.tip(knowing)
    tamper(knowing, change(lines_of(knowing)), end=end)
    git.git("clone", "--quiet", "origin.git", "b", root=tmp_path)
    wrong = rf"line {line} of ledger.jsonl is not as it was written; restore"
    with pytest.raises(Refused, match=rf"{wrong} it: git push --force origin {whole}:refs/heads/mainline/ledger"):
        ledger.read(knowing)
    with pytest.raises(Refused, match=rf"{wrong} the branch from a clone"):
        ledger.read(fresh)


def test_a_restored_ledger_is_read_again(clone: Callable[..., Path]) -> None:
    """The command in the message mends the branch."""
    a = clone("a")
    whole = write(a, 3)
    tamper(a, lines_of(a)[:-1])
    with pytest.raises(Refused) as caught:
        ledger.read(a)
    command = str(caught.value).split("restore it: git ")[1]
    git.git(*command.split(), root=a)
    assert ledger.read(a) == whole
    assert write(a, 4).entries[:3] == whole.entries


def test_two_lines_in_one_commit_are_refused(clone: Callable[..., Path]) -> None:
    """Every commit adds one line: who adds more has not gone through the gate."""
    a = clone("a")
    write(a, 2)
    lines = lines_of(a)
    more = forged([*lines, *[json.dumps({"n": n, **decision(n)}) for n in (3, 4)]], 0)
    tamper(a, [*lines, *more[2:]])
    with pytest.raises(Refused, match=r"line [34] of"):
        ledger.read(clone("b"))


def test_a_history_folded_into_one_commit_is_refused(clone: Callable[..., Path]) -> None:
    """A ledger whose first commit holds two lines was not written by gates, though every digest is right."""
    a = clone("a")
    entries = forged([json.dumps({"n": n, **decision(n)}) for n in (1, 2)], 0)
    branch.CELL.swap(a, None, branch.commit(a, None, ledger.FILE, "\n".join(entries) + "\n", "decision 2"))
    with pytest.raises(Refused, match="line 1 of"):
        ledger.read(clone("b"))


def test_a_rewritten_branch_is_refused(clone: Callable[..., Path]) -> None:
    """A force-pushed ledger, whole in itself, is not the one that this clone knows; `git fetch` does not hide it."""
    a, b = clone("a"), clone("b")
    known = write(a, 3)
    other = branch.commit(b, None, ledger.FILE, forged_first(), "decision 1")
    git.git("push", "--quiet", "--force", "origin", f"{other}:refs/heads/mainline/ledger", root=b)
    git.git("fetch", "--quiet", "--prune", root=a)
    with pytest.raises(Refused, match=rf"was rewritten.*git push --force origin {known.commit}"):
        ledger.read(a)
    with pytest.raises(Refused, match="was rewritten"):
        ledger.read(a)


def forged_first() -> str:
    """A ledger of one other entry, whole in itself."""
    return forged([json.dumps({"n": 1, **decision(1)})], 0, verdict="FAIL")[0] + "\n"


def test_a_branch_cut_back_to_an_older_commit_is_refused(clone: Callable[..., Path]) -> None:
    """Forgetting the newest decisions is a rewrite too."""
    a = clone("a")
    older = write(a, 2).commit
    write(a, 3)
    git.git("push", "--quiet", "--force", "origin", f"{older}:refs/heads/mainline/ledger", root=a)
    with pytest.raises(Refused, match="was rewritten"):
        ledger.read(a)


def test_a_history_that_was_merged_in_is_refused(clone: Callable[..., Path]) -> None:
    """A merge keeps what a clone knows among its ancestors and still shows other lines."""
    a = clone("a")
    known = write(a, 2).commit
    other = branch.commit(a, None, ledger.FILE, forged_first(), "decision 1")
    tree = git.git("rev-parse", f"{other}^{{tree}}", root=a)
    merge = git.git(*IDENTITY, "commit-tree", tree, "-p", str(known), "-p", other, "-m", "merge", root=a)
    branch.CELL.swap(a, known, merge)
    for root in (a, clone("b")):
        with pytest.raises(Refused, match="line 1 of"):
            ledger.read(root)


@pytest.mark.parametrize("prune", [True, False])
def test_a_deleted_branch_is_refused_with_what_restores_it(
    clone: Callable[..., Path], origin: Path, prune: bool
) -> None:
    """The clone that has seen the ledger says how to bring it back, and that works."""
    a = clone("a")
    known = write(a, 2)
    git.git("update-ref", "-d", "refs/heads/mainline/ledger", root=origin)
    if prune:
        git.git("fetch", "--quiet", "--prune", root=a)
    with pytest.raises(Refused, match="is gone") as caught:
        ledger.read(a)
    git.git(*str(caught.value).split("restore it: git ")[1].split(), root=a)
    assert ledger.read(a) == known


def test_a_deleted_branch_is_missed_by_a_clone_that_never_saw_it(clone: Callable[..., Path], origin: Path) -> None:
    """As every run of CI is one: the remote's second ref has it, and the command in the message brings it back."""
    known = write(clone("a"), 2)
    git.git("update-ref", "-d", "refs/heads/mainline/ledger", root=origin)
    b = clone("b")
    with pytest.raises(Refused, match=rf"is gone; restore it: git push --force origin {known.commit}") as caught:
        ledger.read(b)
    git.git(*str(caught.value).split("restore it: git ")[1].split(), root=b)
    assert ledger.read(clone("c")) == known


def test_a_replaced_branch_is_missed_by_a_clone_that_never_saw_it(clone: Callable[..., Path]) -> None:
    """A ledger of its own, whole in itself, lacks what the second ref has; nobody can append to it, either."""
    known = write(clone("a"), 3)
    b = clone("b")
    other = branch.commit(b, None, ledger.FILE, forged_first(), "decision 1")
    git.git("push", "--quiet", "--force", "origin", f"{other}:refs/heads/mainline/ledger", root=b)
    with pytest.raises(Refused, match=rf"was rewritten: it no longer holds {str(known.commit)[:12]}; restore it"):
        ledger.read(clone("c"))
    with pytest.raises(ToolFailed):
        branch.CELL.swap(b, other, branch.commit(b, other, ledger.FILE, "x\n", "decision 2"))
    assert branch.CELL.tips(b) == (other, known.commit)


def test_both_refs_move_or_none(clone: Callable[..., Path], origin: Path) -> None:
    """A ledger of before there was a second ref gets one with its next line."""
    a = clone("a")
    known = write(a, 2)
    assert branch.CELL.tips(a) == (known.commit, known.commit)
    git.git("update-ref", "-d", branch.SEEN, root=origin)
    assert ledger.read(clone("b")) == known
    assert write(a, 3).commit == branch.CELL.tips(a)[1]


def noted(root: Path, text: str) -> None:
    """Let main have a deploy/ledger."""
    (root / "deploy").mkdir(exist_ok=True)
    (root / note.FILE).write_text(text)
    git.git("add", "--all", root=root)
    git.git(*IDENTITY, "commit", "--quiet", "--no-verify", "--message", "Deploy", root=root)
    git.git("push", "--quiet", "origin", "main", root=root)


def test_main_knows_the_ledger(clone: Callable[..., Path], origin: Path) -> None:
    """Where both refs are gone or were replaced, a new clone still misses what was there at the last delivery."""
    a = clone("a")
    known = write(a, 3)
    noted(a, known.noted().text())
    assert ledger.read(clone("b")) == known
    assert len(write(a, 4).entries) == len(ledger.read(clone("c")).entries) == 4
    whole = branch.tip(a)
    for ref in (branch.REF, branch.SEEN):
        git.git("update-ref", "-d", ref, root=origin)
    with pytest.raises(Refused, match=r"is gone; restore the branch from a clone that has read it whole"):
        ledger.read(clone("d"))
    e = clone("e")
    other = branch.commit(e, None, ledger.FILE, forged_first(), "decision 1")
    git.git("push", "--quiet", "origin", f"{other}:{branch.REF}", f"{other}:{branch.SEEN}", root=e)
    said = rf"does not hold {str(known.commit)[:12]} \(3 lines\), which deploy/ledger of main knows; restore the branch"
    with pytest.raises(Refused, match=said):
        ledger.read(clone("f"))
    git.git("push", "--quiet", "--force", "origin", f"{whole}:{branch.REF}", f"{whole}:{branch.SEEN}", root=a)
    assert len(ledger.read(clone("g")).entries) == 4
    assert ledger.read(clone("h", "--depth=1")).commit == whole


@pytest.mark.parametrize("text", ["LEDGER_COUNT=0\n", "", "LEDGER_COUNT=2\nLEDGER_TIP=x\nLEDGER_DIGEST=y\n"])
def test_what_main_knows_is_read_strictly(clone: Callable[..., Path], text: str) -> None:
    """A note that was edited is refused, with where it was right."""
    a = clone("a")
    write(a, 1)
    noted(a, text)
    with pytest.raises(Refused, match=r"deploy/ledger of origin/main: not as `mainline deploy` writes it"):
        ledger.read(a)


def test_there_is_nothing_to_know_of_no_ledger() -> None:
    """Before the first decision main gets no note."""
    assert ledger.Ledger(None, ()).noted() is None


def test_a_deleted_branch_without_a_remote_is_refused_too(alone: Path) -> None:
    """The same where the branch is the clone's own."""
    known = write(alone, 2)
    git.git("branch", "--quiet", "-D", "mainline/ledger", root=alone)
    with pytest.raises(Refused, match="is gone") as caught:
        ledger.read(alone)
    git.git(*str(caught.value).split("restore it: git ")[1].split(), root=alone)
    assert ledger.read(alone) == known


def test_a_remote_that_comes_later_does_not_start_afresh(alone: Path, tmp_path: Path) -> None:
    """A ledger that was begun without a remote is asked for, not forgotten, once there is one."""
    known = write(alone, 2)
    bare = tmp_path / "late.git"
    git.git("init", "--quiet", "--bare", str(bare), root=tmp_path)
    git.git("remote", "add", "origin", str(bare), root=alone)
    with pytest.raises(Refused) as caught:
        ledger.read(alone)
    git.git(*str(caught.value).split("restore it: git ")[1].split(), root=alone)
    assert ledger.read(alone) == known


@pytest.mark.parametrize("url", ["nowhere.git", "http://127.0.0.1:9/nowhere.git"])
def test_an_unreachable_remote_is_one_clear_line(clone: Callable[..., Path], url: str) -> None:
    """Without its ledger the gate neither reads nor writes, and says so."""
    a = clone("a")
    known = write(a, 1)
    git.git("remote", "set-url", "origin", url, root=a)
    for attempt in (lambda: ledger.read(a), lambda: ledger.append(a, known, decision(2))):
        with pytest.raises(ToolFailed, match="origin cannot be reached, and nothing is decided") as caught:
            attempt()
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("hook", "entries"), [("pre-receive", 0), ("update", 1)])
def test_a_push_that_is_forbidden_is_one_clear_line(
    clone: Callable[..., Path], origin: Path, hook: str, entries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A remote's refusal is no race, whatever its hook says, and is not tried for ever."""
    monkeypatch.setattr(cells, "PAUSE", 0.01)
    a = clone("a")
    known = write(a, entries)
    script = origin / "hooks" / hook
    script.write_text("#!/bin/sh\necho 'not now: fetch first, cannot lock ref, stale info' >&2\nexit 1\n")
    script.chmod(0o755)
    with pytest.raises(ToolFailed, match=r"cannot be written .*hook declined.*must be let push") as caught:
        ledger.append(a, known, decision(2))
    assert "\n" not in str(caught.value)
    script.unlink()
    assert ledger.append(a, ledger.read(a), decision(2))


def test_a_lock_that_nobody_releases_is_one_clear_line(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a killed git left behind is named; once it is removed, the next append succeeds."""
    monkeypatch.setattr(cells, "PAUSE", 0.01)
    known = write(alone, 1)
    stale = alone / ".git/refs/heads/mainline/ledger.lock"
    stale.touch()
    with pytest.raises(ToolFailed, match="cannot be written"):
        ledger.append(alone, known, decision(2))
    stale.unlink()
    assert ledger.append(alone, known, decision(2))


def test_a_push_in_progress_elsewhere_is_waited_for(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock that goes away in time costs a pause, not the decision."""
    known = write(alone, 1)
    held = alone / ".git/refs/heads/mainline/ledger.lock"
    held.touch()
    monkeypatch.setattr(cells.time, "sleep", lambda _: held.unlink(missing_ok=True))
    assert ledger.append(alone, known, decision(2))


@pytest.mark.parametrize("remote", [True, False], ids=["remote", "no remote"])
def test_a_killed_gate_leaves_the_ledger_whole(clone: Callable[..., Path], alone: Path, remote: bool) -> None:
    """Killed with all its children at any moment, a gate has written its line or not; none is ever lost or half."""
    root, rng, before = (clone("a") if remote else alone), random.Random(4), 0
    for _ in range(15):
        command = [sys.executable, "-c", WRITER, str(root), "k", "1000"]
        with subprocess.Popen(command, start_new_session=True, stdout=-1, stderr=subprocess.DEVNULL) as running:
            for _ in range(rng.randrange(3)):  # counted in lines, so that a slow machine comes as far
                assert running.stdout
                assert running.stdout.readline()
            time.sleep(rng.random() * 0.4)
            os.killpg(running.pid, signal.SIGKILL)
        entries = ledger.read(root).entries
        assert [entry["t"] for entry in entries] == list(range(1, len(entries) + 1))
        assert len(entries) >= before
        before = len(entries)
        for stale in [*root.parent.glob("**/ledger.lock")]:  # as git tells its user to
            stale.unlink()
    assert before
    assert ledger.append(root, ledger.read(root), decision(before + 1))
    assert len(ledger.read(root).entries) == before + 1


def test_a_lock_left_behind_keeps_nobody_from_reading(alone: Path) -> None:
    """What was noted before stays; once the lock is old it is removed, and what was read is noted."""
    write(alone, 1)
    ledger.read(alone)
    before, lock = branch.seen(alone), alone / ".git" / f"{branch.SEEN}.lock"
    lock.touch()
    assert len(write(alone, 2).entries) == len(ledger.read(alone).entries) == 2
    assert branch.seen(alone) == before
    os.utime(lock, (0, 0))
    ledger.read(alone)
    assert branch.seen(alone) == branch.tip(alone) != before
    assert not lock.exists()


def test_reading_moves_no_ref_of_the_users(clone: Callable[..., Path]) -> None:
    """What the gate has seen is its own to know."""
    a = clone("a")
    refs = ("for-each-ref", "refs/heads", "refs/remotes", "refs/tags")
    before = git.git(*refs, root=a)
    write(clone("b"), 1)
    assert len(ledger.read(a).entries) == 1
    assert git.git(*refs, root=a) == before


def test_the_users_files_are_never_touched(clone: Callable[..., Path]) -> None:
    """Work tree, index, branch, FETCH_HEAD and local branches are as they were, dirty or not."""
    a, b = clone("a"), clone("b")
    (a / "file").write_text("half an idea\n")
    (a / "new").write_text("staged\n")
    git.git("add", "new", root=a)

    def state() -> list[object]:
        asked = (("status", "--porcelain"), ("rev-parse", "HEAD"), ("branch", "--list"), ("stash", "list"))
        files = {path: path.read_bytes() for path in a.glob("*") if path.is_file()}
        return [files, (a / ".git/FETCH_HEAD").exists(), *(git.git(*each, root=a) for each in asked)]

    before = state()
    write(b, 1)
    write(a, 2)
    assert state() == before


@pytest.mark.parametrize("options", [("--depth=1",), ("--depth=1", "--no-single-branch")])
def test_a_shallow_clone_reads_and_writes(clone: Callable[..., Path], options: tuple[str, ...]) -> None:
    """What CI checks out is enough, and a cut-off end is found from there on."""
    write(clone("a"), 3)
    shallow = clone("shallow", *options)
    assert git.git("rev-parse", "--is-shallow-repository", root=shallow) == "true"
    assert write(shallow, 5).entries == ledger.read(clone("b")).entries
    tamper(shallow, lines_of(shallow)[:-1])
    with pytest.raises(Refused, match="line 5 of"):
        ledger.read(shallow)


def test_a_branch_without_the_file_is_refused(clone: Callable[..., Path]) -> None:
    """A branch of that name that is no ledger is not taken for an empty one."""
    a = clone("a")
    git.git("push", "--quiet", "origin", "main:refs/heads/mainline/ledger", root=a)
    with pytest.raises(Refused, match="line 1 of"):
        ledger.read(a)
