"""`mainline add`: packages of one's own, for training and in the image, without moving any other."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from mainline import ui
from mainline.commands.options import age_option, setup_option
from mainline.project import Project

if TYPE_CHECKING:
    from mainline.dependencies.scratch import Scratch

MOST = 6
"""How many packages that came along are named."""


@click.command("add")
@click.argument("packages", nargs=-1, required=True, metavar="PACKAGE...")
@age_option
@setup_option
def verb(packages: Sequence[str], age: str, set_up: bool) -> None:
    """Add packages that your model needs, and move no other.

    PACKAGE is a name, with a range if you like: xgboost, 'lightgbm>=4,<5'. Its range goes into pyproject.toml, its name
    into requirements/service.in, which the image installs, and into requirements/pipeline.in: another version of it
    builds the model anew. All are pinned with hashes; every pin that is there stays as it is.

    \b
    Exit codes: 0  added, to be committed by you; or there already
                2  it cannot be had so; nothing was changed
                1  no package index answers, or the set-up failed; nothing was changed
    """
    from mainline.dependencies import adding, change, lists, told
    from mainline.dependencies.layout import layout
    from mainline.dependencies.scratch import scratch

    project = Project.here()
    place, asked = layout(project), [lists.wanted(each) for each in packages]
    with scratch(project, place) as found:
        sorted_out = adding.sorted_out(found, asked)
        for name in sorted_out.here:
            ui.good(f"{name} is there already: {place.ranges} and requirements/service.in ask for it")
        if not sorted_out.new:
            return
        for name in sorted_out.new:
            if name in told.HINTS:
                ui.warn(f"{name}: {told.HINTS[name]}")
        before = told.in_image(found, found.compiled[1])
        with ui.doing("asking the package index"):
            adding.add(found, [each for each in asked if lists.name(each) in sorted_out.new], age)
        _warn_of_old(found, sorted_out.new, age)
        changed = change.put(project, place, found.contents(), set_up=set_up)
        came = {k: v for k, v in told.in_image(found, found.compiled[1]).items() if k not in before}
    _tell(sorted_out.new, came, changed, set_up=set_up)
    if not set_up:
        ui.say(f"  set it up: {place.make} setup")


def _warn_of_old(found: "Scratch", names: Sequence[str], age: str) -> None:
    """Say where the pins that are there let only an older version in."""
    from mainline.dependencies import compiling

    pinned = found.pinned(found.place.pins)
    for name in names:
        newest = compiling.newest(found, name, age)
        if newest - set(pinned[name]):
            old, new = (" and ".join(sorted(each)) for each in (set(pinned[name]), newest))
            ui.warn(f"{name} {old}: not the newest, {new}, which does not go with your range or what else is pinned")


def _tell(new: Sequence[str], came: dict[str, str], changed: Sequence[str], *, set_up: bool) -> None:
    """What was added at which version, what came along, what it weighs, and what comes next."""
    from mainline.dependencies import told

    with_it = [f"{name} {version}" for name, version in came.items() if name not in new]
    more = f" and {len(with_it) - MOST} more" if len(with_it) > MOST else ""
    along = ", ".join(with_it[:MOST]) + more
    said = ", ".join(f"{name} {came.get(name, '')}".rstrip() for name in new)
    parts = [f"added {said}", *([f"with it came {along}"] if along else [])]
    if set_up and came:
        parts.append(told.weight(came))
    ui.good("; ".join(parts))
    example = next((told.ESTIMATORS[name] for name in new if name in told.ESTIMATORS), "MODULE.CLASS")
    ui.say(f"  next:   in params.yaml train.estimator: {example}, then mainline lock")
    ui.say(f"  commit: git add {' '.join(changed)}, with what lock names")
