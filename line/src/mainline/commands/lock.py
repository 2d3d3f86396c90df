"""`mainline lock`: rebuilds what changed, and brings dvc.lock and models/card.md up to date."""

import hashlib
import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from mainline import actions, branches, commits, config, dvc, git, outputs, stages, storage, ui
from mainline.errors import ConfigError, StaleLock, ToolFailed

CARD = Path("models/card.md")
SEEN = Path(".mainline/card")  # what the last card was written from
KEPT = (dvc.LOCK, str(CARD))
SEALED = "data/sealed/labels.parquet"
# with src/pipeline, vendor and what DVC tracks: a lock without them is stale for others
MADE_BY = ("params.yaml", "dvc.yaml", stages.PINNED)
LINEAGE = {
    "data": "data/raw.parquet",
    "training rows": "data/train.parquet",
    "sealed rows": "data/sealed/features.parquet",
    "model": "models/model.skops",
}


def refresh(root: Path) -> list[str]:
    """Rebuild, and write the card; where a merge left both files in conflict, they come out settled.

    Returns:
        The files among dvc.lock and models/card.md that are to be committed.

    Raises:
        ToolFailed: a stage failed; nothing that stood before is lost.
        ConfigError: a file that people write is in conflict, or a table is nowhere to be had.
    """
    # what the stages before the failed one have built is in DVC's cache, and is not built again
    with commits.or_as_before(root, *KEPT, branch=False):
        _settle_merge(root)
        for section in (config.gate, config.card):
            section(root)  # a typing error shows before the work, not after
        current = (root / dvc.LOCK).exists() and not dvc.stale(root)
        if not current:
            champion = branches.champion(root)  # what was built there may do for the first stages
            outputs.bring(root, *([champion] if champion else []))
            storage.require_tables(root)
            dvc.repro(root)
        if not (current and _seen(root)):
            text = _card(root)
            if not (root / CARD).exists() or (root / CARD).read_text(encoding="utf-8") != text:
                write(root / CARD, text)
            (root / SEEN).parent.mkdir(exist_ok=True)
            write(root / SEEN, _sources(root))
    return changed(root)


def check(root: Path) -> None:
    """Refuse a tree whose lock or card is not what a rebuild would write.

    Raises:
        StaleLock: with the command that mends it.
    """
    dvc.require_current(root)
    if not card_is_current(root):
        raise StaleLock(f"{CARD} is not the card of this model; run `mainline lock` and commit")
    if kept := changed(root):
        raise StaleLock(f"{kept[0]} is not committed; run `{committing(kept)}`")
    if absent := storage.unshared(root):
        raise StaleLock(f"{absent[0]} is not in the DVC remote, so nobody else has it; run `dvc push`")


def card_is_current(root: Path) -> bool:
    """Whether the card is that of the model in the tree."""
    return (root / CARD).exists() and (root / CARD).read_text(encoding="utf-8") == _card(root)


def _settle_merge(root: Path) -> None:
    """Let either side stand where a merge is in conflict over files that are about to be made anew."""
    unmerged = set(git.paths("diff", "-z", "--name-only", "--diff-filter=U", root=root))
    if others := sorted(unmerged.difference(KEPT)):
        raise ConfigError(f"{others[0]}: in conflict; settle it and `git add` it, then run `mainline lock`")
    for path in unmerged:
        git.git("checkout", "--ours", "--", path, root=root)


def changed(root: Path) -> list[str]:
    """The files among dvc.lock and models/card.md that differ from HEAD."""
    return [path for path in git.dirty(root) if path in KEPT]


def write(path: Path, text: str) -> None:
    """Write a file, whole or not at all."""
    commits.write(path, text.encode())


def _seen(root: Path) -> bool:
    """Whether the card was written from all that stands here now; writing it takes longer than all else."""
    return (root / CARD).exists() and (root / SEEN).exists() and (root / SEEN).read_text() == _sources(root)


def _sources(root: Path) -> str:
    """A hash of what the card is made from, the code among it, and of the card."""
    code = sorted(Path(__file__).parent.rglob("*.py"))
    made_from = hashlib.sha256()
    for path in (root / "params.yaml", root / dvc.LOCK, root / CARD, *code):
        made_from.update(hashlib.sha256(path.read_bytes()).digest())
    return made_from.hexdigest()


def _card(root: Path) -> str:
    from mainline.report.card import card  # with pandas, which a refusal need not wait for
    from mainline.report.side import read_side

    side = read_side(root, "challenger", "working tree")
    pinned = dvc.outputs((root / dvc.LOCK).read_text())
    lineage = {name: f"md5 {pinned[path]}" for name, path in LINEAGE.items() if path in pinned}
    settings = config.read(root).get("train") or {}
    for name, value in (settings.get("params") or {}).items():
        lineage[f"parameter {name}"] = str(value)
    gate, words = config.gate(root), config.card(root)
    return card(
        side,
        lineage=lineage,
        slices=gate.slices,
        sensitive=gate.sensitive,
        intended_use=words.intended_use,
        limits=words.limits,
    )


def foresee(root: Path) -> None:
    """Say what a new sealed set can certify against this tree's model: before the first verdict, not after it."""
    if _sealed_as_committed(root):
        return
    from pyarrow import parquet  # these take a second to import, and few calls get here

    from mainline.gate import budget, contest, decide, outlook

    settings, rows = config.gate(root), parquet.read_metadata(root / decide.LABELS).num_rows
    dev = contest.read(root, root / decide.DEV_LABELS, root / decide.DEV_PREDICTIONS, root / decide.DEV_PREDICTIONS)
    if told := outlook.before(dev, settings, rows):
        ui.say(f"  {told}")
    for warning in budget.warnings(rows, 0, settings):
        ui.warn(warning)


def _sealed_as_committed(root: Path) -> bool:
    """Whether the sealed rows are those that HEAD pins."""
    try:
        before = git.show("HEAD", dvc.LOCK, root)
    except ToolFailed:  # nothing is committed yet
        return False
    now = (root / dvc.LOCK).read_text(encoding="utf-8")
    if before is None or before.rstrip() == now.rstrip():  # to read two long files of YAML takes its time
        return before is not None
    return dvc.outputs(before).get(SEALED) == dvc.outputs(now).get(SEALED)


def explain(kept: list[str], root: Path) -> None:
    """Say what to do with what has changed; a workflow is told whether anything has."""
    actions.output(changed="true" if kept else "false")
    if kept:
        made_by = [path for path in git.dirty(root) if path in MADE_BY or path.startswith(("src/pipeline/", "vendor/"))]
        made_by += [path for path in git.dirty(root) if path.endswith(".dvc")]
        ui.good(f"rebuilt; commit what changed: {committing(list(dict.fromkeys([*kept, *made_by])))}")
        actions.summary(_to_mend())
    else:
        ui.good("dvc.lock and models/card.md are current")


def committing(paths: Sequence[str]) -> str:
    """The command that commits files, new ones, too, to be pasted as it stands."""
    return f"git add {shlex.join(paths)} && git commit --message 'Build the model'"


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
