"""The steps of the cluster's Rollout, beside those of params.yaml."""

from pathlib import Path

import pytest

from mainline.doctor import cluster
from mainline.doctor.finding import FINE, NOT_ASKED, WARNING, Finding
from mainline.project import Project

TOP = Path(__file__).parents[3]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project whose cluster is set up, as the template has it."""
    for name in (cluster.ROLLOUT, cluster.SETTINGS):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text((TOP / name).read_text().replace(cluster.EXAMPLE, "registry.test/"))
    (tmp_path / "params.yaml").write_text((TOP / "params.yaml").read_text())
    return tmp_path


def found(root: Path) -> Finding:
    """The one finding."""
    [finding] = cluster.look(Project(root))
    return finding


def test_the_template_has_the_steps_of_its_params(root: Path) -> None:
    """What deploy/kubernetes does is what params.yaml says."""
    assert found(root).state == FINE, found(root).said


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("share: 0.1", "share: 0.2", "step 2 is 'setWeight 10'; by params.yaml's section canary: 'setWeight 20'"),
        ("[0.1, 0.5, 1.0]", "[1.0]", "step 5 is 'setWeight 50'; by params.yaml's section canary: 'setWeight 100'"),
        (
            "[0.1, 0.5, 1.0]",
            "[0.5, 0.7, 1.0]",
            "step 7 is 'setWeight 100'; by params.yaml's section canary: 'setWeight 70'",
        ),
    ],
)
def test_other_steps_are_told_with_what_to_write(root: Path, before: str, after: str, said: str) -> None:
    """The first step that differs, and all that there should be."""
    params = root / "params.yaml"
    params.write_text(params.read_text().replace(before, after))
    assert found(root).state == WARNING
    assert said in found(root).said
    assert found(root).mend.startswith("have these steps: barred; setWeight ")


def test_a_step_too_many_is_told(root: Path) -> None:
    """As one that waits for a person."""
    with (root / cluster.ROLLOUT).open("a") as file:
        file.write("        - pause: {}\n")
    assert "step 9 is 'pause {}'; by params.yaml there is none" in found(root).said


def test_another_strategy_is_a_hosts_alone(root: Path) -> None:
    """A cluster has every version be a canary, whatever strategy says."""
    params = root / "params.yaml"
    params.write_text(params.read_text().replace("strategy: canary", "strategy: shadow"))
    assert found(root) == Finding(
        "cluster", FINE, "canary.strategy is shadow, which is a host's alone; a cluster has every version be a canary"
    )


def test_who_has_no_cluster_is_not_asked(root: Path) -> None:
    """Where the judge's image is still the example's, or the files were removed."""
    (root / cluster.SETTINGS).write_text((TOP / cluster.SETTINGS).read_text())
    assert found(root).state == NOT_ASKED
    (root / cluster.ROLLOUT).unlink()
    assert found(root).state == NOT_ASKED


@pytest.mark.parametrize("text", ["", "[", "spec: {strategy: {blueGreen: {}}}"])
def test_a_rollout_without_steps_is_told(root: Path, text: str) -> None:
    """In one line, whatever is in the file."""
    (root / cluster.ROLLOUT).write_text(text)
    assert found(root).said == f"{cluster.ROLLOUT}: no steps of a canary can be read in it"
