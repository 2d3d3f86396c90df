"""What git wants: read strictly from a remote, and nothing is believed that is not plain."""

from pathlib import Path

import pytest

from line.tests.host.hosts import commit_files, release
from mainline.errors import ConfigError, ToolFailed
from mainline.host import desired
from mainline.tools import git

GOOD = f"MODEL_VERSION={'a' * 12}-{'b' * 8}\nMODEL_COMMIT={'a' * 40}\nBENTO=my-model:aaaaaaaaaaaa-bbbbbbbb\n"
IMAGE = "IMAGE=registry.example:5000/team/model@sha256:" + "0" * 64 + "\n"


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """A remote whose main has a commit."""
    git.git("init", "--quiet", "--bare", "--initial-branch=main", str(tmp_path / "origin.git"), root=tmp_path)
    commit_files(tmp_path / "origin.git", {"README.md": "x"})
    return tmp_path / "origin.git"


@pytest.fixture
def repository(origin: Path, tmp_path: Path) -> Path:
    """The agent's own repository."""
    desired.prepare(tmp_path / "repo.git", str(origin))
    return tmp_path / "repo.git"


@pytest.mark.parametrize("text", ["", "\n", "# nothing yet\n\n"])
def test_an_empty_file_wants_nothing(text: str) -> None:
    """Nor does one with comments only."""
    assert desired.parse("deploy/canary.env", text) is None


@pytest.mark.parametrize("more", ["FORCE=20260101T000000\n", "MODEL_GATE_VERDICT=NOT CERTIFIED\n", "# why\r\n"])
def test_what_is_written_is_read_again(more: str) -> None:
    """A release and its lines are the same."""
    found = desired.parse("deploy/canary.env", GOOD + more)
    assert found is not None
    assert desired.parse("deploy/canary.env", desired.text_of(found)) == found
    windows = "\ufeff" + desired.text_of(found).replace("\n", "\r\n")
    assert desired.parse("deploy/canary.env", windows) == found


def test_an_image_is_named_by_its_digest() -> None:
    """With it there is no Bento."""
    found = desired.parse("x", "".join(GOOD.splitlines(keepends=True)[:2]) + IMAGE)
    assert found is not None
    assert (found.bento, found.image.rpartition("@")[2][:7]) == ("", "sha256:")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD + "PORT=80\n", "line 4: 'PORT' is no key; there are: MODEL_VERSION, "),
        (GOOD + "just words\n", "line 4: 'just words' is no key"),
        (GOOD + GOOD, "line 4: MODEL_VERSION stands twice"),
        (GOOD + IMAGE, "either IMAGE or BENTO"),
        (GOOD.replace("BENTO=my-model", "BENTO=../my-model"), "line 3: BENTO must be a Bento's tag"),
        (GOOD.replace("MODEL_VERSION=a", "MODEL_VERSION=/a"), "line 1: MODEL_VERSION must be a version"),
        (GOOD + "FORCE=$(reboot)\n", "line 4: FORCE must be one word"),
        (GOOD.replace(f"MODEL_COMMIT={'a' * 40}", "MODEL_COMMIT=main"), "MODEL_COMMIT must be a whole commit hash"),
        ("MODEL_VERSION=a\n", "MODEL_COMMIT is missing"),
        (GOOD.replace("BENTO=my-model:aaaaaaaaaaaa-bbbbbbbb", "IMAGE=model:latest"), "with its digest"),
        (GOOD + " \u2028FORCE=x\n", "is no key"),
    ],
)
def test_anything_else_is_refused_by_line(text: str, said: str) -> None:
    """The message names the file, the line, and what it should be."""
    with pytest.raises(ConfigError, match=r"^deploy/canary\.env.*" + said.replace("(", r"\(")):
        desired.parse("deploy/canary.env", text)


def test_both_files_are_read_from_main_and_again_when_it_moves(origin: Path, repository: Path) -> None:
    """Where main has not moved, the same answer comes back."""
    found = desired.look(repository)
    assert found.releases == {"canary": None, "production": None}
    assert desired.look(repository, found) is found
    commit_files(origin, {"deploy/production.env": desired.text_of(release("a")), "params.yaml": "canary: {}\n"})
    found = desired.look(repository, found)
    assert (found.releases, found.params) == ({"canary": None, "production": release("a")}, "canary: {}\n")


def test_a_bad_file_says_nothing_and_leaves_the_other_alone(origin: Path, repository: Path) -> None:
    """A rollback in production.env counts though canary.env is broken."""
    commit_files(origin, {"deploy/canary.env": "x\n", "deploy/production.env": desired.text_of(release("a"))})
    found = desired.look(repository)
    assert found.releases == {"production": release("a")}
    assert "deploy/canary.env, line 1" in found.problems[0]


def test_a_symlink_and_a_file_too_long_are_refused(origin: Path, repository: Path, tmp_path: Path) -> None:
    """What a pull request could point elsewhere is not followed."""
    commit_files(origin, {"deploy/canary.env": "#" * 5000})
    tree = tmp_path / "tree"
    git.git("clone", "--quiet", str(origin), str(tree), root=tmp_path)
    (tree / "deploy/production.env").symlink_to("/etc/passwd")
    git.git("add", "--all", root=tree)
    git.git("-c", "user.name=T", "-c", "user.email=t@localhost", "commit", "--quiet", "-m", "Link", root=tree)
    git.git("push", "--quiet", "origin", "main", root=tree)
    found = desired.look(repository)
    assert found.releases == {}
    assert ["5000 bytes are too many" in each or "no plain file" in each for each in found.problems] == [True, True]


def test_a_remote_that_is_away_is_an_error_and_back_again_is_not(origin: Path, repository: Path) -> None:
    """So is one without main."""
    origin.rename(origin.with_name("away"))
    with pytest.raises(ToolFailed):
        desired.look(repository)
    origin.with_name("away").rename(origin)
    assert desired.look(repository).commit
    git.git("update-ref", "-d", "refs/heads/main", root=origin)
    with pytest.raises(ToolFailed, match="no branch main"):
        desired.look(repository)


def test_a_lock_that_a_crash_left_does_not_stay(origin: Path, repository: Path) -> None:
    """Whoever prepares the repository again owns it."""
    for name in ("config.lock", "refs/mainline.lock"):
        (repository / name).touch()
    desired.prepare(repository, str(origin))
    assert list(repository.rglob("*.lock")) == []
