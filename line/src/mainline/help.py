"""What `mainline --help` shows: the verbs under headings, each with a whole sentence."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import click

Headings = Mapping[str, Sequence[str]]


def under(headings: Headings) -> Callable[[click.Group], click.Group]:
    """Let a group list its verbs under headings; a verb that none of them names is listed too, under "Other"."""

    def listed(group: click.Group) -> click.Group:
        group.format_commands = partial(_write, group, headings)  # type: ignore[method-assign]
        return group

    return listed


def _write(group: click.Group, headings: Headings, context: click.Context, formatter: click.HelpFormatter) -> None:
    named = {name for names in headings.values() for name in names}
    others = [name for name in group.list_commands(context) if name not in named]
    for heading, names in {**headings, "Other": others}.items():
        if names:
            with formatter.section(heading):
                formatter.write_dl([(name, _first_line(group.commands[name])) for name in names])


def _first_line(verb: click.Command) -> str:
    """The first line of a verb's help, whole: click's own list cuts it off where the terminal ends."""
    return (verb.help or "").strip().partition("\n")[0]
