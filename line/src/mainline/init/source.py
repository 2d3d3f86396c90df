"""Where the line's files come from: the checkout that this `mainline` runs from, or another one that is named."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mainline.errors import ConfigError, ToolFailed
from mainline.tools import git

WHEEL = "line/wheel.py"
NEEDED = ("params.yaml", "dvc.yaml", "pyproject.toml", "requirements/dev.txt", WHEEL)


@contextmanager
def checkout(place: str | None) -> Iterator[Path]:
    """A checkout of Mainline, for as long as the block runs.

    Args:
        place: its folder, or the address of a git repository; by default the one that this code lies in.

    Raises:
        ConfigError: there is none.
    """
    own = Path(__file__).resolve().parents[4]
    if place is None or Path(place).is_dir():
        yield _checked(Path(place).resolve() if place else own, place)
        return
    with tempfile.TemporaryDirectory(prefix="mainline-") as folder:
        try:
            git.git("clone", "--quiet", "--depth", "1", "--", place, folder, root=Path.cwd())
        except ToolFailed as error:
            raise ConfigError(f"--from {place}: {error}") from None
        yield _checked(Path(folder), place)


def files(root: Path) -> dict[str, Path]:
    """The files of a checkout, as git has them, by their path in it."""
    listed = git.git("ls-files", "-z", root=root).split("\0")
    return {path: root / path for path in listed if (root / path).is_file()}


def _checked(root: Path, place: str | None) -> Path:
    whole = all((root / path).is_file() for path in NEEDED) and (root / ".git").exists()
    if whole and not (root / "mainline.mk").exists():
        return root
    if place is None:
        raise ConfigError(
            "this `mainline` is installed: it runs from no checkout of Mainline, out of which it could add files; "
            "name one, or Mainline's repository: --from FOLDER, or --from URL"
        )
    shown = re.sub(r"//[^/@]*@", "//", place)
    raise ConfigError(f"--from {shown}: no checkout of Mainline ({NEEDED[0]}, {NEEDED[-1]} and others, in git)")
