"""The labels of hidden rows, permuted in the table and in votes."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mainline.project import Project
from mainline.prove import influence
from mainline.prove.chain import RAW

SEEN, HIDDEN = [f"t{n}" for n in range(6)], [f"h{n}" for n in range(12)]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Six rows to learn from and twelve hidden ones; four of these are blank, as people are to label them."""
    root = tmp_path / "project"
    (root / "data/sealed").mkdir(parents=True)
    (root / "params.yaml").write_text("data: {target: y}\n")
    said = {row: "ab"[n % 2] for n, row in enumerate([*SEEN, *HIDDEN])}
    raw = {row: None if row in HIDDEN[:4] else label for row, label in said.items()}
    pq.write_table(pa.table({"row_id": list(raw), "y": list(raw.values())}), root / RAW)
    for path, rows in zip(influence.HIDDEN, (HIDDEN[:8], HIDDEN[8:]), strict=True):
        pq.write_table(pa.table({"row_id": rows, "y": [said[row] for row in rows]}), root / path)
    return Project(root)


def write(project: Project, by: str, votes: dict[str, Any], how: str = "blind") -> None:
    """Put votes into somebody's file."""
    (project / "labels").mkdir(exist_ok=True)
    at = "2026-01-01T00:00:00Z"
    lines = [{"row": row, "label": said, "by": by, "at": at, "how": how, "seen": None} for row, said in votes.items()]
    (project / f"labels/{by}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def read(path: Path) -> dict[str, Any]:
    """A file of votes, or a table, as labels by row."""
    if path.suffix == ".parquet":
        return dict(zip(*pq.read_table(path, columns=["row_id", "y"]).to_pydict().values(), strict=True))
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return {line["row"]: line["label"] for line in lines}


def test_votes_on_hidden_rows_say_something_else_and_agree_as_before(project: Project, tmp_path: Path) -> None:
    """Those on rows to learn from stay; a vote that was taken back stays that."""
    write(project, "anna", {"h0": "a", "h1": "b", "h2": "a", "h3": "b", "t0": "b", "h4": None})
    write(project, "ben", {"h0": "a", "h1": "a"})
    influence.permute(project, tmp_path / "made" / RAW)
    anna, ben = (read(tmp_path / f"made/labels/{name}.jsonl") for name in ("anna", "ben"))
    assert anna == {"h0": "b", "h1": "a", "h2": "b", "h3": "a", "t0": "b", "h4": None}
    assert ben == {"h0": "b", "h1": "b"}


def test_no_row_loses_its_only_label(project: Project, tmp_path: Path) -> None:
    """What is blank in the table stays among the rows that people have labelled; the others' labels change places."""
    write(project, "anna", dict.fromkeys(HIDDEN[:4], "a"))
    write(project, "ben", dict.fromkeys(HIDDEN[4:], "a"), how="queue")  # which does not count there
    influence.permute(project, tmp_path / "made" / RAW)
    before, after = read(project / RAW), read(tmp_path / "made" / RAW)
    assert {row: after[row] for row in SEEN} == {row: before[row] for row in SEEN}
    assert {row for row, label in after.items() if label is None} == set(HIDDEN[:4])
    assert all(after[row] != before[row] for row in HIDDEN[4:])


def test_without_votes_there_is_no_folder_of_them(project: Project, tmp_path: Path) -> None:
    """A project that nobody labels is proven as ever."""
    influence.permute(project, tmp_path / "made" / RAW)
    assert not (tmp_path / "made/labels").exists()


def test_a_class_by_its_old_name_agrees_as_before(project: Project, tmp_path: Path) -> None:
    """Else people who agreed would be split, and the row have no label."""
    (project / "params.yaml").write_text("data: {target: y}\nclean: {columns: {'[xy]': {replace: {old: a}}}}\n")
    for by, said in (("anna", "old"), ("ben", "a")):
        write(project, by, {"h0": said})
    influence.permute(project, tmp_path / "made" / RAW)
    assert [read(tmp_path / f"made/labels/{by}.jsonl") for by in ("anna", "ben")] == [{"h0": "b"}] * 2
