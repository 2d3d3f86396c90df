"""`mainline retrain`: from records and a source to a branch that the gate judges, whole or not at all."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from line.tests.monitor.served import promote, send
from line.tests.monitor.world import World
from line.tests.projects import commit_all, edit
from line.tests.retrain import world
from mainline import card, cli, ledger, retraining
from mainline.commands import lock
from mainline.project import Project
from mainline.stream import files
from mainline.tools import dvc, git

pytestmark = pytest.mark.slow
Say = Callable[..., str]
Check = Callable[[], dict[str, Any]]


def branches(project: Project) -> list[str]:
    """The retrainings' branches that the remote has."""
    listed = git.git("ls-remote", "origin", "refs/heads/mainline/retrain-*", root=project.root)
    return [line.split("refs/heads/")[1] for line in listed.splitlines()]


def switch(project: Project, name: str) -> None:
    """Go to a branch, with the files that it pins."""
    git.git("switch", "--quiet", name, root=project.root)
    dvc.dvc("checkout", "--quiet", root=project.root)


def as_it_was(project: Project, before: str) -> bool:
    """Whether a person's tree, branch and worktrees are what they were."""
    here = git.git("rev-parse", "HEAD", root=project.root), git.branch(project.root)
    return here == (before, "main") and git.git("worktree", "list", root=project.root).count("\n") == 0


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    """What `--check --json` says, when it is called."""

    def typed() -> dict[str, Any]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main(("retrain", "--check", "--json"))
        said: dict[str, Any] = json.loads(capsys.readouterr().out)
        assert (ended.value.code or 0) == (0 if said["due"] else 3)
        return said

    return typed


def test_what_production_brought_is_judged_and_passes(served: Project, tmp_path: Path, say: Say) -> None:
    """A person's work stays as it is; the gate judges the branch on rows of its own; it is the only one."""
    world.record(served, tmp_path / "records", 900, world.moved)
    before = git.git("rev-parse", "HEAD", root=served.root)
    (served / "notes.txt").write_text("mine\n")
    git.git("add", "notes.txt", root=served.root)
    said = say("retrain", "--now")
    (name,) = branches(served)
    assert f"git switch {name} && dvc checkout && mainline gate" in said
    assert as_it_was(served, before)
    assert git.git("diff", "--cached", "--name-only", root=served.root) == "notes.txt"
    assert say("retrain", "--now").startswith("3 ")
    assert f"{name} is open, and the rows that wait are to judge it" in say("gate", "rotate", "--stream")
    assert f"{name}: not judged yet; `mainline gate` on it does it" in say("retrain", "--settle")
    commit_all(served.root, "Notes")
    git.git("push", "--quiet", "origin", "main", root=served.root)

    switch(served, name)
    changed = set(git.git("diff", "--name-only", before, root=served.root).split())
    both = {f"data/stream/{each}.parquet.dvc" for each in ("rows", "waiting")}
    assert {"dvc.lock", "models/card.md", retraining.FILE} <= changed <= {*card.KEPT, retraining.FILE} | both
    told = retraining.parsed((served / retraining.FILE).read_text())
    assert (told.number, told.base, told.trigger.why, told.until) == (1, before, "asked", "2026-03-21")
    assert told.rows["in"]["train"] > 400
    assert told.rows["in"]["asked"] > 250
    assert sum(told.labels.values()) == told.rows["in"]["train"] + told.rows["in"]["dev"]
    assert "PASS" in say("gate")
    (line,) = ledger.read(served.root).retrainings
    assert (line["number"], line["verdict"], line["fresh"][1]) == (1, "PASS", told.rows["in"]["asked"])

    assert f"{name}: PASS; it waits for a person's merge" in say("retrain", "--settle")
    switch(served, "main")
    identity = ("-c", "user.name=Test", "-c", "user.email=test@localhost")
    git.git(*identity, "merge", "--quiet", "--no-ff", "--message", "Merge", name, root=served.root)
    git.git("push", "--quiet", "origin", "main", root=served.root)
    assert f"{name}: main has it, and the branch is deleted" in say("retrain", "--settle")
    assert branches(served) == []
    assert "no retraining is open" in say("retrain", "--settle")
    assert say("retrain", "--check").startswith("3 ")


def test_rows_that_were_taken_by_hand_are_told_with_their_labels(served: Project, tmp_path: Path, say: Say) -> None:
    """The champion has not seen them, whoever took them; on the trunk, whoever takes them is told of a branch."""
    world.record(served, tmp_path / "records", 900, world.moved)
    assert "main's dvc.lock is stale until `mainline lock`" in say("rows")
    assert "is stale" not in say("rows", str(tmp_path / "records"))
    commit_all(served.root, "Production's rows")
    git.git("push", "--quiet", "origin", "main", root=served.root)
    say("retrain", "--now")
    (name,) = branches(served)
    told = retraining.parsed(git.git("show", f"origin/{name}:{retraining.FILE}", root=served.root))
    assert set(told.labels) == {"no", "yes"}
    assert sum(told.labels.values()) == told.rows["in"]["train"] + told.rows["in"]["dev"] > 400


def test_one_that_gains_nothing_is_closed_and_the_next_takes_twice_the_rows(
    served: Project, tmp_path: Path, say: Say, check: Check
) -> None:
    """The branch goes, with words; what the next waits for is doubled, and what has judged judges no more."""
    world.record(served, tmp_path / "records", 900, world.usual)
    say("retrain", "--now")
    (name,) = branches(served)
    switch(served, name)
    assert say("gate").startswith("3 ")
    switch(served, "main")
    said = say("retrain", "--settle")
    assert "training again did not help; the next takes twice the new rows" in said
    assert branches(served) == []
    waits = check()["waits"]
    learnt = ledger.read(served.root).retrainings[0]["rows"]["in"]["train"]
    assert f"new rows to learn from: {learnt:,} of {2 * learnt:,}" in waits
    assert any(each.startswith("fresh rows to judge it by: 0 of") for each in waits)


def test_poisoned_labels_are_left_to_a_person(served: Project, tmp_path: Path, say: Say) -> None:
    """They teach and judge alike, so that it passes; main's dev rows alone tell. A person hears it, no robot merges."""
    world.record(served, tmp_path / "records", 900, world.flipped, c=world.OLD)
    say("retrain", "--now")
    (name,) = branches(served)
    switch(served, name)
    said = say("gate")
    assert "PASS" in said
    assert "on main's dev rows, from before these labels, its accuracy loss is" in said
    switch(served, "main")
    assert f"{name}: PASS; it waits for a person's merge; on main's dev rows, from" in say("retrain", "--settle")
    edit(served.root, retrain={"mode": "merge"})
    commit_all(served.root, "Let a robot merge")
    git.git("push", "--quiet", "origin", "main", root=served.root)
    said = say("retrain", "--settle")
    assert f"{name}: PASS, and it is left to a person: on main's dev rows, from before these labels" in said
    assert branches(served) == [name]


def test_the_monitors_worse_is_a_reason_and_its_evidence_is_kept(served: Project, tmp_path: Path, check: Check) -> None:
    """As soon as there are rows that can judge; until then it says how many."""
    today = datetime.now(UTC).date()
    version = f"{git.git('rev-parse', 'HEAD', root=served.root)[:12]}-{served.lock.model[:8]}"
    promote(served.root, version, today - timedelta(days=61))
    send(served.root, version, 60, World(wrong=0.3), at=40, first=today - timedelta(days=60))
    found = check()
    assert found["words"] == "worse is said, and it waits for rows"
    assert found["waits"] == ["fresh rows to judge it by: 0 of 10"]
    world.record(served, tmp_path / "records", 100, world.moved)
    found = check()
    assert found["why"] == "worse"
    assert found["words"].startswith("More answers are wrong than allowed, since those of ")


def test_a_model_that_comes_out_the_same_is_unchanged(served: Project, tmp_path: Path, say: Say) -> None:
    """Where all new rows are on the sealed side, say: there is nothing to judge, and no branch."""
    world.record(served, tmp_path / "records", 300, world.moved, sealed=True)
    assert "UNCHANGED: trained again" in say("retrain", "--now")
    assert branches(served) == []


def test_new_rows_of_the_source_are_a_reason(served: Project, tmp_path: Path, say: Say, check: Check) -> None:
    """They are read again; those that fall on the sealed side judge, once; people's sealed set stays as it is."""
    assert check()["due"] is False
    world.fill(tmp_path / "rows.db", 500, seed=2)
    found = check()
    assert (found["due"], found["why"]) == (True, "new data")
    sealed = set(pd.read_parquet(served / "data/sealed/labels.parquet")["row_id"])
    assert "new data" not in say("retrain", "--settle")
    assert "500 rows are new, 0 are gone" in say("retrain")
    (name,) = branches(served)
    switch(served, name)
    told = retraining.parsed((served / retraining.FILE).read_text())
    assert (told.trigger.why, told.until, told.rows["source"]) == ("new data", "", {"new": 500, "gone": 0})
    assert told.stream == dvc.tracked(served.root, files.ROWS)
    assert sum(told.rows["in"].values()) == 500
    assert sum(told.labels.values()) == told.rows["in"]["train"] + told.rows["in"]["dev"]
    assert set(pd.read_parquet(served / "data/sealed/labels.parquet")["row_id"]) == sealed
    assert told.stream == dvc.md5(served / "data/stream/rows.parquet")
    assert say("gate").startswith("3 ")
    switch(served, "main")
    assert f"{name}: closed" in say("retrain", "--settle")
    assert check()["rows"]["fresh"] == 0


def test_where_rows_go_by_groups_the_sources_alone_are_taken(served: Project, tmp_path: Path, say: Say) -> None:
    """No record says whose a row is: that is said once, and the source's new rows are a reason as ever."""
    edit(served.root, split={"group": "b"})
    lock.refresh(Project(served.root))
    commit_all(served.root, "Rows go by groups")
    git.git("push", "--quiet", "origin", "main", root=served.root)
    world.record(served, tmp_path / "records", 300, world.moved)
    world.fill(tmp_path / "rows.db", 500, seed=2)
    said = say("retrain")
    assert said.count("no row of production is taken: b: split.group, not in the records") == 1
    (name,) = branches(served)
    switch(served, name)
    told = retraining.parsed((served / retraining.FILE).read_text())
    assert (told.trigger.why, told.until, told.rows["source"]) == ("new data", "", {"new": 500, "gone": 0})


def test_a_source_that_cannot_be_read_keeps_nobody_from_productions_rows(
    served: Project, tmp_path: Path, say: Say
) -> None:
    """It is said; the source's rows are those of before."""
    world.record(served, tmp_path / "records", 900, world.moved)
    (tmp_path / "rows.db").unlink()
    said = say("retrain", "--now")
    assert "the source cannot be read" in said
    (name,) = branches(served)
    switch(served, name)
    ids = pd.read_parquet(served / "data/raw.parquet")["row_id"]
    assert (~ids.str.contains(":")).sum() == 600
    assert ids.str.startswith("stream:").sum() > 400


def test_what_the_remote_refuses_leaves_nothing(served: Project, tmp_path: Path, say: Say) -> None:
    """One line, no branch here or there, no line in the ledger, and no tree beside the person's."""
    world.record(served, tmp_path / "records", 900, world.moved)
    hook = tmp_path / "origin.git/hooks/pre-receive"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    before = git.git("rev-parse", "HEAD", root=served.root)
    assert say("retrain", "--now").startswith("1 ")
    assert as_it_was(served, before)
    assert git.dirty(served.root) == []
    assert branches(served) == []
    assert git.git("for-each-ref", "refs/heads/mainline", root=served.root) == ""
    assert ledger.read(served.root).entries == ()


def test_without_a_remote_the_branch_is_here_and_a_second_one_has_a_name_of_its_own(
    served: Project, tmp_path: Path, say: Say
) -> None:
    """It says what to do next; a name that is taken is not taken again."""
    git.git("remote", "remove", "origin", root=served.root)
    world.record(served, tmp_path / "records", 900, world.moved)
    said = say("retrain", "--now")
    assert "committed\n" in said
    (name,) = git.git("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads/mainline", root=served.root).split()
    git.git("branch", "--force", name, "main", root=served.root)  # as if it were merged
    assert f"{name}-2: committed" in say("retrain", "--now")


@pytest.mark.parametrize(
    ("mode", "said"), [("off", "not due: retrain.mode is off"), ("propose", "retrain.mode is propose")]
)
def test_a_mode_that_makes_no_branch_makes_none(
    mode: str, said: str, served: Project, tmp_path: Path, say: Say
) -> None:
    """It says so."""
    world.fill(tmp_path / "rows.db", 500, seed=2)
    edit(served.root, retrain={"mode": mode})
    assert said in say("retrain")
    assert branches(served) == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--settle", "--now"), "--settle: looks at open ones"),
        (("--check", "--save", "x"), "--check: makes no branch"),
        (("--json",), "--json: goes with --check"),
    ],
    ids=range(3),
)
def test_what_does_not_go_together_is_refused(options: tuple[str, ...], said: str, served: Project, say: Say) -> None:
    """In one line, before anything is done."""
    assert said in say("retrain", *options)
