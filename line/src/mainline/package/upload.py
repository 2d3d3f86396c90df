"""Brings a commit's model to MLflow: a run with its metrics, a logged model with its files, and versions of that."""

import json
import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from mainline.errors import ConfigError
from mainline.package import schema
from mainline.package.pinned import METRICS, SIGNATURE, Pinned
from mainline.project import MODEL
from mainline.tools import stages

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel
    from mlflow.entities.model_registry import ModelVersion
    from mlflow.models import Model

PACKAGE, REQUIREMENTS = "pipeline", "requirements/service.txt"
# what MLflow calls: where it is now, and where projects from before the rooms have it
LOADERS = ("pipeline.model.mlflow_model", "pipeline.registered")
NAME = "model"


def key(pinned: Pinned) -> dict[str, str]:
    """The tags that say of a version or a logged model which one it is."""
    return {"mainline.commit": pinned.commit, "mainline.model": pinned.model}


def found(client: "MlflowClient", pinned: Pinned) -> "list[LoggedModel]":
    """What was uploaded of this commit and model before, to the last file; the first one first."""
    experiment = client.get_experiment_by_name(_experiment_name(pinned))
    if experiment is None:
        return []
    wanted = " AND ".join(f"tags.`{name}` = '{value}'" for name, value in key(pinned).items())
    uploaded = client.search_logged_models([experiment.experiment_id], filter_string=wanted)
    return sorted((each for each in uploaded if each.status == "READY"), key=lambda each: each.creation_timestamp)


def sources(model: "LoggedModel") -> tuple[str, str]:
    """What a version of a logged model may name as its source."""
    return f"models:/{model.model_id}", model.artifact_location


def version_of(client: "MlflowClient", name: str, model: "LoggedModel", tags: dict[str, str]) -> "ModelVersion":
    """Make a version of a logged model, with its tags in one step."""
    import mlflow

    one_server = mlflow.get_registry_uri() == mlflow.get_tracking_uri()  # another one knows files, no logged models
    source = sources(model)[0 if one_server else 1]
    known = {"run_id": model.source_run_id, "model_id": model.model_id if one_server else None}
    return client.create_model_version(name, source, tags=tags, await_creation_for=30, **known)


def upload(client: "MlflowClient", pinned: Pinned) -> "LoggedModel":
    """Upload the model; one that is not whole never counts as uploaded.

    Raises:
        StaleLock: a pinned file is nowhere to be had.
        ConfigError: the commit lacks the loader or the requirements.
    """
    from mlflow.entities import LoggedModelStatus, Metric
    from mlflow.models import Model

    metrics = json.loads(pinned.file(METRICS).read_text(encoding="utf-8"))
    now = int(time.time() * 1000)
    with _run(client, pinned) as (experiment, run):
        model = client.create_logged_model(experiment, NAME, source_run_id=run, tags=key(pinned))
        entry = Model(artifact_path=model.artifact_location, run_id=run, model_id=model.model_id)
        with _saved(pinned, entry) as folder:
            client.log_model_artifacts(model.model_id, str(folder))
        values = {name: float(value) for name, value in metrics.items() if math.isfinite(value)}
        entries = [Metric(f"dev_{name}", value, now, 0, model_id=model.model_id) for name, value in values.items()]
        client.log_batch(run, metrics=entries)
        return client.finalize_logged_model(model.model_id, LoggedModelStatus.READY)


@contextmanager
def _run(client: "MlflowClient", pinned: Pinned) -> Iterator[tuple[str, str]]:
    """A run that the model belongs to; it ends as the block does."""
    from mlflow.exceptions import MlflowException

    experiment = _experiment(client, _experiment_name(pinned))
    tags = {"mlflow.source.git.commit": pinned.commit, "mlflow.source.name": "mainline register"}
    run = client.create_run(experiment, run_name=pinned.tag, tags=tags)
    status = "FAILED"
    try:
        yield experiment, run.info.run_id
        status = "FINISHED"
    finally:
        with suppress(MlflowException):  # the model is whole or not, whatever its run is called
            client.set_terminated(run.info.run_id, status)


def _experiment(client: "MlflowClient", name: str) -> str:
    """An experiment's id; where there is none of this name, make it."""
    from mlflow.exceptions import MlflowException

    try:
        return str(client.create_experiment(name))
    except MlflowException as error:
        there = client.get_experiment_by_name(name) if error.error_code == "RESOURCE_ALREADY_EXISTS" else None
        if there is None:
            raise
        return str(there.experiment_id)


def _experiment_name(pinned: Pinned) -> str:
    return os.environ.get("MLFLOW_EXPERIMENT_NAME") or pinned.project.root.name


@contextmanager
def _saved(pinned: Pinned, entry: "Model") -> Iterator[Path]:
    """The model in MLflow's form: the commit's pipeline, the pinned files, signature, example and requirements."""
    import mlflow

    requirements = pinned.text(REQUIREMENTS)
    with TemporaryDirectory(prefix="mainline-") as name:
        folder = Path(name)
        stages.lay_out(pinned.commit, pinned.project.root, folder, [PACKAGE])
        loader = next((each for each in LOADERS if (folder / _path(each)).is_file()), None)
        if requirements is None or loader is None:
            needed = f"the commit {pinned.commit[:8]} lacks {REQUIREMENTS} and src/{_path(LOADERS[0])}"
            raise ConfigError(f"{needed}, by which MLflow loads the model; add them")
        (folder / "model").mkdir()
        for path in (MODEL, SIGNATURE):
            (folder / "model" / Path(path).name).write_bytes(pinned.file(path).read_bytes())
        mlflow.pyfunc.save_model(
            folder / "saved",
            mlflow_model=entry,
            loader_module=loader,
            data_path=str(folder / "model"),
            code_paths=[str(folder / PACKAGE)],
            signature=schema.signature(pinned),
            input_example=schema.example(pinned),
            pip_requirements=_pins(requirements),
        )
        yield folder / "saved"


def _path(module: str) -> str:
    return f"{module.replace('.', '/')}.py"


def _pins(requirements: str) -> list[str]:
    """The versions that a requirements file pins, without the hashes, which MLflow does not take."""
    return [line.rstrip(" \\") for line in requirements.splitlines() if line and line[0] not in " #-"]
