"""The clone that `mainline run` plays in: the same in any folder, from any branch, with any settings of git."""

import zipfile
from pathlib import Path

import pytest

from line.tests.projects import commit_all
from mainline.project import Project
from mainline.run import scratch
from mainline.tools import dvc, git, stages


def wheeled(root: Path) -> None:
    """Pin a wheel of both packages, one of which is the project's own as well."""
    for folder in ("vendor", "requirements", "src/pipeline"):
        (root / folder).mkdir(parents=True)
    (root / "src/pipeline/__init__.py").write_text("own")
    with zipfile.ZipFile(root / "vendor/stages.whl", "w") as archive:
        archive.writestr("pipeline/__init__.py", "wheel")
        archive.writestr("service/predict/engine.py", "wheel")
    pin = stages.pin("vendor/stages.whl", (root / "vendor/stages.whl").read_bytes())
    (root / stages.PINNED).write_text(pin)


@pytest.mark.slow
def test_a_scratch_clone_is_alike_wherever_it_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On main with an origin and a data remote, though the project is on another branch, in a folder with an umlaut."""
    root = tmp_path / "jörg's #1" / "project"
    root.mkdir(parents=True)
    git.git("init", "--quiet", "--initial-branch=stable", ".", root=root)
    dvc.dvc("init", "--quiet", root=root)
    (root / "params.yaml").write_text("data: {source: 'sklearn:digits'}\n")
    (root / "dvc.yaml").write_text("stages:\n  train: {cmd: echo model >model, outs: [model]}\n")
    (root / ".gitignore").write_text("/.mainline/\n__pycache__/\n")
    wheeled(root)
    (root / "deploy").mkdir()
    (root / "deploy/ledger").write_text("of a ledger that the clone's origin does not have")
    dvc.repro(root, quiet=True)
    commit_all(root, "Build")
    settings = tmp_path / "gitconfig"
    settings.write_text(
        "[clone]\n\tdefaultRemoteName = upstream\n[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = false\n"
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("MAINLINE_BRANCH", "stable")
    monkeypatch.chdir(root)
    clone = scratch.prepare(Project(root))
    (clone.root / "params.yaml").write_text("data: {}\n")
    dvc.repro(clone.root, quiet=True)
    clone.commit("A change", built=True)
    assert git.git("log", "--format=%s", "refs/remotes/origin/main", "--", root=clone.root).split("\n")[0] == "A change"
    assert clone.env["MAINLINE_BRANCH"] == "main"
    # where the code is in a wheel, what the releases break is unpacked, and committed with the first of them
    assert (clone.root / "src/service/predict/engine.py").read_text() == "wheel"
    assert (clone.root / "src/pipeline/__init__.py").read_text() == "own"
    assert git.git("ls-files", "src", root=clone.root).split() == [
        "src/pipeline/__init__.py",
        "src/service/predict/engine.py",
    ]
    assert not (root / "src/service").exists()
    assert git.show("origin/main", "deploy/ledger", clone.root) is None
    assert len(list((clone.folder / "data/files/md5").glob("*/*"))) == 1
