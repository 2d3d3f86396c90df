"""The example that the template comes with is built, and is the one that the tests build."""

import shutil
from pathlib import Path

import pytest

from mainline import lock
from tests.mainline.conftest import _no_shared_record, built, project  # noqa: F401
from tests.template.conftest import TOP

pytestmark = pytest.mark.slow


def test_the_committed_lock_is_what_a_fresh_build_gives(project: Path) -> None:  # noqa: F811
    """A build from nothing gives the dvc.lock and the card that are committed; params.yaml says what the tests do."""
    before = (project / "dvc.lock").read_text()
    shutil.copy2(TOP / "params.yaml", project)
    lock.refresh(project)
    assert (project / "dvc.lock").read_text() == before == (TOP / "dvc.lock").read_text()
    assert (project / "models/card.md").read_text() == (TOP / "models/card.md").read_text()
