"""Predicts every row of a folder of files, each into a file of the same name: a part is whole, or not there.

A part that is there and answers its file as it is now is done. One that fails is told, and the others go on.
"""

import contextlib
import fcntl
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.errors import ParamsError, PipelineError, SourceError
from service.precomputed.answers import version_of
from service.score import workers
from service.score.file import Job, score
from service.score.journal import OutputError
from service.score.manifest import NAME, Manifest, Part, begin
from service.score.model import Scorer
from service.score.progress import Progress, say
from service.score.run import Done
from service.score.workers import Answered


@dataclass(frozen=True)
class Folder:
    """What is asked for."""

    job: Job
    """Of two folders."""
    scheduler: str | None = None
    """The address of a Dask cluster whose workers do it."""
    shard: tuple[int, int] = (0, 1)
    """This run's number, from 0, and of how many: each takes its own of the parts."""


@dataclass
class All:
    """What came of it."""

    manifest: Manifest
    parts: int
    rows: int = 0
    """That this run has answered."""
    seconds: float = 0.0

    @property
    def unreadable(self) -> Counter[str]:
        """Cells that could not be read, by column."""
        return sum((Counter(part.unreadable) for part in self.manifest.done.values()), Counter[str]())


def score_folder(folder: Folder) -> All:
    """Predict every row of every file.

    Raises:
        ParamsError: the options do not fit the folders.
        SourceError: there is no file.
        DataError: there is no model.
        ModelError: it cannot be loaded.
        OutputError: the folder of answers cannot be written, or the cluster not reached.
    """
    began, job = time.monotonic(), folder.job
    sizes = _files(job.input, job.output)
    about: dict[str, Any] = {"model_version": version_of(job.models)}
    about |= {"keep": list(job.keep), "id": job.id, "strict": job.strict, "encoding": job.encoding}
    with _alone(folder):
        manifest, known = begin(job.output, about, _name(folder), overwrite=job.overwrite)
        mine = list(sizes)[folder.shard[0] :: folder.shard[1]]
        whole = All(manifest, len(mine))
        manifest.done = {name: known[name] for name in mine if _is_there(job, name, known)}
        left = [name for name in mine if name not in manifest.done]
        if manifest.done:
            say(f"{len(manifest.done):,} of {len(mine):,} parts are there")
        try:
            _go(folder, whole, {name: sizes[name] for name in left})
        finally:
            manifest.write()
    for name in sorted(known.keys() - sizes.keys()):
        say(f"{job.output / name}: its file is gone from {job.input}; remove it, if its answers are not to stay")
    whole.seconds = time.monotonic() - began
    return whole


def _go(folder: Folder, whole: All, sizes: Mapping[str, int]) -> None:
    """Answer the parts that are left."""
    manifest, job, far = whole.manifest, folder.job, _Far(sizes)
    jobs = {name: _part(job, name) for name in sizes}
    identities = {name: _identity(each.input) for name, each in jobs.items()}
    told = (
        workers.answer(jobs, folder.scheduler, manifest.about["model_version"])
        if folder.scheduler
        else _here(jobs, far)
    )
    try:
        for name, answered in told:
            if isinstance(answered, str):
                far.clear()
                say(manifest.failed.setdefault(name, answered))
                jobs[name].output.unlink(missing_ok=True)  # of an earlier run: it answers what is no more
            else:
                written = jobs[name].output.stat().st_size
                part = Part(answered.rows, identities[name], written, dict(answered.unreadable))
                manifest.done[name] = part
                whole.rows += answered.rows
            far.finish(name, whole.rows)
            manifest.write(now=False)
    finally:
        far.clear()


def _here(jobs: Mapping[str, Job], far: "_Far") -> Iterator[tuple[str, Answered]]:
    """The parts one after the other, in this process."""
    scorer = None
    for name, job in jobs.items():
        try:
            scorer = scorer or Scorer(job.models)
            job.output.parent.mkdir(parents=True, exist_ok=True)
            done = score(job, scorer, far)
            yield name, Done(done.rows, 0, done.seconds, done.unreadable)
        except PipelineError as error:
            if scorer is None:
                raise
            yield name, str(error)


class _Far:
    """How far a folder is: its rows, and by the bytes of its files how many there will be."""

    def __init__(self, sizes: Mapping[str, int]) -> None:
        self._sizes, self._all, self._before, self._rows = sizes, sum(sizes.values()), 0, 0
        self._line = Progress(self._total, 0)

    def show(self, done: int) -> None:
        """So many rows of the present part are done."""
        self._line.show(self._rows + done)

    def finish(self, name: str, rows: int) -> None:
        """A part is done, and with it so many rows of all."""
        self._before += self._sizes[name]
        self._rows = rows
        self._line.show(rows)

    def clear(self) -> None:
        """Leave the terminal's line empty."""
        self._line.clear()

    def _total(self) -> float:
        return self._rows * self._all / self._before if self._before else float("inf")


def _files(source: Path, target: Path) -> dict[str, int]:
    """The files of a folder, by their paths in it, and their bytes; what begins with _ or . says something of them."""
    inside = [one.resolve().is_relative_to(other.resolve()) for one, other in ((source, target), (target, source))]
    if any(inside):
        raise ParamsError(f"{target}: lies within {source}, or around it; name a folder beside it")
    if target.exists() and not target.is_dir():
        raise ParamsError(f"{target}: a file, and {source} is a folder; name a folder")
    files = {}
    for path in sorted(source.rglob("*")):
        relative = path.relative_to(source)
        if path.is_file() and not any(each.startswith(("_", ".")) for each in relative.parts):
            files[relative.as_posix()] = path.stat().st_size
    if not files:
        raise SourceError(f"{source}: holds no files to score")
    return files


def _part(job: Job, name: str) -> Job:
    return replace(job, input=(job.input / name).resolve(), output=job.output.resolve() / name, overwrite=True)


def _name(folder: Folder) -> str:
    number, count = folder.shard
    return NAME if count == 1 else f"_manifest-{number}-of-{count}.json"


def _identity(path: Path) -> tuple[int, int]:
    facts = path.stat()
    return facts.st_size, facts.st_mtime_ns


def _is_there(job: Job, name: str, known: Mapping[str, Part]) -> bool:
    """Whether a part is there, and answers its file as that is now."""
    path = job.output / name
    there = name in known and path.is_file() and path.stat().st_size == known[name].bytes
    return there and known[name].input == _identity(job.input / name)


@contextlib.contextmanager
def _alone(folder: Folder) -> Iterator[None]:
    """No other run writes the folder, but those that share it out."""
    target = folder.job.output
    try:
        target.mkdir(exist_ok=True)
        held = os.open(target, os.O_RDONLY)
    except OSError as error:
        raise OutputError(f"{target}: cannot be made ({error.strerror}); is its parent there?") from None
    try:
        _lock(held, target, fcntl.LOCK_EX if folder.shard[1] == 1 else fcntl.LOCK_SH)
        yield
    finally:
        os.close(held)


def _lock(held: int, target: Path, how: int) -> None:
    try:
        fcntl.flock(held, how | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OutputError(f"{target}: another run is writing it; wait for it, or name another folder") from None
    except OSError:  # a network's folder, which cannot be locked: there each part still is
        return
