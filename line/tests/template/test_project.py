"""That cookiecutter makes a project, with nothing of the template in it; what else is asked of one takes longer."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import yaml

from line.tests.template.conftest import TOP, Done, call, tree
from line.tests.template.test_ways import SLUG

TAKEN_AWAY = (
    "cookiecutter.json",
    "hooks",
    "{{cookiecutter.__folder}}",
    "scripts",
    "line",
    ".ci/run",
    "CONTRIBUTING.md",
)


def test_a_project_holds_nothing_of_the_template(make: Callable[..., Done], template: Path, tmp_path: Path) -> None:
    """No file, no name, no author and no history; what is served and packed has the project's own name."""
    make(template)
    project = tmp_path / "my-model"
    assert [name for name in TAKEN_AWAY if (project / name).exists()] == []
    assert "HOOKS-DID-NOT-RUN.md" not in tree(project)
    # shorter ones, such as root, are words of the project too
    authors = {name for name in call("git", "log", "--format=%an%n%ae", cwd=TOP).said.splitlines() if len(name) > 8}
    words = re.compile("|".join([SLUG, r"cookiecutter\.", "only the template", *map(re.escape, authors)]))
    left = {name for name, (_, content) in tree(project).items() if words.search(content.decode(errors="ignore"))}
    # the page says what to leave out of a patch; the wheel holds the line's files under the template's name
    assert {name for name in left if not name.startswith("vendor/")} <= {"docs/the-line.md"}
    assert call("git", "log", "--format=%s", cwd=project).said == "Start my-model\n"
    assert call("git", "status", "--porcelain", cwd=project).said == ""
    assert tomllib.loads((project / "pyproject.toml").read_text())["project"]["name"] == "my-model"
    assert yaml.safe_load((project / "bentofile.yaml").read_text())["name"] == "my-model"
    assert (project / "README.md").read_text().startswith("# my-model\n\nA model that predicts `target` from")
    links = re.findall(r"\]\(([^)#]+)\)", (project / "README.md").read_text())
    assert [link for link in links if not (project / link).exists()] == []
