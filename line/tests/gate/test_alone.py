"""Another sealed set is a change by itself: whatever makes the model is as main has it, wherever it lies."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from line.tests.projects import commit_all
from mainline.errors import Refused
from mainline.gate import rotate
from mainline.gate.verdict import NEW_ROWS, ROTATED
from mainline.project import Project
from mainline.tools import git

FILES = {
    "dvc.yaml": "stages: {}\n",
    "params.yaml": "split: {salt: a, generation: 0, dev: 0.2}\ntrain: {depth: 3}\ndata: {rows: 9}\ngate: {life: 8}\n",
    "src/pipeline/stages/train.py": "1\n",
    "src/common/tools.py": "1\n",
    "scripts/train.sh": "1\n",
    "requirements/dev.txt": "numpy\n",
    "data/source/table.csv": "1\n",
    "src/service/app.py": "1\n",
}
LOCK = """\
stages:
  ingest:
    deps:
    - {path: data/source/table.csv, md5: a}
    outs:
    - {path: data/raw.parquet, md5: RAW}
  train:
    deps:
    - {path: data/raw.parquet, md5: RAW}
    - {path: src/pipeline/stages/train.py, md5: a}
    - {path: src/common/tools.py, md5: a}
    - {path: scripts/train.sh, md5: a}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project that is committed."""
    for name, text in {**FILES, "dvc.lock": LOCK}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    git.git("init", "--quiet", "--initial-branch=main", root=tmp_path)
    commit_all(tmp_path, "Begin")
    return tmp_path


def ask(root: Path, kind: str) -> None:
    """Hold what the tree has against what was committed."""
    base = Project(root).commit_of("main")
    params = {"split": {"salt": "a", "generation": 0, "dev": 0.2}, "train": {"depth": 3}, "data": {"rows": 9}}
    asked: Any = SimpleNamespace(project=Project(root), base=base, params=params, theirs=Project(root).lock_at(base))
    rotate.require_alone(asked, kind)


FREE = {
    ROTATED: [("params.yaml", "generation: 0", "generation: 1"), ("params.yaml", "life: 8", "life: 4")],
    NEW_ROWS: [
        ("params.yaml", "dev: 0.2", "dev: 0.3"),
        ("params.yaml", "rows: 9", "rows: 8"),
        ("dvc.lock", "RAW", "OTHER"),
        ("data/source/table.csv", "1", "2"),
    ],
}


@pytest.mark.parametrize(("kind", "change"), [(kind, change) for kind, of in FREE.items() for change in of])
def test_what_belongs_to_it_may_come_with_it(root: Path, kind: str, change: tuple[str, str, str]) -> None:
    """The set, the terms; with new rows the table and how it is split."""
    _edit(root, *change)
    ask(root, kind)


BESIDE = [
    ("src/pipeline/stages/train.py", "1", "2"),
    ("src/common/tools.py", "1", "2"),
    ("scripts/train.sh", "1", "2"),
    ("dvc.yaml", "{}", "{a: {}}"),
    ("requirements/dev.txt", "numpy", "scipy"),
    ("params.yaml", "depth: 3", "depth: 4"),
]
OF_THE_SAME_ROWS = [("params.yaml", "dev: 0.2", "dev: 0.3"), ("params.yaml", "rows: 9", "rows: 8")]
CASES = [(kind, change) for kind in (ROTATED, NEW_ROWS) for change in BESIDE]


@pytest.mark.parametrize(("kind", "change"), [*CASES, *((ROTATED, change) for change in OF_THE_SAME_ROWS)])
def test_what_makes_the_model_does_not(root: Path, kind: str, change: tuple[str, str, str]) -> None:
    """Code of the stages in whatever folder, packages, parameters; of the same rows also how they are split."""
    _edit(root, *change)
    with pytest.raises(Refused, match=r"differs, and another sealed set is a change by itself; merge it first"):
        ask(root, kind)


def test_another_table_is_named(root: Path) -> None:
    """It is merged first, or said to be new rows."""
    _edit(root, "dvc.lock", "RAW", "OTHER")
    with pytest.raises(Refused, match=r"^data/raw\.parquet differs, .* say `mainline gate rotate --new-rows`"):
        ask(root, ROTATED)


def _edit(root: Path, name: str, before: str, after: str) -> None:
    text = (root / name).read_text()
    assert before in text
    (root / name).write_text(text.replace(before, after))
