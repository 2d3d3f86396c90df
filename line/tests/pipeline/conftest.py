"""The project's own settings, tables and folder, for what takes its stages further than a project's tests do."""

import os
from collections.abc import Iterator

import pytest

from tests.pipeline.conftest import folder, mixed, numbers, settings

__all__ = ["folder", "mixed", "mlflow_as_it_was", "numbers", "settings"]


@pytest.fixture
def mlflow_as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a recording sets for the process (server, experiment, environment) is undone."""
    import mlflow

    monkeypatch.setattr(os, "environ", os.environ.copy())
    monkeypatch.setattr("mlflow.tracking.fluent._active_experiment_id", None)
    yield
    mlflow.set_tracking_uri(None)
