"""A made-up word in private cells, and looking for it in whatever a project leaves behind."""

import base64
import gzip
import io
import random
import sqlite3
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from mainline.tools import git

WORD, PLAIN = "quizzlebrack", "vorpalwise"
"""In private cells; and in cells of a column that is not, so that looking is known to find."""
KEY = "0123456789abcdef" * 4


def texts(path: Path) -> Iterator[bytes]:
    """What a file says: as it is, and unpacked."""
    content = path.read_bytes()
    yield content
    if content[:4] == b"PAR1":
        table = pq.read_table(io.BytesIO(content))
        yield table.to_pandas().to_csv().encode() + repr(table.schema.metadata).encode()
    elif content[:16] == b"SQLite format 3\0":
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as store:
            yield "\n".join(store.iterdump()).encode()
    elif content[:2] == b"\x1f\x8b":
        yield gzip.decompress(content)
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            yield from map(packed.read, packed.namelist())


def forms(word: str) -> set[bytes]:
    """A word as files may hold it."""
    plain = word.encode()
    shifts = (base64.b64encode(b"x" * shift + plain)[4:-4] for shift in range(3))
    return {plain, plain.upper(), plain.hex().encode(), plain.title(), *shifts}


def holding(word: str, *folders: Path) -> set[str]:
    """The files below some folders that hold a word in any form; and git's objects."""
    wanted, found = forms(word), set()
    for folder in folders:
        for path in (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()):
            if any(each in text for text in texts(path) for each in wanted):
                found.add(str(path.relative_to(folder)))
        if (folder / ".git").exists():
            objects = git.git_bytes("cat-file", "--batch-all-objects", "--batch", root=folder)
            found |= {".git"} if any(each in objects for each in wanted) else set()
    return found


def rows(count: int = 300) -> list[dict[str, object]]:
    """People; whether they stay depends on their age. Names, addresses and numbers are nobody's business."""
    draw = random.Random(0)
    people: list[dict[str, object]] = []
    for number in range(count):
        age = draw.randint(18, 90)
        hidden = {"who": f"{WORD}-{number}", "email": f"{number}@{WORD}.org", "ssn": f"{WORD} {number % 40}"}
        hidden["club"] = f"{WORD} {'xyz'[number % 3]}"  # a model would learn it
        likes = f"{PLAIN} {'a' if number % 3 else 'b'}"
        people.append(hidden | {"age": age, "likes": likes, "stays": "yes" if age + draw.gauss(0, 9) > 50 else "no"})
    return people


def write(table: Path, people: list[dict[str, object]]) -> None:
    """Write a table, in a folder of its own."""
    table.parent.mkdir(exist_ok=True)
    lines = [",".join(people[0]), *(",".join(map(str, each.values())) for each in people)]
    table.write_text("\n".join(lines) + "\n")


def about(table: Path) -> dict[str, dict[str, Any]]:
    """What params.yaml says of that table, where a project of digits stood."""
    private = {"who": "hash", "email": "drop", "ssn": "hash", "club": "hash"}
    return {
        "data": {"source": str(table), "target": "stays", "rows": None, "id": "who", "private": private},
        "validate": {"rules": {}},
        "split": {"group": "ssn"},
        "service": {"private": []},
    }
