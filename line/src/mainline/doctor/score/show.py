"""The ML Test Score for a person, for a program, and as a line for README.md."""

from collections.abc import Sequence
from typing import Any

from mainline import ui
from mainline.doctor.score.found import Found
from mainline.doctor.score.rows import Row
from mainline.doctor.score.sums import score, sums

MARKS = {1.0: ("✓", "green"), 0.5: ("½", "yellow"), 0.0: ("✗", "red")}
STATED = ("≡", "green")
PAGE = "docs/ml-test-score.md"
COLOURS = ((6, "brightgreen"), (4, "green"), (2, "yellow"), (0, "red"))
"""Of a badge, from so many points on."""


def show(found: Sequence[Row]) -> None:
    """Print the tests by section, what each lacks below it, and what they come to."""
    points = sums(found)
    for section, its in points.items():
        ui.heading(f"{section}  {its:g} of 7")
        for row in found:
            if row.section == section:
                ui.marked(*_mark(row.found), f"{row.id} {row.title}: {row.found.said}", below=row.found.mend)
    ui.heading(f"ML Test Score  {score(found):g} of 7")
    ui.say("  " + ", ".join(f"{section} {its:g}" for section, its in points.items()) + "; the least of them counts")
    if stated := [row.id for row in found if row.found.stated]:
        ui.say(f"  ≡ go by what params.yaml states, and not by a measurement: {', '.join(stated)}")


def told(found: Sequence[Row]) -> dict[str, Any]:
    """The same as plain data."""
    return {
        "score": score(found),
        "sections": sums(found),
        "rows": [
            {
                "id": row.id,
                "section": row.section,
                "title": row.title,
                "points": row.points,
                "said": row.found.said,
                "mend": row.found.mend,
                "stated": row.found.stated,
            }
            for row in found
        ],
    }


def badge(found: Sequence[Row]) -> str:
    """A line of Markdown: a picture that img.shields.io draws from its address alone, and what it means."""
    its = score(found)
    colour = next(name for least, name in COLOURS if its >= least)
    address = f"https://img.shields.io/badge/ML_Test_Score-{its:g}_of_7-{colour}"
    return f"[![ML Test Score: {its:g} of 7]({address})]({PAGE})"


def _mark(found: Found) -> tuple[str, str]:
    return STATED if found.stated else MARKS[found.points]
