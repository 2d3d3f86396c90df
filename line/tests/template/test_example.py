"""The example that the template comes with is built, and is the one that the tests build."""

import shutil
from pathlib import Path

import pytest

from line.tests.template.conftest import TOP
from mainline import card
from mainline.commands import lock
from mainline.project import Project
from pipeline import params

pytestmark = pytest.mark.slow


def test_the_committed_lock_is_what_a_fresh_build_gives(project: Path) -> None:
    """A build from nothing gives the dvc.lock and the cards that are committed; params.yaml says what the tests do."""
    before = (project / "dvc.lock").read_text()
    shutil.copy2(TOP / "params.yaml", project)
    lock.refresh(Project(project))
    assert (project / "dvc.lock").read_text() == before == (TOP / "dvc.lock").read_text()
    for path in card.CARDS:
        assert (project / path).read_text() == (TOP / path).read_text()


def test_the_stages_know_every_key_of_the_example() -> None:
    """Its params.yaml is understood, and is about the digits."""
    assert params.load(TOP / "line/tests/example.yaml").data.source == "sklearn:digits"
