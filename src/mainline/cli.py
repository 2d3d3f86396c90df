"""The command `mainline`: verbs only. Each parses its options, calls one function and says what came of it."""

import json
import sys
from collections.abc import Sequence

import click

from mainline import git, ui
from mainline.errors import MainlineError

base_option = click.option(
    "--base", default="origin/main", show_default=True, help="The branch or commit whose champion to compare with."
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="digitline", prog_name="mainline")
def cli() -> None:
    """The line from a push to production, for the model of this repository.

    \b
    A change of the model goes:
      mainline lock      rebuild what changed, and commit dvc.lock
      mainline gate      may it replace main's champion?
      mainline report    the same for people: a page and a comment
      mainline package   the merged champion as a Bento
    """


@cli.command()
@click.option("--check", is_flag=True, help="Change nothing; fail if a rebuild would.")
def lock(check: bool) -> None:
    """Rebuild what changed; refresh dvc.lock and models/card.md."""
    from mainline import lock as locking

    if check:
        locking.check(git.root())
        ui.good("dvc.lock and models/card.md are current")
    else:
        locking.explain(locking.refresh(git.root()))


@cli.group(invoke_without_command=True)
@base_option
@json_option
@click.pass_context
def gate(context: click.Context, base: str, as_json: bool) -> None:
    """Decide whether the challenger may replace the champion.

    \b
    Exit codes: 0  may be merged: certified, or no other model than the champion
                3  not certified
                4  refused: the data are unfit, or the sealed test set is used up
                2  usage, or dvc.lock is stale
    """
    if context.invoked_subcommand is not None:
        return
    from mainline import review
    from mainline.gate import decide

    root = git.root()
    with ui.doing("judging on the sealed rows"):
        decision = decide.decide(root, base)
    review.keep(decision, root)
    if as_json:
        ui.say(json.dumps(decision.as_dict()))
    else:
        review.announce(decision)
    sys.exit(0 if decision.passed else 3)


@gate.command()
def rotate() -> None:
    """Retire the sealed test set to the dev set, and seal rows that nothing has been judged by."""
    from mainline import lock as locking
    from mainline.gate import rotate as rotation

    root = git.root()
    ui.say(
        f"split.generation is {rotation.rotate(root)} now; the champion is trained again without the new sealed rows"
    )
    locking.explain(["params.yaml", *locking.refresh(root)])


@cli.command()
@json_option
def history(as_json: bool) -> None:
    """Show every decision that was taken, from the branch mainline/ledger."""
    from mainline import history as past
    from mainline.gate import ledger

    if as_json:
        ui.say(json.dumps(ledger.read(git.root()).entries, indent=1))
    else:
        past.show(git.root())


@cli.command()
@base_option
def report(base: str) -> None:
    """Write report/index.html and report/comment.md: champion and challenger on the dev set."""
    from mainline import review

    with ui.doing("writing the report"):
        written = review.write(git.root(), base)
    ui.good(f"page: {written.page}")
    ui.good(f"comment: {written.comment}")


@cli.command()
def package() -> None:
    """Build the Bento of HEAD's model from bentofile.yaml."""
    from mainline.package import bento

    with ui.doing("building the Bento"):
        made = bento.build(git.root())
    ui.good(f"{made.tag} {'built' if made.built else 'was built before'}: {made.path}")
    ui.say(f"  serve it:    BENTOML_HOME={bento.HOME} bentoml serve {made.tag}")
    ui.say(f"  as an image: BENTOML_HOME={bento.HOME} bentoml containerize {made.tag}")


@cli.command()
@click.option("--base", default="main", show_default=True, help="The branch that pins the champion.")
def status(base: str) -> None:
    """Say which model is champion, which challenger, and what is to be done."""
    from mainline import status as state

    state.show(git.root(), base)


@cli.command()
def run() -> None:
    """Play the whole line in a scratch clone with a real origin; this tree stays as it is."""
    from mainline import run as demonstration

    demonstration.play(git.root())


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; what goes wrong for the user is one line and an exit code."""
    try:
        cli(args=arguments, prog_name="mainline")
    except MainlineError as error:
        ui.bad(str(error))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        ui.bad("stopped")
        sys.exit(130)
