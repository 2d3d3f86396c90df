"""A cluster of one's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from line.tests.cluster.stage import Stage


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """A cluster with a pod of version a, which is production, and one of b, which is the canary."""
    made = Stage(tmp_path)
    (tmp_path / "kubeconfig").write_text(made.kubeconfig)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    yield made
    made.end()
