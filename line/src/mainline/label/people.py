"""What a person at this machine is called in labels/."""

import re
import unicodedata

from mainline.errors import ConfigError
from mainline.label import files
from mainline.project import Project


def named(project: Project, said: str | None) -> str:
    """The name of the person who labels: the one that is said, else git's user.name as a file's name.

    Raises:
        ConfigError: no file can be called that, or git knows none.
    """
    name = said if said is not None else of_git(project.git("config", "user.name", check=False))
    if not name:
        raise ConfigError("git knows no user.name that can name a file; say whose votes these are: --as NAME")
    if name.startswith(files.RULE):
        raise ConfigError(f"--as {name}: rules vote by --import; a person has a name of their own")
    if name != (plain := of_git(name)) and plain and not files.NAME.fullmatch(name):
        raise ConfigError(f"--as {name[:80]}: a name is in small letters, digits, dots and dashes; say --as {plain}")
    files.path(name)
    return name


def of_git(name: str) -> str:
    """A person's name in small letters, digits and dashes: Ana María is ana-maria; empty where none is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:64].strip("-")
