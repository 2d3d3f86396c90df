"""The line and the stages as a repository gets them: a wheel each, and the file that holds it to its hash."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from mainline.errors import ConfigError, ToolFailed
from mainline.init import source
from mainline.tools import process, stages

LINE = "requirements/line.txt"


def build(checkout: Path) -> dict[str, bytes]:
    """Build both wheels of a checkout of Mainline; answers them and what pins them, by their paths.

    Raises:
        ConfigError: the checkout cannot build them.
    """
    found: dict[str, bytes] = {}
    with TemporaryDirectory(prefix="mainline-") as folder:
        for name, pins in (("mainline", LINE), ("stages", stages.PINNED)):
            try:
                said = process.capture([sys.executable, source.WHEEL, folder, name], cwd=checkout)
            except ToolFailed as error:
                raise ConfigError(f"{checkout}: its wheels cannot be built ({error}); take a newer checkout") from None
            built = Path(said.strip())
            path, wheel = f"vendor/{built.name}", built.read_bytes()
            found |= {path: wheel, pins: stages.pin(path, wheel).encode()}
    return found
