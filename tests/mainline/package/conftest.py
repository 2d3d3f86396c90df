"""Images are built and run only where somebody asks for it by name: `pytest -m image`, as `make test-image` does."""

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the tests of the image out of every run whose -m does not speak of them."""
    if "image" in config.option.markexpr:
        return
    left_out = [item for item in items if item.get_closest_marker("image")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
