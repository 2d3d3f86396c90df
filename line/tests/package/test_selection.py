"""Which runs of pytest build and run images: those that ask for it."""

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path("line/tests/package")

FILES = ("test_image.py", "test_bento.py", "test_alike.py")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "taken"),
    [
        ([], ["test_bento.py", "test_alike.py"]),
        (["-m", "slow and not smoke"], ["test_bento.py"]),
        (["-m", "not slow or smoke"], ["test_alike.py"]),
        (["-m", "image"], ["test_image.py"]),
    ],
    ids=["pytest", "make test-all", "make test", "make test-image"],
)
def test_images_are_built_where_it_is_asked_for(root: Path, options: list[str], taken: list[str]) -> None:
    """Tests of the image are left out, unless -m names them; then they are all there is."""
    files = [str(FOLDER / name) for name in FILES]
    command = [sys.executable, "-m", "pytest", "--collect-only", "-p", "no:cacheprovider", *options, *files]
    said = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    assert [name for name in FILES if f"{name}::" in said] == taken
