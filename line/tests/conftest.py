"""What the tests of the line and of the template may count on: projects to try it on; and which want an engine."""

import signal
from pathlib import Path

import pytest

from line.tests.mlflow_servers import postgresql, sqlite
from line.tests.projects import TOP, _no_shared_record, built, change, one_cache, project, say

__all__ = ["_no_shared_record", "built", "change", "one_cache", "postgresql", "project", "root", "say", "sqlite"]


def pytest_configure() -> None:
    """Let Ctrl-C be heard by what the tests start, also where a shell began them in the background, deaf to it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def root() -> Path:
    """The template's root."""
    return TOP


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run what needs a container engine only where somebody asks for it: `pytest -m image`, as make test-image does."""
    if "image" in config.option.markexpr:
        return
    left_out = [item for item in items if item.get_closest_marker("image")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
