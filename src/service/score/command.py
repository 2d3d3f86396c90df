"""`python -m service.score INPUT OUTPUT`: predicts every row of a file, or of a folder of files, or into a store."""

import argparse
import sys
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import ParamsError, PipelineError
from service.precomputed import WAYS, shown
from service.score.file import Job, score
from service.score.folder import All, Folder, score_folder
from service.score.precompute import Load, precompute
from service.score.progress import say
from service.settings import models_folder


def _parsed(arguments: Sequence[str] | None) -> Job | Folder | Load:
    arguments = sys.argv[1:] if arguments is None else arguments
    in_a_store = any(each.partition("=")[0] == "--to" for each in arguments)  # only then OUTPUT may be left out
    parser = argparse.ArgumentParser("score", description="Predict every row of INPUT; write the answers to OUTPUT.")
    parser.add_argument("input", type=Path, help="a .csv, .tsv (or these with .gz) or .parquet file, or a folder")
    parser.add_argument("output", type=Path, nargs="?" if in_a_store else None, help="another such file, or a folder")
    parser.add_argument("--to", metavar="STORE", help=f"in place of OUTPUT, what the service reads first: {WAYS}")
    parser.add_argument("--keep", action="append", default=[], metavar="COLUMN", help="carry this column of INPUT over")
    parser.add_argument("--id", metavar="COLUMN", help="carry this one over where INPUT has it")
    parser.add_argument("--strict", action="store_true", help="refuse cells that are not of their column's kind")
    parser.add_argument("--encoding", default="utf-8", metavar="NAME", help="what INPUT is in, if not UTF-8")
    parser.add_argument("--overwrite", action="store_true", help="replace OUTPUT")
    parser.add_argument("--models", type=Path, help="the folder of the model; by default the one beside this code")
    parser.add_argument(
        "--scheduler", metavar="ADDRESS", help="of a Dask cluster that scores a folder: tcp://HOST:PORT"
    )
    parser.add_argument(
        "--shard", metavar="NUMBER/COUNT", help="of a folder's files only each COUNT-th, from NUMBER on"
    )
    parse = parser.parse_intermixed_args if in_a_store else parser.parse_args  # the former is confused by a --
    options = vars(parse(arguments))
    options["models"] = options["models"] or models_folder()
    scheduler, shard = options.pop("scheduler"), options.pop("shard")
    if (to := options.pop("to")) is None:
        job = Job(**options | {"keep": tuple(options["keep"])})
        if job.input.is_dir():
            return Folder(job, scheduler, _shard(shard))
        if scheduler or shard:
            raise ParamsError(
                f"--{'scheduler' if scheduler else 'shard'}: is for a folder of files, and {job.input} is none"
            )
        return job
    if options["output"] is not None or options["keep"] or options["overwrite"] or scheduler or shard:
        raise ParamsError("--to: a store takes the answers alone; leave out OUTPUT, --keep, --overwrite and the like")
    return Load(options["input"], to, options["models"], strict=options["strict"], encoding=options["encoding"])


def _shard(said: str | None) -> tuple[int, int]:
    """0/1, all of it, where nothing is said."""
    number, _, count = (said or "0/1").partition("/")
    if not (number.isdecimal() and count.isdecimal() and int(number) < int(count)):
        raise ParamsError(f"--shard: {said!r} is not NUMBER/COUNT, such as 0/8, the first, to 7/8, the last")
    return int(number), int(count)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; answer the exit code."""
    warnings.simplefilter("ignore")  # a library's remark would come again with every few thousand rows
    try:
        job = _parsed(arguments)
        if isinstance(job, Folder):
            return _tell_all(score_folder(job), job.job.output)
        done = score(job) if isinstance(job, Job) else precompute(job)
    except PipelineError as error:
        say(str(error))
        return 2 if isinstance(error, ParamsError) else 1
    except KeyboardInterrupt:
        say("stopped; the same command goes on where it was, or into a store from the beginning")
        return 130
    _tell_unreadable(done.unreadable)
    speed = (done.rows - done.resumed_at) / max(done.seconds, 1e-9)
    target = job.output if isinstance(job, Job) else shown(job.to)
    print(f"score: {done.rows:,} rows in {done.seconds:,.1f} s, {speed:,.0f} rows/s -> {target}")
    return 0


def _tell_all(done: All, target: Path) -> int:
    """What came of a folder."""
    _tell_unreadable(done.unreadable)
    failed, speed = len(done.manifest.failed), done.rows / max(done.seconds, 1e-9)
    parts = f"{len(done.manifest.done):,} of {done.parts:,} parts are there"
    print(f"score: {parts}; {done.rows:,} rows in {done.seconds:,.1f} s, {speed:,.0f} rows/s -> {target}")
    if failed:
        which = "1 part" if failed == 1 else f"{failed:,} parts"
        say(f"{which} failed, as {target / done.manifest.name} says; the same command tries these again")
    return 1 if failed else 0


def _tell_unreadable(cells: Counter[str]) -> None:
    if cells:
        columns = ", ".join(f"{name} {count:,}" for name, count in cells.most_common(5))
        more = ", ..." if len(cells) > 5 else ""
        say(f"could not be read and count as missing, cells by column: {columns}{more}")
