"""What every test may count on: the project's root, and a marker for the slow ones."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def pytest_configure(config: pytest.Config) -> None:
    """Know the marker even where pyproject.toml is not read."""
    if not any(line.startswith("slow") for line in config.getini("markers")):
        config.addinivalue_line("markers", "slow: starts servers or whole builds")


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's root."""
    return ROOT
