"""`mainline retrain`: from records and a source to a branch that the gate judges, whole or not at all."""

from collections.abc import Callable
from pathlib import Path

import pytest

from line.tests.retrain import world
from mainline import retraining
from mainline.project import Project
from mainline.tools import git

pytestmark = pytest.mark.slow
Say = Callable[..., str]


def branches(project: Project) -> list[str]:
    """The retrainings' branches that the remote has."""
    return git.git("ls-remote", "origin", "refs/heads/mainline/retrain-*", root=project.root).split("\n")


def test_what_production_brought_becomes_a_branch_that_passes(served: Project, tmp_path: Path, say: Say) -> None:
    """The person's tree stays as it is; the gate judges the branch on rows of its own, and lets it pass."""
    world.record(served, tmp_path / "records", 900, world.moved)
    before = git.git("rev-parse", "HEAD", root=served.root)
    said = say("retrain", "--now")
    print(said)
    assert "due: A person asked for it." in said
    assert git.dirty(served.root) == []
    assert git.git("rev-parse", "HEAD", root=served.root) == before
    (line,) = branches(served)
    name = line.split("refs/heads/")[1]
    assert f"git switch {name}, then `mainline gate`" in said
    git.git("switch", "--quiet", name, root=served.root)
    told = retraining.parsed((served / retraining.FILE).read_text())
    assert (told.number, told.base, told.trigger.why) == (1, before, "asked")
    assert told.rows["in"]["train"] > 400
    assert told.rows["in"]["asked"] > 200
    said = say("gate")
    print(said)
    assert "PASS" in said
