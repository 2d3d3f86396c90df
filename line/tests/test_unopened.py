"""Where a token writes, a branch's commit is read and never opened: what it holds is judged, or refused in one line."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from line.tests.projects import commit_all, with_origin
from mainline import retraining, unopened
from mainline.errors import ConfigError, MainlineError, Refused, StaleLock, ToolFailed
from mainline.project import Project
from mainline.tools import dvc, git

OURS = "[core]\n    analytics = false\n"
IGNORED = "/config.local\n/tmp\n/cache\n"
THEIRS = "[core]\n    remote = store\n['remote \"store\"']\n    url = s3://bucket/x\n    configpath = aws\n"


def md5(content: bytes) -> str:
    """A content's hash, as DVC counts it."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


class Branch:
    """Somebody's branch and the outputs of its commit, beside main's clone."""

    def __init__(self, folder: Path) -> None:
        self.main, self.outputs = with_origin(folder), folder / "outputs"
        for name, text in {
            ".dvc/config": OURS,
            ".dvc/.gitignore": IGNORED,
            "dvc.yaml": "stages: {}\n",
            "params.yaml": "gate: {}\n",
        }.items():
            (self.main / name).parent.mkdir(exist_ok=True)
            (self.main / name).write_text(text)
        commit_all(self.main, "Begin")
        git.git("push", "--quiet", "origin", "main", root=self.main)
        self.author = folder / "author"
        git.git("clone", "--quiet", str(folder / "origin.git"), str(self.author), root=folder)
        git.git("switch", "--quiet", "--create", "theirs", root=self.author)
        self.pinned = {path: md5(path.encode()) for path in unopened.FILES}
        for path in unopened.FILES:
            self.hand_over(path.encode())
        (self.outputs / "facts.json").write_text(json.dumps({"latency": {"model": "x", "ms": 1.5}}))
        (self.author / "params.yaml").write_text("gate: {delta: 0.01}\n")

    def hand_over(self, content: bytes) -> Path:
        """Put a file into the folder that the branch's job hands over."""
        place = self.outputs / "files/md5" / md5(content)[:2] / md5(content)[2:]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        return place

    def lock(self) -> str:
        """The dvc.lock that pins the files."""
        outs = [{"path": path, "md5": content} for path, content in self.pinned.items()]
        return yaml.safe_dump({"schema": "2.0", "stages": {"all": {"cmd": "true", "outs": outs}}})

    def push(self) -> str:
        """Commit what the author's clone has, push it, and answer the commit."""
        if not os.path.lexists(self.author / dvc.LOCK):
            (self.author / dvc.LOCK).write_text(self.lock())
        commit_all(self.author, "Nothing to see here")
        git.git("push", "--quiet", "--force", "origin", "theirs", root=self.author)
        return git.commit_of("HEAD", self.author)

    def refused(self, commit: str) -> str:
        """What is said of a commit that is not taken, in one line; nothing is left of it anywhere."""
        before = sorted(self.main.rglob("*.y*ml")), git.git("worktree", "list", root=self.main)
        with pytest.raises(MainlineError) as error, unopened.opened(Project(self.main), commit, self.outputs):
            raise AssertionError("it was opened")
        assert (sorted(self.main.rglob("*.y*ml")), git.git("worktree", "list", root=self.main)) == before
        assert "\n" not in str(error.value)
        return str(error.value)


@pytest.fixture
def theirs(tmp_path: Path) -> Branch:
    """A branch that is as it should be."""
    return Branch(tmp_path)


def test_a_commit_is_judged_by_its_texts_and_files(theirs: Branch) -> None:
    """Its dvc.lock and parameters, nine files by content, its latency; HEAD is the commit, and code is not there."""
    commit = theirs.push()
    with unopened.opened(Project(theirs.main), commit, theirs.outputs) as taken:
        assert {path: (taken / path).read_bytes() for path in unopened.FILES} == {p: p.encode() for p in unopened.FILES}
        assert (taken.gate.delta, taken.lock.outputs) == (0.01, theirs.pinned)
        assert json.loads((taken / ".mainline/latency.json").read_text()) == {"model": "x", "ms": 1.5}
        assert taken.commit_of("HEAD") == commit
        assert not (taken / "dvc.yaml").exists()
        taken.require_current()
        assert [line.split()[0] for line in taken.changed("main")] == ["dvc.lock", "params.yaml"]
    assert git.dirty(theirs.main) == []


def test_a_retraining_says_what_it_is(theirs: Branch) -> None:
    """What it brings beside its lock is laid out with it; how it reads is the gate's to see."""
    (theirs.author / "models").mkdir()
    (theirs.author / retraining.FILE).write_text("[" * 100_000)
    commit = theirs.push()
    with unopened.opened(Project(theirs.main), commit, theirs.outputs) as taken:
        assert (taken / retraining.FILE).read_text() == "[" * 100_000


def test_a_branchs_settings_of_dvc_are_not_read(theirs: Branch) -> None:
    """An S3 remote with a profile of its own can run a command: DVC is opened with main's settings, or not at all."""
    (theirs.author / ".dvc/config").write_text(THEIRS)
    (theirs.author / ".dvc/aws").write_text("[default]\ncredential_process = touch pwned\n")
    commit = theirs.push()
    with unopened.opened(Project(theirs.main), commit, theirs.outputs) as taken:
        assert (taken / ".dvc/config").read_text() == OURS
        assert not (taken / ".dvc/aws").exists()
        assert dvc.remotes(taken.root) == []


def test_what_main_has_already_need_not_be_carried(theirs: Branch) -> None:
    """A file that is not in the folder comes from main's cache, held to its hash all the same."""
    path = unopened.FILES[0]
    kept = theirs.main / ".dvc/cache/files/md5" / theirs.pinned[path][:2] / theirs.pinned[path][2:]
    kept.parent.mkdir(parents=True)
    carried = theirs.hand_over(path.encode())
    carried.rename(kept)
    commit = theirs.push()
    with unopened.opened(Project(theirs.main), commit, theirs.outputs) as taken:
        assert (taken / path).read_bytes() == path.encode()
    kept.write_bytes(b"cut")
    assert "its content is not that of its name" in theirs.refused(commit)
    kept.unlink()
    assert f"{path}: not in {theirs.outputs}, nor in a cache or a DVC remote that main knows" == theirs.refused(commit)


def _linked(theirs: Branch) -> None:
    (theirs.author / "params.yaml").unlink()
    (theirs.author / "params.yaml").symlink_to("/etc/passwd")


def _linked_retraining(theirs: Branch) -> None:
    (theirs.author / "models").mkdir()
    (theirs.author / retraining.FILE).symlink_to("/etc/passwd")


def _huge_retraining(theirs: Branch) -> None:
    (theirs.author / "models").mkdir()
    (theirs.author / retraining.FILE).write_bytes(b" " * (unopened.LARGEST + 1))


def _linked_lock(theirs: Branch) -> None:
    (theirs.author / "dvc.lock").symlink_to("../../../etc/passwd")


def _huge(theirs: Branch) -> None:
    (theirs.author / "params.yaml").write_bytes(b"#" * (unopened.LARGEST + 1))


def _a_folder(theirs: Branch) -> None:
    (theirs.author / "params.yaml").unlink()
    (theirs.author / "params.yaml").mkdir()
    (theirs.author / "params.yaml/x").touch()


def _not_utf8(theirs: Branch) -> None:
    (theirs.author / "params.yaml").write_bytes(b"gate: \xff\n")


def _lock_not_utf8(theirs: Branch) -> None:
    (theirs.author / "dvc.lock").write_bytes(b"stages: \xff\n")


def _other_lock(text: str) -> Callable[[Branch], None]:
    return lambda theirs: (theirs.author / "dvc.lock").write_text(text) and None


def _deep(theirs: Branch) -> None:
    (theirs.author / "dvc.lock").write_text("- " * 200_000)


def _deep_params(theirs: Branch) -> None:
    (theirs.author / "params.yaml").write_text("[" * 100_000)


def _pins_a_path(theirs: Branch) -> None:
    theirs.pinned[unopened.FILES[0]] = "../../../../../etc/hostname"


def _pins_a_folder(theirs: Branch) -> None:
    theirs.pinned[unopened.FILES[0]] += ".dir"


def _pins_twice(theirs: Branch) -> None:
    more = "  more:\n    outs:\n    - {path: predictions/sealed.parquet, md5: MD5}\n"
    (theirs.author / "dvc.lock").write_text(
        theirs.lock() + more.replace("MD5", md5(theirs.hand_over(b"x").read_bytes()))
    )


def _pins_less(theirs: Branch) -> None:
    del theirs.pinned[unopened.FILES[-1]]


def _changed(theirs: Branch) -> None:
    theirs.hand_over(unopened.FILES[3].encode()).write_bytes(b"another")


def _a_link(theirs: Branch) -> None:
    place = theirs.hand_over(unopened.FILES[3].encode())
    place.rename(theirs.outputs / "aside")
    place.symlink_to(theirs.outputs / "aside")


def _a_pipe(theirs: Branch) -> None:
    place = theirs.hand_over(unopened.FILES[3].encode())
    place.unlink()
    os.mkfifo(place)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_linked, "params.yaml of COMMIT: no plain file of at most 1,048,576 bytes"),
        (_linked_lock, "dvc.lock of COMMIT: no plain file"),
        (_linked_retraining, "models/retrain.json of COMMIT: no plain file"),
        (_huge_retraining, "models/retrain.json of COMMIT: no plain file of at most 1,048,576 bytes"),
        (_huge, "params.yaml of COMMIT: no plain file"),
        (_a_folder, "params.yaml of COMMIT: no plain file"),
        (_not_utf8, "params.yaml of COMMIT: not UTF-8"),
        (_lock_not_utf8, "dvc.lock of COMMIT: not UTF-8"),
        (_deep, "dvc.lock of COMMIT: goes deeper than 50 levels"),
        (_deep_params, "params.yaml of COMMIT: goes deeper than 50 levels"),
        (_other_lock("stages: [1, 2]\n"), "dvc.lock: not as DVC writes it"),
        (_other_lock("stages: {a: {outs: [{path: x}]}}\n"), "dvc.lock: not as DVC writes it"),
        (_other_lock("a: [\n"), "dvc.lock: not as DVC writes it"),
        (_other_lock("schema: '2.0'\n"), "dvc.lock: pins nothing"),
        (_pins_a_path, f"{unopened.FILES[0]}: dvc.lock pins no file of that name"),
        (_pins_a_folder, f"{unopened.FILES[0]}: dvc.lock pins no file of that name"),
        (_pins_twice, "predictions/sealed.parquet: dvc.lock pins it twice; `mainline lock` drops"),
        (_pins_less, f"{unopened.FILES[-1]}: dvc.lock pins no file of that name"),
        (_changed, "its content is not that of its name; it was changed on its way"),
        (_a_link, "is no plain file"),
        (_a_pipe, "is no plain file"),
    ],
)
def test_what_is_no_plain_answer_is_refused(theirs: Branch, spoil: Callable[[Branch], None], said: str) -> None:
    """In one line that names it; nothing is written outside the folder, which is gone again."""
    spoil(theirs)
    commit = theirs.push()
    assert said.replace("COMMIT", commit[:12]) in theirs.refused(commit)


def test_a_commit_is_a_whole_hash_that_the_remote_has(theirs: Branch) -> None:
    """No name, which a branch could choose, and no option."""
    for named in ("theirs", "--upload-pack=touch pwned", "ab" * 19):
        assert "not the whole hash of a commit" in theirs.refused(named)
    with pytest.raises(ToolFailed):
        unopened.fetched(Project(theirs.main), "ab" * 20)


def test_a_text_that_is_not_there_is_none(theirs: Branch) -> None:
    """A branch without a lock is told to make one."""
    git.git("commit", "--quiet", "--allow-empty", "--no-verify", "-m", "x", root=theirs.author)
    git.git("push", "--quiet", "origin", "theirs", root=theirs.author)
    commit = git.commit_of("HEAD", theirs.author)
    with (
        pytest.raises(StaleLock, match="run `mainline lock`"),
        unopened.opened(Project(theirs.main), commit, theirs.outputs),
    ):
        pass


@pytest.mark.parametrize("facts", ["no json", "[1]", "[" * 9_000])
def test_facts_are_read_with_care(theirs: Branch, facts: str) -> None:
    """What is not JSON is refused, and what is none of ours says nothing."""
    (theirs.outputs / "facts.json").write_text(facts)
    commit = theirs.push()
    if facts == "[1]":
        with unopened.opened(Project(theirs.main), commit, theirs.outputs) as taken:
            assert not (taken / ".mainline").exists()
    else:
        with pytest.raises(Refused, match="not JSON"), unopened.opened(Project(theirs.main), commit, theirs.outputs):
            pass
    (theirs.outputs / "facts.json").unlink()
    (theirs.outputs / "facts.json").symlink_to("/etc/hostname")
    with (
        pytest.raises(ConfigError, match=r"no facts\.json"),
        unopened.opened(Project(theirs.main), commit, theirs.outputs),
    ):
        pass
