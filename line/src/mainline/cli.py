"""The command `mainline`: its verbs, each a module in commands/ that is loaded when it is called."""

import importlib
import sys
from collections.abc import Sequence

import click

from mainline import ui
from mainline.errors import MainlineError, nearest

VERBS = {
    "A change of the model": {
        "lock": "Rebuild what changed, and refresh dvc.lock and the cards.",
        "explore": "Show what the train and dev rows hold, and what looks odd.",
        "label": "Label rows on a local page, or bring labels in and out.",
        "search": "Try models on the training rows, and name the one to take.",
        "gate": "Decide whether the challenger may replace the champion.",
        "report": "Write a page and a comment: champion and challenger on the dev set.",
        "rows": "Take production's labelled rows into data/stream.",
        "retrain": "Train again on new rows, as a branch for the gate to judge.",
        "score": "Predict every row of a file, or of a folder, by the model.",
        "add": "Add packages that your model needs, and move no other.",
        "remove": "Remove packages that were added, and what came with them.",
    },
    "A version, from the merge to production": {
        "package": "Build the Bento of HEAD's model, and its image if asked.",
        "register": "Record HEAD's model in MLflow's registry, under an alias.",
        "deploy": "Write what is to run into deploy/*.env, as a commit on main.",
        "release": "Tag the canary, and push the tag: the way to production.",
        "rollback": "Take production back to what it was, as a commit on main.",
    },
    "On a host": {
        "agent": "Serve what git wants: start, judge, promote, roll back.",
        "judge": "Say whether the canary may go on, by what both sides counted.",
        "monitor": "Say what production says of the version in it.",
    },
    "What is, and what was": {
        "status": "Say which model is champion, which challenger, and what is served.",
        "history": "Show every decision, and what became of every version.",
        "doctor": "Look for what the line lacks here, and say what mends it.",
    },
    "For CI": {
        "outputs": "Hand over the files that dvc.lock pins, or take them.",
        "comment": "Write the report's comment on the branch's pull request.",
    },
    "To begin, and to go on": {
        "run": "Play the whole line in a scratch clone; this tree stays as it is.",
        "init": "Add the line to a repository that is there already.",
        "upgrade": "Bring the line up to another version, with its files here.",
    },
}


class Verbs(click.Group):
    """The verbs under their headings, of which help needs no module."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, in the order of help."""
        return [verb for verbs in VERBS.values() for verb in verbs]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """A verb out of its module; of another name, the verb that was probably meant is named."""
        verbs = self.list_commands(ctx)
        if cmd_name not in verbs:
            ctx.fail(f"no such verb: {cmd_name!r}; {nearest(cmd_name, verbs)}")
        verb: click.Command = importlib.import_module(f"mainline.commands.{cmd_name}").verb
        return verb

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Each with a whole sentence: click's own list cuts it off where the terminal ends."""
        for heading, verbs in VERBS.items():
            with formatter.section(heading):
                formatter.write_dl(list(verbs.items()))


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mainline", prog_name="mainline")
def cli() -> None:
    """The line from a push to production, for the model of this repository.

    `mainline VERB --help` says more of each. The words are explained in docs/glossary.md.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; what goes wrong for the user is one line and an exit code."""
    try:
        sys.exit(cli.main(args=arguments, prog_name="mainline", standalone_mode=False))
    except MainlineError as error:
        ui.bad(str(error))
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):  # click makes the one into the other
        ui.bad("stopped")
        sys.exit(130)
