"""The example that the template comes with is built, and is the one that the tests build."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from line.tests.template.conftest import TOP
from mainline import card
from mainline.commands import lock
from mainline.project import Project
from pipeline import params

pytestmark = pytest.mark.slow


def test_the_committed_lock_is_what_a_fresh_build_gives(project: Path) -> None:
    """A build from nothing gives the dvc.lock and cards that are committed; the tests' build differs in no model."""
    before = stages(project)
    shutil.copy2(TOP / "params.yaml", project)
    lock.refresh(Project(project))
    assert (project / "dvc.lock").read_text() == (TOP / "dvc.lock").read_text()
    assert before.keys() == stages(project).keys()
    assert [name for name, stage in stages(project).items() if stage != before[name]] == ["diagnose"]
    for path in card.CARDS:
        assert (project / path).read_text() == (TOP / path).read_text()


def stages(root: Path) -> dict[str, Any]:
    """What dvc.lock pins, by stage."""
    return dict(YAML(typ="safe").load((root / "dvc.lock").read_text())["stages"])


def test_the_stages_know_every_key_of_the_example() -> None:
    """Its params.yaml is understood, and is about the digits."""
    assert params.load(TOP / "line/tests/example.yaml").data.source == "sklearn:digits"
