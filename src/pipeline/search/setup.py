"""What a search is about: the rows, the models, the metric; refused before the first fit where it cannot work."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import sklearn

from pipeline.errors import ParamsError, nearest
from pipeline.model import fitting, folds
from pipeline.params import Params
from pipeline.search import defaults, space
from pipeline.search.pool import Task
from pipeline.search.space import Model
from pipeline.table import tables

TRAIN = Path("data/train.parquet")
METRICS = {
    "binary": ("log_loss", "accuracy", "f1", "roc_auc", "average_precision", "brier"),
    "multiclass": ("log_loss", "accuracy", "balanced_accuracy", "f1_macro"),
    "regression": ("rmse", "mae", "r2"),
}
"""By task, as in metrics/dev.json; the first is what is searched by where params.yaml names none."""
LOWER = frozenset({"log_loss", "brier", "rmse", "mae"})
NOT_OF_THE_MODEL = {"validate_", "labels", "train", "diagnose", "search"}
"""Sections that say nothing that the rows and the models do not say already."""


def task(params: Params) -> Task:
    """The rows, their folds and the metric.

    Raises:
        DataError: nothing is built.
        ParamsError: the metric is another task's, or the folds are too many.
    """
    rows = tables.read(TRAIN)
    about = fitting.describe(rows, params)
    known = METRICS[about.task]
    metric = params.search.metric or known[0]
    if metric not in known:
        raise ParamsError(f"search.metric: {metric!r} is none of the task {about.task}{nearest(metric, known)}")
    return Task(rows, folds.of(rows, params, about, params.search.folds), about, params, metric)


def models(of: Task) -> list[Model]:
    """The models that may be tried.

    Raises:
        ParamsError: there is no such estimator, or it knows no such parameter, or no such column.
    """
    known = space.models(
        defaults.filled(of.params.search.models) or defaults.models(of.about, of.params.train), of.params.train
    )
    for model in known:
        try:
            fitting.unfitted(space.as_train(space.first(model), of.params), of.about, of.rows)
        except ParamsError as error:
            said = str(error).partition(" (docs/")[0].replace("train.", "search.models: ", 1)
            raise ParamsError(said) from None
    return known


def md5(path: Path = TRAIN) -> str:
    """The content hash of a file, as dvc.lock has it."""
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def name(of: Task, known: Sequence[Model]) -> str:
    """The study's name: a hash of all that a trial's score depends on, and of what is drawn from."""
    said: dict[str, Any] = {
        "rows": md5(),
        "metric": of.metric,
        "folds": len(of.folds),
        "models": known,
        "files": files(of, known),
        "params": of.params.model_dump(mode="json", exclude=NOT_OF_THE_MODEL),
        "seed": of.params.train.seed,
        "trusted": of.params.train.trusted,
        "scikit-learn": sklearn.__version__,
        "code": sorted({**_code(resources.files("pipeline")), **_code(Path("src"))}.items()),
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()[:16]


def files(of: Task, known: Sequence[Model]) -> dict[str, str]:
    """Content hashes of the files that the models' parameters name, such as a network's, by path."""
    return {each: md5(Path(each)) for each in sorted({*_files(known, of.params.train.params)})}


def _files(*said: Any) -> Iterator[str]:
    """Which texts, however deep in what is said, are files."""
    for each in said:
        if isinstance(each, str):
            yield from [each] if _is_file(each) else ()
        elif isinstance(each, Mapping):
            yield from _files(*each.values())
        elif isinstance(each, Sequence):
            yield from _files(*each)


def _is_file(path: str) -> bool:
    try:
        return Path(path).is_file()
    except (OSError, ValueError):  # a text that is longer than a name may be, or holds what none may
        return False


def _code(folder: Traversable, inside: str = "") -> dict[str, str]:
    """Hashes of the Python files of a folder, by their names in it; the service's are not asked."""
    found: dict[str, str] = {}
    for each in folder.iterdir() if folder.is_dir() else ():
        if each.is_dir() and each.name not in ("service", "__pycache__"):
            found |= _code(each, f"{inside}{each.name}/")
        elif each.name.endswith(".py"):
            found[inside + each.name] = hashlib.sha256(each.read_bytes()).hexdigest()
    return found
