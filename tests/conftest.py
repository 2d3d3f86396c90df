"""What every test may count on: the project's root."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's root."""
    return Path(__file__).parents[1]
