"""Says what was read in a repository, what would be added to it, and what comes next."""

import shlex
from collections import Counter
from pathlib import Path

from mainline import card, ui
from mainline.init import boosters
from mainline.init.files import ATTRIBUTES, ATTRIBUTES_BESIDE, IGNORED, TASKS
from mainline.init.plan import Plan
from mainline.tools import branches, git

FOR = {
    "vendor": "two wheels: the line; and how the model is made and served, or src/pipeline and src/service of yours",
    "params.yaml": "all settings, filled in from what was read",
    "docs": "every key of params.yaml, with its default",
    "dvc.yaml": "the stages, from your table on",
    "data": "a folder for rows that production brings",
    "requirements": "pinned packages, apart from yours",
    TASKS: f"the line's tasks and environment, apart from yours: make --file={TASKS}",
    ".github": "workflows: verify, comment, deliver, release, monitor, retrain; the rules for the default branch",
    ".ci": "what two of the tasks run",
    "bentofile.yaml": "what goes into the container",
    "Dockerfile.j2": "how it is built",
    "deploy": "how a host is set up",
    ".dvc": "DVC's own settings",
    ".gitignore": "what the line makes and git does not keep",
    IGNORED: "the lines that your .gitignore lacks",
    ATTRIBUTES: "line ends of the line's files, the same on every machine",
    ATTRIBUTES_BESIDE: "the same, for your .gitattributes",
}
KEPT = (
    "README.md",
    ".gitignore",
    "pyproject.toml",
    "Makefile",
    "src",
    "tests",
    ".dvc/config",
    ".pre-commit-config.yaml",
)


def show(plan: Plan) -> None:
    """Print what was read, what would be added, and what stays as it is."""
    found, made = plan.theirs, plan.estimator
    told = ", ".join(f"{key}={value!r}" for key, value in made.params.items()) or "all left at their defaults"
    told += "; it splits by categories itself" if made.native else ""
    ui.heading("What was read")
    ui.table(
        ["", "", "from"],
        [
            ["table", found.table.path, f"{len(found.table.columns)} columns"],
            ["target", found.target, found.target_from],
            ["estimator", made.path, f"{found.script_path}, line {made.line}"],
            ["parameters", told, ""],
        ],
    )
    for each in unread(plan):
        ui.warn(each)
    ui.heading("What is added")
    ui.table(["", "files", "for"], _groups(plan))
    if plan.clashes:
        ui.heading("What is in the way")
        ui.table(["here already", ""], [[each, "the line needs this name"] for each in plan.clashes])
    kept = [name for name in KEPT if (found.root / name).exists()]
    ui.say(f"\nNone of your files is changed: not {', '.join(kept)}, nor any other." if kept else "")


def unread(plan: Plan) -> list[str]:
    """What a person has to look at, because it could not be read."""
    found = plan.theirs
    said = [f"{found.script_path}: {each}; see train.params in params.yaml" for each in plan.estimator.unread]
    for other in found.script.estimators[1:]:
        if other.path != plan.estimator.path:
            said.append(f"{found.script_path}, line {other.line}: also makes {other.path}; see train.estimator")
    if not found.kept:
        said.append(f"{found.table.path}: neither git nor DVC keeps it; others get it with `dvc add` and `dvc push`")
    return said


def _groups(plan: Plan) -> list[list[str]]:
    counted = Counter(each.path.split("/")[0] for each in plan.files)
    return [[name, str(counted[name]), words] for name, words in FOR.items() if counted[name]]


def after(plan: Plan) -> list[str]:
    """The commands that come next, to be pasted one after the other."""
    root, table = plan.theirs.root, plan.theirs.table.path
    there = [] if Path.cwd() == root else [f"cd {shlex.quote(str(root))}"]
    added = {each.path for each in plan.files}
    both = ((IGNORED, ".gitignore"), (ATTRIBUTES_BESIDE, ATTRIBUTES))
    ignore = [f"cat {ours} >> {theirs} && rm {ours}" for ours, theirs in both if ours in added]
    setup = [f"make --file={TASKS} setup && source .mainline/venv/bin/activate"]
    unseen = git.git("check-ignore", *sorted(added), root=root, check=False).splitlines() if added else []
    force = [f"git add --force {shlex.join(unseen)}"] if unseen else []
    commit = [*force, 'git add --all && git commit -m "Add the delivery line"']
    # before the commit: what git tracks DVC does not; and where git ignores the folder it could not keep DVC's word
    hidden = git.git("check-ignore", f"{table}.dvc", root=root, check=False)
    hides = bool(git.git("check-ignore", *card.KEPT, root=root, check=False))
    data = [] if plan.theirs.kept or hidden else [f"dvc add {shlex.quote(table)}"]
    needed = boosters.package(plan.estimator.path)
    packages = [f'mainline add {needed} && git add --all && git commit -m "Add {needed}"'] if needed else []
    push = " && git push" if git.git("remote", root=root) else ""
    main = branches.trunk(root)
    return [
        *there,
        "git switch -c delivery",
        *ignore,
        *(setup + data + commit if data else commit + setup),
        *packages,
        f'mainline lock && git add {"--force " * hides}{" ".join(card.KEPT)} && git commit -m "The first champion"',
        f"mainline gate --base {main}",
        f"git switch {main} && git merge delivery{push}  # this once by hand: on GitHub, its code is the judge",
    ]
