"""`mainline remove`: takes back what `mainline add` has added, to the byte."""

from collections.abc import Sequence

import click

from mainline import ui
from mainline.commands.options import setup_option
from mainline.project import Project


@click.command("remove")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@setup_option
def verb(names: Sequence[str], set_up: bool) -> None:
    """Remove packages that were added, and what came with them.

    The exact inverse of `mainline add`: every list is as it was, and no other pin moves. What the line needs stays, and
    so does what train.estimator or a file of src/ needs.

    \b
    Exit codes: 0  removed, to be committed by you
                2  something needs it, or nothing asks for it; nothing was changed
                1  no package index answers, or the set-up failed; nothing was changed
    """
    from mainline.dependencies import change, lists, removing
    from mainline.dependencies.layout import layout
    from mainline.dependencies.scratch import scratch

    project = Project.here()
    place, going = layout(project), list(dict.fromkeys(lists.name(lists.wanted(each)) for each in names))
    with scratch(project, place) as found:
        removing.require_free(project, found, going)
        before = found.pinned(found.compiled[0])
        with ui.doing("compiling the lists without it"):
            removing.remove(found, going)
        gone = [name for name in before if name not in found.pinned(found.compiled[0])]
        changed = change.put(project, place, found.contents(), set_up=set_up)
    still = [name for name in going if name not in gone]
    ui.good(f"removed {', '.join(gone) or ', '.join(going)}")
    if still:
        ui.say(f"  {', '.join(still)} stays installed: other packages need it")
    ui.say(f"  commit: git add {' '.join(changed)}")
