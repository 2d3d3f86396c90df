"""What names a row without an id is written down once, from the table that main was built from."""

from pathlib import Path

import pandas as pd
import pytest

from line.tests.projects import commit_all
from mainline import names
from mainline.project import Project
from mainline.tools import dvc, git

PARAMS = "data:\n  source: t.csv\n  target: y\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project that was built from a table of two features, and committed."""
    git.git("init", "--quiet", "--initial-branch=main", ".", root=tmp_path)
    (tmp_path / "params.yaml").write_text(PARAMS)
    (tmp_path / "data").mkdir()
    (tmp_path / names.FILE).write_text("")
    build(tmp_path, ["row_id", "b", "y", "a a"])
    commit_all(tmp_path, "Built")
    return tmp_path


def build(root: Path, columns: list[str]) -> None:
    """Write the raw table, and pin it."""
    pd.DataFrame({name: [1, 2] for name in columns}).to_parquet(root / names.RAW, index=False)
    pin = f"    - path: {names.RAW}\n      md5: {dvc.md5(root / names.RAW)}\n"
    (root / "dvc.lock").write_text(f"stages:\n  ingest:\n    outs:\n{pin}")


def test_they_are_written_once(root: Path) -> None:
    """In the order of the table; a table that was built since with another column changes nothing."""
    assert names.keep(Project(root))
    assert (root / names.FILE).read_text() == "b\na a\n"
    assert names.FILE in Project(root).dirty()
    commit_all(root, "Names")
    build(root, ["row_id", "new", "b", "y", "a a"])
    assert not names.keep(Project(root))
    assert (root / names.FILE).read_text() == "b\na a\n"


def test_a_dropped_column_still_names_rows(root: Path) -> None:
    """It is in the source, though not in the table that was made of it."""
    names.keep(Project(root))
    (root / "params.yaml").write_text(f"{PARAMS}  drop: [b]\n")
    build(root, ["row_id", "y", "a a"])
    assert not names.keep(Project(root))


def test_names_of_another_table_are_written_anew(root: Path) -> None:
    """Once it has been built, and not while the tree is changed to it."""
    (root / names.FILE).write_text("pixel_0_0\n")
    (root / "params.yaml").write_text(PARAMS.replace("t.csv", "other.csv"))
    assert not names.keep(Project(root))
    assert names.keep(Project(root), built=True)
    assert (root / names.FILE).read_text() == "b\na a\n"
    commit_all(root, "Another table")
    assert not names.keep(Project(root))


def test_a_stage_that_depends_on_the_file_finds_one(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a table was read nothing is in it, and with an id nothing ever; no workflow makes it."""
    (root / names.FILE).unlink()
    (root / "dvc.yaml").write_text(f"stages: {{ingest: {{cmd: x, deps: [{names.FILE}]}}}}\n")
    with monkeypatch.context() as patch:
        patch.setenv("GITHUB_ACTIONS", "true")
        assert not names.keep(Project(root))
    assert not (root / names.FILE).exists()
    assert names.keep(Project(root))
    assert (root / names.FILE).read_text() == ""


@pytest.mark.parametrize("what", ["an id", "no file", "another raw table", "two lines", "a workflow"])
def test_where_they_say_nothing_none_are_written(root: Path, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With ids of their own, in a project without the file, of what is not pinned, or where nobody could commit it."""
    if what == "an id":
        (root / "params.yaml").write_text(f"{PARAMS}  id: b\n")
    if what == "no file":
        (root / names.FILE).unlink()
    if what == "another raw table":
        (root / names.RAW).write_bytes(b"PAR1")
    if what == "two lines":
        build(root, ["row_id", "b\nc", "y"])
    if what == "a workflow":
        monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert not names.keep(Project(root))


def test_a_private_column_names_no_row(root: Path) -> None:
    """Of a table of before, too: names that were made of it are made anew, and once."""
    names.keep(Project(root))
    (root / "params.yaml").write_text(f"{PARAMS}  private: {{b: hash}}\n")
    assert names.keep(Project(root))
    assert (root / names.FILE).read_text() == "a a\n"
    assert not names.keep(Project(root))
