"""Which images an agent may run, where it is told to run only what deliver.yml has built from the default branch."""

from collections.abc import Callable
from pathlib import Path

from mainline.errors import ConfigError
from mainline.host import desired
from mainline.tools import github


def proof(repository: Path) -> Callable[[str], list[str]]:
    """The command that ends well for an image that GitHub holds to be built so.

    Args:
        repository: the agent's own, whose remote says what to run.

    Raises:
        ConfigError: the remote is no project on GitHub, or gh is not here.
    """
    project = github.repository(repository)
    if project is None or not github.here():
        why = "gh is not on PATH" if project else "the remote is no project on GitHub"
        raise ConfigError(f"--require-attested: {why}, so nobody can be asked what an image was built from")
    known: dict[str, str] = {}

    def command(image: str) -> list[str]:
        if "ref" not in known:
            known["ref"] = desired.branch(repository)
        asked = github.attestation(project, image, known["ref"])
        return ["env", *(f"{name}={value}" for name, value in github.UNATTENDED.items()), "gh", *asked]

    return command
