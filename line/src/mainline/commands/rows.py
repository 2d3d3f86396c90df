"""`mainline rows`: takes the labelled rows that production's records hold into data/stream."""

import json
from typing import TYPE_CHECKING

import click

from mainline import card, ui
from mainline.commands.options import json_option
from mainline.project import Project
from mainline.tools import dvc, git

if TYPE_CHECKING:
    from mainline.stream.take import Taken


@click.command("rows")
@click.argument("places", nargs=-1, metavar="[PLACE]...")
@json_option
def verb(places: tuple[str, ...], as_json: bool) -> None:
    """Take production's labelled rows into data/stream.

    PLACE is a folder that holds records-*.jsonl, at any depth, such as an agent's state folder, or an address such as
    s3://bucket/records; by default what params.yaml names as retrain.records. Rows whose label had its time to come
    (monitor.wait) are checked as the source's rows are. Those that may be learnt from are in the next build; those on
    the sealed side wait, unseen by everybody, until they judge one retraining, or `mainline gate rotate --stream` makes
    them people's. What was taken before stays: run it as often as you like.
    """
    from mainline.stream import places as whereabouts
    from mainline.stream.take import take

    project = Project.here()
    taken = take(project, places or whereabouts.configured(project))
    if as_json:
        ui.say(json.dumps(taken.to_json()))
    else:
        _tell(project, taken)


def _tell(project: Project, taken: "Taken") -> None:
    ui.good(f"taken: {taken.learnt:,} rows to learn from, {taken.waiting:,} on the sealed side, which wait unseen")
    for heading, said in (("labels", taken.labels), ("left out", taken.out)):
        if said:
            ui.say(f"  {heading}: {', '.join(f'{name} {count:,g}' for name, count in said.items())}")
    for line in taken.words:
        ui.say(f"  {line}")
    if not taken.kept:
        ui.say("  data/stream is as it was committed")
        return
    if taken.learnt + taken.waiting and git.branch(project.root) == project.trunk:
        by_branch = "on a branch the gate judges what they bring: git switch --create rows"
        ui.warn(f"{project.trunk}'s dvc.lock is stale until `mainline lock`; {by_branch}")
    ui.say("  `mainline lock` trains with the rows to learn from; commit neither without the other")
    ui.say(f"  then commit: git add {' '.join([*taken.kept, *card.KEPT])}")
    if dvc.remotes(project.root):
        ui.say("  and let others have it: dvc push")
