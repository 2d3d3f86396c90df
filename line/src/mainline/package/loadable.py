"""Whether the image gets the packages that the model is made of: both as the commit has them."""

from mainline import ui
from mainline.dependencies import served
from mainline.errors import ConfigError
from mainline.package import requirements
from mainline.package.pinned import SIGNATURE, Pinned


def require(pinned: Pinned) -> None:
    """Refuse a commit whose image could not load its model; a signature of before says nothing of packages.

    Raises:
        ConfigError: naming the package, and the command that mends it.
        StaleLock: the model's signature is nowhere to be had.
    """
    needed = served.recorded(pinned.file(SIGNATURE).read_text(encoding="utf-8", errors="replace"))
    if not needed or pinned.text(requirements.FILE) is None:
        return
    there = {name: each.version for each in requirements.of(pinned) for name in served.names([each.name])}
    for name, version in needed.items():
        if name not in there:
            raise ConfigError(
                f"{requirements.FILE}: the commit {pinned.commit[:8]} has no {name} there, which its model needs, and "
                f"its image could not load it; run `mainline add {name}` and commit"
            )
        if there[name] != version:
            ui.warn(f"{name}: the model was trained with {version}, and the image gets {there[name]}")
