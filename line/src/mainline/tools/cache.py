"""DVC's cache: files under the hash of their content, each held to it before it is used.

DVC takes a file that is read-only there for whole, and a power cut or a copy that was killed can leave a part of one.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from tempfile import mkstemp
from typing import Any

from mainline import ui
from mainline.errors import Refused
from mainline.tools import dvc

HASH = re.compile(r"[0-9a-f]{32}(\.dir)?")


def folder(root: Path) -> Path:
    """Where it is: files by their content hashes, below a folder of the first two letters."""
    with dvc.opened(root) as repo:
        return Path(repo.cache.local.path)


def place(cache: Path, content: str) -> Path:
    """Where a cache has a content."""
    return cache / content[:2] / content[2:]


def whole(path: Path, content: str) -> bool:
    """Whether a file is there and has this content, a folder's list among them."""
    return dvc.md5(path) == content.removesuffix(".dir")


def put(path: Path, cache: Path, content: str) -> bool:
    """Copy a file into a cache, whole or not at all, however many do so at once; what is there and whole stays.

    Returns:
        Whether the cache has the content now; not where the file is another.
    """
    target = place(cache, content)
    if whole(target, content):
        return True
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, partial = mkstemp(prefix=f"{target.name}.", suffix=".partial", dir=target.parent)
    try:
        found = hashlib.md5(usedforsecurity=False)
        with open(handle, "wb") as copy, path.open("rb") as stream:
            while part := stream.read(2**20):
                found.update(part)
                copy.write(part)
            copy.flush()
            os.fsync(handle)  # a name that is there after a power cut has its content
        if found.hexdigest() != content.removesuffix(".dir"):
            return False
        os.chmod(partial, 0o444)  # as DVC has it: nobody edits it through a link
        os.replace(partial, target)
        return True
    finally:
        Path(partial).unlink(missing_ok=True)


def listed(path: Path) -> dict[str, str]:
    """The contents of a folder's files, by their paths in it, as its list in the cache says.

    Raises:
        Refused: it is no such list, or one of its paths leads out of the folder.
    """
    try:
        found = {str(each["relpath"]): str(each["md5"]) for each in json.loads(path.read_bytes())}
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Refused(f"{path}: no list of a folder's files as DVC writes it") from None
    for name, content in found.items():
        parts = PurePosixPath(name)
        if parts.is_absolute() or not parts.parts or ".." in parts.parts or "\\" in name or not HASH.fullmatch(content):
            raise Refused(f"{path}: names {name[:80]!r}, which is no file of the folder")
    return found


def files(cache: Path, out: Any) -> Iterator[tuple[str, Path]]:
    """The contents that an output is pinned to, and where each belongs in the tree; of a folder first its list.

    Raises:
        Refused: the folder's list leads out of it.
    """
    if not out.hash_info or out.hash_info.name != "md5":
        return
    content, path = out.hash_info.value, Path(out.fs_path)
    yield content, path
    if out.hash_info.isdir and whole(place(cache, content), content):
        for name, each in listed(place(cache, content)).items():
            yield each, path / name


def drop_torn(repo: Any, outs: list[Any]) -> None:
    """Take out of the cache what is not the content of its name; from the tree it comes again, where that has it.

    Raises:
        Refused: a folder's list leads out of it.
    """
    cache = Path(repo.cache.local.path)
    for out in outs:
        for content, path in files(cache, out):
            kept = place(cache, content)
            if kept.exists() and not whole(kept, content):
                ui.warn(f"{kept}: its content is not that of its name; taken out of the cache")
                kept.unlink(missing_ok=True)  # somebody else may have seen it too
                if path.is_file():
                    put(path, cache, content)


def drop_changed(repo: Any, outs: list[Any]) -> None:
    """Take out of the tree the files of outputs that are not the pinned ones, whatever DVC has noted of them."""
    for out in outs:
        for content, path in files(Path(repo.cache.local.path), out):
            if path.is_file() and not whole(path, content):
                path.unlink()
