"""Keeps what the judge knows on the disk, whole or not at all."""

import os
from pathlib import Path

from mainline.errors import JudgeError


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all.

    Raises:
        JudgeError: it cannot be written; what was there before still is.
    """
    partial = path.with_name(f"{path.name}.partial")
    try:
        with partial.open("w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
    except OSError as error:
        raise JudgeError(f"{path}: cannot be written ({error.strerror})") from None
