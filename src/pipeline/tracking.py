"""Records a finished run in MLflow: parameters, metrics, model, dataset and git commit.

MLFLOW_TRACKING_URI says where; without it, mlflow.db in the project's root. A server that does not answer costs
the record, not the model: the stage says so and goes on.
"""

import logging
import os
import re
import shutil
import subprocess
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline import stop
from pipeline.errors import brief, without_password
from pipeline.model import saving
from pipeline.model.signature import Signature
from pipeline.params import Params
from pipeline.table import tables
from pipeline.table.tables import ROW_ID

LOCAL = "sqlite:///mlflow.db"


def record(params: Params, signature: Signature, values: dict[str, float]) -> str:
    """Write one run; answer a line that says where, or why not."""

    def log() -> str:
        with _run() as name:
            _log(params, signature, values)
        return name

    return reached(log)


def reached(log: Callable[[], str]) -> str:
    """Let `log` write to MLflow, and say under which name; answer a line that says where, or why not."""
    for variable, bound in {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}.items():
        os.environ.setdefault(variable, bound)  # the library's own defaults wait for minutes
    for variable in ("MLFLOW_DISABLE_TELEMETRY", "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"):
        os.environ.setdefault(variable, "true")
    import mlflow
    from alembic.util import CommandError
    from botocore.exceptions import BotoCoreError, ClientError
    from mlflow.store.db import utils as database
    from sqlalchemy.exc import SQLAlchemyError

    database.MAX_RETRY_COUNT = 3  # in less than a second; its own ten take two minutes
    for library in ("mlflow", "alembic"):
        logging.getLogger(library).setLevel(logging.ERROR)
    uri = os.environ.get("MLFLOW_TRACKING_URI") or LOCAL
    mlflow.set_tracking_uri(uri)
    where = without_password(uri)
    try:
        mlflow.set_experiment(experiment())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            name = log()
    except (
        *(mlflow.exceptions.MlflowException, SQLAlchemyError, CommandError, BotoCoreError, ClientError),
        *(OSError, ImportError),  # the latter: a database's driver that is not installed
    ) as error:
        return f"NOT recorded in MLflow at {where}: {brief(error)}"
    return f"recorded in MLflow at {where} as {name}"


def experiment() -> str:
    """Where runs are recorded: the folder's name, where nothing else is said."""
    return os.environ.get("MLFLOW_EXPERIMENT_NAME") or Path.cwd().name


@contextmanager
def _run() -> Iterator[str]:
    """A run, by its name, that ends as the block does: FINISHED, FAILED, or KILLED where the stage was told to stop."""
    import mlflow
    from mlflow.entities import LoggedModelStatus

    with stop.held():
        run = mlflow.start_run()
        status = "KILLED"
    try:
        yield str(run.info.run_name)
        status = "FINISHED"
    except Exception:
        status = "FAILED"
        raise
    finally:
        with stop.held():
            mlflow.end_run(status)
            if status == "KILLED":  # MLflow itself ends what it was about to save only at an error
                client = mlflow.MlflowClient()
                for model in client.search_logged_models([run.info.experiment_id]):
                    if (model.source_run_id, model.status) == (run.info.run_id, LoggedModelStatus.PENDING):
                        client.finalize_logged_model(model.model_id, LoggedModelStatus.FAILED)


def _log(params: Params, signature: Signature, values: dict[str, float]) -> None:
    import mlflow
    from mlflow.data.code_dataset_source import CodeDatasetSource
    from mlflow.data.pandas_dataset import from_pandas

    source = without_password(params.data.source)
    train = tables.read("data/train.parquet")
    fitted = saving.load(trusted=signature.trusted)
    mlflow.set_tags(commit())
    mlflow.log_params(flat(params.model_dump(by_alias=True, mode="json")) | {"data.source": source})
    mlflow.log_metrics({f"dev_{name}": value for name, value in values.items()})
    origin = CodeDatasetSource(tags={"data.source": source})  # MLflow resolves files and URLs only, not sklearn:digits
    mlflow.log_input(from_pandas(train, source=origin, targets=signature.target), context="training")
    example = train.drop(columns=[ROW_ID, signature.target]).head(3)
    inputs = signature.conform(example)
    mlflow.sklearn.log_model(
        fitted,
        name="model",
        serialization_format="skops",
        skops_trusted_types=saving.types(trusted=signature.trusted),
        signature=mlflow.models.infer_signature(inputs, fitted.predict(inputs)),
        pip_requirements=["scikit-learn", "skops", "pandas"],  # stated: inferring them starts a process and takes long
    )
    mlflow.log_artifact("models/signature.json")


def commit() -> dict[str, str]:
    """The commit the run was made from, and whether files had changed since."""

    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], capture_output=True, text=True, check=False).stdout.strip()

    if shutil.which("git") is None:
        return {}
    head = git("rev-parse", "HEAD")
    return {"mlflow.source.git.commit": head, "git.dirty": str(bool(git("status", "--porcelain")))} if head else {}


def flat(values: dict[str, object], prefix: str = "") -> dict[str, object]:
    """Nested parameters under dotted names, without those that say nothing."""
    found: dict[str, object] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            found |= flat(value, f"{prefix}{name}.")
        elif value not in (None, [], ()):
            found[re.sub(r"[^\w.\- /:]", "_", prefix + name)] = str(value)[:500]  # MLflow's alphabet
    return found
