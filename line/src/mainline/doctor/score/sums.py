"""What the points come to: a section's is their sum, the project's the least of the four."""

from collections.abc import Iterable

from mainline.doctor.score.rows import SECTIONS, Row


def sums(found: Iterable[Row]) -> dict[str, float]:
    """The points of each section, of 7."""
    points = dict.fromkeys(SECTIONS.values(), 0.0)
    for row in found:
        points[row.section] += row.points
    return points


def score(found: Iterable[Row]) -> float:
    """The ML Test Score, of 7."""
    return min(sums(found).values())
