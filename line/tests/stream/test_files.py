"""data/stream: the same rows are the same bytes, whole or not at all, under DVC; each key once."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from line.tests.projects import commit_all
from mainline import ledger, retraining
from mainline.errors import ConfigError, ToolFailed
from mainline.project import Project
from mainline.stream import files, forms
from mainline.stream.files import ROWS, WAITING, Stream
from mainline.stream.forms import NOTHING
from mainline.tools import dvc, git

pytestmark = pytest.mark.slow  # DVC


def table(*ids: str, day: str = "2026-03-02", **columns: list[object]) -> pa.Table:
    """Rows by their ids."""
    cells = columns or {"age": [float(len(each)) for each in ids], "label": ["yes"] * len(ids)}
    return pa.table({"row_id": pa.array(ids, pa.string()), **cells, "_day": pa.array([day] * len(ids), pa.string())})


def names(rows: pa.Table) -> list[str]:
    """The ids of rows."""
    return forms.texts(rows, "row_id")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A repository with DVC, and nothing in it."""
    root = tmp_path / "project"
    git.git("init", "--quiet", "--initial-branch=main", str(root), root=tmp_path)
    dvc.dvc("init", "--quiet", root=root)
    commit_all(root, "Begin")
    return Project(root)


def state(project: Project) -> dict[str, bytes]:
    """All files of data/stream."""
    return {path.name: path.read_bytes() for path in (project / "data/stream").glob("*")}


def retrained(project: Project, number: int, until: str, stream: str = "") -> None:
    """A retraining's line in the ledger."""
    line = {"kind": "retrain", "number": number, "until": until, "stream": stream}
    assert ledger.append(project.root, ledger.read(project.root), line)


def test_what_was_written_is_read_and_git_has_its_hash_alone(project: Project) -> None:
    """Under DVC, rows by day and id; written again, nothing changes."""
    stream = Stream(table("stream:b", "asked:1:a"), table("stream:c"))
    kept = files.write(project, stream)
    assert kept == ["data/stream/.gitignore", f"{ROWS}.dvc", f"{WAITING}.dvc"]
    assert (dvc.tracked(project.root, ROWS), dvc.md5(project / ROWS)) == (dvc.md5(project / ROWS),) * 2
    commit_all(project.root, "Rows")
    assert ROWS not in git.git("ls-files", root=project.root).split("\n")
    before = state(project)
    assert names(files.read(project).rows) == ["asked:1:a", "stream:b"]
    assert files.write(project, files.read(project)) == []
    assert files.write(project, Stream(table("asked:1:a", "stream:b"), table("stream:c"))) == []
    assert state(project) == before


def test_a_table_without_rows_is_no_file(project: Project) -> None:
    """What had waited and is asked waits no more; neither does its .dvc."""
    files.write(project, Stream(NOTHING, table("stream:c")))
    assert not (project / ROWS).exists()
    files.write(project, files.read(project).asked(3))
    assert not (project / WAITING).exists()
    assert not (project / f"{WAITING}.dvc").exists()
    assert names(files.read(project).rows) == ["asked:3:c"]


@pytest.mark.parametrize("broken", ["rows", "waiting", "dvc"])
def test_where_writing_breaks_off_all_is_as_before(
    project: Project, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """At whichever of the files."""
    files.write(project, Stream(table("stream:a"), table("stream:b")))
    before = state(project)
    if broken == "dvc":
        monkeypatch.setattr(dvc, "dvc", failing(dvc.dvc, "add"))
    else:
        monkeypatch.setattr(files.commits, "write", failing(files.commits.write, f"{broken}.parquet"))
    with pytest.raises(ToolFailed, match="the disk is full"):
        files.write(project, Stream(table("stream:a", "stream:b"), table("stream:c")))
    monkeypatch.undo()
    assert state(project) == before


def failing(real: object, word: str) -> object:
    """A function that fails once a word is in what it is given."""

    def call(*given: object, **more: object) -> object:
        if any(word in str(each) for each in given):
            raise ToolFailed("the disk is full")
        return real(*given, **more)  # type: ignore[operator]

    return call


def test_a_crash_between_two_files_loses_no_row_and_is_mended(project: Project) -> None:
    """A row that is in both counts as the one that judges; what its .dvc pins beside the file is not lost either."""
    files.write(project, Stream(table("stream:a"), table("stream:b", "stream:c")))
    pq.write_table(table("asked:1:b"), project / ROWS)  # new, and neither the other file nor a .dvc is
    found = files.read(project)
    assert (sorted(names(found.rows)), names(found.waiting)) == (["asked:1:b", "stream:a"], ["stream:c"])
    files.write(project, found)
    assert dvc.tracked(project.root, WAITING) == dvc.md5(project / WAITING)


def test_a_clone_has_the_rows_from_dvc(project: Project) -> None:
    """Out of the cache, where the tree lacks the file; where nobody has it, that is said."""
    files.write(project, Stream(table("stream:a"), NOTHING))
    (project / ROWS).unlink()
    assert names(files.read(project).rows) == ["stream:a"]
    content = dvc.tracked(project.root, ROWS) or ""
    (project / ".dvc/cache/files/md5" / content[:2] / content[2:]).unlink()
    with pytest.raises(ConfigError, match=r"^data/stream/rows\.parquet: not here and in no cache; no DVC remote"):
        files.read(project)


@pytest.mark.parametrize("name", [ROWS, f"{ROWS}.dvc"], ids=["table", "dvc"])
def test_a_file_that_is_none_of_ours_is_named(project: Project, name: str) -> None:
    """In one line."""
    (project / name).parent.mkdir(parents=True)
    (project / name).write_text("nonsense")
    with pytest.raises(ConfigError, match=r"data/stream/rows\.parquet.*: not as (`mainline rows`|DVC) writes it"):
        files.read(project)


def test_what_a_retraining_has_asked_is_called_so(project: Project) -> None:
    """All up to its last day, under the last number; what came later waits on."""
    late = forms.together(table("stream:a"), table("stream:b", day="2026-03-09"), table("stream:c", day="2026-03-10"))
    files.write(project, Stream(NOTHING, late))
    assert len(files.latest(project, ledger.read(project.root)).waiting) == 3
    retrained(project, 1, "2026-03-09")
    retrained(project, 2, "")
    found = files.latest(project, ledger.read(project.root))
    assert (names(found.rows), names(found.waiting)) == (["asked:2:a", "asked:2:b"], ["stream:c"])


def test_a_retraining_that_was_not_merged_has_asked_its_rows(project: Project) -> None:
    """Its file is in the cache: one begins from it, with what else the tree has."""
    files.write(project, Stream(table("asked:1:b", "stream:x"), NOTHING))
    theirs = dvc.md5(project / ROWS) or ""
    mine = forms.together(table("stream:b"), table("stream:z", day="2026-04-01"))
    (project / ROWS).unlink()
    (project / f"{ROWS}.dvc").unlink()
    files.write(project, Stream(table("stream:y"), mine))
    retrained(project, 1, "2026-03-02", theirs)
    found = files.latest(project, ledger.read(project.root))
    assert (sorted(names(found.rows)), names(found.waiting)) == (["asked:1:b", "stream:x", "stream:y"], ["stream:z"])


def test_a_retraining_whose_file_is_gone_has_asked_what_its_days_say(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """No cache has it: the last day in it decides; and it is said what that means for the source's rows."""
    files.write(project, Stream(NOTHING, table("stream:a")))
    retrained(project, 4, "2026-03-02", "0" * 32)
    assert names(files.latest(project, ledger.read(project.root)).rows) == ["asked:4:a"]
    assert "rows.parquet of retraining 4 is in no cache and no remote: which rows of the" in capsys.readouterr().err


def test_one_that_was_merged_needs_no_file_of_its_own(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Its rows are the tree's, which has taken more since."""
    told = retraining.Retraining(
        number=1,
        date="2026-03-03",
        base="0" * 40,
        trigger=retraining.Trigger("asked", "You asked for it."),
        until="2026-03-02",
        rows={"in": {}, "source": {}, "out": {}},
        labels={},
        level=retraining.LEVEL,
        stream="1" * 32,
    )
    (project / retraining.FILE).parent.mkdir()
    (project / retraining.FILE).write_text(told.text())
    files.write(project, Stream(table("asked:1:b", "stream:x"), NOTHING))
    retrained(project, 1, "2026-03-02", "1" * 32)
    assert sorted(names(files.latest(project, ledger.read(project.root)).rows)) == ["asked:1:b", "stream:x"]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("old", "new", "cells"),
    [
        ([1, 2], [1.5], [1.0, 2.0, 1.5]),
        (["a", "b"], [1.5], ["a", "b", "1.5"]),
        ([None, None], ["a"], [None, None, "a"]),
        ([True, False], ["a"], ["true", "false", "a"]),
    ],
    ids=["numbers", "text", "blank", "truth"],
)
def test_columns_of_two_types_are_put_together(old: list[object], new: list[object], cells: list[object]) -> None:
    """In the type that holds both."""
    found = forms.together(table("a", "b", age=old), table("c", age=new))
    assert found["age"].to_pylist() == cells


def test_a_column_that_one_table_lacks_is_blank_there() -> None:
    """And the day stays the last."""
    found = forms.together(table("a", age=[1.0]), table("b", height=[2.0]))
    assert found.column_names == ["row_id", "height", "age", "_day"]
    assert found["height"].to_pylist() == [None, 2.0]
