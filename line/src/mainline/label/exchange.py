"""Votes from elsewhere, and to there: CSV of row,label,by,at, and Label Studio's JSON."""

from pathlib import Path

from mainline.project import Project


def export(project: Project, out: Path) -> int:
    """Write everybody's last votes; answers how many."""
    raise NotImplementedError(project, out)


def take(project: Project, source: Path, name: str | None) -> dict[str, int]:
    """Take the votes of a file into labels/; answers how many are new, by whom."""
    raise NotImplementedError(project, source, name)
