"""What an audit found is kept for whoever asks later."""

from datetime import date
from pathlib import Path

from mainline.package import audited
from mainline.package.audited import Audited
from mainline.project import Project


def test_an_audit_is_read_as_it_was_kept(tmp_path: Path) -> None:
    """Whatever the last line of the pins ends in; a file that is none is no audit."""
    project = Project(tmp_path)
    assert (audited.read(project), audited.pins(project)) == (None, "")
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements/service.txt").write_text("numpy==2.0\n")
    said = Audited(date(2026, 3, 20), audited.digest("numpy==2.0"), 80, 1)
    audited.keep(project, said)
    assert audited.read(project) == said
    assert said.pins == audited.pins(project)
    (tmp_path / audited.FILE).write_text("{}")
    assert audited.read(project) is None
