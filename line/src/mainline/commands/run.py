"""`mainline run`: the whole line, played in a scratch clone."""

import click

from mainline.project import Project


@click.command("run")
def verb() -> None:
    """Play the whole line in a scratch clone; this tree stays as it is.

    The clone has an origin, a DVC remote and a host of its own, all in .mainline/run.

    \b
    Marks:  ✓ shown   · nothing to show: no better model on this table, or too few rows   ✗ not meant to happen
    Exit codes: 0  no ✗: a good release is in production, the judge took both broken ones back, on labels and latency,
                   and where a changed world of users made it worse, one that was trained again is, too
                1  something else happened; the last line and the page say what
    """
    from mainline import run as demonstration

    demonstration.play(Project.here())
