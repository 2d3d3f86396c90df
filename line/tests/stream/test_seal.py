"""`mainline gate rotate --stream`: rows of production become people's sealed set, judged as new rows are."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from line.tests.projects import commit_all, edit
from line.tests.stream.served import digits, record
from mainline.commands import lock
from mainline.errors import Refused
from mainline.gate.decide import decide
from mainline.gate.verdict import NEW_ROWS
from mainline.project import Project
from mainline.stream import files, take
from mainline.stream.files import ROWS, WAITING
from mainline.tools import git

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_cache")]
Say = Callable[..., str]


@pytest.fixture
def waited(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose main has rows of production that wait."""
    monkeypatch.chdir(project)
    edit(project, validate={"rules": {}}, gate={"max_mde": 0.4})
    built = lock.refresh(Project(project))
    take.take(built, [str(record(built, tmp_path / "records", *digits()))])
    built = lock.refresh(built.again())
    commit_all(project, "Take rows of production")
    git.git("branch", "--force", "main", root=project)
    return built


def ids(project: Project, path: str) -> set[str]:
    """The row ids of a table."""
    return set(pd.read_parquet(project / path)["row_id"])


def test_waiting_rows_become_the_sealed_set_and_no_others(
    waited: Project, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gate calls it NEW ROWS, takes one number of the old set, and seals no row of the source."""
    monkeypatch.setattr("mainline.gate.rotate.secrets.token_hex", lambda _: "5a17c0de")  # with few rows, chance decides
    waiting, before = ids(waited, WAITING), ids(waited, "data/sealed/labels.parquet")
    edit(waited.root, split={"generation": 0})
    commit_all(waited.root, "As it is")
    said = say("gate", "rotate", "--stream")
    now = waited.again()
    salt = now.sealed_set[0]
    assert f"split.salt is {salt}, and its sealed set {len(waiting)} rows of production now" in said
    assert "data/stream/rows.parquet.dvc" in said
    assert (salt == "mainline", "generation" in now.params["split"]) == (False, False)
    sealed = ids(now, "data/sealed/labels.parquet")
    assert sealed == {each.replace("stream:", f"sealed:{salt}:") for each in waiting}
    assert before <= ids(now, "data/train.parquet") | ids(now, "data/dev.parquet")
    assert not [path for path in (WAITING, f"{WAITING}.dvc") if (now / path).exists()]
    commit_all(now.root, "Seal rows of production")
    decision = decide(now.again(), "main")
    assert (decision.verdict, decision.used) == (NEW_ROWS, 1)
    assert "of main's 522 sealed rows are left to judge it on" in decision.notes[-1]


def test_a_set_of_productions_rows_has_no_other_generation(waited: Project, say: Say) -> None:
    """It would be the same rows, with all decisions unspent: the verb refuses it, and so does the gate."""
    say("gate", "rotate", "--stream")
    commit_all(waited.root, "Seal rows of production")
    git.git("branch", "--force", "main", root=waited.root)
    before = (waited / "params.yaml").read_bytes()
    said = say("gate", "rotate")
    assert said.startswith("1 ")
    assert "another generation would be the same rows" in said
    assert (waited / "params.yaml").read_bytes() == before
    edit(waited.root, split={"generation": 1})
    now = lock.refresh(waited.again())
    commit_all(now.root, "By hand")
    with pytest.raises(Refused, match="the same ones in any generation"):
        decide(now.again(), "main")


@pytest.mark.parametrize("there", [0, 3])
def test_too_few_rows_are_no_sealed_set(waited: Project, say: Say, there: int) -> None:
    """It is refused, and all is as it was."""
    held = files.read(waited)
    files.write(waited, files.Stream(held.rows, held.waiting.slice(0, there)))
    before = {path: (waited / path).read_bytes() for path in ("params.yaml", "dvc.lock", ROWS)}
    said = say("gate", "rotate", "--stream")
    words = f"{there} rows of production wait" if there else "no row of production waits"
    assert said.startswith("1 ")
    assert f"{words} in data/stream/waiting.parquet, and 10 are the fewest; `mainline rows` brings more" in said
    assert {path: (waited / path).read_bytes() for path in before} == before
    assert (waited / WAITING).exists() == bool(there)


def test_what_the_source_has_brought_is_not_sealed_once_more(waited: Project, say: Say) -> None:
    """It waits no more."""
    edit(waited.root, data={"rows": None})
    lock.refresh(waited.again())
    commit_all(waited.root, "The source has grown")
    said = say("gate", "rotate", "--stream")
    assert said.startswith("1 ")
    assert "no row of production waits in data/stream/waiting.parquet" in said


def test_where_the_build_fails_the_rows_wait_on(waited: Project, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither params.yaml nor data/stream has changed."""
    before = {path: (waited / path).read_bytes() for path in ("params.yaml", "dvc.lock", *files.TOUCHED)}
    monkeypatch.setattr(lock, "refresh", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    said = say("gate", "rotate", "--stream")
    assert said.startswith("130 ")
    assert {path: (waited / path).read_bytes() for path in before} == before


def test_it_is_a_rotation_by_itself(waited: Project, say: Say) -> None:
    """Neither together with other new rows, nor over changes that are not committed."""
    assert "say one of them" in say("gate", "rotate", "--stream", "--new-rows")
    edit(waited.root, train={"params": {"max_depth": 3}})
    assert "params.yaml has changes that are not committed" in say("gate", "rotate", "--stream")
