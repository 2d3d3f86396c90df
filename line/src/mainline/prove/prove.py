"""Two questions about a model: does each stage make it from what it declares, and has it seen a label it is judged by?

Each stage between the table and the answers is run again, in a folder of its own. Those that make data run twice: as
they are, unless main has them so, and on a table in which the labels of dev and sealed rows are permuted. What comes of
that is what model and answers are made from again, and they must be the same.
"""

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from mainline import ui
from mainline.errors import Refused
from mainline.project import MODEL, Lock, Project
from mainline.prove import alone, chain, closed, influence
from mainline.prove.chain import Stage
from mainline.prove.forks import Forks
from mainline.prove.proof import Proof
from mainline.tools import dvc

Refresh = Callable[[Project], Project]
NEVER = "never"


def prove(project: Project, base: Lock, rebuild: str, counts: Refresh | None = None) -> Proof:
    """Build a model again, each stage alone, and see whether the labels of hidden rows reach it.

    Args:
        base: what needs no proof again; false where there is none.
        rebuild: `gate.rebuild`.
        counts: where other bytes count, as in CI: makes what follows from them, and answers with the project then.

    Raises:
        StaleLock: the outputs here are not what dvc.lock pins.
        ConfigError: a stage fails with what it declares alone.
        Refused: it builds something else, or the model or its answers change with labels that they are judged by.
    """
    project.require_current()
    if not closed.possible():
        ui.warn(
            "this machine takes neither network nor folders from a process (unshare and sudo -n unshare are not there, "
            "or not allowed): that a stage uses an address, or a path from / on, is not found here"
        )
    with TemporaryDirectory(prefix="mainline-") as folder, Forks() as forks:
        proving = _Proving(project, chain.stages(base), rebuild, counts, Path(folder), forks)
        influence.permute(project, proving.permuted / chain.RAW)
        for stage in chain.between(project.lock):
            proving.take_up(stage.name)
        return Proof.of(proving.project, rebuilt=rebuild != NEVER, closed=closed.possible())


@dataclass
class _Proving:
    """One way through the stages."""

    project: Project
    base: Mapping[str, Stage]
    rebuild: str
    counts: Refresh | None
    folder: Path
    forks: Forks
    judged: set[str] = field(default_factory=lambda: set(chain.JUDGED))
    """What must not change with the labels: the model, and all that is made of it."""
    boxes: int = 0

    @property
    def permuted(self) -> Path:
        """What the stages made of the permuted table."""
        return self.folder / "permuted"

    def take_up(self, name: str) -> None:
        """Prove a stage, after all that it needs."""
        stage = chain.stages(self.project.lock)[name]
        moved = [path for path in stage.deps if (self.permuted / path).exists()]
        if not self.judged.intersection([*stage.outs, *stage.deps]):
            self._of_data(stage, bool(moved))
        elif moved or not self._as_at_base(stage):
            self._of_the_model(stage, moved)
        if self.judged.intersection([*stage.outs, *stage.deps]):
            self.judged.update(stage.outs)
        for box in self.folder.glob("[0-9]*"):  # a large table is not kept twice
            shutil.rmtree(box)

    def _of_data(self, stage: Stage, moved: bool) -> None:
        if not self._as_at_base(stage):
            box = self._built(stage)
            if other := _other(stage, _hashes(stage, box)):
                self._counts(stage, other, box)
        if moved:
            box = self._built(stage, self.permuted)
            for path, content in chain.stages(self.project.lock)[stage.name].outs.items():
                if dvc.md5(box / path) != content and (box / path).exists():
                    (self.permuted / path).parent.mkdir(parents=True, exist_ok=True)
                    os.replace(box / path, self.permuted / path)

    def _of_the_model(self, stage: Stage, moved: list[str]) -> None:
        if self.rebuild == NEVER and stage.makes(MODEL):
            if moved:
                raise Refused(f"{_seen(stage, moved)}; gate.rebuild: never cannot tell what it learns from that")
            self._built(stage, part=True)
            return
        box = self._built(stage, self.permuted)
        other = _other(stage, _hashes(stage, box))
        if other and moved:
            again = self._built(stage)
            if _hashes(stage, again) != _hashes(stage, box):
                raise Refused(f"{_seen(stage, moved)}, and so does {other}: it has seen answers that it is judged by")
            box = again
        if other:
            self._counts(stage, other, box)

    def _built(self, stage: Stage, made: Path | None = None, *, part: bool = False) -> Path:
        self.boxes += 1
        box = self.folder / str(self.boxes)
        how = ", its start" if part else ", with the labels of dev and sealed rows permuted" if made else ""
        with ui.doing(f"{stage.name}, from what it declares alone{how}"):
            alone.build(self.project, stage, box, made, part=part, forks=self.forks)
        return box

    def _as_at_base(self, stage: Stage) -> bool:
        there = self.base.get(stage.name)
        return there is not None and there.pinned == stage.pinned

    def _counts(self, stage: Stage, path: str, box: Path) -> None:
        """Let what was built here stand in place of what dvc.lock pins, where it may."""
        if self.counts is None:
            raise Refused(
                f"{stage.name}: built again, {path} is another than {dvc.LOCK} pins; where training is not repeatable "
                "(seed it), or machines differ, push the branch, and what CI builds counts"
            )
        ui.warn(f"{stage.name}: built again, {path} is another than {dvc.LOCK} pins; what is built here counts")
        for out in stage.outs:
            _replace(box / out, self.project / out)
        dvc.dvc("commit", "--quiet", "--force", stage.name, root=self.project.root)
        self.project = self.counts(self.project.again())


def _hashes(stage: Stage, box: Path) -> dict[str, str | None]:
    """What a stage made, by content; a folder is none."""
    return {path: dvc.md5(box / path) for path in stage.outs if not (box / path).is_dir()}


def _other(stage: Stage, made: Mapping[str, str | None]) -> str | None:
    """The first output that is not the one that is pinned."""
    return next((path for path, content in made.items() if content != stage.outs[path]), None)


def _seen(stage: Stage, moved: list[str]) -> str:
    return f"{moved[0]}, which {stage.name} reads, changes with the labels of sealed and dev rows"


def _replace(source: Path, target: Path) -> None:
    if target.is_dir():
        shutil.rmtree(target)
    target.unlink(missing_ok=True)  # which may be a link to the cache
    shutil.move(source, target)
