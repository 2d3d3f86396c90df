"""Another model than main's is proved before it is judged: once for each lock, by whoever can run its code."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from line.tests.projects import commit_all
from mainline import outputs
from mainline.errors import Refused
from mainline.project import MODEL, Project
from mainline.prove import proof, required
from mainline.prove.proof import Proof
from mainline.tools import git, github

LOCK = "schema: '2.0'\nstages:\n  train:\n    cmd: train\n    outs:\n    - path: models/model.skops\n      md5: {}\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """One whose tree pins another model than main."""
    root = tmp_path / "project"
    git.git("init", "--quiet", "--initial-branch=main", str(root), root=tmp_path)
    (root / "dvc.lock").write_text(LOCK.format("a" * 32))
    (root / "params.yaml").write_text("{}\n")
    commit_all(root, "Main's")
    (root / "dvc.lock").write_text(LOCK.format("b" * 32))
    (root / "models").mkdir()
    (root / MODEL).write_bytes(b"another")
    return Project(root)


def of(project: Project, **other: Any) -> Proof:
    """What was found of it."""
    return replace(Proof.of(project, rebuilt=True, closed=True), **other)


def proving(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Have it prove without work; answers with what rebuild each was asked for."""
    asked: list[str] = []

    def prove(project: Project, base: object, rebuild: str, counts: object) -> Proof:
        asked.append(rebuild)
        return of(project, rebuilt=rebuild == "new")

    monkeypatch.setattr(required, "prove", prove)
    return asked


def test_a_model_is_proved_once(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked again of the same lock, what was found is answered; of another, it is found out anew."""
    asked = proving(monkeypatch)
    first = required.here(project, "main", "new")
    assert (required.here(project, "main", "new"), asked) == (first, ["new"])
    (project / "dvc.lock").write_text(LOCK.format("c" * 32))
    required.here(project.again(), "main", "new")
    assert asked == ["new", "new"]


def test_what_is_mains_is_not_proved(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here as where its code is not run; nothing is said of it."""
    asked = proving(monkeypatch)
    (project / "dvc.lock").write_text(LOCK.format("a" * 32))
    same = project.again()
    assert (required.here(same, "main", "new"), required.handed_over(same, "main", "new")) == (None, None)
    assert asked == []


def test_training_that_was_only_begun_will_do_where_main_says_so(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `never`; once main wants models built again, it is not enough."""
    asked = proving(monkeypatch)
    begun = required.here(project, "main", "never")
    assert begun is not None
    assert "taken as pushed" in begun.text
    assert required.handed_over(project, "main", "never") == begun
    with pytest.raises(Refused, match=r"built again as a whole, which gate\.rebuild asks for"):
        required.handed_over(project, "main", "new")
    assert required.here(project, "main", "new") != begun
    assert asked == ["never", "new"]


def test_what_a_run_of_the_repository_has_proved_is_not_proved_again(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its artifact says so, by the name of this very lock; what a person's machine has found does not count there."""
    asked = proving(monkeypatch)
    left = of(project, run="17")

    def artifact(_: Path, name: str, folder: Path) -> str:
        assert name == outputs.name(project)
        folder.mkdir()
        (folder / outputs.FACTS).write_text(json.dumps({proof.FACT: asdict(left)}))
        return "17"

    monkeypatch.setattr(github, "artifact", artifact)
    found = required.here(project, "main", "new")
    assert found is not None
    assert found.text == f"{MODEL}: rebuilt by run 17; SHA-256 {left.sha256}"
    assert asked == []
    (project / proof.FILE).unlink()
    left = of(project)
    required.here(project, "main", "new")
    assert asked == ["new"]


@pytest.mark.parametrize(
    "said",
    [
        None,
        {"lock": "outputs-of-another"},
        {"sha256": "of another"},
        {"run": "17; rm -rf /"},
        {"rebuilt": 1},
        {"more": True},
    ],
)
def test_where_code_is_not_run_what_is_handed_over_is_held_to_the_model(
    project: Project, said: dict[str, Any] | None
) -> None:
    """Nothing written down, or of another model, or in another form, is refused with what to do."""
    if said is not None:
        (project / ".mainline").mkdir()
        (project / proof.FILE).write_text(json.dumps(asdict(of(project)) | said))
    with pytest.raises(Refused, match=r"nothing says that it was built again; bring the branch up to date with main"):
        required.handed_over(project, "main", "new")


@pytest.mark.parametrize(
    ("said", "made"),
    [
        ({"run": "17"}, "rebuilt by run 17"),
        ({"run": "17", "rebuilt": False}, "taken as pushed"),
        ({"run": ""}, "taken as pushed"),  # whoever typed it could have written it, too
    ],
)
def test_the_ledger_keeps_who_built_a_challenger(project: Project, said: dict[str, Any], made: str) -> None:
    """A run of the repository's workflow, or nobody but its author; nothing is said where nobody asked."""
    assert set(proof.challenger(project)) == {"commit", "model"}
    proof.keep(of(project, **said), project)
    assert proof.challenger(project)["made"] == made


def test_what_is_handed_over_of_this_model_will_do(project: Project) -> None:
    """The counterpart."""
    proof.keep(of(project, run="17"), project)
    found = required.handed_over(project, "main", "new")
    assert found == of(project, run="17")
