"""The command `mainline`: verbs only. Each parses its options, calls one function and says what came of it."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from mainline import actions, branches, commits, git, github_verbs, host_verbs, project_verbs, ui
from mainline.errors import MainlineError
from mainline.help import under

base_option = click.option(
    "--base",
    envvar="MAINLINE_BASE",
    help="The branch or commit whose champion to compare with. [default: the remote's default branch]",
)

FILE = click.Path(dir_okay=False, path_type=Path)

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


HEADINGS = {
    "A change of the model": ["lock", "gate", "report", "score"],
    "A version, from the merge to production": ["package", "register", "deploy", "release", "rollback"],
    "On a host": ["agent", "judge"],
    "What is, and what was": ["status", "history", "doctor"],
    "For CI": ["outputs", "comment"],
    "To begin, and to go on": ["run", "init", "upgrade"],
}


@under(HEADINGS)
@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mainline", prog_name="mainline")
def cli() -> None:
    """The line from a push to production, for the model of this repository.

    `mainline VERB --help` says more of each. The words are explained in docs/glossary.md.
    """


@cli.command()
@click.option("--check", is_flag=True, help="Change nothing; fail if a rebuild would, or if others lack the outputs.")
@click.option("--push", is_flag=True, help="Commit both files to this branch, and push it.")
@click.option(
    "--from", "folder", type=github_verbs.FOLDER, help="Rebuild nothing; take both from CI's artifact `lock`."
)
def lock(check: bool, push: bool, folder: Path | None) -> None:
    """Rebuild what changed, and refresh dvc.lock and models/card.md.

    After a merge that left the two in conflict, settle the other files first: this writes the two anew.
    """
    from mainline import lock as locking
    from mainline import relock

    root = git.root()
    if check:
        locking.check(root)
        ui.good("dvc.lock and models/card.md are current")
        return
    if push:
        relock.require_ready(root)  # before a build of hours, not after
    kept = relock.take(root, folder) if folder else locking.refresh(root)
    if not push:
        locking.explain(kept, root)
        locking.foresee(root)
    elif relock.push(root):
        ui.good(f"committed {' and '.join(kept)}, and pushed; CI verifies the branch with them")
    else:
        ui.good("dvc.lock and models/card.md are current; the branch is pushed")


@cli.group(invoke_without_command=True)
@base_option
@json_option
@click.pass_context
def gate(context: click.Context, base: str | None, as_json: bool) -> None:
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
        decision = decide.decide(root, branches.base(root, base))
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
    with commits.or_as_before(root, "params.yaml", branch=False):
        now = rotation.rotate(root)
        ui.say(f"split.generation is {now} now; the champion is trained again without the new sealed rows")
        kept = locking.refresh(root)
    locking.explain(["params.yaml", *kept], root)
    locking.foresee(root)


@cli.command()
@json_option
@click.option("--at", "when", help="Say only what was in production at this time, such as 2026-03-01T12:00.")
@click.option("--page", is_flag=True, help="Write report/history.html: the same, with a picture over time.")
def history(as_json: bool, when: str | None, page: bool) -> None:
    """Show every decision, and what became of every version.

    Read from the branch mainline/ledger.
    """
    from mainline import history as past
    from mainline import ledger

    if when is not None:
        past.show_at(git.root(), when)
    elif as_json:
        ui.say(json.dumps(ledger.read(git.root()).entries, indent=1))
    elif page:
        from mainline.history import page as sheet

        ui.good(f"page: {sheet.write(git.root())}")
    else:
        past.show(git.root())


@cli.command()
@base_option
def report(base: str | None) -> None:
    """Write a page and a comment: champion and challenger on the dev set.

    They are report/index.html and report/comment.md.
    """
    from mainline import review

    root = git.root()
    with ui.doing("writing the report"):
        written = review.write(root, branches.base(root, base))
    actions.summary(written.comment.read_text(encoding="utf-8"))
    ui.good(f"page: {written.page}")
    ui.good(f"comment: {written.comment}")


@cli.command()
@click.option("--image", is_flag=True, help="Build its container image, and tag it if it answers as was judged.")
@click.option("--sbom", is_flag=True, help="List what is inside (CycloneDX, in .mainline/sbom; Debian's with --image).")
@click.option("--audit", is_flag=True, help="Fail on known vulnerabilities that pyproject.toml does not accept.")
@click.option("--push", metavar="NAME", help="Push the image, such as ghcr.io/owner/name, and say its digest.")
@click.option("--of", metavar="NAME@DIGEST", help="List what is inside this image, instead of building one.")
def package(image: bool, sbom: bool, audit: bool, push: str | None, of: str | None) -> None:
    """Build the Bento of HEAD's model, and its image if asked."""
    from mainline import packing

    with_image, with_sbom = image or push is not None, sbom or of is not None
    packing.package(git.root(), with_image=with_image, with_sbom=with_sbom, audited=audit, push=push, of=of)


@cli.command()
@click.option("--alias", type=click.Choice(["champion", "production"]), default="champion", show_default=True)
@click.option("--name", help="The registered model; by default the Bento's name.")
@click.option("--digest", help="The image that holds the model: sha256:...")
@json_option
def register(alias: str, name: str | None, digest: str | None, as_json: bool) -> None:
    """Record HEAD's model in MLflow's registry, under an alias."""
    from mainline import register as registering

    with ui.doing("registering"):
        made = registering.register(git.root(), alias=alias, name=name, digest=digest)
    if as_json:
        ui.say(json.dumps(asdict(made)))
    else:
        was = "registered" if made.created else "was registered before"
        ui.good(f"{made.name} version {made.version} {was}, {' and '.join(made.aliases)}: {made.uri}")


@cli.command()
@click.argument("source", metavar="INPUT")
@click.argument("target", metavar="OUTPUT")
@click.option("--keep", multiple=True, metavar="COLUMN", help="Carry this column of INPUT over; may be repeated.")
@click.option("--strict", is_flag=True, help="Refuse cells that are not of their column's kind; else they are missing.")
@click.option("--overwrite", is_flag=True, help="Replace OUTPUT.")
def score(source: str, target: str, keep: tuple[str, ...], strict: bool, overwrite: bool) -> None:
    """Predict every row of a file with the model in models/.

    INPUT and OUTPUT are .parquet, .csv or .tsv (also .csv.gz), of any length. A run that was stopped goes on where it
    was when the same command is given again.
    """
    from mainline import config, process, stages

    root = git.root()
    identity = (config.read(root).get("data") or {}).get("id")
    options = [f"--keep={name}" for name in keep] + ["--strict"] * strict + ["--overwrite"] * overwrite
    options += [f"--id={identity}"] if identity else []
    # -P: the folder this is called from holds tables, not modules
    command = [sys.executable, "-P", "-m", "service.score", f"--models={root / 'models'}", *options, "--"]
    env = {"PYTHONPATH": stages.python_path(root)}
    sys.exit(process.attach([*command, source, target], cwd=Path.cwd(), env=env))


@cli.command()
@click.option("--canary", required=True, metavar="URL", help="The canary's address, such as http://127.0.0.1:3002.")
@click.option("--champion", required=True, metavar="URL", help="The address of what is in production.")
@click.option("--share", type=click.FloatRange(0, 1), help="The canary's share of the users. [default: canary.share]")
@click.option("--prometheus", metavar="URL", help="Ask this server for their series instead of the two themselves.")
@click.option("--state", type=FILE, help="Keep the evidence here, and go on from it.")
@click.option("--plot", type=FILE, help="Draw the evidence over time, as SVG.")
@click.option("--interval", type=click.FloatRange(0.1), help="Seconds between looks. [default: canary.interval]")
@click.option("--once", is_flag=True, help="Look once, and answer; needs --state.")
@json_option
def judge(as_json: bool, share: float | None, interval: float | None, **what: Any) -> None:
    """Say whether the canary may go on, by what both sides counted.

    Looks again and again until there is an answer. Which signals count, and how much, says params.yaml's
    section canary. With --prometheus, a side may also be the labels of its series: '{job="canary"}'.

    \b
    Exit codes: 0  promote: it is shown to be as good, at the last share
                5  next: the same at this share; raise it, and ask again with the same --state
                4  hold: not yet, or a person must decide
                3  rollback: it is worse
                2  usage
    """
    from mainline import config
    from mainline.canary import watch

    settings = config.canary(git.root())
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


@cli.command()
@click.option("--base", help="The branch that pins the champion. [default: main, or as the default branch is called]")
@host_verbs.state_option
def status(base: str | None, state: Path | None) -> None:
    """Say which model is champion, which challenger, and what is served.

    Also what is to be done next, and how much of the sealed rows' life is left.
    """
    from mainline import status as standing

    if state is None:
        standing.show(git.root(), base)
    standing.show_host(host_verbs.folder_of(state))


@cli.command()
def run() -> None:
    """Play the whole line in a scratch clone; this tree stays as it is.

    The clone has an origin, a DVC remote and a host of its own, all in .mainline/run.

    \b
    Marks:  ✓ shown   · nothing to show: no better model on this table, or too few rows   ✗ not meant to happen
    Exit codes: 0  no ✗: a good release is in production, the judge took both broken ones back, on labels and latency
                1  something else happened; the last line and the page say what
    """
    from mainline import run as demonstration

    demonstration.play(git.root())


for verb in (
    host_verbs.agent,
    host_verbs.deploy,
    host_verbs.rollback,
    github_verbs.outputs,
    github_verbs.release,
    github_verbs.comment,
    project_verbs.doctor,
    project_verbs.init,
    project_verbs.upgrade,
):
    cli.add_command(verb)


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
