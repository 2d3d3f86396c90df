"""`mainline search`: tries models on the training rows, and takes one into params.yaml."""

import json
import webbrowser
from typing import Any

import click

from mainline import searched, ui
from mainline.commands.options import json_option
from mainline.errors import ConfigError
from mainline.project import Project

NAMED = -1  # --take without a number
SHOWN = 5  # trials in the terminal


@click.command("search")
@click.option("--minutes", type=click.FloatRange(0, min_open=True), help="Of searching, in place of search.minutes.")
@click.option("--trials", type=click.IntRange(1), help="How many at most, in place of search.trials.")
@click.option(
    "--take",
    "taken",
    type=click.IntRange(NAMED),
    is_flag=False,
    flag_value=NAMED,
    metavar="[N]",
    help="Search no further; write trial N of the last search, or the one that it names, into params.yaml.",
)
@click.option("--open", "opened", is_flag=True, help="Open the page in a browser.")
@json_option
def verb(minutes: float | None, trials: int | None, taken: int | None, opened: bool, as_json: bool) -> None:
    """Try models on the training rows, and name the one to take.

    Each is fitted anew without each fold of the training rows; no dev and no sealed row is read. First a guess, a
    linear model and today's `train`; then what `search` in params.yaml names, or what suits the table. After Ctrl-C,
    or whatever else stopped it, the same command goes on.

    Named is what is as good as the best, within one standard error, and costs least to fit; of those that cost up to
    twice as much, the best. `--take` writes it into params.yaml, where nothing else changes; a pull request like any
    other follows.

    \b
    Exit codes: 0    done
                1    all trials failed, or another search runs here
                2    params.yaml or an option is wrong, or nothing is built
                130  stopped
    """
    project = Project.here()
    if taken is not None:
        if minutes or trials or opened:
            raise ConfigError("--take takes from the last search, and searches no further; leave the other options out")
        _take(project, None if taken == NAMED else taken, as_json=as_json)
        return
    from mainline.search import found, page, running

    behind = found.require_rows(project)
    before = _written(project)
    try:
        running.search(project, minutes, trials)
    finally:
        if _written(project) != before:
            told = found.read(project)
            dev = None if behind else found.dev(project, told)
            written = page.write(project, told, dev)
            _say(told, dev, as_json=as_json)
            (ui.say if not as_json else lambda _: None)(f"page: {written}")
            if opened:
                webbrowser.open(written.as_uri())


def _written(project: Project) -> int:
    from mainline.search.found import FOUND

    return (project / FOUND).stat().st_mtime_ns if (project / FOUND).exists() else 0


def _say(told: Any, dev: float | None, *, as_json: bool) -> None:
    from mainline.search import found, page

    if as_json:
        ui.say(json.dumps({**told, "dev": dev}, ensure_ascii=False))
        return
    if told["named"] is None:
        return
    rows = page.ranked(told)[:SHOWN]
    ui.table(["trial", "model", told["metric"], "±", "fit s"], [[*page.cells(each)] for each in rows])
    each = found.trial(told, None)
    ui.good(
        f"{len(told['trials'])} trials in {told['minutes']:.1f} minutes; of those within one standard error of the "
        f"best, the cheap one is trial {each['number']}, {found.name(each)}: "
        f"{told['metric']} {each['score']:.4g} ± {each['se']:.2g}"
    )
    ui.say("it is today's `train`" if each["today"] else "next: mainline search --take")


def _take(project: Project, number: int | None, *, as_json: bool) -> None:
    from mainline.search import found, take

    told = found.read(project)
    kept = take.take(project, told, number)
    if as_json:
        ui.say(json.dumps(kept, ensure_ascii=False))
        return
    ui.good(f"wrote {kept['train']['estimator']} into params.yaml, and {searched.PATH}")
    ui.say(f"next: mainline lock, then git add params.yaml {searched.PATH} dvc.lock and the cards, and a pull request")
