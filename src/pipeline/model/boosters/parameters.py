"""From train.params to boosted trees: each name is held against those that the library knows."""

from typing import Any

from pipeline.errors import ParamsError, nearest
from pipeline.model.boosters import libraries
from pipeline.model.boosters.estimators import WEIGHTS, BoostedClassifier, BoostedRegressor
from pipeline.model.signature import Signature
from pipeline.sections import Train

SEEDS = ("random_state", "random_seed", "seed")
THREADS = ("n_jobs", "nthread", "nthreads", "num_thread", "num_threads", "thread_count")
NATIVE = "say train.categories: native, and each library is told in its own way"
STOPS = "it needs rows to stop by, which training has none of beside its own; search n_estimators, or learning_rate"
WRITES = "a stage writes nothing but what dvc.yaml lists"
REFUSED = {
    **dict.fromkeys(("enable_categorical", "feature_types", "categorical_feature", "cat_features"), NATIVE),
    **dict.fromkeys(("early_stopping_rounds", "early_stopping_round", "use_best_model", "od_wait", "od_type"), STOPS),
    **dict.fromkeys(("allow_writing_files", "train_dir", "save_snapshot", "snapshot_file", "output_model"), WRITES),
    "use_label_encoder": "XGBoost has it no more, and classes may be called anything",
}
"""What is no parameter here, and why."""


def build(cls: type, train: Train, about: Signature, categories: int) -> Any:
    """The unfitted estimator for a class of one of these libraries.

    Args:
        categories: how many of the features, from the first on, will be codes of categories.

    Raises:
        ParamsError: it knows no such parameter.
    """
    path = str(libraries.path_of(cls))
    params = dict(train.params)
    known = [name for name in libraries.of(path).known(cls.__name__) if name not in REFUSED]
    for name in params:
        if name in REFUSED:
            raise ParamsError(f"train.params: {name}: {REFUSED[name]}; take it out")
        if name not in known:
            raise ParamsError(f"train.params: {cls.__name__} has no parameter {name!r}{nearest(name, known)}")
    _require_classes(params, about)
    seed, threads = _taken(params, SEEDS, train.seed), _taken(params, THREADS, 1)
    if path.startswith("catboost.") and threads < 1:  # each number of threads grows other trees
        raise ParamsError(f"train.params: thread_count: {threads} is another number on each machine; say one, or none")
    made = BoostedClassifier if cls.__name__.endswith("Classifier") else BoostedRegressor
    return made(path, params, random_state=seed, n_jobs=threads, categories=categories)


def _taken(params: dict[str, Any], names: tuple[str, ...], usual: int) -> int:
    """The value under one of the names, which is taken out."""
    found = [params.pop(name) for name in names if name in params]
    said = usual if not found or found[0] is None else found[0]
    if isinstance(said, bool) or not isinstance(said, int):
        raise ParamsError(f"train.params: {names[0]} must be a whole number, and is {said!r}")
    return said


def _require_classes(params: dict[str, Any], about: Signature) -> None:
    """Weights by class are of classes that there are."""
    for name in WEIGHTS:
        for label in params[name] if isinstance(params.get(name), dict) else ():
            if label not in (about.classes or ()):
                there = nearest(label, about.classes or ())
                raise ParamsError(f"train.params: {name}: {about.target!r} has no class {label!r}{there}")
