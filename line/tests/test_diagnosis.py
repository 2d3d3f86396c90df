"""What the line says of a diagnosis, and what it refuses."""

import json
from pathlib import Path

import pytest

from mainline import diagnosis
from mainline.errors import Refused
from mainline.project import Project


def write(root: Path, *states: str) -> Project:
    """A project whose diagnosis has checks of these states."""
    (root / "metrics").mkdir()
    checks = [{"name": f"check {n}", "state": state, "said": f"figure {n}"} for n, state in enumerate(states)]
    (root / diagnosis.PATH).write_text(json.dumps({"rows": 9, "checks": checks}))
    return Project(root)


def test_a_failed_check_is_refused(tmp_path: Path) -> None:
    """With its name, its figures and what to do."""
    with pytest.raises(Refused, match=r"diagnosis.json: check 1: figure 1; then run `mainline lock` and commit"):
        diagnosis.require_sound(write(tmp_path, "fine", "failed"))


def test_a_warning_is_said_and_refuses_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In a line of its own; what is fine is not said."""
    project = write(tmp_path, "fine", "warning", "warning")
    diagnosis.require_sound(project)
    diagnosis.warn(project)
    assert capsys.readouterr().err.splitlines() == ["! check 1: figure 1", "! check 2: figure 2"]


def test_beside_a_leak_nothing_else_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Other checks have looked at the leak, too, and would send people elsewhere."""
    diagnosis.warn(write(tmp_path, "failed", "warning"))
    assert capsys.readouterr().err.splitlines() == ["! check 0: figure 0"]


@pytest.mark.parametrize("text", [None, "", "[]", "{}", '{"rows": 0, "checks": []}', '{"checks": [1]}'])
def test_a_project_without_a_diagnosis_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None
) -> None:
    """None is there, or it says nothing."""
    if text is not None:
        (tmp_path / "metrics").mkdir()
        (tmp_path / diagnosis.PATH).write_text(text)
    diagnosis.require_sound(Project(tmp_path))
    diagnosis.warn(Project(tmp_path))
    assert capsys.readouterr().err == ""
