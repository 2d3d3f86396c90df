"""`mainline doctor --score`: the 28 tests of the ML Test Score (Breck et al., 2017), by what a project itself can show.

A point is for a test that ran on this project's own model, data or service, with a result newer than what it is about;
half a point for one that is only set up, or whose result is older. What it found is said with it, good or bad.
"""

from mainline.doctor.score.rows import SECTIONS, Row, rows
from mainline.doctor.score.sums import score, sums

__all__ = ["SECTIONS", "Row", "rows", "score", "sums"]
