"""Answers out of the store where it has them, else of the model; whatever becomes of the store, there is an answer.

A key is made of a row's values as the model reads them, not of an id: a row whose values changed since is another key,
so that it is predicted; nobody has to send an id, and no id lies in the store. A version is all that answers depend on,
so that the answers of another model, or of other code, are never taken for this one's.

A request of one row looks there. One of several does where the model is one of trees, and was found to answer rows
alike alone and in company: for other models the last bits of an answer depend on the rows beside it, and no answer out
of the store may differ from a predicted one. A store that fails, or is not there in time, is left alone for a while.
"""

import asyncio
import hashlib
import logging
import platform
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Protocol

import numpy as np

import pipeline
from pipeline.model.inputs import Inputs
from pipeline.model.signature import Signature
from service.precomputed import Facts, Store, StoreError, open_store, shown
from service.predict.engine import Answers, Engine

LIBRARIES = ("numpy", "pandas", "scikit-learn", "scipy")  # and those of the model's own
CODE = (Path(pipeline.__file__).parent, Path(__file__).parents[1])
KEY, SUM = 16, 4  # bytes of a key, and of the checksum that is before an answer
LOOK_AGAIN = 1.0  # seconds after which it is asked whether the store has other answers now
PAUSE = 5.0  # seconds for which a store that failed is left alone
MOST_SECONDS, PER_ROW = 0.05, 1e-4  # that a request waits for a store, and for each of its rows
FEW = 100  # rows that are looked up on the spot
log = logging.getLogger("service")


def version_of(folder: Path) -> str:
    """The version that the model in a folder is, here: its files, the code that reads rows for it, and the libraries.

    Raises:
        OSError: a file of it is not there.
        DataError: its signature cannot be read.
    """
    seen = hashlib.sha256()
    files = [folder / "signature.json", folder / "model.skops"]
    for root in CODE:
        files += sorted(root.rglob("*.py"))
    for path in files:
        content = path.read_bytes()
        seen.update(f"{path.name} {len(content)}\n".encode() + content)
    packages = Signature.load(folder / "signature.json").packages or ()
    seen.update(repr([platform.machine(), *map(_installed, (*LIBRARIES, *packages))]).encode())
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


class Counts(Protocol):
    """Counts rows, by what came of looking for them; and shows whether there is nothing to look in."""

    def looked(self, *rows: int) -> None:
        """Count hits, misses, and rows that were not looked for."""

    def lacks(self, answers: bool) -> None:
        """Show whether the store is away, or has no answers of this version."""


class First:
    """Looks in a store before it asks the engine."""

    def __init__(self, store: Store, where: str, engine: Engine, counts: Counts) -> None:
        """Args: where the store is, as the log names it."""
        self._store, self._where, self._engine, self._counts = store, where, engine, counts
        self._width = 1 if engine.classes is None else len(engine.classes)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="precomputed")
        self._facts: Facts | None = None
        self._told = ""
        self._next_facts = self._again = -np.inf
        self._counts.lacks(True)

    @classmethod
    def at(cls, address: str, folder: Path, engine: Engine, counts: Counts) -> "First":
        """The store at an address, for the model in a folder."""
        first = cls(open_store(address, version_of(folder)), shown(address), engine, counts)
        first._thread.submit(first._look, [])  # so that the log says at the start what there is
        return first

    async def predict(self, inputs: Inputs, *, counted: bool = True) -> Answers:
        """Answer for rows.

        Raises:
            ModelError: the model fails on those that are not in the store.
        """
        found = await self._find(inputs)
        absent = [place for place, values in enumerate(found) if values is None]
        if counted:
            self._count(len(inputs), len(found), len(absent))
        if len(absent) == len(found):  # or there is nothing of the store's
            return await self._engine.predict(inputs)
        values = np.empty((len(inputs), self._width))
        if absent:
            rest = Inputs(inputs.numbers[absent], inputs.dates[absent], inputs.words[absent])
            said = await self._engine.predict(rest)
            values[absent] = said.values.reshape(len(absent), self._width)
        for place, own in enumerate(found):
            if own is not None:
                values[place] = own
        if self._engine.classes is None:
            return Answers(None, values[:, 0])
        return Answers(values.argmax(axis=1), values)

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown(wait=False)

    async def _find(self, inputs: Inputs) -> list[np.ndarray | None]:
        """The answers that there are; an empty list where the store is not looked in."""
        if time.monotonic() < self._again or not self._may(len(inputs)):
            return []
        if self._store.at_once and len(inputs) <= FEW:
            return self._look(keys_of(inputs))
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(MOST_SECONDS + PER_ROW * len(inputs)):
                return await loop.run_in_executor(self._thread, lambda: self._look(keys_of(inputs)))
        except TimeoutError:
            self._leave_alone("does not answer in time")
            return []

    def _may(self, rows: int) -> bool:
        """Whether answers out of the store are those that the model would give, as far as is known."""
        return rows == 1 or self._facts is None or self._facts.together

    def _look(self, keys: list[bytes]) -> list[np.ndarray | None]:
        try:
            if time.monotonic() >= self._next_facts:
                self._facts = self._store.facts()
                self._next_facts = time.monotonic() + LOOK_AGAIN
                self._tell_facts()
            if self._facts is None or not self._may(len(keys)):
                return []
            stored = self._store.find(keys) if keys else []
        except StoreError as error:
            self._leave_alone(str(error))
            return []
        return [unpacked(key, each, self._width) for key, each in zip(keys, stored, strict=True)]

    def _tell_facts(self) -> None:
        about = self._facts
        self._counts.lacks(about is None)
        if about is None:
            self._tell("holds no answers of this version; its rows are predicted")
        else:
            self._tell(f"holds {about.rows:,} answers of this version")

    def _leave_alone(self, why: str) -> None:
        self._again, self._next_facts = time.monotonic() + PAUSE, -np.inf
        self._facts = None
        self._counts.lacks(True)
        self._tell(f"cannot be read ({why}); rows are predicted, and it is tried again every {PAUSE:g} s")

    def _tell(self, what: str) -> None:
        """A line in the log, once for as long as it holds."""
        if what != self._told:
            self._told = what
            log.warning("precomputed answers: %s %s", self._where, what)

    def _count(self, rows: int, looked: int, absent: int) -> None:
        self._counts.looked(looked - absent, absent, rows - looked)
