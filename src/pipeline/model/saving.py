"""Saves and loads the model: skops, never pickle, and the same bytes for the same model."""

import io
import json
import os
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import skops.io
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from pipeline import features, own
from pipeline.errors import FAILURES, ModelError, absent_library, brief

PATH = Path("models/model.skops")


def _is_own(each: Any) -> bool:
    return getattr(each, "__module__", None) == features.__name__


# What scikit-learn's own estimators are made of and skops does not trust unasked: data, no code of a caller's.
TRUSTED = frozenset(
    {
        "functools.partial",  # of a function that is trusted itself
        "numpy.dtype",
        "sklearn._loss.loss.HalfTweedieLossIdentity",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.metrics._dist_metrics.EuclideanDistance64",
        "sklearn.metrics._dist_metrics.ManhattanDistance64",
        "sklearn.metrics._dist_metrics.MinkowskiDistance64",
        "sklearn.neighbors._ball_tree.BallTree",
        "sklearn.neighbors._kd_tree.KDTree",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
        "sklearn.tree._tree.Tree",
        "sklearn.utils.validation.check_array",
        # and what the project's own features are made of, in the one file that is for them
        *(f"{features.__name__}.{name}" for name, each in vars(features).items() if _is_own(each)),
    }
)
ESTIMATORS = "of your own code, classes derived from scikit-learn's BaseEstimator need nobody"
EPOCH = (1980, 1, 1, 0, 0, 0)

# what skops raises at a file that is no model: whoever wrote it chose where it breaks
DAMAGE = (*FAILURES, zipfile.BadZipFile, zlib.error, OSError, EOFError, ImportError, AssertionError)


def save(model: Pipeline, path: Path = PATH, trusted: Iterable[str] = ()) -> None:
    """Write a fitted model; two dumps of one model are the same file.

    Raises:
        ModelError: it holds types that loading would refuse.
    """
    try:
        content = canonical(skops.io.dumps(model))
    except DAMAGE as error:
        raise ModelError(f"{path}: this model cannot be saved with skops ({brief(error)}); choose another") from None
    _vouched_for(content, path, trusted)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_bytes(content)
    os.replace(partial, path)


def load(path: Path = PATH, trusted: Iterable[str] = ()) -> Pipeline:
    """Read a model, if all that it holds is trusted.

    Raises:
        ModelError: it is not there, is damaged, needs what is not here, or holds a type that is neither
            scikit-learn's, nor an estimator of src/pipeline, nor in train.trusted.
    """
    try:
        content = path.read_bytes()
        loaded = skops.io.loads(content, trusted=_vouched_for(content, path, trusted))
        if isinstance(loaded, Pipeline):
            check_is_fitted(loaded)
    except FileNotFoundError:
        raise ModelError(f"{path}: not here yet; run `mainline lock` to build it") from None
    except ModuleNotFoundError as error:
        mend = "what a model needs is in requirements/service.in, where `mainline add` puts it"
        raise ModelError(f"{path}: needs the package of {error.name}, which is not installed here; {mend}") from None
    except DAMAGE as error:
        if lacking := absent_library(error):
            raise ModelError(f"{path}: cannot be loaded: {lacking}") from None
        raise ModelError(f"{path}: damaged, or not a skops file ({brief(error)}); run `mainline lock`") from None
    if not isinstance(loaded, Pipeline):
        raise ModelError(f"{path}: holds a {type(loaded).__name__}, not a model of this pipeline; run `mainline lock`")
    return loaded


def types(path: Path = PATH, trusted: Iterable[str] = ()) -> list[str]:
    """The types that `load` takes from a file, for another loader of it."""
    return _vouched_for(path.read_bytes(), path, trusted)


def canonical(content: bytes) -> bytes:
    """The same skops file without what differs from one dump to the next.

    skops names members and objects by their addresses in memory, and zip entries carry the clock. Here both are
    numbered in the order of their first appearance in schema.json, and stored at a fixed time. Bytes that no field of
    an array uses are zero.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as source:
        schema = json.loads(source.read("schema.json"))
        ids: dict[int, int] = {}
        files: dict[str, str] = {}
        _renumber(schema, ids, files)
        members = [(new, _without_gaps(source.read(old))) for old, new in files.items()]
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, data in [("schema.json", json.dumps(schema).encode()), *members]:
            archive.writestr(zipfile.ZipInfo(name, EPOCH), data)
    return target.getvalue()


def _without_gaps(content: bytes) -> bytes:
    """An array of records (the nodes of a tree) with zeros between its fields, where memory holds anything."""
    if not content.startswith(np.lib.format.MAGIC_PREFIX):
        return content
    array = np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
    if array.dtype.names is None:
        return content
    clean = np.zeros(array.shape, array.dtype)
    for name in array.dtype.names:
        clean[name] = array[name]
    target = io.BytesIO()
    np.lib.format.write_array(target, clean, allow_pickle=False)
    return target.getvalue()


def _renumber(node: Any, ids: dict[int, int], files: dict[str, str]) -> None:
    """Give every object and member the number of its first appearance, in place."""
    if isinstance(node, list):
        for each in node:
            _renumber(each, ids, files)
    elif isinstance(node, dict):
        if isinstance(node.get("__id__"), int):
            node["__id__"] = ids.setdefault(node["__id__"], len(ids) + 1)
        if isinstance(name := node.get("file"), str) and "__loader__" in node:
            node["file"] = files.setdefault(name, f"{len(files):04d}{Path(name).suffix}")
        if "_stop_words_id" in node:  # where scikit-learn saw an object in memory; it looks again if that is not so
            node["_stop_words_id"]["content"] = "0"
        for each in node.values():
            _renumber(each, ids, files)


def _vouched_for(content: bytes, path: Path, trusted: Iterable[str]) -> list[str]:
    """The types that a file may hold: TRUSTED, train.trusted, and the project's own estimators among those it holds.

    Raises:
        ModelError: it holds another one.
    """
    held = sorted(set(skops.io.get_untrusted_types(data=content)) - TRUSTED - set(trusted))
    unknown = [name for name in held if own.named(name, BaseEstimator) is None]
    if unknown:
        ours = f" ({ESTIMATORS})" if unknown[0].startswith(f"{own.PACKAGE}.") else ""
        raise ModelError(
            f"{path}: holds {', '.join(unknown[:3])}, which nobody vouched for{ours}; if you know what it is, "
            f"add it to train.trusted"
        )
    return [*TRUSTED, *trusted, *held]
