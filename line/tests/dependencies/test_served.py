"""Whether the service installs what the model is made of."""

import json
from pathlib import Path

import pytest

from line.tests.dependencies.conftest import pins
from mainline.dependencies import served
from mainline.errors import ConfigError
from mainline.project import Project

OTHER = "train: { estimator: tabulate.Model }\n"


def sign(root: Path, estimator: str, packages: object) -> None:
    """Write a signature."""
    (root / "models").mkdir(exist_ok=True)
    (root / "models/signature.json").write_text(json.dumps({"estimator": estimator, "packages": packages}))


def said(root: Path) -> list[str]:
    """What is lacking, as phrases."""
    return [f"{each.what}; run `{each.mend}`" for each in served.lacking(Project(root))]


def test_an_estimator_of_a_package_that_is_not_served_is_refused(small: Path) -> None:
    """By name, before anything is built; listed and not pinned, it says so."""
    (small / "params.yaml").write_text(OTHER)
    line = (
        "train.estimator: tabulate is installed here, and not in requirements/service.in; run `mainline add tabulate`"
    )
    assert said(small) == [line]
    with pytest.raises(ConfigError, match=r"^train\.estimator: tabulate is installed here"):
        served.require(Project(small), trained=False)
    (small / "requirements/service.in").write_text("tabulate\n")
    assert said(small) == [line.replace("service.in", "service.txt")]
    (small / "requirements/service.txt").write_text(pins(tabulate="0.10"))
    assert said(small) == []


@pytest.mark.parametrize("estimator", ["", "tree", "pipeline.own.Model", "mine.Model", "no_such_module.Model"])
def test_the_projects_own_and_what_is_not_installed_is_not_judged(small: Path, estimator: str) -> None:
    """The stage train says what is wrong with a name that is none."""
    (small / "src/mine").mkdir(parents=True)
    (small / "params.yaml").write_text(f"train: {{ estimator: '{estimator}' }}\n")
    assert said(small) == []


def test_a_model_that_was_trained_with_more_is_refused(small: Path) -> None:
    """As its signature says; not where the signature is that of another estimator, which is built anew."""
    (small / "requirements/service.txt").write_text(pins(scikit_learn="1.9.1"))
    sign(small, "sklearn.tree.DecisionTreeClassifier", {"Scikit-Learn": "1.9.1", "humanize": "4.16"})
    assert said(small) == [
        "models/signature.json: the model needs humanize, which is not in requirements/service.in; "
        "run `mainline add humanize`"
    ]
    served.require(Project(small), trained=False)
    sign(small, "pipeline.own.Model", {"humanize": "4.16"})
    assert said(small) == []


@pytest.mark.parametrize("packages", [None, {}, [], "x", 3])
def test_a_signature_that_says_nothing_of_packages_needs_none(small: Path, packages: object) -> None:
    """As one of before does."""
    (small / "requirements/service.txt").write_text(pins(scikit_learn="1.9.1"))
    sign(small, "sklearn.tree.DecisionTreeClassifier", packages)
    assert said(small) == []


def test_without_a_list_of_what_is_served_nothing_is_known(small: Path) -> None:
    """A service of another kind installs what it likes."""
    (small / "params.yaml").write_text(OTHER)
    (small / "requirements/service.txt").unlink()
    assert said(small) == []
