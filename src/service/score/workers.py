"""The parts of a folder on the workers of a Dask cluster: each does what one process would, with the same model.

Workers see the folders under the same paths, and have this code and its model: the service's image, or the project's
environment. Dask alone decides who does which part, and has another worker do those of one that is gone.
"""

import importlib.util
import logging
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import ParamsError, PipelineError, brief
from service.precomputed.answers import version_of
from service.score.file import Job, score
from service.score.journal import OutputError
from service.score.model import Scorer
from service.score.run import Done
from service.settings import models_folder

if TYPE_CHECKING:
    from distributed import Client, Future  # --scheduler needs it, and nothing else

LIBRARY = "distributed"
SECONDS = 15  # to reach the scheduler, and for it to have a worker
RETRIES = 2  # of a part, whatever became of it but a refusal

Answered = Done | str
"""What came of a part, or why it failed, in one line."""


def answer(jobs: Mapping[str, Job], address: str, version: str) -> Iterator[tuple[str, Answered]]:
    """Answer parts, as they come.

    Args:
        version: what the model is to be, on each worker.

    Raises:
        ParamsError: Dask is not installed here.
        OutputError: the scheduler cannot be reached, or has no workers, or one of another version.
    """
    if not re.fullmatch(r"(tcp|tls)://[^/@]+:[0-9]{1,5}", address):
        raise ParamsError(f"--scheduler: must be tcp://HOST:PORT or tls://HOST:PORT (got {address[:80]!r})")
    if importlib.util.find_spec(LIBRARY) is None:
        raise ParamsError(f"--scheduler: needs the package {LIBRARY}: `mainline add {LIBRARY}`")
    from distributed import as_completed

    for job in jobs.values():
        job.output.parent.mkdir(parents=True, exist_ok=True)
    with _client(address) as client:
        _require_same(client, address, version)
        parts = {client.submit(part, job, version, retries=RETRIES, pure=False): name for name, job in jobs.items()}
        for future in as_completed(parts, loop=client.loop):
            yield parts[future], _answered(future, jobs[parts[future]].input, address)


def part(job: Job, version: str) -> Answered:
    """Answer one part, on a worker, with the model that it has."""
    try:
        models = models_folder()
        if (here := version_of(models)) != version:
            return f"{job.input}: a worker has another model ({here}, and {version} is asked for)"
        done = score(replace(job, models=models), _scorer(models, version), _Quiet())
    except PipelineError as error:
        return str(error)
    return Done(done.rows, 0, done.seconds, done.unreadable)


def facts() -> str:
    """The version of the model that a worker has."""
    return version_of(models_folder())


class _Quiet:
    """Says nothing of how far a part is: who waits for it sees another machine's."""

    def show(self, done: int) -> None:
        """Say nothing."""

    def clear(self) -> None:
        """Say nothing."""


_OF_THREAD = threading.local()


def _scorer(models: Path, version: str) -> Scorer:
    """The model of this thread, loaded once."""
    if getattr(_OF_THREAD, "version", None) != version:
        _OF_THREAD.scorer, _OF_THREAD.version = Scorer(models), version
    kept: Scorer = _OF_THREAD.scorer
    return kept


def _client(address: str) -> "Client":
    from distributed import Client

    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what it says is said below, in one line
    try:
        client = Client(address, timeout=SECONDS, set_as_default=False)
    except (OSError, ValueError, RuntimeError) as error:
        raise OutputError(f"--scheduler: {address} cannot be reached ({brief(error)})") from None
    try:
        client.wait_for_workers(1, timeout=SECONDS)
    except TimeoutError:
        client.close()
        raise OutputError(f"--scheduler: {address} has no workers after {SECONDS} s; start some") from None
    return client


def _require_same(client: "Client", address: str, version: str) -> None:
    """Refuse workers that have another model, other code or other libraries, or none."""
    said: dict[str, Any] = client.run(facts, on_error="return")
    for worker, found in said.items():
        if isinstance(found, BaseException):
            why = f"cannot say which model it has ({brief(found)}); start it in the service's image, as `dask worker`"
        elif found != version:
            why = f"has another model, code or libraries ({found}, and here {version}); start it from the same commit"
        else:
            continue
        raise OutputError(f"--scheduler: {address}: worker {worker} {why}")


def _answered(future: "Future", source: Path, address: str) -> Answered:
    if future.status == "finished":
        answered: Answered = future.result()
        return answered
    if future.status != "error":
        return f"{source}: the scheduler {address} went away; the same command goes on"
    from distributed import KilledWorker

    error = future.exception()
    if isinstance(error, KilledWorker):
        return f"{source}: workers died of it, one after the other; have they memory enough?"
    return f"{source}: {brief(error) if error else 'failed'}"
