"""What may be removed."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from line.tests.projects import TOP
from mainline.dependencies import removing
from mainline.dependencies.layout import OWN
from mainline.dependencies.scratch import scratch
from mainline.errors import ConfigError
from mainline.project import Project


def require_free(root: Path, *names: str) -> None:
    """As the command does it."""
    with scratch(Project(root), OWN) as found:
        removing.require_free(Project(root), found, names)


def test_what_the_template_asks_for_stays() -> None:
    """The list in the code is that of its pyproject.toml, service.in and pipeline.in."""
    asked = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]["dependencies"]
    for name in ("service", "pipeline"):
        lines = (TOP / f"requirements/{name}.in").read_text().splitlines()
        asked += [line for line in lines if not line.startswith("#")]
    assert {canonicalize_name(Requirement(each).name) for each in asked} == removing.NEEDED


def test_what_nothing_needs_is_free(small: Path) -> None:
    """As a package that was added and never used."""
    require_free(small, "click")


def test_what_the_line_needs_or_nobody_asks_for_is_refused(small: Path) -> None:
    """By name, and with what there is to remove."""
    with pytest.raises(ConfigError, match=r"^skops: the line needs it"):
        require_free(small, "skops")
    with pytest.raises(ConfigError, match=r"^clack: pyproject\.toml does not ask for it; did you mean 'click'\?"):
        require_free(small, "clack")
    path = small / "pyproject.toml"
    path.write_text(path.read_text().replace('    "click>=8", # what one says in it\n', ""))
    with pytest.raises(
        ConfigError, match=r"^click: pyproject\.toml does not ask for it; nothing has been added so far$"
    ):
        require_free(small, "click")


def test_what_the_model_is_of_is_refused(small: Path) -> None:
    """As long as params.yaml names it."""
    (small / "params.yaml").write_text("train: { estimator: click.Model }\n")
    with pytest.raises(ConfigError, match=r"^click: train\.estimator is click\.Model; choose another in params\.yaml"):
        require_free(small, "click")


def test_what_a_file_of_src_imports_is_refused(small: Path) -> None:
    """The file is named; a module of the project's own of that name is another one."""
    path = small / "src/pipeline/features.py"
    path.parent.mkdir(parents=True)
    path.write_text("from .click import more\n")
    require_free(small, "click")
    path.write_text("def f():\n    from click.core import Command\n")
    with pytest.raises(ConfigError, match=r"^click: src/pipeline/features\.py imports it; take that out first"):
        require_free(small, "click")
