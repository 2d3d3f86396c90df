"""What `mainline --help` shows: the verbs under headings, each with a whole sentence."""

from collections.abc import Mapping, Sequence

import click


class Grouped(click.Group):
    """A group that lists its verbs under headings.

    A verb that no heading names is listed too, under "Other".
    """

    headings: Mapping[str, Sequence[str]]

    def __init__(self, *args: object, headings: Mapping[str, Sequence[str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.headings = headings

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each heading and its verbs."""
        listed = {name for names in self.headings.values() for name in names}
        others = [name for name in self.list_commands(ctx) if name not in listed]
        for heading, names in {**self.headings, "Other": others}.items():
            if names:
                with formatter.section(heading):
                    formatter.write_dl([(name, first_sentence(self.commands[name])) for name in names])


def first_sentence(verb: click.Command) -> str:
    """The first line of a verb's help, whole: click's own list cuts it off where the terminal ends."""
    return (verb.help or "").strip().splitlines()[0] if verb.help else ""
