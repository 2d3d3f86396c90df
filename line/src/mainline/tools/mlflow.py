"""The one door to MLflow: where it is, how long it may take, and its failure as one line.

MLFLOW_TRACKING_URI and MLFLOW_REGISTRY_URI say where; without them, mlflow.db in the project's root.
"""

import logging
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mainline.errors import ConfigError, ToolFailed

if TYPE_CHECKING:
    from mlflow import MlflowClient

LOCAL = "sqlite:///mlflow.db"
SETTINGS = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",  # the library's own defaults wait for minutes
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}


@contextmanager
def connected(root: Path) -> "Iterator[MlflowClient]":
    """Speak to the server, or to the file, of a project.

    Yields:
        A client; the current folder is the project's root.

    Raises:
        ConfigError: what says where is no address.
        ToolFailed: it cannot be reached, or says no.
    """
    for variable, value in SETTINGS.items():
        os.environ.setdefault(variable, value)
    import mlflow
    from alembic.util import CommandError
    from botocore.exceptions import BotoCoreError, ClientError
    from mlflow.exceptions import MlflowException
    from mlflow.store.db import utils as database
    from sqlalchemy.exc import SQLAlchemyError

    database.MAX_RETRY_COUNT = 3  # in less than a second; its own ten take two minutes
    for library in ("mlflow", "alembic"):
        logging.getLogger(library).setLevel(logging.ERROR)
    tracking, registry = _addresses()
    try:
        urlsplit(tracking), urlsplit(registry)
    except ValueError as error:
        raise ConfigError(f"MLFLOW_TRACKING_URI or MLFLOW_REGISTRY_URI: {where()}: not an address ({error})") from None
    try:
        with chdir(root), warnings.catch_warnings():  # a file's name is as seen from the root
            warnings.simplefilter("ignore")
            mlflow.set_tracking_uri(tracking)
            mlflow.set_registry_uri(registry)
            yield mlflow.MlflowClient()
    except (MlflowException, SQLAlchemyError, CommandError, OSError, ImportError, BotoCoreError, ClientError) as error:
        raise ToolFailed(f"MLflow at {where()}: {brief(error)}") from None


def where() -> str:
    """Where it is, without passwords."""
    tracking, registry = _addresses()
    return _without_password(tracking if registry == tracking else f"{tracking} and {registry}")


def brief(error: BaseException) -> str:
    """The first line of what MLflow says, of bounded length and without passwords."""
    text = re.sub(r"^[A-Z_]+: ", "", str(error).strip()) or type(error).__name__
    if "Max retries exceeded" in text:
        cause = re.search(r"Caused by (\w+)", text)
        return f"no answer ({cause[1] if cause else 'tried twice'}); is the address right, and the server up?"
    return _without_password(text.splitlines()[0])[:300]


def _addresses() -> tuple[str, str]:
    tracking = os.environ.get("MLFLOW_TRACKING_URI") or LOCAL
    return tracking, os.environ.get("MLFLOW_REGISTRY_URI") or tracking


def _without_password(text: str) -> str:
    return re.sub(r"://([^:/@\s]*):\S*@", r"://\1:***@", text)
