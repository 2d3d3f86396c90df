"""Somebody's commit, for a job that may write: fetched and never checked out, so that nothing of it is run or opened.

Four texts are read by git, ten files are taken by their content. All else in the folder they are laid in is main's.
"""

import hashlib
import json
import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import yaml

from mainline import outputs, retraining
from mainline.errors import ConfigError, Refused, StaleLock
from mainline.project import Project
from mainline.prove import proof
from mainline.tools import branches, cache, dvc, git, storage

OF_YAML = (dvc.LOCK, "params.yaml")
TEXTS = (*OF_YAML, "data/names.txt", retraining.FILE)
FILES = (
    *("models/model.skops", "models/signature.json", "metrics/dev.json"),
    *("data/train.parquet", "data/dev.parquet", "data/sealed/features.parquet", "data/sealed/labels.parquet"),
    *("predictions/dev.parquet", "predictions/sealed.parquet"),
)
WHERE_PINNED = ("metrics/labels.json",)  # a level that people set; projects from before it have none
LARGEST = 2**20  # bytes of a text
DEEPEST = 50  # of YAML in YAML; readers go down by calling themselves, and some thousand levels end them without a word
MEASURED = Path(".mainline/latency.json")
HASH = re.compile(r"[0-9a-f]{32}")
COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True)
class Unopened(Project):
    """A commit's texts and files, without its code; HEAD is that commit."""

    def require_current(self) -> None:
        """Leave it: whether dvc.lock is of the commit's code was asked where that code may run."""

    def changed(self, base: str, *paths: str) -> list[str]:
        """How the commit's files differ from another's, which are not laid out."""
        return git.changed(base, self.root, *paths, commit="HEAD")


def fetched(project: Project, commit: str) -> str:
    """A commit of the remote's, brought here; the work tree and all refs stay as they are.

    Raises:
        ConfigError: that is no whole hash.
        ToolFailed: the remote does not have it.
    """
    if not COMMIT.fullmatch(commit):
        raise ConfigError(f"--commit {commit[:80]}: not the whole hash of a commit")
    if not project.git("rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}", check=False):
        git.fetch(project.root, branches.require_remote(project.root, "and the commit would be there"), commit)
    return commit


def text(project: Project, commit: str, path: str) -> bytes | None:
    """A text as a commit has it; None where it has none.

    Raises:
        Refused: it is no plain file of UTF-8, or too long.
    """
    entry = project.git("ls-tree", "--long", commit, "--", path)
    if not entry:
        return None
    mode, _, blob, size = entry.partition("\t")[0].split()
    if mode != "100644" or int(size) > LARGEST:
        raise Refused(f"{path} of {commit[:12]}: no plain file of at most {LARGEST:,} bytes")
    content = git.git_bytes("cat-file", "blob", blob, root=project.root)
    try:
        content.decode()
    except UnicodeDecodeError:
        raise Refused(f"{path} of {commit[:12]}: not UTF-8") from None
    return content


def require_shallow(content: bytes, name: str) -> None:
    """Refuse YAML that no reader would come back from; what else is wrong with it, they say themselves.

    Raises:
        Refused: with its name.
    """
    depth = 0
    with suppress(yaml.YAMLError):
        for event in yaml.parse(content, yaml.SafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                raise Refused(f"{name}: goes deeper than {DEEPEST} levels")


@contextmanager
def opened(project: Project, commit: str, folder: Path) -> Iterator[Unopened]:
    """Lay out what the gate judges of a commit, beside this project, for as long as the block runs.

    Args:
        project: main's, whose settings say where files are.
        commit: the whole hash.
        folder: the outputs that the job which ran the commit's code has handed over.

    Raises:
        StaleLock: the commit pins nothing.
        ConfigError: the folder holds no outputs.
        Refused: a text is no plain file; a file is not in the folder nor known to main, or not what its name says.
    """
    told = outputs.facts(folder)
    with git.worktree(fetched(project, commit), project.root, empty=True) as root:
        for path in TEXTS:
            content = text(project, commit, path)
            if content is not None:
                if path in OF_YAML:
                    require_shallow(content, f"{path} of {commit[:12]}")
                _place(root, path).write_bytes(content)
        taken = Unopened(root)
        _share_settings(project, taken)
        _take(project, taken, folder)
        for name, file in (("latency", MEASURED), (proof.FACT, proof.FILE)):
            if name in told:
                _place(root, str(file)).write_text(json.dumps(told[name]))
        yield taken


def _share_settings(project: Project, taken: Project) -> None:
    shutil.copyfile(project / ".dvc/config", _place(taken.root, ".dvc/config"))
    storage.share_cache(project.root, taken.root)


def _take(project: Project, taken: Project, folder: Path) -> None:
    """Lay the files into the folder, held to the hashes that dvc.lock pins."""
    pinned = taken.lock.outputs
    if not pinned:
        raise StaleLock(f"{dvc.LOCK}: pins nothing here; run `mainline lock` to build the model")
    if double := dvc.twice(taken.lock.text or ""):  # one to be judged, and another that is delivered
        raise Refused(f"{double[0]}: {dvc.LOCK} pins it twice; `mainline lock` drops what dvc.yaml no longer makes")
    wanted = [*FILES, *(path for path in WHERE_PINNED if path in pinned)]
    for path in wanted:
        if not HASH.fullmatch(pinned.get(path, "")):
            raise Refused(f"{path}: {dvc.LOCK} pins no file of that name")
    carried = outputs.carried(folder)
    storage.fetch(project.root, [pinned[path] for path in wanted if not cache.place(carried, pinned[path]).exists()])
    kept = cache.folder(project.root)
    for path in wanted:
        places = [cache.place(folder, pinned[path]) for folder in (carried, kept)]
        source = next((place for place in places if os.path.lexists(place)), None)
        if source is None:
            raise Refused(f"{path}: not in {folder}, nor in a cache or a DVC remote that main knows")
        _copy(source, _place(taken.root, path), path, pinned[path])


def _place(root: Path, path: str) -> Path:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    return root / path


def _copy(source: Path, target: Path, path: str, content: str) -> None:
    """Copy a file by the bytes that were hashed: read once, and through no link."""
    found = hashlib.md5(usedforsecurity=False)
    try:
        with (
            open(os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as stream,
            target.open("xb") as out,
        ):
            plain = stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
            while plain and (part := stream.read(2**20)):
                found.update(part)
                out.write(part)
    except OSError:
        plain = False
    if not plain:
        raise Refused(f"{path}: {source} is no plain file")
    if found.hexdigest() != content:
        raise Refused(f"{path}: {source}: its content is not that of its name; it was changed on its way")
