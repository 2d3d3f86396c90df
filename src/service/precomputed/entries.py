"""What stands in a store: by the digest of a row's values, what one version of the model answers to the row alone.

The key is made of the values as the model reads them, not of an id: a row whose values changed since is another key, so
that it is predicted; nobody has to send an id, and no id lies in the store. A version is all that answers depend on, so
that the answers of another model, or of other code, are never taken for this one's.
"""

import hashlib
import platform
import zlib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

import pipeline
from pipeline.model.inputs import Inputs

LIBRARIES = ("numpy", "pandas", "scikit-learn", "scipy", "lightgbm", "xgboost", "xgboost-cpu", "catboost")
CODE = (Path(pipeline.__file__).parent, Path(__file__).parents[1])
KEY, SUM = 16, 4  # bytes of a key, and of the checksum that is before an answer


def version_of(folder: Path) -> str:
    """The version that the model in a folder is, here: its files, the code that reads rows for it, and the libraries.

    Raises:
        OSError: a file of it is not there.
    """
    seen = hashlib.sha256()
    files = [folder / "signature.json", folder / "model.skops"]
    for root in CODE:
        files += sorted(root.rglob("*.py"))
    for path in files:
        content = path.read_bytes()
        seen.update(f"{path.name} {len(content)}\n".encode() + content)
    seen.update(repr([platform.machine(), *map(_installed, LIBRARIES)]).encode())
    return seen.hexdigest()[:32]


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def keys_of(inputs: Inputs) -> list[bytes]:
    """The key of each row."""
    numbers = np.where(np.isnan(inputs.numbers), np.nan, inputs.numbers)  # of all that are not numbers, one
    fixed = np.hstack([numbers.astype("<f8").view("<i8"), inputs.dates.view("i8").astype("<i8")])
    return [_digest(row, words) for row, words in zip(fixed, _words(inputs.words), strict=True)]


def _digest(row: np.ndarray, words: bytes) -> bytes:
    return hashlib.blake2b(row.tobytes() + words, digest_size=KEY).digest()


def _words(words: np.ndarray) -> Iterator[bytes]:
    """The words of each row, each with its length before it, so that no two rows say the same."""
    for row in words.tolist():
        said = [b"" if word is None else str(word).encode("utf-8", "surrogatepass") for word in row]
        gaps = [-1 if word is None else len(each) for word, each in zip(row, said, strict=True)]
        yield b"".join(b"%d:%b" % pair for pair in zip(gaps, said, strict=True))


def packed(key: bytes, values: np.ndarray) -> bytes:
    """An answer as it is stored: its numbers, to the bit, behind a checksum of them and of the key."""
    content = values.astype("<f8").tobytes()
    return zlib.crc32(key + content).to_bytes(SUM, "little") + content


def unpacked(key: bytes, stored: bytes | None, width: int) -> np.ndarray | None:
    """The numbers of an answer; None where there is none, or where it was damaged.

    Args:
        width: how many numbers an answer has.
    """
    if stored is None or len(stored) != SUM + 8 * width:
        return None
    content = stored[SUM:]
    if zlib.crc32(key + content).to_bytes(SUM, "little") != stored[:SUM]:
        return None
    return np.frombuffer(content, "<f8").astype(np.float64)
