"""The source read again: what DVC cannot see is brought by `mainline lock --source`, and by that alone."""

import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pyarrow as pa
import pytest
from pyarrow import parquet

from line.tests.projects import commit_all, edit
from mainline import card, source
from mainline.commands import lock
from mainline.errors import ToolFailed
from mainline.project import Project
from mainline.tools import dvc

ROWS = [f"{i},{i % 7},{'yes' if (i * 37 % 100) < 50 else 'no'}" for i in range(400)]
TOLD = "the source was not read again"


def table(rows: list[str]) -> str:
    """A CSV file."""
    return "\n".join(["a,b,answer", *rows, ""])


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder without a word."""

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A file, and the address that it is served at."""
    folder = tmp_path / "served"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield folder / "table.csv", f"http://127.0.0.1:{server.server_port}/table.csv"
        server.shutdown()


def about(root: Path, **data: object) -> None:
    """Let a project be about another table, built and committed."""
    edit(root, data={"rows": None, "target": "answer", **data}, validate={"rules": {}})
    lock.refresh(Project(root))
    commit_all(root, "Another table")


@pytest.mark.slow
def test_a_served_file_is_read_again_where_that_is_asked_for(
    served: tuple[Path, str], project: Path, say: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Plain, the lock changes nothing and says in one line what does; asked, it says what is new; then all is quiet."""
    monkeypatch.chdir(project)
    path, url = served
    path.write_text(table(ROWS[:300]))
    about(project, source=url)
    path.write_text(table(ROWS[10:]))
    assert say("lock").count(TOLD) == 1
    assert card.changed(Project(project)) == []
    said = say("lock", "--source")
    assert "100 rows are new, 10 are gone" in said
    assert TOLD not in said
    assert "dvc.lock" in card.changed(Project(project))
    commit_all(project, "New rows")
    assert "says what it said before" in say("lock", "--source")
    assert card.changed(Project(project)) == []


@pytest.mark.slow
def test_a_database_is_read_again_where_that_is_asked_for(
    project: Path, tmp_path: Path, say: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an address; and where it cannot be read, nothing is changed."""
    monkeypatch.chdir(project)
    path = tmp_path / "rows.db"

    def fill(rows: list[str]) -> None:
        with sqlite3.connect(path) as connection:
            connection.execute("create table if not exists t (a text, b text, answer text)")
            connection.executemany("insert into t values (?, ?, ?)", [row.split(",") for row in rows])

    fill(ROWS[:300])
    about(project, source=f"sqlite:///{path}", query="select * from t")
    fill(ROWS[300:])
    assert TOLD in say("lock")
    assert card.changed(Project(project)) == []
    before = (project / "dvc.lock").read_text()
    path.rename(tmp_path / "away.db")
    assert say("lock", "--source").startswith("1 ")
    assert (project / "dvc.lock").read_text() == before
    assert not dvc.stale(project)
    (tmp_path / "away.db").rename(path)
    assert "100 rows are new, 0 are gone" in say("lock", "--source")
    assert "dvc.lock" in card.changed(Project(project))


@pytest.mark.slow
def test_nothing_is_said_where_something_else_had_the_source_read(
    served: tuple[Path, str], project: Path, say: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another slice of it, say."""
    monkeypatch.chdir(project)
    path, url = served
    path.write_text(table(ROWS))
    about(project, source=url)
    edit(project, data={"rows": ":350"})
    assert TOLD not in say("lock")


@pytest.mark.slow
def test_a_file_under_dvc_that_grew_is_seen_without_being_asked(
    project: Path, say: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`dvc add` again, and the lock builds from it; a file that did not change gives the same rows, asked or not."""
    monkeypatch.chdir(project)
    path = project / "data/source/own.csv"
    path.write_text(table(ROWS[:300]))
    dvc.dvc("add", "--quiet", str(path), root=project)
    about(project, source="data/source/own.csv")
    assert TOLD not in say("lock")
    assert "says what it said before" in say("lock", "--source")
    assert card.changed(Project(project)) == []
    path.write_text(table(ROWS))
    dvc.dvc("add", "--quiet", str(path), root=project)
    assert TOLD not in say("lock")
    assert "dvc.lock" in card.changed(Project(project))


@pytest.mark.slow
def test_what_production_brought_is_no_change_of_the_source(
    project: Path, say: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that came into data/stream make another table, of the same source."""
    monkeypatch.chdir(project)
    (project / "data/source/own.csv").write_text(table(ROWS))
    about(project, source="data/source/own.csv")
    row = {"row_id": ["stream:00ff"], "a": [1000], "b": [3], "answer": ["yes"], "_day": ["2026-03-01"]}
    parquet.write_table(pa.table(row), project / "data/stream/rows.parquet")
    assert "says what it said before" in say("lock", "--source")
    assert "dvc.lock" in card.changed(Project(project))


@pytest.mark.parametrize("option", ["--check", "--from=lock", "--commit=HEAD"])
def test_what_builds_nothing_reads_nothing(
    option: str, project: Path, say: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """--source beside an option that builds nothing is a mistake."""
    monkeypatch.chdir(project)
    assert "--source reads and builds" in say("lock", "--source", option)


@pytest.mark.slow
def test_a_source_that_is_gone_leaves_the_table_as_it_was(served: tuple[Path, str], project: Path) -> None:
    """The stage takes its output away before it reads; that comes back."""
    path, url = served
    path.write_text(table(ROWS))
    about(project, source=url)
    path.unlink()
    with pytest.raises(ToolFailed, match=r"404|table\.csv"):
        source.read_again(Project(project))
    assert not dvc.stale(project)
