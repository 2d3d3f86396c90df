"""The door to git."""

import subprocess
from pathlib import Path

import pytest

from line.tests.projects import commit_all, with_origin
from mainline.errors import ConfigError, MainlineError
from mainline.ledger import branch
from mainline.tools import branches, git, process


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """One commit with one file, on main."""
    git.git("init", "--quiet", "--initial-branch=main", ".", root=tmp_path)
    (tmp_path / "file").write_text("one\n")
    commit_all(tmp_path, "First")
    return tmp_path


def test_a_revision_becomes_its_hash(repository: Path) -> None:
    """Branches and commits answer with the full hash."""
    assert git.commit_of("main", repository) == git.git("rev-parse", "HEAD", root=repository)


def test_an_unknown_revision_names_those_there_are(repository: Path) -> None:
    """A branch that is not there is refused, with the branches that are."""
    with pytest.raises(ConfigError, match="--base mian: no such branch or commit; there are: main"):
        git.commit_of("mian", repository)


def test_files_of_a_revision(repository: Path) -> None:
    """A file is shown as it was, and one that was not there is None."""
    (repository / "file").write_text("two\n")
    assert git.show("main", "file", repository) == "one"
    assert git.show("main", "other", repository) is None


def test_dirty_names_changed_and_new_paths(repository: Path) -> None:
    """A clean tree has no dirty paths; changed and untracked ones are named."""
    assert git.dirty(repository) == []
    (repository / "file").write_text("two\n")
    (repository / "new").touch()
    assert git.dirty(repository) == ["file", "new"]


def test_a_worktree_goes_when_its_block_ends(repository: Path) -> None:
    """A worktree holds the commit's files, and leaves no trace, not after an error either."""
    with pytest.raises(RuntimeError), git.worktree("HEAD", repository) as tree:  # noqa: PT012
        assert (tree / "file").read_text() == "one\n"
        raise RuntimeError
    assert not tree.exists()
    assert len(git.git("worktree", "list", root=repository).splitlines()) == 1


HOSTILE = {
    "color": "color.ui=always color.diff=always color.status=always color.branch=always column.ui=always",
    "diff": "diff.noprefix=true diff.mnemonicPrefix=true diff.external=false diff.relative=true diff.renames=false",
    "status": "status.short=true status.branch=true status.showUntrackedFiles=no status.renames=copies",
    "log": "log.showSignature=true log.showRoot=false log.date=relative log.follow=true log.decorate=full",
    "names": "core.quotePath=true core.abbrev=4 core.pager=false core.editor=false",
    "pushing": "push.default=nothing push.followTags=true fetch.prune=true fetch.pruneTags=true",
    "signing": "commit.gpgSign=true tag.gpgSign=true gpg.program=false",
    "hooks": "core.hooksPath={home}/hooks init.templateDir={home}/template init.defaultBranch=odd",
    "pulling": "branch.autoSetupRebase=always pull.rebase=true merge.ff=only rebase.updateRefs=true",
    "watching": "core.fsmonitor=/bin/false core.untrackedCache=true alias.status=log alias.diff=log",
    "ends": "core.autocrlf=true core.safecrlf=true",
}


def answers(root: Path) -> dict[str, object]:
    """What the line asks git, as of a project with a change and an odd name."""
    head = git.commit_of("HEAD", root)
    with git.worktree(head, root) as tree:
        files = sorted(path.name for path in tree.iterdir() if path.name != ".git")
    branch.CELL.swap(root, branch.tip(root), branch.commit(root, branch.tip(root), "file", "text\n", "One"))
    return {
        "root": git.root(root),
        "branch": git.branch(root),
        "trunk": branches.trunk(root),
        "base": branches.base(root),
        "dirty": git.dirty(root),
        "changed": git.changed(head, root),
        "show": git.show("HEAD", "größe", root),
        "files": files,
        "tags": git.git("ls-remote", "--tags", "origin", root=root),
        "log": git.git("log", "--format=%s", "--numstat", "main", "--", root=root),
        "ledger": git.git("ls-tree", "--name-only", str(branch.tip(root)), root=root),
    }


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A clone of a project with an origin, an unpushed tag, a changed file, a moved one and a new one."""
    root = with_origin(tmp_path)
    for name in ("dvc.yaml", "größe", "old"):
        (root / name).write_text("one\n" * 9)
    commit_all(root, "First")
    git.git("push", "--quiet", "--set-upstream", "origin", "main", root=root)
    git.git("tag", "--annotate", "--message", "mine", "v9", root=root)
    (root / "größe").write_text("two\n")
    git.git("mv", "old", "moved", root=root)
    (root / 'neu "1"').touch()
    return root


@pytest.mark.parametrize("settings", HOSTILE.values(), ids=HOSTILE)
def test_a_users_settings_of_git_change_no_answer(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: str
) -> None:
    """Colours, prefixes, quoting, signatures, hooks and the rest are as if nobody had set them."""
    wanted = answers(shared)
    home = tmp_path / "home"
    for place in (home / "hooks", home / "template/hooks"):
        place.mkdir(parents=True)
        for name in ("post-checkout", "pre-push", "reference-transaction"):
            (place / name).write_text("#!/bin/sh\nexit 1\n")
            (place / name).chmod(0o755 if name != "reference-transaction" else 0o644)
    for setting in settings.format(home=home).split():
        git.git("config", "--file", str(home / ".gitconfig"), *setting.split("=", 1), root=home)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / ".gitconfig"))
    assert answers(shared) == wanted
    assert wanted["dirty"] == ["größe", "moved", "old", 'neu "1"']
    assert wanted["tags"] == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GIT_DIR", "{other}/.git"),
        ("GIT_WORK_TREE", "{other}"),
        ("GIT_INDEX_FILE", "{other}/.git/index"),
        ("GIT_CONFIG_PARAMETERS", "'core.quotePath=true'"),
        ("GIT_LITERAL_PATHSPECS", "1"),
        ("GIT_EXTERNAL_DIFF", "false"),
        ("GIT_PAGER", "false"),
        ("GIT_NAMESPACE", "other"),
        ("GREP_OPTIONS", "--color=always"),
        ("LANGUAGE", "de"),
        ("LC_ALL", "de_DE.UTF-8"),
    ],
)
def test_what_a_hook_sets_changes_no_answer(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """Called from a hook of another repository, the line speaks of its own."""
    wanted = answers(shared)
    other = tmp_path / "other"
    git.git("init", "--quiet", str(other), root=tmp_path)
    monkeypatch.setenv(name, value.format(other=other))
    assert answers(shared) == wanted


def test_a_branch_comes_before_what_is_called_like_it(repository: Path) -> None:
    """A tag, a file and a folder called main do not stand for the branch."""
    first = git.commit_of("main", repository)
    (repository / "main").mkdir()
    (repository / "main/file").touch()
    commit_all(repository, "Second")
    git.git("tag", "main", first, root=repository)
    assert git.commit_of("main", repository) == git.git("rev-parse", "HEAD", root=repository) != first
    assert git.show(git.commit_of("main", repository), "main/file", repository) == ""


def test_a_branch_that_only_the_remote_has_is_found(shared: Path, tmp_path: Path) -> None:
    """In a clone of another branch, main is origin's."""
    git.git("switch", "--quiet", "--create", "other", root=shared)
    git.git("branch", "--delete", "--force", "main", root=shared)
    assert git.commit_of("main", shared) == git.commit_of("origin/main", shared)


def test_a_repository_without_commits_is_told_so(tmp_path: Path) -> None:
    """Nothing is committed yet: that is what is to be done, not another name."""
    git.git("init", "--quiet", "--initial-branch=main", ".", root=tmp_path)
    for name in ("HEAD", "main"):
        with pytest.raises(ConfigError, match="nothing is committed here yet; first: git add --all && git commit"):
            git.commit_of(name, tmp_path)


def test_a_shallow_clone_is_told_how_to_get_the_rest(shared: Path, tmp_path: Path) -> None:
    """Where the base may be behind the clone's depth, the refusal says so."""
    git.git("clone", "--quiet", "--depth=1", (tmp_path / "origin.git").as_uri(), "thin", root=tmp_path)
    with pytest.raises(ConfigError, match="shallow, and the rest comes with: git fetch --unshallow"):
        git.commit_of("v1.2.3", tmp_path / "thin")


def place(kind: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder where the line cannot work."""
    if kind == "missing git":
        monkeypatch.setenv("PATH", str(root / "nothing"))
        monkeypatch.setattr(process, "environment", lambda extra: {**extra, "PATH": str(root / "nothing")})
    if kind == "another user's":
        monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    if kind == "a bare one":
        git.git("init", "--quiet", "--bare", "bare.git", root=root)
        return root / "bare.git"
    if kind == "broken":
        (root / ".git/HEAD").write_text("ref: refs/heads/main\n")
        (root / ".git/config").write_text("[core\n")
    if kind == "a subfolder":
        (root / "models/churn").mkdir(parents=True)
        git.git("mv", "dvc.yaml", "models/churn/dvc.yaml", root=root)
        return root / "models/churn"
    if kind == "above a subfolder":
        (root / "models/a b").mkdir(parents=True)
        git.git("mv", "dvc.yaml", "models/a b/dvc.yaml", root=root)
    return root / ".git" if kind == "insides" else root


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("missing git", r"^git: not found; install it"),
        (
            "another user's",
            r"another user owns \(detected dubious ownership .*git config --global --add safe.directory",
        ),
        ("a bare one", "a bare repository holds no files; clone it, and run this from the project$"),
        ("insides", "in the insides of git; run this from the project$"),
        ("broken", "git cannot read this repository .*bad config line 1"),
        (
            "a subfolder",
            "models/churn: the project lies in a sub-folder .*split --prefix=models/churn --branch=churn &&",
        ),
        ("above a subfolder", "/models/a b: the project lies in a sub-folder .* --prefix='models/a b' --branch=a-b &&"),
    ],
)
def test_where_there_is_no_project_the_reason_is_gits(
    shared: Path, monkeypatch: pytest.MonkeyPatch, kind: str, said: str
) -> None:
    """One line: what git says, and what mends it."""
    folder = place(kind, shared, monkeypatch)
    with pytest.raises(MainlineError, match=said) as refused:
        git.root(folder)
    assert "\n" not in str(refused.value)


def test_what_makes_a_subfolder_a_repository_works(shared: Path, tmp_path: Path) -> None:
    """The commands of the refusal, typed: the line finds the project, and its branch."""
    folder = place("above a subfolder", shared, pytest.MonkeyPatch())
    commit_all(shared, "A monorepo")
    with pytest.raises(MainlineError) as refused:
        git.root(folder)
    subprocess.run(str(refused.value).split(": ")[-1], shell=True, cwd=shared, check=True, capture_output=True)
    assert git.root(tmp_path / "a-b") == (tmp_path / "a-b").resolve()
    assert branches.trunk(tmp_path / "a-b") == "a-b"


def test_a_worktree_of_the_project_is_the_project(shared: Path, tmp_path: Path) -> None:
    """`git worktree add` and a detached HEAD are places to work in."""
    git.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "beside"), root=shared)
    assert git.root(tmp_path / "beside") == tmp_path / "beside"
    assert git.branch(tmp_path / "beside") is None
    assert branches.base(tmp_path / "beside") == "origin/main"
