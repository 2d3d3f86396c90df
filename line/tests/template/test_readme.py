"""The commands of the template's own README, run as they stand there, in order: what a newcomer types works."""

from pathlib import Path

import pytest

from line.tests.host.conftest import until
from line.tests.repository.test_docs import TOP, Newcomer, newcomer, serves  # noqa: F401
from mainline.tools import git


@pytest.mark.slow
def test_the_readme(newcomer: Newcomer, tmp_path: Path) -> None:  # noqa: F811
    """A project of one's own; a better model; to production where another one is, and back."""
    readme = tmp_path / "README.md"
    here = str(tmp_path / "mine")
    readme.write_text((TOP / "README.md").read_text().replace(" TEMPLATE ", f" --no-input --output-dir {here} {TOP} "))
    forest = {"estimator": "sklearn.ensemble.RandomForestClassifier", "params": {"n_estimators": 60}}
    newcomer.edits({"train": forest, "search": {"trials": 3}})  # by itself, a search takes ten minutes of both cores
    for line in ("mainline package", "mainline deploy canary --push", "mainline deploy production --push"):
        newcomer.type(line)
    before = git.show("main", "deploy/production.env", newcomer.root)
    typed = newcomer.follow(readme)
    assert (tmp_path / "mine/my-model/params.yaml").exists()
    assert "PASS" in newcomer.said
    assert typed[-2:] == ["mainline deploy production --push", "mainline rollback --push"]
    changes = git.git("log", "--format=%s", "main", "--", "deploy/production.env", root=newcomer.root).splitlines()
    assert [change.split()[0] for change in changes] == ["Roll", "Deploy", "Deploy"]
    assert git.show("main", "deploy/production.env", newcomer.root) == before
    until(lambda: serves(newcomer.port), "the agent serves", within=60)
