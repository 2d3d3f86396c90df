"""`mainline explore`: what the train and dev rows hold, as a page; one row; careful rules."""

import json
import webbrowser
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import click

from mainline import ui
from mainline.commands.options import json_option
from mainline.errors import ConfigError
from mainline.project import Project

if TYPE_CHECKING:
    from mainline.explore.row import Row

SAID = 10  # hints in the terminal
LONGEST = 60  # letters of a cell


@click.command("explore")
@click.option("--row", "row_id", metavar="ID", help="Show one row through every stage, by its row_id.")
@click.option("--freeze", is_flag=True, help="Write careful rules from the training rows into params.yaml.")
@click.option("--open", "opened", is_flag=True, help="Open the page in a browser.")
@json_option
def verb(row_id: str | None, freeze: bool, opened: bool, as_json: bool) -> None:
    """Show what the train and dev rows hold, and what looks odd.

    Writes report/data.html from what `mainline lock` has built; no sealed row is read. Each hint ends in the line of
    params.yaml that settles it.

    --freeze writes a rule for each column that has none: `required` where 200 rows or more miss nothing,
    `minimum: 0` where no number is negative, `allowed` where there are at most 20 categories of 5 rows or more.

    \b
    Exit codes: 0  done
                2  nothing is built, it is not current, or there is no such row
                4  the row is sealed
    """
    from mainline.explore import built

    if row_id is not None and (freeze or opened):
        raise ConfigError("--row shows one row in the terminal; leave the other options out")
    project = Project.here()
    profile = built.read(project)
    if row_id is not None:
        _row(project, row_id, as_json=as_json)
    elif freeze:
        _freeze(project, profile, as_json=as_json)
    else:
        _page(project, profile, as_json=as_json, opened=opened)


def _page(project: Project, profile: Any, *, as_json: bool, opened: bool) -> None:
    from mainline.explore import built, page

    hints = built.hints(project, profile)
    told = {**profile, "hints": hints, "quarantine": built.quarantine(project)}
    written = page.write(project, told)
    if as_json:
        ui.say(json.dumps(told, ensure_ascii=False))
    else:
        looked_at = [each for each in hints if not each["settled"]]
        for each in looked_at[:SAID]:
            ui.marked("!", "yellow", f"{each['column']}: {each['what']}", below=each["yaml"])
        if len(looked_at) > SAID:
            ui.say(f"and {len(looked_at) - SAID} more")
        ui.good(f"page: {written}")
    if opened:
        webbrowser.open(written.as_uri())


def _freeze(project: Project, profile: Any, *, as_json: bool) -> None:
    from mainline.explore import built, freeze, writing

    known = (project.params.get("validate") or {}).get("rules") or {}
    rules = freeze.rules(profile, known)
    aside, rows = freeze.put_aside(project, rules)
    if rules:
        writing.add(project, rules)
    if as_json:
        ui.say(json.dumps({"rules": rules, "dev_rows": rows, "dev_rows_put_aside": aside}, ensure_ascii=False))
        return
    if doubted := [name for name in freeze.doubted(profile) if not built.matches(known, name)]:
        ui.warn(
            f"no rule for {', '.join(doubted[:SAID])}: `mainline explore` says what looks odd there; settle it first"
        )
    if not rules:
        ui.good("nothing to write: every column has a rule, or there is none that is sure")
        return
    for name, rule in rules.items():
        ui.say(f"  {writing.line(name, rule)}")
    ui.good(f"wrote {len(rules)} rules into params.yaml; they would put aside {aside} of {rows:,} dev rows")
    ui.say("next: look at them, then `mainline lock`")


def _row(project: Project, row_id: str, *, as_json: bool) -> None:
    from mainline.explore import row

    found = row.follow(project, row_id)
    if as_json:
        ui.say(json.dumps(vars(found), ensure_ascii=False, default=str))
        return
    ui.say(f"row {found.id} {found.said}")
    if found.cells:
        ui.table(["column", *row.STEPS], _lines(found))


def _lines(found: "Row") -> list[list[str]]:
    """A line a column; a cell that is as it was in the step before is left blank."""
    lines = []
    for name, steps in found.cells.items():
        said = [_cell(value) for value in steps.values()]
        lines.append([name, said[0], *("" if one == other else other for one, other in pairwise(said))])
    return lines


def _cell(value: Any) -> str:
    if value is None or value != value:  # NaN, NaT
        return "\N{EN DASH}"
    text = repr(value)[1:-1] if isinstance(value, str) else str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
