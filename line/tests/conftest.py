"""What the tests of the line and of the template may count on: projects to try it on; and which want an engine."""

import signal
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from xdist.scheduler import LoadScheduling, LoadScopeScheduling

from line.tests.mlflow_servers import postgresql, sqlite
from line.tests.projects import TOP, _libraries_once, _no_shared_record, built, change, one_cache, project, say

__all__ = [
    "_libraries_once",
    "_no_shared_record",
    "built",
    "change",
    "one_cache",
    "postgresql",
    "project",
    "root",
    "say",
    "sqlite",
]


SERVERS = {
    f"line/tests/{name}.py" for name in ("commands/test_register", "doctor/test_examine", "pipeline/test_tracking")
}


def pytest_configure() -> None:
    """Let Ctrl-C be heard by what the tests start, also where a shell began them in the background, deaf to it.

    And let no test be timed: on a busy machine a single example may take long.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    hypothesis.settings.register_profile("line", deadline=None)
    hypothesis.settings.load_profile("line")


class OneWorkerForServers(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist says no types of it
    """Test by test, whoever is free; but those that need MLflow's servers to one worker, which starts them once.

    Not by pytest-xdist's own groups: its 3.8 does not see them with pytest 9.2 (its issue 1386).
    """

    def _split_scope(self, nodeid: str) -> str:
        return "servers" if nodeid.partition("::")[0] in SERVERS else nodeid


@pytest.hookimpl(optionalhook=True)  # without the plug-in (`-p no:xdist`), nobody asks
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScheduling | LoadScopeScheduling | None:
    """Which worker runs what, where nobody asked for another way: `-n 2`."""
    return OneWorkerForServers(config, log) if config.getvalue("dist") == "load" else None


@pytest.fixture(scope="session")
def root() -> Path:
    """The template's root."""
    return TOP


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run what needs a container engine only where somebody asks for it: `pytest -m image`, as make test-image does.

    The longest tests come first, so that at the end no worker waits minutes for the other's last one.
    """
    items.sort(key=lambda item: not item.path.match("template/test_whole.py"))
    if "image" in config.option.markexpr:
        return
    left_out = [item for item in items if item.get_closest_marker("image")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
