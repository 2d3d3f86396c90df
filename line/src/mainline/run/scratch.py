"""The scratch clone that `mainline run` plays in: an origin, a data remote and a history of its own."""

import os
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from mainline import inputs, ui
from mainline.errors import ConfigError, ToolFailed
from mainline.ledger import note
from mainline.project import Project
from mainline.tools import branches, dvc, git, process, stages, storage

FOLDER = Path(".mainline/run")
REMOTE = "scratch"
IN_GLOB = re.compile(r"[*?\[\\]")
PLAIN = {
    "user.name": "Mainline",
    "user.email": "mainline@localhost",
    "commit.gpgsign": "false",
    "tag.gpgsign": "false",
}


@dataclass(frozen=True)
class Scratch:
    """A clone to play in."""

    root: Path
    folder: Path
    """Around it: origin.git, data, reports, host."""

    @property
    def project(self) -> Project:
        """The clone as it is now: the verbs that change it run in processes of their own."""
        return Project(self.root)

    @property
    def reports(self) -> Path:
        """Where pages for people go."""
        return self.folder / "reports"

    @property
    def env(self) -> dict[str, str]:
        """For processes that run the clone's own code."""
        return {"PYTHONPATH": stages.python_path(self.root), branches.NAMED: "main", **dvc.PLAIN}

    def mainline(self, *arguments: str, expect: Sequence[int] = (0,)) -> int:
        """Run a verb as a user would, from the clone's own code.

        Returns:
            Its exit code.

        Raises:
            ToolFailed: it ended otherwise than expected.
        """
        ui.command(["mainline", *arguments])
        code = process.attach([sys.executable, "-m", "mainline", *arguments], cwd=self.root, env=self.env)
        if code not in expect:
            raise ToolFailed(f"mainline {arguments[0]}: ended with {code}; the scratch clone is {self.root}")
        return code

    def git(self, *arguments: str) -> None:
        """Run git in the clone, and show it."""
        ui.command(["git", *arguments])
        git.git(*arguments, root=self.root)

    def commit(self, message: str, *, built: bool = False) -> None:
        """Commit what there is to commit, and share the branch.

        Args:
            built: there is new data to share, too.
        """
        if git.dirty(self.root):
            self.git("add", "--all")  # the first dvc.lock of a table of one's own is new
            self.git("commit", "--quiet", "--message", message)
        if built:
            ui.command(["dvc", "push"])
            dvc.dvc("push", "--quiet", "--remote", REMOTE, root=self.root)
        self.git("push", "--quiet", "origin", git.git("branch", "--show-current", root=self.root))

    def edit_params(self, section: str, values: dict[str, Any]) -> None:
        """Change values of params.yaml, and leave its comments alone."""
        yaml, path = YAML(), self.root / "params.yaml"
        yaml.width = 4096  # no line of it is broken
        params = yaml.load(path.read_text(encoding="utf-8"))
        if not params.get(section):  # a section without a key is null
            params[section] = {}
        params[section].update(values)
        with path.open("w", encoding="utf-8") as stream:
            yaml.dump(params, stream)


def prepare(project: Project) -> Scratch:
    """A bare origin with this project's HEAD as main, and a clone of it, with the table.

    Raises:
        ConfigError: what DVC tracks is nowhere to be had.
    """
    root, folder = project.root, project / FOLDER
    if git.dirty(root):
        ui.warn("changes that are not committed are left out: the run plays what HEAD has")
    shutil.rmtree(folder, ignore_errors=True)
    origin, clone = folder / "origin.git", folder / "clone"
    origin.mkdir(parents=True)
    git.git("init", "--quiet", "--bare", "--template=", "--initial-branch=main", ".", root=origin)
    git.git("push", "--quiet", str(origin), "HEAD:refs/heads/main", root=root)
    git.git("clone", "--quiet", "--template=", "--origin=origin", str(origin), str(clone), root=folder)
    for key, value in PLAIN.items():
        git.git("config", key, value, root=clone)
    _forget_ledger(clone)
    _install_hooks(project, clone)
    dvc.dvc("remote", "add", "--local", "--default", REMOTE, os.path.join("..", "data"), root=clone)
    made = Scratch(clone, folder)
    _with_table(project, made)
    _with_code(made)
    ui.good(f"scratch clone with an origin of its own: {os.path.relpath(clone)}")
    (folder / "reports").mkdir()
    return made


def _forget_ledger(clone: Path) -> None:
    """Leave out what main knows of the project's ledger: this origin begins one of its own."""
    if (clone / note.FILE).exists():
        git.git("rm", "--quiet", "--", note.FILE, root=clone)
        git.git("commit", "--quiet", "--message", "Begin a ledger of its own", root=clone)
        git.git("push", "--quiet", "origin", "main", root=clone)


def _with_table(project: Project, made: Scratch) -> None:
    """Bring the table, and say where it is, where that is outside of the project by a path from its root."""
    if lacking := inputs.bring(project, made.project):
        raise ConfigError(storage.nowhere(project.root, lacking))
    untracked = git.git("ls-files", "--others", "--exclude-standard", "-z", root=made.root).split("\0")
    if names := [IN_GLOB.sub(r"\\\g<0>", name) for name in untracked if name]:  # what git does not carry to here
        with (made.root / ".git/info/exclude").open("a", encoding="utf-8") as stream:
            stream.writelines(f"/{name}\n" for name in names)
    if source := inputs.from_elsewhere(project, made.project):
        made.edit_params("data", {"source": source})


def _with_code(made: Scratch) -> None:
    """Unpack the stages and the service where they are in a wheel: releases are broken in src/."""
    lacking = [each for each in stages.PACKAGES if not (made.root / "src" / each).is_dir()]
    if lacking and (made.root / stages.PINNED).is_file():
        (made.root / "src").mkdir(exist_ok=True)
        stages.lay_out("HEAD", made.root, made.root / "src", lacking)


def _install_hooks(project: Project, clone: Path) -> None:
    """Let the hooks look at the clone's commits, where they look at the project's."""
    hook = project / project.git("rev-parse", "--git-path", "hooks/pre-commit")
    of_all = project.git("config", "core.hooksPath", check=False)  # which the clone has, too
    if hook.exists() and not of_all and (clone / ".pre-commit-config.yaml").exists():
        process.capture(["pre-commit", "install"], cwd=clone)
