"""A remote to send profiles to, hosts that count, and the project's own services."""

from collections.abc import Callable
from pathlib import Path

import pytest

from line.tests.monitor.profiles.hosts import Counter
from mainline.monitor.profiles import profile
from mainline.monitor.profiles.profile import Profiles
from mainline.tools import git
from tests.service.conftest import folders, start

__all__ = ["folders", "start"]


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """A bare repository."""
    git.git("init", "--quiet", "--bare", str(tmp_path / "remote.git"), root=tmp_path)
    return tmp_path / "remote.git"


@pytest.fixture
def host(tmp_path: Path, remote: Path) -> Callable[[str], Counter]:
    """A host by its name, made where it is new."""

    def make(name: str) -> Counter:
        repository = tmp_path / name / "repo.git"
        if not repository.exists():
            git.git("init", "--quiet", "--bare", str(repository), root=tmp_path)
            git.git("remote", "add", "origin", str(remote), root=repository)
        return Counter(tmp_path / name)

    return make


@pytest.fixture
def counter(host: Callable[[str], Counter]) -> Counter:
    """The only host."""
    return host("a")


@pytest.fixture
def sent(remote: Path) -> Callable[[], Profiles]:
    """What the branch says now."""
    return lambda: profile.read(remote)
