"""Which runs of pytest build and run images, or start a cluster: those that ask for it."""

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path("line/tests")

FILES = ("package/test_image.py", "package/test_bento.py", "package/test_alike.py", "kubernetes/test_play.py")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "taken"),
    [
        ([], ["package/test_bento.py", "package/test_alike.py"]),
        (["-m", "slow and not smoke"], ["package/test_bento.py"]),
        (["-m", "not slow or smoke"], ["package/test_alike.py"]),
        (["-m", "image"], ["package/test_image.py"]),
        (["-m", "cluster"], ["kubernetes/test_play.py"]),
    ],
    ids=["pytest", "make test-all", "make test", "make test-image", "make test-cluster"],
)
def test_images_are_built_where_it_is_asked_for(root: Path, options: list[str], taken: list[str]) -> None:
    """Tests of the image and of the cluster are left out, unless -m names them; then they are all there is."""
    files = [str(FOLDER / name) for name in FILES]
    command = [sys.executable, "-m", "pytest", "--collect-only", "-p", "no:cacheprovider", *options, *files]
    said = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    assert [name for name in FILES if f"{name}::" in said] == taken
