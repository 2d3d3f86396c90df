"""Predicts every row of a file with the model in models/, into another file.

Reading, predicting and writing go on side by side, a few thousand rows at a time, so that memory does not grow with the
file. What is answered is kept in OUTPUT.partial; OUTPUT appears when all of it is there.
"""

import errno
import hashlib
import io
import os
import time
from collections import Counter
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipeline.errors import DataError, ModelError, ParamsError, SourceError, nearest
from pipeline.table.tables import ROW_ID
from service.score.journal import ANSWERS, Journal, OutputError
from service.score.model import Scorer
from service.score.progress import Progress, Shows
from service.score.run import Done, Run
from service.score.tables import Source, check_encoding, identity_of, open_source
from service.score.writers import open_writer

LIBRARIES = ("numpy", "pandas", "pyarrow", "scikit-learn", "scipy")


@dataclass(frozen=True)
class Job:
    """What is asked for."""

    input: Path
    output: Path
    models: Path
    keep: tuple[str, ...] = ()
    """Columns of the input that go into the output."""
    id: str | None = None
    """A column that does so where the input has it."""
    strict: bool = False
    """Refuse cells that cannot be read, rather than count them as missing."""
    overwrite: bool = False
    encoding: str = "utf-8"
    """How the letters of a text file are written; the answers are in UTF-8."""


def score(job: Job, scorer: Scorer | None = None, progress: Shows | None = None) -> Done:
    """Predict every row of a file.

    Args:
        scorer: the model, where it is loaded already.
        progress: who is told how many rows are done; by default a line that says it of this file.

    Raises:
        ParamsError: the options do not fit the files.
        SourceError: the input cannot be read, or changed meanwhile.
        DataError: it lacks a column, or is not fit with strict.
        ModelError: there is no model, or it fails on a row.
        OutputError: the output cannot be written, or is not to be.
    """
    began = time.monotonic()
    _check(job)
    identity = identity_of(job.input)
    scorer = scorer or Scorer(job.models)
    source = open_source(job.input, scorer.wanted, job.encoding)
    scorer.attach(job.input, source, _kept(job, source, scorer), strict=job.strict)
    open_writer(io.BytesIO(), job.output, scorer.schema).close()  # to refuse before there is anything to remove
    journal = Journal(job.output)
    try:
        with (journal.folder / ANSWERS).open("wb") as file:
            writer = open_writer(file, job.output, scorer.schema)
            run = Run(journal, writer, Done(0, 0, 0.0, Counter()))
            try:
                run.resume(_about(job, identity, scorer), source)
                run.go(scorer, source, progress or Progress(source.total, run.done.rows))
                writer.close()
            finally:
                writer.abandon()
            file.flush()
            os.fsync(file.fileno())
        _publish(job, identity, journal)
    except (SourceError, DataError, ModelError):
        journal.remove()  # with another input or model it would be of no use
        raise
    except OSError as error:
        raise OutputError(_no_room(job, error)) from None
    finally:
        journal.close()
    run.done.seconds = time.monotonic() - began
    return run.done


def _check(job: Job) -> None:
    check_encoding(job.encoding)
    if job.output.is_dir():
        raise ParamsError(f"{job.output}: a folder; name a file")
    if job.output.exists() and job.input.exists() and job.output.samefile(job.input):
        raise ParamsError(f"{job.output}: is the input; name another file")
    if job.output.exists() and not job.overwrite:
        raise ParamsError(f"{job.output}: is there already; --overwrite replaces it")


def _kept(job: Job, source: Source, scorer: Scorer) -> list[str]:
    names = source.schema.names
    for name in job.keep:
        if name not in names:
            raise ParamsError(f"--keep: {job.input} has no column {name!r}{nearest(name, names)}")
        if name in scorer.answers:
            raise ParamsError(f"--keep: {name!r} is a column of the answers; rename it in {job.input}")
    wanted = [ROW_ID, *([job.id] if job.id else []), *job.keep]
    return [name for name in dict.fromkeys(wanted) if name in names and name not in scorer.answers]


def _about(job: Job, identity: list[int], scorer: Scorer) -> dict[str, Any]:
    """What the answers depend on; where one of these differs, an earlier run's are of no use."""
    model = hashlib.sha256()
    for name in ("signature.json", "model.skops"):
        model.update((job.models / name).read_bytes())
    return {
        "input": identity,
        "model": model.hexdigest(),
        "options": [job.strict, job.encoding, scorer.rows, str(scorer.schema)],
        "libraries": [version(name) for name in LIBRARIES],
    }


def _publish(job: Job, identity: list[int], journal: Journal) -> None:
    if identity_of(job.input) != identity:
        raise SourceError(f"{job.input}: changed while it was read; run the same command again")
    if job.output.exists() and not job.overwrite:
        raise OutputError(f"{job.output}: appeared meanwhile; --overwrite replaces it")
    os.replace(journal.folder / ANSWERS, job.output)
    journal.remove()


def _no_room(job: Job, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT) or "No space left" in str(error):
        return f"{job.output}: the disk is full; make room, and the same command goes on where it was"
    return f"{job.output}: cannot be written ({error.strerror or error})"
