"""`mainline judge`: whether the canary may go on, by what both sides counted."""

import json
import sys
from typing import Any

import click

from mainline import ui
from mainline.commands.options import FILE, json_option
from mainline.project import Project


@click.command("judge")
@click.option("--canary", required=True, metavar="URL", help="The canary's address, such as http://127.0.0.1:3002.")
@click.option("--champion", required=True, metavar="URL", help="The address of what is in production.")
@click.option("--share", type=click.FloatRange(0, 1), help="The canary's share of the users. [default: canary.share]")
@click.option("--prometheus", metavar="URL", help="Ask this server for their series instead of the two themselves.")
@click.option("--state", type=FILE, help="Keep the evidence here, and go on from it.")
@click.option("--plot", type=FILE, help="Draw the evidence over time, as SVG.")
@click.option("--interval", type=click.FloatRange(0.1), help="Seconds between looks. [default: canary.interval]")
@click.option("--once", is_flag=True, help="Look once, and answer; needs --state.")
@json_option
def verb(as_json: bool, share: float | None, interval: float | None, **what: Any) -> None:
    """Say whether the canary may go on, by what both sides counted.

    Looks again and again until there is an answer. Which signals count, and how much, says params.yaml's
    section canary. With --prometheus, a side may also be the labels of its series: '{job="canary"}'.

    \b
    Exit codes: 0  promote: it is shown to be as good, at the last share
                5  next: the same at this share; raise it, and ask again with the same --state
                4  hold: not yet, or a person must decide
                6  pause: give it no share; it refuses what production takes, and a person must decide
                3  rollback: it is worse
                2  usage
    """
    from mainline.canary import watch

    settings = Project.here().canary
    opinion = watch.watch(
        settings,
        watch.Watch(
            share=settings.share if share is None else share,
            interval=settings.interval if interval is None else interval,
            **what,
        ),
        lambda opinion: ui.say(json.dumps(opinion.as_dict()) if as_json else watch.line(opinion)),
    )
    sys.exit(watch.EXIT[opinion.answer])
