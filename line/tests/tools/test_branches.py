"""Which branch is the champion's, and which remote is everybody's, whatever they are called."""

from collections.abc import Callable
from pathlib import Path

import pytest

from line.tests.projects import commit_all
from mainline.commands import deploy, lock
from mainline.errors import ConfigError, ToolFailed
from mainline.host import desired
from mainline.project import Project
from mainline.release import publish
from mainline.tools import branches, git


def repository(folder: Path, *names: str) -> Path:
    """One commit, on branches of these names."""
    git.git("init", "--quiet", f"--initial-branch={names[0]}", str(folder), root=folder.parent)
    (folder / "dvc.yaml").touch()
    commit_all(folder, "First")
    for name in names[1:]:
        git.git("branch", name, root=folder)
    return folder


def clone(tmp_path: Path, *names: str, remote: str = "origin") -> Path:
    """A clone of such a repository."""
    there = repository(tmp_path / "there", *names)
    git.git("clone", "--quiet", f"--origin={remote}", str(there), "here", root=tmp_path)
    return tmp_path / "here"


@pytest.mark.parametrize(
    ("names", "trunk"),
    [
        (("main", "feature"), "main"),
        (("master", "feature"), "master"),
        (("feature", "master"), "master"),
        (("master", "main"), "main"),
        (("develop",), "develop"),
        (("release/next",), "release/next"),
        (("one", "two"), "main"),
    ],
)
def test_without_a_remote_it_is_a_usual_name_or_the_only_one(tmp_path: Path, names: tuple[str], trunk: str) -> None:
    """Whichever is there; where there is no telling, main, which is not there then."""
    assert branches.trunk(repository(tmp_path / "alone", *names)) == trunk


def test_what_git_calls_a_first_branch_is_usual_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """init.defaultBranch, where neither main nor master is there."""
    (tmp_path / "config").write_text("[init]\n\tdefaultBranch = develop\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
    assert branches.trunk(repository(tmp_path / "alone", "feature", "develop")) == "develop"


@pytest.mark.parametrize("remote", ["origin", "upstream"])
def test_with_a_remote_it_is_its_default_branch(tmp_path: Path, remote: str) -> None:
    """Though there is a main; the base is that branch as the remote has it."""
    here = clone(tmp_path, "stable", "main", remote=remote)
    assert (branches.remote(here), branches.trunk(here)) == (remote, "stable")
    assert branches.base(here) == f"{remote}/stable"


def test_a_default_branch_that_is_gone_counts_for_nothing(tmp_path: Path) -> None:
    """After a renaming on the remote, until `git remote set-head` has asked anew."""
    here = clone(tmp_path, "stable", "main")
    git.git("branch", "--delete", "--force", "--remotes", "origin/stable", root=here)
    assert branches.trunk(here) == "main"


def test_the_environment_names_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MAINLINE_BRANCH comes before all."""
    monkeypatch.setenv("MAINLINE_BRANCH", "next")
    here = clone(tmp_path, "main", "next")
    assert (branches.trunk(here), branches.base(here)) == ("next", "origin/next")


def test_several_remotes_need_one_called_origin(tmp_path: Path) -> None:
    """Else nobody knows which is everybody's, unless git was told; the refusal says what mends it."""
    here = clone(tmp_path, "main", remote="mine")
    git.git("remote", "add", "theirs", "elsewhere", root=here)
    assert branches.remote(here) is None
    with pytest.raises(ConfigError, match="no remote is called origin, and a reason: git remote rename mine origin"):
        branches.require_remote(here, "and a reason")
    git.git("config", "checkout.defaultRemote", "mine", root=here)
    assert branches.remote(here) == "mine"


@pytest.mark.parametrize("named", [None, "origin/master"])
def test_without_a_remote_the_base_is_the_branch_here(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], named: str | None
) -> None:
    """And that is said."""
    root = repository(tmp_path / "alone", "master", "feature")
    assert branches.base(root, named) == "master"
    assert "no remote has the branch master: compared with the one here" in capsys.readouterr().err
    assert branches.base(root, "feature") == "feature"


def test_a_base_that_is_nowhere_is_refused_with_how_to_name_another(tmp_path: Path) -> None:
    """In one line."""
    with pytest.raises(ConfigError, match=r"no branch main, whose .*MAINLINE_BRANCH=NAME.*git remote set-head origin"):
        branches.base(repository(tmp_path / "alone", "one", "two"))


def test_status_says_how_to_name_the_champions_branch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, say: Callable[..., str]
) -> None:
    """Where it is not here; where it is, whatever it is called, there is nothing to say."""
    root = repository(tmp_path / "alone", "one", "two")
    git.git("init", "--quiet", ".", root=root)
    (root / ".dvc").mkdir()
    monkeypatch.chdir(root)
    assert "no branch main here, where the champion is; name another with MAINLINE_BRANCH=NAME" in say("status")
    monkeypatch.setenv("MAINLINE_BRANCH", "two")
    assert "no branch" not in say("status")


def test_deploy_and_lock_know_the_branch(tmp_path: Path) -> None:
    """What is to run is a commit on it, and a lock is not pushed onto it."""
    here = clone(tmp_path, "stable", "feature")
    with pytest.raises(ConfigError, match=r"on stable: it changes by merges"):
        lock.push(Project(here))
    git.git("switch", "--quiet", "feature", root=here)
    with pytest.raises(ConfigError, match=r"on feature: what is to run is read from stable.*MAINLINE_BRANCH=NAME"):
        deploy.deploy(Project(here), "canary")


def test_deploy_pushes_the_branch_though_a_tag_is_called_like_it(tmp_path: Path) -> None:
    """On top of what others have pushed to it in the meantime; the tag stays where it is."""
    here = clone(tmp_path, "stable", remote="upstream")
    there = tmp_path / "there"
    git.git("switch", "--quiet", "--detach", root=there)
    for root in (here, there):
        git.git("tag", "stable", "HEAD", root=root)
    commit_all(mark(here, "mine"), "Mine")
    git.git("switch", "--quiet", "stable", root=there)
    commit_all(mark(there, "theirs"), "Theirs")
    git.git("switch", "--quiet", "--detach", root=there)
    publish.push(Project(here))
    assert git.git("log", "--format=%s", "refs/heads/stable", "--", root=there).split() == ["Mine", "Theirs", "First"]
    assert git.git("log", "--format=%s", "refs/tags/stable", "--", root=there) == "First"


def mark(root: Path, name: str) -> Path:
    """A new file."""
    (root / name).touch()
    return root


@pytest.mark.parametrize("name", ["main", "master", "stable"])
def test_an_agent_follows_the_default_branch(tmp_path: Path, name: str) -> None:
    """Whatever it is called, and to where it goes on."""
    there = repository(tmp_path / "there", name, "another")
    git.git("tag", name, root=there)
    desired.prepare(tmp_path / "agent", str(there))
    first = desired.look(tmp_path / "agent")
    commit_all(mark(there, "file"), "Second")
    second = desired.look(tmp_path / "agent", first)
    assert [first.commit, second.commit] == git.git("rev-list", "--reverse", f"refs/heads/{name}", root=there).split()


def test_an_agent_looks_for_a_usual_name_where_the_default_branch_was_never_pushed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a bare repository that was begun with another name; a name of one's own comes before."""
    there = repository(tmp_path / "there", "main", "stable")
    git.git("symbolic-ref", "HEAD", "refs/heads/unborn", root=there)
    desired.prepare(tmp_path / "agent", str(there))
    assert desired.look(tmp_path / "agent").commit == git.commit_of("main", there)
    monkeypatch.setenv("MAINLINE_BRANCH", "gone")
    with pytest.raises(ToolFailed, match="the remote has no branch gone; MAINLINE_BRANCH names the one"):
        desired.look(tmp_path / "agent")
