"""What a stage's code imports is among its deps in dvc.yaml: else a change of it rebuilds nothing.

Of the project, each module; of the packages that requirements/pipeline.txt pins, that file; data.forget's list, and the
files that train.params names.
"""

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from mainline.errors import ConfigError
from mainline.project import MODEL, Project
from mainline.prove import named
from mainline.tools import dvc

SOURCE = "src"
DEFINITION = "dvc.yaml"
PACKAGES = "requirements/pipeline.txt"
FIRST = "data/raw.parquet"
PIN = re.compile(r"(?m)^([A-Za-z0-9._-]+)==")
CALLED = {
    "scikit-learn": "sklearn",
    "scikit-image": "skimage",
    "pyyaml": "yaml",
    "pillow": "PIL",
    "xgboost-cpu": "xgboost",
}
"""Packages whose module has another name."""


def require_listed(project: Project) -> None:
    """Refuse a dvc.yaml in which a stage does not list a module of src/ that its listed code imports.

    Raises:
        ConfigError: naming the stage and all such modules.
    """
    if found := absent(project):
        name, paths = next(iter(found.items()))
        more = f" (and {len(found) - 1} more such stages)" if len(found) > 1 else ""
        raise ConfigError(
            f"{DEFINITION}: the stage {name} reads {', '.join(paths)} and does not list it under deps{more}, so that "
            "a change of it would rebuild nothing; `mainline lock` lists it, or add it there"
        )


def absent(project: Project) -> dict[str, list[str]]:
    """What a stage reads, as the modules of src/ that its listed code imports, and does not list, by stage.

    A model's file names modules, too: those of params.yaml and of the code that made it. So whoever reads it, imports
    them.
    """
    known: dict[str, set[str]] = {}
    found = {}
    pinned = pinned_modules(project.root)
    stages = definitions(project)
    makers = [paths(stage, "deps") for stage in stages.values() if MODEL in paths(stage, "outs")]
    own = set(_files(project.root, tuple(estimator(project).split(".")), pinned)) if makers else set()
    own |= closure(project.root, list(own), known, pinned)
    of_model = own.union(*(closure(project.root, deps, known, pinned) for deps in makers))
    for name, stage in stages.items():
        listed = paths(stage, "deps")
        needed = closure(project.root, listed, known, pinned)
        if MODEL in listed:
            needed |= of_model
        elif MODEL in paths(stage, "outs"):
            needed |= own
        if FIRST in paths(stage, "outs"):
            needed |= list_of_the_forgotten(project)
        if named.SECTION in paths(stage, "params"):
            needed |= named.files_of_the_model(project)
        if lacks := sorted(each for each in needed if not _is_listed(each, listed)):
            found[name] = lacks
    return found


def list_of_the_forgotten(project: Project) -> set[str]:
    """The file that data.forget names, which the first stage reads: a line more in it is to rebuild."""
    data = project.params.get("data")
    forget = (data if isinstance(data, dict) else {}).get("forget")
    return {str(forget)} if forget else set()


def definitions(project: Project) -> Mapping[str, Any]:
    """The stages of dvc.yaml, by name."""
    text = (project / DEFINITION).read_text(encoding="utf-8") if (project / DEFINITION).exists() else ""
    try:
        stages = (dvc.loaded(text) or {}).get("stages") or {}
        return {name: stage for name, stage in stages.items() if isinstance(stage, dict)}
    except (ValueError, AttributeError):
        return {}  # DVC says what is wrong with it


def paths(stage: Mapping[str, Any], key: str) -> list[str]:
    """A stage's deps or outs: each is a path, or has options under one."""
    return [str(each if isinstance(each, str) else next(iter(each))) for each in stage.get(key) or ()]


def _is_listed(path: str, listed: list[str]) -> bool:
    """Whether a path is among the deps, or in a folder that is."""
    return any(PurePosixPath(path).is_relative_to(each) for each in listed)


def pinned_modules(root: Path, path: str = PACKAGES) -> set[str]:
    """The modules of the packages that a list pins; none where there is no such file."""
    text = (root / path).read_text(encoding="utf-8") if (root / path).is_file() else ""
    return {CALLED.get(name.lower(), re.sub(r"[-.]", "_", name)) for name in PIN.findall(text)}


def stranger(project: Project) -> str | None:
    """The package of train.estimator, where it is neither the project's own nor pinned with what the stages import."""
    module = estimator(project).partition(".")[0]
    pinned = pinned_modules(project.root)
    own = not module or any((project / SOURCE / each).exists() for each in (module, f"{module}.py"))
    return None if own or not pinned or module in pinned else module


def estimator(project: Project) -> str:
    """What train.estimator says, if anything."""
    train = project.params.get("train")
    return str((train if isinstance(train, dict) else {}).get("estimator") or "")


def closure(
    root: Path, listed: list[str], known: dict[str, set[str]], pinned: Collection[str] = frozenset()
) -> set[str]:
    """All modules of src/ that Python files import, and those that these import; and PACKAGES where it pins one."""
    found: set[str] = set()
    wanted = [each for each in listed if each.endswith(".py")]
    for folder in (each for each in listed if (root / each).is_dir() and PurePosixPath(each).is_relative_to(SOURCE)):
        wanted += sorted(path.relative_to(root).as_posix() for path in (root / folder).rglob("*.py"))
    while wanted:
        path = wanted.pop()
        if path not in known:
            known[path] = set(_imported(root, path, pinned))
        wanted += known[path] - found
        found |= known[path]
    return found


def _imported(root: Path, path: str, pinned: Collection[str]) -> Iterator[str]:
    """The modules of src/ that a file imports itself, wherever in it, with the packages that they lie in."""
    if not path.endswith(".py"):
        return
    try:
        names = imported((root / path).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return  # whoever runs it is told
    package = PurePosixPath(path).parent.parts[1:]
    for level, module in names:
        above = package[: len(package) + 1 - level] if level else ()
        yield from _files(root, (*above, *module), pinned)


@lru_cache(maxsize=1024)
def imported(code: bytes) -> list[tuple[int, tuple[str, ...]]]:
    """What code imports: how many packages up each name begins, and its parts."""
    found: list[tuple[int, tuple[str, ...]]] = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found += [(0, tuple(name.name.split("."))) for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = tuple(node.module.split(".")) if node.module else ()
            found += [(node.level, (*module, name.name)) for name in node.names]
    return found


def _files(root: Path, module: tuple[str, ...], pinned: Collection[str]) -> Iterator[str]:
    """The files behind a dotted name: modules, and packages whose own file says anything; a name in one is none."""
    if module[0] in pinned and not (root / SOURCE / module[0]).exists():
        yield PACKAGES
        return
    for length in range(1, len(module) + 1):
        place = PurePosixPath(SOURCE, *module[:length])
        if (root / f"{place}.py").is_file():
            yield f"{place}.py"
        elif _speaks(root / place / "__init__.py"):
            yield f"{place}/__init__.py"


def _speaks(path: Path) -> bool:
    """Whether a package's file holds more than a docstring."""
    try:
        return _says(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return False


@lru_cache(maxsize=256)  # each name in a package asks
def _says(code: bytes) -> bool:
    body = ast.parse(code).body
    return any(not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant)) for each in body)
