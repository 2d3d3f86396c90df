"""`mainline lock`: rebuilds what changed, and brings dvc.lock and the cards up to date."""

import os
from pathlib import Path

import click

from mainline import card, diagnosis, ledger, names, outputs, relock, searched, source, ui
from mainline.commands.options import FOLDER, commit_option
from mainline.dependencies import served
from mainline.errors import ConfigError, Refused, StaleLock, ToolFailed
from mainline.label import kept as votes
from mainline.project import PARAMS, Project
from mainline.prove import imports, listing, required
from mainline.stream import paths
from mainline.tools import actions, branches, commits, dvc, git, stages, storage

BRINGS_ROWS = {str(source.WATCHED), PARAMS}
SEALED = "data/sealed/labels.parquet"
WRITTEN = (names.FILE, imports.DEFINITION)
# with src/pipeline, vendor and what DVC tracks: a lock without them is stale for others
FROM = ("src/pipeline/", "vendor/", "labels/")
MADE_BY = ("params.yaml", searched.PATH, stages.PINNED, *WRITTEN)


@click.command("lock")
@click.option(
    "--check",
    "only_check",
    is_flag=True,
    help="Change nothing; fail if a rebuild would, or if others lack the outputs.",
)
@click.option("--push", "pushed", is_flag=True, help="Commit these files to this branch, and push it.")
@click.option("--from", "folder", type=FOLDER, help="Rebuild nothing; take them from CI's artifact `lock`.")
@click.option(
    "--prove", "proven", is_flag=True, help="And build a new model again, each stage from what it declares alone."
)
@click.option("--source", "again", is_flag=True, help="Read the source again first, though DVC sees no change of it.")
@commit_option
@click.option("--branch", help="For CI, with --push and --commit: the branch whose last commit that is.")
def verb(
    only_check: bool,
    pushed: bool,
    folder: Path | None,
    proven: bool,
    again: bool,
    commit: str | None,
    branch: str | None,
) -> None:
    """Rebuild what changed, and refresh dvc.lock and the cards.

    The cards are models/card.md, data/card.md and data/croissant.json. After a merge that left these files in
    conflict, settle the others first: this writes them anew.
    """
    project = Project.here()
    if proven and (only_check or folder or commit):
        raise ConfigError("--prove builds; --check, --from and --commit do not: say one of them")
    if again and (only_check or folder or commit):
        raise ConfigError("--source reads and builds; --check, --from and --commit do not: say one of them")
    if commit:
        _of_commit(project, commit, folder, branch if pushed else None)
        return
    if only_check:
        check(project)
        ui.good("dvc.lock and the cards are current")
        return
    if pushed:
        require_ready(project)  # before a build of hours, not after
    before = project.lock
    project = take(project, folder) if folder else refresh(project, again=again)
    if not (again or folder) and source.unread(before, project):
        ui.say("  the source was not read again; `mainline lock --source` does it")
    if proven:
        project = prove(project)
    diagnosis.warn(project)
    kept = card.changed(project)
    if not pushed:
        explain(kept, project)
        foresee(project)
    elif push(project):
        ui.good(f"committed {' and '.join(kept)}, and pushed; CI verifies the branch with them")
    else:
        ui.good("dvc.lock and the cards are current; the branch is pushed")


def _of_commit(project: Project, commit: str, folder: Path | None, branch: str | None) -> None:
    """Put what CI built on top of a commit that is not checked out, or refuse a commit that lacks it."""
    if folder is None:
        raise ConfigError("--commit: needs --from, the folder of CI's artifact `lock`")
    if branch is None:
        relock.require_locked(project, commit, folder)
        return
    relock.push(project, commit, folder, branch)
    ui.good(f"committed {' and '.join(card.KEPT)} to {branch}; CI verifies it with them")


def refresh(project: Project, *, again: bool = False) -> Project:
    """Rebuild, and write the cards; where a merge left these files in conflict, they come out settled.

    Args:
        again: read the source first, though DVC sees no change of it.

    Returns:
        The project as it is now.

    Raises:
        ToolFailed: a stage failed; nothing that stood before is lost.
        ConfigError: a file that people write is in conflict, a table is nowhere to be had, or a stage does not list a
            module that it imports, and it could not be listed.
    """
    # what the stages before the failed one have built is in DVC's cache, and is not built again
    with commits.or_as_before(project.root, *card.KEPT, *WRITTEN, *paths.TOUCHED, branch=False):
        project = _settled(project)
        _ = project.gate, project.card, project.dataset  # a typing error shows before the work, not after
        if absent := [path for path in imports.list_of_the_forgotten(project) if not (project / path).exists()]:
            raise ConfigError(f"data.forget: {absent[0]} is not here; `python -m pipeline forget COLUMN` writes it")
        served.require(project, trained=False)  # before a build of hours, not after
        listing.complete(project)
        if stranger := imports.stranger(project):
            ui.warn(
                f"requirements/pipeline.in: without {stranger}, another version of it builds no model; list it there"
            )
        names.keep(project)
        dvc.forget(project.root)
        _drop_strangers(project)
        if again:
            _keep_out_judged(project, anew=True)
            ui.say(f"  {source.read_again(project.again()).words}")
        project = project.again()
        current = bool(project.lock) and not dvc.stale(project.root)
        if not current:
            champion = branches.champion(project.root)  # what was built there may do for the first stages
            outputs.bring(project, *([champion] if champion else []))
            storage.require_tables(project.root)
            if not again:
                _keep_out_judged(project)
            project = project.rebuilt()
            if names.keep(project, built=True):
                project = project.again().rebuilt()  # reads the table again, and makes the same of it
        if not (current and card.seen(project)):
            card.refresh(project)
        served.require(project)
    return project


def _keep_out_judged(project: Project, *, anew: bool = False) -> None:
    """Where the source is about to bring rows: none that judged a retraining is to be sealed once more.

    Args:
        anew: it is read in any case; else where DVC sees a change of it.
    """
    try:
        if ledger.begun(project.root) and (anew or dvc.changed(project.root, source.STAGE) & BRINGS_ROWS):
            from mainline.stream import judged  # pyarrow, which few calls need

            judged.bring(project)
    except (ToolFailed, Refused) as error:
        ui.warn(f"which rows judged retrainings cannot be told, and the source could bring them to be sealed ({error})")


def _drop_strangers(project: Project) -> None:
    """Drop rows of production that a branch of before pins and this one does not: git lets lie what it ignores.

    They would be trained on, and nobody else has them. What is in no cache stays, as it may be all there is of it.
    """
    for path in (paths.ROWS, paths.WAITING):
        content = None if dvc.tracked(project.root, path) else dvc.md5(project / path)
        if content and storage.cached(content, project.root):
            (project / path).unlink()
            ui.warn(f"{path}: of another branch, as no {path}.dvc pins it here; dropped, and still in DVC's cache")


def prove(project: Project) -> Project:
    """Build another model than main's again, each stage from what it declares alone; in CI, what comes of it counts.

    Returns:
        The project as it is now.

    Raises:
        ConfigError: a stage fails so.
        Refused: it comes out otherwise, or training has seen labels that it is judged by.
    """
    from mainline.gate import question

    base = project.commit_of(branches.base(project.root))
    rebuild = question.terms(project, base).rebuild
    with commits.or_as_before(project.root, *card.KEPT, branch=False):
        found = required.here(project, base, rebuild, refresh if actions.running() else None)
    ui.good(found.text if found else "the model is main's, so there is nothing to prove")
    return project.again()


def check(project: Project) -> None:
    """Refuse a tree whose lock or cards are not what a rebuild would write.

    Raises:
        StaleLock: with the command that mends it.
        ConfigError: a stage does not list what its code imports, so that nobody can tell.
        Refused: a line of labels/ is not as it was, or a check of the diagnosis failed.
    """
    imports.require_listed(project)
    if base := branches.champion(project.root):
        votes.require_kept(project, base)
    project.require_current()
    served.require(project)
    if wrong := card.stale(project):
        raise StaleLock(f"{wrong} is not that of this model and its table; run `mainline lock` and commit")
    if kept := card.changed(project):
        raise StaleLock(f"{kept[0]} is not committed; run `{card.committing(kept)}`")
    if absent := storage.unshared(project.root):
        raise StaleLock(f"{absent[0]} is not in the DVC remote, so nobody else has it; run `dvc push`")
    diagnosis.require_sound(project)


def _settled(project: Project) -> Project:
    """The project with either side standing where a merge is in conflict over files that are about to be made anew."""
    unmerged = set(git.paths("diff", "-z", "--name-only", "--diff-filter=U", root=project.root))
    if others := sorted(unmerged.difference(card.KEPT)):
        raise ConfigError(f"{others[0]}: in conflict; settle it and `git add` it, then run `mainline lock`")
    for path in unmerged:
        project.git("checkout", "--ours", "--", path)
    return project.again()


def foresee(project: Project) -> None:
    """Say what a new sealed set can certify against this tree's model: before the first verdict, not after it."""
    if _sealed_as_committed(project):
        return
    from mainline.gate import budget, comparison, outlook, rows  # a second to import, and few calls get here

    settings, count = project.gate, rows.count(project)
    if told := outlook.before(comparison.on_dev_rows(project, project, project), settings, count):
        ui.say(f"  {told}")
    for warning in budget.warnings(count, 0, settings):
        ui.warn(warning)


def _sealed_as_committed(project: Project) -> bool:
    """Whether the sealed rows are those that HEAD pins."""
    try:
        before = project.lock_at("HEAD")
    except ToolFailed:  # nothing is committed yet
        return False
    if not before or before == project.lock:  # to read two long files of YAML takes its time
        return bool(before)
    return before.outputs.get(SEALED) == project.lock.outputs.get(SEALED)


def explain(kept: list[str], project: Project) -> None:
    """Say what to do with what has changed; a workflow is told whether anything has."""
    actions.output(changed="true" if kept else "false")
    if kept:
        dirty = project.dirty()
        made = (*MADE_BY, *paths.TOUCHED, *imports.list_of_the_forgotten(project))
        made_by = [path for path in dirty if path in made or path.startswith(FROM)]
        made_by += [path for path in dirty if path.endswith(".dvc")]
        ui.good(f"rebuilt; commit what changed: {card.committing(list(dict.fromkeys([*kept, *made_by])))}")
        actions.summary(_to_mend())
    else:
        ui.good("dvc.lock and the cards are current")


def _to_mend() -> str:
    """What a workflow's page says of a stale lock."""
    run, project = (os.environ.get(name, "...") for name in ("GITHUB_RUN_ID", "GITHUB_REPOSITORY"))
    return f"""\
**dvc.lock is not current.** Rebuilt, it is the artifact `lock` of this run. A branch of this repository gets it as a
commit, and is verified again. For the branch of a fork:

```sh
gh run download {run} --repo {project} --name lock --dir lock
mainline lock --push --from lock
```

or `mainline lock --push`, which builds it there."""


def take(project: Project, folder: Path) -> Project:
    """Take dvc.lock and the cards from a folder: another machine has built them.

    Returns:
        The project as it is now.

    Raises:
        ConfigError: the folder does not hold them.
    """
    built = relock.built(folder)
    with commits.or_as_before(project.root, *card.KEPT, branch=False):
        for name, content in built.items():
            commits.write(project / name, content)
    return project.again()


def push(project: Project) -> bool:
    """Commit dvc.lock and the cards, if they changed, and push the branch; what they pin goes to the DVC remote first.

    Returns:
        Whether there was something to commit.

    Raises:
        ConfigError: this is no branch for that, or other files are not committed.
        Refused: a build right after the last one, of the same files, gave something else.
        ToolFailed: a hook or a remote refuses it; then nothing is committed, and the files stay as they are.
    """
    branch = require_ready(project)
    remote = branches.require_remote(project.root, "and the branch would go there")
    kept = card.changed(project)
    if kept:
        relock.require_repeatable(project, "HEAD")
    with commits.or_as_before(project.root):
        if kept:
            commits.commit(project.root, relock.MESSAGE, *kept, *_written(project))
        try:
            if storage.unshared(project.root):
                storage.push(project.root)
            commits.push(project.root, remote, "HEAD", f"refs/heads/{branch}", "--set-upstream")
        except ToolFailed as error:
            said = f"not pushed, so not committed either ({error}); git pull, then `mainline lock --push` again"
            raise ToolFailed(said, error.output) from None
    return bool(kept)


def _written(project: Project) -> list[str]:
    """What a refresh has written of the files that are otherwise people's."""
    return [path for path in project.dirty() if path in (*WRITTEN, *paths.TOUCHED)]


def require_ready(project: Project) -> str:
    """The branch that a refreshed lock may be pushed to.

    Raises:
        ConfigError: this is no branch for that, or other files are not committed.
    """
    branch = project.branch
    if branch is None or branch == project.trunk:
        raise ConfigError(f"on {branch or 'no branch'}: it changes by merges; first: git switch -c relock")
    but = (f":!{path}" for path in card.KEPT)
    if others := git.paths("diff", "-z", "--name-only", "HEAD", "--", *but, root=project.root):
        raise ConfigError(
            f"{others[0]}: not committed; commit it first, so that {dvc.LOCK} is pushed with what made it"
        )
    return branch
