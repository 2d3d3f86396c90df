"""The project, opened once: verbs open it and hand it to the rooms, in place of a path.

It is a picture of the moment: what is asked of it is read when it is first asked for, and once. Whoever changes
params.yaml or dvc.lock goes on with the project opened anew, `again()`; `rebuilt()` answers with it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mainline import ui
from mainline.errors import ConfigError
from mainline.tools import branches, dvc, git, storage

if TYPE_CHECKING:
    from mainline import config

PARAMS, MODEL = "params.yaml", "models/model.skops"
SALT = "mainline"  # split.salt, where params.yaml has none
SealedSet = tuple[str, int]
"""Which sealed set: split.salt and split.generation."""


def sealed_set(params: Mapping[str, Any]) -> SealedSet:
    """Which sealed set a params.yaml is at.

    Raises:
        ConfigError: split is not understood.
    """
    try:
        split = params.get("split") or {}
        return str(split.get("salt", SALT)), int(split.get("generation", 0))
    except (AttributeError, TypeError, ValueError):
        raise ConfigError("params.yaml: split.generation must be a count, and split a section of keys") from None


@dataclass(frozen=True)
class Lock:
    """A dvc.lock, the tree's or a commit's; where there is none, it is false and pins nothing."""

    text: str | None

    def __bool__(self) -> bool:
        """Whether there is one."""
        return self.text is not None

    @cached_property
    def outputs(self) -> Mapping[str, str]:
        """The content hash of every output, by path."""
        return dvc.outputs(self.text or "")

    @cached_property
    def code(self) -> list[str]:
        """What the stages depend on beside data, as paths: wherever it lies, it is code."""
        return [path for path in dvc.sources(self.text or "") if not path.startswith("data/")]

    @property
    def model(self) -> str:
        """The model's content hash; empty where none is pinned."""
        return self.outputs.get(MODEL, "")


@dataclass(frozen=True)
class Project:
    """A work tree with params.yaml, dvc.yaml and dvc.lock at its top: the user's, a scratch clone, the champion's."""

    root: Path

    @classmethod
    def here(cls) -> "Project":
        """The project that the current folder lies in.

        Raises:
            MainlineError: it lies in none.
        """
        return cls(git.root())

    def again(self) -> "Project":
        """The same as it is now."""
        return type(self)(self.root)

    def rebuilt(self, *, quiet: bool = False) -> "Project":
        """Rebuild what changed, and answer with the project as it is then.

        Raises:
            ToolFailed: a stage failed.
        """
        dvc.repro(self.root, quiet=quiet)
        return self.again()

    def require_current(self) -> None:
        """Refuse to go on where dvc.lock is not what the tree would build, or the outputs here are not what it pins.

        Raises:
            StaleLock: naming what differs, and the command that mends it.
        """
        dvc.require_current(self.root)
        storage.require_whole(self.root)

    def __truediv__(self, path: str | Path) -> Path:
        """A file of the project."""
        return self.root / path

    @cached_property
    def params(self) -> Mapping[str, Any]:
        """All of params.yaml; as the sections below, it raises ConfigError where it is not understood."""
        from mainline import config  # with it comes pydantic, which most verbs do without

        return config.read(self / PARAMS)

    @cached_property
    def gate(self) -> "config.Gate":
        """Its section gate."""
        from mainline import config

        if config.OLD_NAME in (self.params.get("gate") or {}):
            ui.warn(f"params.yaml: gate.{config.OLD_NAME} is called gate.max_changed now, and is read as that")
        return config.parsed(self.params, config.Gate)

    @cached_property
    def card(self) -> "config.Card":
        """Its section card."""
        from mainline import config

        return config.parsed(self.params, config.Card)

    @cached_property
    def dataset(self) -> "config.Dataset":
        """Its section dataset."""
        from mainline import config

        return config.parsed(self.params, config.Dataset)

    @cached_property
    def canary(self) -> "config.Canary":
        """Its section canary."""
        from mainline import config

        return config.parsed(self.params, config.Canary)

    @cached_property
    def monitor(self) -> "config.Monitor":
        """Its section monitor."""
        from mainline import config

        return config.parsed(self.params, config.Monitor)

    @cached_property
    def retrain(self) -> "config.Retrain":
        """Its section retrain."""
        from mainline import config

        return config.parsed(self.params, config.Retrain)

    @property
    def generation(self) -> int:
        """How often its sealed set was rotated since it has its salt."""
        return self.sealed_set[1]

    @property
    def sealed_set(self) -> SealedSet:
        """Which sealed set the project is at."""
        return sealed_set(self.params)

    @cached_property
    def lock(self) -> Lock:
        """The tree's dvc.lock."""
        path = self / dvc.LOCK
        return Lock(path.read_text(encoding="utf-8").rstrip() if path.exists() else None)

    def lock_at(self, commit: str) -> Lock:
        """A commit's dvc.lock."""
        return Lock(self.show(commit, dvc.LOCK))

    @cached_property
    def trunk(self) -> str:
        """The branch that merges go to, and whose dvc.lock pins the champion."""
        return branches.trunk(self.root)

    @property
    def branch(self) -> str | None:
        """The branch that is checked out; None where HEAD is on none."""
        return git.branch(self.root)

    def dirty(self) -> list[str]:
        """Paths that differ from HEAD now, untracked ones included."""
        return git.dirty(self.root)

    def changed(self, base: str, *paths: str) -> list[str]:
        """How its files differ from those of a commit, as lines of `git diff --stat`."""
        return git.changed(base, self.root, *paths)

    def git(self, *arguments: str, check: bool = True) -> str:
        """What git says in it; raises ToolFailed where git does not, and `check` is on."""
        return git.git(*arguments, root=self.root, check=check)

    def commit_of(self, revision: str) -> str:
        """The full hash of a revision; raises ConfigError where there is none such."""
        return git.commit_of(revision, self.root)

    def show(self, commit: str, path: str) -> str | None:
        """A file's text at a commit, or None where it is not there."""
        return git.show(commit, path, self.root)

    @contextmanager
    def worktree(self, commit: str) -> "Iterator[Project]":
        """The project of a commit, checked out beside this one for as long as the block runs."""
        with git.worktree(commit, self.root) as tree:
            yield Project(tree)
