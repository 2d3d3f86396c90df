"""A project whose image could not load its model, from the first refusal to the Bento."""

from pathlib import Path

import pytest

from line import wheel
from line.tests.projects import commit_all, edit
from line.tests.test_cli import run
from mainline.commands import lock
from mainline.doctor import loadable as doctor
from mainline.doctor.finding import FINE, WRONG
from mainline.errors import ConfigError, ToolFailed
from mainline.package import bento
from mainline.project import Project
from mainline.tools import git

pytestmark = pytest.mark.slow
OWN_MODEL = '''
"""A tree that uses a package which nothing else in the service needs."""

from sklearn.tree import DecisionTreeClassifier
from tabulate import tabulate


class Model(DecisionTreeClassifier):
    """It can show itself."""

    def show(self) -> str:
        """As a table."""
        return tabulate([[self.get_depth()]])
'''


def test_a_package_that_is_installed_and_not_served_is_refused_by_each_verb_until_it_is_added(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lock, package and doctor name it; `mainline add` mends all three, and the Bento installs it."""
    monkeypatch.chdir(project)
    (project / "src/pipeline/model/own.py").write_text(OWN_MODEL.lstrip())
    edit(project, train={"estimator": "pipeline.model.own.Model", "trusted": ["pipeline.model.own.Model"]})
    with pytest.raises(ToolFailed, match=r"tabulate is installed here, and not in requirements/service\.in"):
        lock.refresh(Project(project))

    names = project / "requirements/service.in"
    names.write_text(names.read_text() + "tabulate\n")  # by hand, and nothing compiled
    with pytest.raises(ConfigError, match=r"needs tabulate, which is not in requirements/service\.txt; run `main"):
        lock.refresh(Project(project))
    Project(project).rebuilt()  # by dvc alone
    commit_all(project, "By dvc alone")
    with pytest.raises(ConfigError, match=r"^requirements/service\.txt: the commit \w+ has no tabulate there"):
        bento.build(Project(project))
    (found,) = doctor.look(Project(project))
    assert (found.state, found.mend) == (WRONG, "mainline add tabulate")

    made = wheel.build(project / "vendor")
    (project / "requirements/line.txt").write_text(wheel.pinned(made))
    if run("add", "tabulate", "--no-setup") == 1:
        pytest.skip(capsys.readouterr().err)
    lock.refresh(Project(project))
    commit_all(project, "With its package")
    built = bento.build(Project(project))
    assert "\ntabulate==" in (built.path / "env/python/requirements.txt").read_text()
    (found,) = doctor.look(Project(project))
    assert found.state == FINE
    assert git.git("status", "--porcelain", root=project) == ""
