"""Where a project keeps the code of its stages and its service: in src/, or in a wheel that it holds to its hash."""

import hashlib
import io
import os
import re
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

from mainline.errors import ConfigError
from mainline.tools import archives, git

PACKAGES = ("pipeline", "service")
PINNED = "requirements/stages.txt"
"""Names the wheel of the packages that src/ does not have; `mainline init` writes it."""
MAKE_THE_MODEL = ("src/pipeline", PINNED)
"""What the model's code is changed by."""
PIN = re.compile(r"\./(?P<path>\S+\.whl) --hash=sha256:(?P<hash>[0-9a-f]{64})")


def pin(path: str, wheel: bytes) -> str:
    """The line of a requirements file that holds a project to a wheel in it."""
    return f"./{path} --hash=sha256:{hashlib.sha256(wheel).hexdigest()}\n"


def python_path(root: Path) -> str:
    """PYTHONPATH for a tree's own code, whichever the environment has: its src/ and after it, as it is, its wheel.

    Raises:
        ConfigError: the wheel is not the one that is pinned.
    """
    pinned = _pinned((root / PINNED).read_text(encoding="utf-8")) if (root / PINNED).exists() else None
    if pinned is None:
        return str(root / "src")
    path = root / pinned["path"]
    _checked(path.read_bytes() if path.is_file() else None, pinned)
    return os.pathsep.join([str(root / "src"), str(path)])


def lay_out(commit: str, root: Path, folder: Path, packages: Sequence[str] = PACKAGES) -> None:
    """Put packages into a folder, as a commit has them.

    Raises:
        ConfigError: the commit lacks one, or its wheel is not the one that it pins.
    """
    own = [each for each in packages if git.paths("ls-tree", "-z", commit, "--", f"src/{each}", root=root)]
    if own:
        archives.lay_out(commit, root, folder, *(f"src/{each}" for each in own))
        for each in own:
            shutil.move(folder / "src" / each, folder / each)
        (folder / "src").rmdir()
    if wheeled := tuple(f"{each}/" for each in packages if each not in own):
        with _wheel(commit, root) as wheel:
            for name in wheel.namelist():
                if name.startswith(wheeled):
                    wheel.extract(name, folder)


def _wheel(commit: str, root: Path) -> zipfile.ZipFile:
    """The wheel that a commit pins, as the commit has it."""
    text = git.show(commit, PINNED, root)
    if text is None:
        raise ConfigError(f"the commit {commit[:8]} has no src/pipeline or no src/service, and no {PINNED} beside it")
    pinned = _pinned(text)
    there = git.paths("ls-tree", "-z", commit, "--", pinned["path"], root=root)
    content = git.git_bytes("show", f"{commit}:{pinned['path']}", root=root) if there else None
    try:
        return zipfile.ZipFile(io.BytesIO(_checked(content, pinned)))
    except zipfile.BadZipFile:
        raise ConfigError(f"{pinned['path']}: the commit {commit[:8]} pins it, and it is no wheel") from None


def _pinned(text: str) -> re.Match[str]:
    found = PIN.fullmatch(text.strip())
    if not found:
        raise ConfigError(f"{PINNED}: is not one line ./vendor/NAME.whl --hash=sha256:...; git has it as it was")
    return found


def _checked(wheel: bytes | None, pinned: re.Match[str]) -> bytes:
    """The wheel, if it is the pinned one."""
    if wheel is None or hashlib.sha256(wheel).hexdigest() != pinned["hash"]:
        what = f"not here, and {PINNED} pins it" if wheel is None else f"not the file that {PINNED} pins"
        mend = f"git checkout HEAD -- {pinned['path']} {PINNED}"
        raise ConfigError(f"{pinned['path']}: {what}; get both as they were: {mend}")
    return wheel
