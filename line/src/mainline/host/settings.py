"""The settings that a host works by: main's params.yaml, as it was last understood."""

import os
from pathlib import Path

from mainline import config
from mainline.host.desired import PARAMS
from mainline.host.model import Rules


class Settings:
    """The section canary: of the last params.yaml that made sense."""

    def __init__(self, folder: Path) -> None:
        """Args: the agent's folder, which keeps the file.

        Raises:
            ConfigError: what is kept there is not understood any more.
        """
        self._folder = folder
        self.canary = _canary(folder / PARAMS) if (folder / PARAMS).exists() else config.Canary()

    @property
    def rules(self) -> Rules:
        """How a candidate comes to production."""
        return Rules(self.canary.strategy, self.canary.share, self.canary.steps)

    def take(self, params: str) -> None:
        """Go by another params.yaml from now on.

        Raises:
            ConfigError: it is not understood; the settings stay.
            OSError: it cannot be kept; the settings stay.
        """
        path, trial = self._folder / PARAMS, self._folder / "params"
        if path.exists() and path.read_text(encoding="utf-8") == params:
            return
        trial.mkdir(exist_ok=True)
        (trial / PARAMS).write_text(params, encoding="utf-8")
        found = _canary(trial / PARAMS)
        os.replace(trial / PARAMS, path)
        self.canary = found


def _canary(path: Path) -> config.Canary:
    return config.parsed(config.read(path), config.Canary)
