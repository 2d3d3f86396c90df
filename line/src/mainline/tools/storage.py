"""Where the files are that dvc.lock pins: in the tree, in DVC's cache, in its remote."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mainline import ui
from mainline.errors import MAKE, ConfigError, StaleLock, ToolFailed
from mainline.tools import cache, dvc, process


def require_whole(root: Path) -> None:
    """Refuse outputs in the tree that are not the pinned ones to the byte: DVC goes by what it has noted of them.

    Raises:
        StaleLock: naming the first, and the command that mends it.
    """
    with dvc.opened(root) as repo:
        folder = Path(repo.cache.local.path)
        for out in repo.index.outs:
            for content, path in cache.files(folder, out) if out.stage.cmd else ():
                if path.is_file() and not cache.whole(path, content):
                    name = os.path.relpath(path, root)
                    said = f"{name}: its content is not the one that {dvc.LOCK} pins, as after a crash"
                    raise StaleLock(f"{said}; run `mainline outputs restore`")


def cached(content: str, root: Path) -> Path | None:
    """A file of this content in the cache; None where it has none that is whole."""
    path = cache.place(cache.folder(root), content)
    return path if cache.whole(path, content) else None


def fetch(root: Path, contents: Sequence[str]) -> None:
    """Bring files that the cache lacks from the default remote, where one is set up, by their content hashes.

    Raises:
        ToolFailed: it cannot be asked.
    """
    from dvc_data.hashfile.hash_info import HashInfo

    with dvc.opened(root) as repo, asked():
        wanted = [HashInfo("md5", content) for content in contents if not repo.cache.local.exists(content)]
        if wanted and repo.config["remote"]:
            repo.cloud.pull(wanted)


def keep(root: Path, files: dict[str, Path]) -> None:
    """Put files into the cache, by their content hashes; what is there already, and whole, stays."""
    folder = cache.folder(root)
    for content, path in files.items():
        cache.put(path, folder, content)


def push(root: Path) -> None:
    """Send what is pinned to the default remote.

    Raises:
        ToolFailed: it does not take it.
    """
    with dvc.opened(root) as repo, asked():
        cache.drop_torn(repo, repo.index.outs)
        repo.push()


def unshared(root: Path) -> list[str]:
    """What is pinned and not in the default remote, where one is set up: nobody else could have it.

    Raises:
        ToolFailed: it cannot be asked.
    """
    with dvc.opened(root) as repo, asked():
        if not repo.config["remote"]:
            return []
        return sorted(repo.data_status(not_in_remote=True, remote_refresh=True).get("not_in_remote", []))


def checkout(root: Path) -> bool:
    """Make the outputs in the tree the pinned ones, to the byte, from the cache.

    Returns:
        Whether all of them are there now.

    Raises:
        Refused: a folder's list leads out of it.
    """
    from dvc.exceptions import CheckoutError

    with dvc.opened(root) as repo:
        # by file: of each output that is named, DVC reads its dvc.yaml and dvc.lock anew, which takes seconds
        outs = [out for out in repo.index.outs if out.stage.cmd]
        made = sorted({out.stage.relpath for out in outs})
        cache.drop_torn(repo, outs)
        cache.drop_changed(repo, outs)
        try:
            with asked():
                repo.checkout(targets=made, force=True)
        except CheckoutError:
            return False
    return True


def share_cache(root: Path, tree: Path) -> None:
    """Let a worktree of the project use the project's cache, its remotes and its private settings.

    Paths go through links with plain names: DVC writes its settings in ASCII, whatever the folders are called, and a
    path that is relative there is another one as seen from the worktree.

    Raises:
        ToolFailed: the private settings hold what DVC cannot write.
    """
    private = root / ".dvc" / "config.local"
    if private.exists():
        (tree / ".dvc" / "config.local").write_bytes(private.read_bytes())
    with dvc.opened(root) as repo:
        top = _top(repo)
        top.mkdir(parents=True, exist_ok=True)
        places: dict[tuple[str, ...], str] = {("cache", "dir"): str(top)}
        for name, options in repo.config["remote"].items():
            places |= {("remote", name, key): value for key, value in options.items() if _is_path(key, value)}
    try:
        with dvc.opened(tree) as other, other.config.edit("local", validate=False) as settings:
            for number, (keys, place) in enumerate(places.items()):
                link = tree / ".dvc" / "tmp" / f"link{number}"
                link.parent.mkdir(exist_ok=True)
                link.symlink_to(place)
                section = settings
                for key in keys[:-1]:
                    section = section.setdefault(key, {})
                section[keys[-1]] = str(link.relative_to(tree))
    except UnicodeEncodeError:
        raise ToolFailed(f"{private}: DVC writes ASCII only; name folders there by paths of plain letters") from None


def _is_path(key: str, value: object) -> bool:
    """Whether a remote's setting is a place on this machine: as its address, or relative to DVC's folder."""
    from dvc.config_schema import RelPath

    return isinstance(value, RelPath) or (key == "url" and "://" not in str(value))


def lend(root: Path, tree: Path) -> list[str]:
    """Give another tree of the project the files that it pins: from the project's cache, its remote, or the project.

    Returns:
        What `dvc add` and its like track there, and nobody has, as paths from the root.
    """
    with dvc.opened(tree) as repo:
        wanted = {
            os.path.relpath(out.fs_path, tree): out for out in repo.index.outs if not out.exists and out.hash_info
        }
        own = _top(repo)
        lent = {path: out.hash_info for path, out in wanted.items()}
    with dvc.opened(root) as repo:
        theirs, shared = _top(repo), bool(repo.config["remote"])
    given = [path for path, out in wanted.items() if not out.stage.cmd]
    absent = [path for path in given if not _copied(lent[path], theirs, own)]
    if absent and shared:
        dvc.dvc("fetch", "--quiet", *absent, root=root, check=False)  # what cannot be had is told of by the return
    for path in absent:
        if not _copied(lent[path], theirs, own) and dvc.md5(root / path) == lent[path].value:
            keep(tree, {lent[path].value: root / path})
    for path in wanted.keys() - set(given):
        _copied(lent[path], theirs, own)
    materialise(tree)
    return [path for path in given if not (tree / path).exists()]


def _top(repo: Any) -> Path:
    """The cache's folder as it is configured, without those of the content hashes below it."""
    return Path(repo.cache.local.path).parents[1]


def _copied(content: Any, source: Path, target: Path) -> bool:
    """Whether a content, of a file or a folder with all its files, is in a cache, or has come into it from another."""
    below = Path("files/md5") if content.name == "md5" else Path()  # where DVC 2 had it
    place = cache.place(source / below, content.value)
    if place.exists():
        cache.put(place, target / below, content.value)
    there = cache.place(target / below, content.value)
    if not there.exists() or not content.isdir:
        return there.exists()
    contents = cache.listed(there).values()
    return all([_copied(type(content)(content.name, each), source, target) for each in contents])


def materialise(root: Path) -> bool:
    """Bring what is missing of the pinned files into the tree: from the cache, else from a remote.

    What is there stays as it is, changed or not: it may be somebody's work.

    Returns:
        Whether all of them are there now.

    Raises:
        ToolFailed: one cannot be written, as on a full disk.
    """
    from dvc.exceptions import CheckoutError
    from dvc.repo import lock_repo

    with dvc.opened(root) as repo:
        missing = [out for out in repo.index.outs if not out.exists]
        cache.drop_torn(repo, missing)
        cached = [out for out in missing if out.hash_info and repo.cache.local.exists(out.hash_info.value)]
        try:
            if cached:  # or whoever lacks nothing would wait for DVC's lock, and fail where another command has it
                with lock_repo(repo):
                    for out in cached:  # one by one: of each that is named, DVC reads dvc.yaml and dvc.lock anew
                        out.checkout(force=True)
            if len(cached) == len(missing):
                return True
        except CheckoutError:
            pass
        except OSError as error:
            at = os.path.relpath(error.filename or root, root)
            raise ToolFailed(f"{at}: cannot be brought from DVC's cache: {error.strerror}") from None
        return bool(repo.config["remote"]) and _pulled(repo, missing)


def absent_tables(root: Path) -> list[str]:
    """What people keep with DVC (`dvc add`) and is not here: no command makes it."""
    with dvc.opened(root) as repo:
        kept = [out for out in repo.index.outs if not out.stage.cmd and not out.stage.is_import]
        return sorted(os.path.relpath(out.fs_path, root) for out in kept if not out.exists)


def require_tables(root: Path) -> None:
    """Refuse to build from a table that is nowhere to be had.

    Raises:
        ConfigError: naming it, and who can mend that.
    """
    if absent := absent_tables(root):
        raise ConfigError(nowhere(root, absent))


def nowhere(root: Path, absent: list[str]) -> str:
    """That tables are not here, and where they could come from."""
    more = f" (and {len(absent) - 1} more)" if len(absent) > 1 else ""
    return f"{absent[0]}{more}: not here and in no cache; {_whence(root)}"


def _whence(root: Path) -> str:
    with dvc.opened(root) as repo:
        remotes, default = repo.config["remote"], repo.config["core"].get("remote")
        places = {name: str(options["url"]) for name, options in remotes.items()}
    here = "or put the file there yourself"
    if not places:
        set_up = "dvc remote add --default storage URL && dvc push, and commits .dvc/config"
        return f"no DVC remote is set up. Who has it runs: {set_up}; {here}"
    if default not in places:
        return f"no DVC remote is the default one: dvc remote default {next(iter(places))}"
    place = places[default]
    if "://" not in place and not os.path.exists(place):
        return f"the DVC remote {default} is the folder {place}, which is not on this machine; {here}"
    return f"the DVC remote {default} ({place}) does not give it: who has it runs `dvc push`; `dvc pull` says more"


def _pulled(repo: Any, outs: list[Any]) -> bool:
    from dvc.exceptions import DvcException

    paths = [out.fs_path for out in outs]
    try:
        with asked():
            repo.fetch(targets=paths)
            cache.drop_torn(repo, outs)
            repo.checkout(targets=paths)
    except DvcException:
        return False
    except ToolFailed as error:
        ui.warn(str(error))
        return False
    return True


@contextmanager
def asked() -> Iterator[None]:
    """Let what a remote says be one line: each kind has a library with errors of its own, which DVC lets through.

    Raises:
        ToolFailed: the remote cannot be reached, or its kind needs a package that is not here.
    """
    from dvc.exceptions import DvcException

    try:
        yield
    except DvcException:
        raise
    except ImportError as error:
        raise ToolFailed(f"the DVC remote: {process.reason(str(error))}; run `{MAKE} remote`") from None
    except Exception as error:
        said = process.reason(str(error)) or type(error).__name__
        raise ToolFailed(f"the DVC remote cannot be used: {said}; `dvc remote list` says where it is") from None
