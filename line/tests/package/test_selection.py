"""Which runs of pytest build and run images: those that ask for it."""

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path("line/tests/package")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "images", "others"),
    [([], False, True), (["-m", "not slow"], False, True), (["-m", "image"], True, False)],
    ids=["make test-all", "make test", "make test-image"],
)
def test_images_are_built_where_it_is_asked_for(root: Path, options: list[str], images: bool, others: bool) -> None:
    """Tests of the image are left out, unless -m names them; then they are all there is."""
    files = [str(FOLDER / name) for name in ("test_image.py", "test_alike.py")]
    command = [sys.executable, "-m", "pytest", "--collect-only", "-p", "no:cacheprovider", *options, *files]
    said = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    assert ("test_image.py::" in said, "test_alike.py::" in said) == (images, others)
