"""The packages that a fitted model needs: the service has to have them, too, or it cannot load the model."""

import ast
import json
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from importlib.machinery import ModuleSpec
from importlib.metadata import PackageNotFoundError, packages_distributions, requires, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pipeline import features
from pipeline.errors import ModelError
from pipeline.model import saving

PINNED, SERVED = Path("requirements/pipeline.txt"), Path("requirements/service.in")
NAME = re.compile(r"(?m)^\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
PACKAGED_AS = {"sklearn": "scikit-learn"}
"""Packages that are not called as their module is."""
OWN = ("pipeline", "service")
"""The project's own packages."""


def needed(estimator: str, path: Path | None = saving.PATH) -> dict[str, str]:
    """The packages that a saved model is made of, and those that the project's code in it imports: name and version.

    What another one of them brings is not named.

    Args:
        estimator: its import path.
        path: of the model; None before there is one.
    """
    named = {estimator, features.__name__}
    if path:
        with zipfile.ZipFile(path) as archive:
            named |= {*_named(json.loads(archive.read("schema.json")))}
    imported = {each for module in named if module.partition(".")[0] in OWN for each in _imported(module)}
    found = {name for each in named | imported if (name := package_of(each))}
    brought = {canonical(each) for name in found for each in requires(name) or () if "extra ==" not in each}
    return {name: version(name) for name in sorted(found) if canonical(name) not in brought}


def require_served(names: Iterable[str | None], what: str) -> None:
    """Refuse a model that the service could not load; where no list says what it installs, nothing is known.

    Args:
        names: of packages; None is not one.
        what: the part of the model that needs them.

    Raises:
        ModelError: naming the package.
    """
    listed = _names(SERVED) if SERVED.is_file() else None
    for name in names:
        if name and listed is not None and canonical(name) not in listed:
            raise ModelError(f"{what}: {name} is installed here, and not in {SERVED}; run `mainline add {name}`")


def package_of(path: str) -> str | None:
    """The installed package that a dotted name lies in; None for Python's own, and for the project's.

    Where several give one module, as two builds of a library do, the one that the stages are pinned to.
    """
    module = path.partition(".")[0]
    if module in (*OWN, *sys.stdlib_module_names):
        return None
    pinned = _names(PINNED) if PINNED.is_file() else set()
    if (usual := PACKAGED_AS.get(module, canonical(module))) in pinned and _is_installed(usual):
        return usual
    owners = sorted(set(_owners().get(module, ())))
    return next((each for each in owners if canonical(each) in pinned), owners[0] if owners else None)


def canonical(said: str) -> str:
    """The name of a package, out of what asks for it, as packages are told apart by."""
    found = NAME.match(said)
    return re.sub(r"[-_.]+", "-", found[1] if found else said).lower()


def _is_installed(name: str) -> bool:
    try:
        return bool(version(name))
    except PackageNotFoundError:
        return False


@cache
def _owners() -> dict[str, list[str]]:
    """Of each installed module, its packages; to look all of them through takes a second."""
    return dict(packages_distributions())


def _names(path: Path) -> set[str]:
    return {canonical(each) for each in NAME.findall(path.read_text(encoding="utf-8"))}


def _named(node: Any) -> Iterator[str]:
    """The modules of all types in a skops schema."""
    if isinstance(node, dict):
        if isinstance(module := node.get("__module__"), str):
            yield module
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from _named(each)


def _imported(module: str) -> Iterator[str]:
    """What a module of the project's own imports, or the one that a class lies in."""
    spec = _spec(module)
    # of a file or in a wheel, whose loader calls itself none of Python's kinds
    read = getattr(spec.loader, "get_source", None) if spec else None
    source = read(spec.name) if spec and read else None
    for node in ast.walk(ast.parse(source)) if source else ():
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def _spec(module: str) -> ModuleSpec | None:
    """Where a module, or the one that a class lies in, comes from; it is not imported for that."""
    package = module.rpartition(".")[0]
    if known := sys.modules.get(module) or sys.modules.get(package):
        return known.__spec__
    with suppress(ImportError, ValueError):  # there is none, which is said where it is imported
        return find_spec(package)
    return None
