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
"""What needs MLflow's servers."""
TOGETHER = {
    f"line/tests/{name}.py"
    for name in (
        "gate/test_retrained",
        "prove/test_prove",
        "report/test_comment",
        "report/test_in_a_browser",
        "report/test_page",
        "service/test_bodies",
        "service/test_clients",
        "service/test_contract",
        "service/test_keys",
        "service/test_serve",
        "template/test_refusals",
        "template/test_upgrade",
    )
}
"""What starts a server, a browser or a build once for all the tests of a file, and has few of them."""
LONGEST = ("template/test_whole.py", "repository/test_example_reviews.py", "host/test_faults.py", "host/test_whole.py")
ASKED_FOR = ("image", "cluster")
WAITING = "line/tests/host/"
"""Tests that leave the processor to others half of their time: they wait for clocks, agents and routers."""


def pytest_configure() -> None:
    """Let Ctrl-C be heard by what the tests start, also where a shell began them in the background, deaf to it.

    And let no test be timed: on a busy machine a single example may take long.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    hypothesis.settings.register_profile("line", deadline=None)
    hypothesis.settings.load_profile("line")


class OneWorkerForServers(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist says no types of it
    """Test by test, whoever is free; but those that need the same servers to one worker, which starts them once.

    Not by pytest-xdist's own groups: its 3.8 does not see them with pytest 9.2 (its issue 1386).
    """

    def _split_scope(self, nodeid: str) -> str:
        name = nodeid.partition("::")[0]
        return "servers" if name in SERVERS else name if name in TOGETHER else nodeid


@pytest.hookimpl(optionalhook=True)  # without the plug-in (`-p no:xdist`), nobody asks
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScheduling | LoadScopeScheduling | None:
    """Which worker runs what, where nobody asked for another way: `-n 2`."""
    return OneWorkerForServers(config, log) if config.getvalue("dist") == "load" else None


@pytest.fixture(scope="session")
def root() -> Path:
    """The template's root."""
    return TOP


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run what needs a container engine or a cluster only where somebody asks for it: by `-m image`, or `-m cluster`.

    The longest tests come first, so that at the end no worker waits minutes for the other's last one.
    """
    if hasattr(config, "workerinput"):  # where others work beside it
        items[:] = spread(items)
    unasked = [name for name in ASKED_FOR if name not in config.option.markexpr]
    left_out = [item for item in items if any(item.get_closest_marker(name) for name in unasked)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def spread(items: list[pytest.Item]) -> list[pytest.Item]:
    """The longest first; then those that mostly wait, evenly among those that keep a processor busy."""
    longest = [item for item in items if item.path.as_posix().endswith(LONGEST)]
    others = [item for item in items if item not in longest]
    places = {}
    for waiting in (True, False):
        of_a_kind = [item for item in others if item.nodeid.startswith(WAITING) == waiting]
        places |= {item: place / len(of_a_kind) for place, item in enumerate(of_a_kind)}
    return longest + sorted(others, key=lambda item: places[item])
