"""A commit's files, laid out in a folder that is no repository."""

import tarfile
from pathlib import Path
from typing import Any

import pytest

from line.tests.projects import commit_all
from mainline.errors import ConfigError
from mainline.tools import archives, git


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A commit of two files, one of them also under a second name by a link."""
    made = tmp_path / "root"
    (made / "src").mkdir(parents=True)
    (made / "src/one.py").write_text("ONE = 1\n")
    (made / "other.txt").write_text("other\n")
    (made / "src/same.py").symlink_to("one.py")
    git.git("init", "--quiet", "--initial-branch=main", ".", root=made)
    commit_all(made, "Files")
    return made


@pytest.fixture(params=["this Python", "Python 3.11.3"])
def python(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once as it is, once as before tarfile knew filters."""
    if request.param != "this Python":
        whole = tarfile.TarFile.extractall

        def before(self: tarfile.TarFile, path: Any = ".", members: Any = None, *, numeric_owner: bool = False) -> None:
            self.extraction_filter = None
            whole(self, path, members, numeric_owner=numeric_owner)

        monkeypatch.setattr(tarfile.TarFile, "extractall", before)
        monkeypatch.delattr(tarfile, "data_filter")


@pytest.mark.usefixtures("python")
@pytest.mark.filterwarnings("ignore:Python 3.14 will:DeprecationWarning")
def test_what_is_named_is_laid_out(root: Path, tmp_path: Path) -> None:
    """As the commit has it, and nothing else."""
    (root / "src/one.py").write_text("ONE = 2\n")
    archives.lay_out("HEAD", root, tmp_path / "there", "src")
    there = {str(each.relative_to(tmp_path / "there")) for each in (tmp_path / "there").rglob("*") if each.is_file()}
    assert there == {"src/one.py", "src/same.py"}
    assert (tmp_path / "there/src/same.py").read_text() == "ONE = 1\n"


@pytest.mark.usefixtures("python")
@pytest.mark.parametrize("target", ["../../secret.py", "/etc/passwd", "../.."])
def test_a_link_out_of_the_project_is_refused(target: str, root: Path, tmp_path: Path) -> None:
    """In one line, before anything is written."""
    (root / "src/theirs.py").symlink_to(target)
    commit_all(root, "A link")
    with pytest.raises(ConfigError, match=r"src/theirs\.py: leads out of the project"):
        archives.lay_out("HEAD", root, tmp_path / "there", "src")
    assert not (tmp_path / "there").exists()
