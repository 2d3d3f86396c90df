"""Beside the stages, search: which section `train` does best on the training rows -> .mainline/search.json.

Each trial is the whole model, fitted anew without each fold. It sees no dev row and no sealed one: dev says afterwards
how far the search fooled itself, and the gate decides.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.errors import ModelError, ParamsError
from pipeline.params import Params
from pipeline.stop import Stopped

FOUND, LOCK = Path(".mainline/search.json"), Path(".mainline/search.lock")
MINUTES = 10.0


def run(params: Params, minutes: str, trials: str) -> None:
    """Search until the budget is spent; the same command goes on where another was stopped.

    Args:
        minutes: of searching, over all sittings; "-" as in params.yaml.
        trials: how many at most, beside those that are always tried first; "-" as in params.yaml.
    """
    section = params.search
    bounds = _number("minutes", minutes, float, section.minutes), _number("trials", trials, int, section.trials)
    try:
        import optuna  # noqa: F401 - what searches here, and not where models are made
    except ImportError as error:
        raise ModelError(f"{error.name} is not installed, and search needs it; run `make setup`") from None
    from pipeline.search.sitting import Sitting

    with _alone():
        sitting = Sitting(params, bounds if any(bounds) else (MINUTES, None), FOUND)
        try:
            sitting.search()
        except Stopped:
            print(f"search: {sitting.summary()}; the same command goes on", flush=True)
            raise
        finally:
            sitting.keep()
        print(f"search: {sitting.summary()}")
        print(f"search: {sitting.record()}", flush=True)
        sitting.require_one()


def _number(name: str, said: str, kind: Any, default: Any) -> Any:
    if said == "-":
        return default
    try:
        value = kind(said)
    except ValueError:
        value = 0
    if not 0 < value < float("inf"):
        raise ParamsError(f"{name}: {said!r}: not a number above 0, such as 10")
    return value


@contextmanager
def _alone() -> Iterator[None]:
    """Only one search at a time: a lock of this process, which ends with it, however it ends."""
    LOCK.parent.mkdir(exist_ok=True)
    with LOCK.open("a+") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            raise ModelError(f"a search runs here already (process {file.read().strip()}); wait for it") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
