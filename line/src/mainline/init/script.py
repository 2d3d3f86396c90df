"""Reads a training script without running it: which estimator it makes, with which parameters."""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from mainline.init import boosters
from mainline.init.names import Names

TARGET = re.compile(r"y(_\w+)?|targets?|labels?", re.IGNORECASE)
CONVERSIONS = {"values", "to_numpy", "astype", "ravel", "copy", "squeeze", "reset_index"}


@dataclass(frozen=True)
class Estimator:
    """An estimator as a script makes it."""

    path: str
    """Where it is imported from, such as sklearn.tree.DecisionTreeClassifier."""
    params: dict[str, Any]
    line: int
    unread: tuple[str, ...] = ()
    """What it is given and is not taken, each as one phrase."""
    native: bool = False
    """Whether it splits by categories itself."""


@dataclass(frozen=True)
class Script:
    """What a training script says in so many words."""

    estimators: tuple[Estimator, ...]
    """In the order of the script; those inside another one are not among them."""
    texts: frozenset[str]
    """All its strings: the names of tables and columns are among them."""
    targets: tuple[tuple[str, int], ...]
    """The columns that it calls y, target or label, each with its line."""


def read(code: str) -> Script:
    """Read a script.

    Raises:
        SyntaxError, ValueError: it is no Python.
    """
    tree = ast.parse(code)
    names = Names.of(tree)
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    found = tuple(_as_fitted(each, tree) for each in _estimators(tree, names))
    return Script(found, frozenset(texts), tuple(_targets(tree, names)))


def _as_fitted(made: Estimator, tree: ast.AST) -> Estimator:
    """With what the script says where it fits."""
    if not boosters.package(made.path):
        return made
    given = {str(each.arg) for each in boosters.in_fits(tree)}
    left = [f"fit({name}=...): {boosters.NO_STOP}" for name in sorted(given & boosters.STOPS)]
    return replace(made, unread=(*made.unread, *left), native=made.native or bool(given & boosters.NATIVE))


def _estimators(node: ast.AST, names: Names) -> Iterator[Estimator]:
    if isinstance(node, ast.Call) and (path := names.path(node.func)):
        if found := boosters.path(path):
            yield _boosted(node, found, names)
            return
        if kind := _class(path):
            yield _estimator(node, path, kind, names)
            return
    for child in ast.iter_child_nodes(node):
        yield from _estimators(child, names)


def _class(path: str) -> type | None:
    """The classifier or regressor at a path, if that lies in scikit-learn."""
    module, _, name = path.rpartition(".")
    if not module.startswith("sklearn."):
        return None
    from sklearn.base import ClassifierMixin, RegressorMixin

    try:
        found = getattr(importlib.import_module(module), name, None)
    except ImportError:
        return None
    return found if inspect.isclass(found) and issubclass(found, ClassifierMixin | RegressorMixin) else None


def _estimator(call: ast.Call, path: str, kind: type, names: Names) -> Estimator:
    known = list(inspect.signature(kind).parameters)
    given = [*zip(known, call.args, strict=False), *((each.arg, each.value) for each in call.keywords)]
    params, unread = {}, []
    for name, node in given:
        said = f"{name or '**'}={ast.unparse(node)[:60]}"
        if name is None or isinstance(node, ast.Starred):
            unread.append(f"{said} is not written out")
        elif name not in known:
            unread.append(f"{said}: this scikit-learn's {kind.__name__} has no such parameter")
        else:
            try:
                params[name] = names.value(node)
            except ValueError:
                unread.append(f"{said} is no plain value")
    return Estimator(path, params, call.lineno, tuple(unread))


def _boosted(call: ast.Call, path: str, names: Names) -> Estimator:
    """An estimator of a library that need not be installed: training alone holds its parameters to those there are."""
    params: dict[str, Any] = {}
    unread, native = [f"{ast.unparse(each)[:60]} has no name; say which it is" for each in call.args], False
    for name, node in ((each.arg, each.value) for each in call.keywords):
        said = f"{name or '**'}={ast.unparse(node)[:60]}"
        value, plain = _plain(node, names)
        native |= name in boosters.NATIVE and value is not False
        if name is None:
            unread.append(f"{said} is not written out")
        elif reason := boosters.why_not(name, value, path):
            unread.append(f"{said}: {reason}")
        elif reason is None and plain:
            params[name] = value
        elif reason is None:
            unread.append(f"{said} is no plain value")
    return Estimator(path, params, call.lineno, tuple(unread), native)


def _plain(node: ast.expr, names: Names) -> tuple[Any, bool]:
    """The plain value of an expression, and whether it has one."""
    try:
        return names.value(node), True
    except ValueError:
        return None, False


def _targets(tree: ast.AST, names: Names) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for place in node.targets:
                for name, value in _pairs(place, node.value):
                    if TARGET.fullmatch(name) and (column := _column(value, names)):
                        yield column, node.lineno


def _pairs(place: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """Each name that an assignment sets, with what it is set to."""
    if isinstance(place, ast.Name):
        yield place.id, value
    elif isinstance(place, ast.Tuple) and isinstance(value, ast.Tuple) and len(place.elts) == len(value.elts):
        for one, other in zip(place.elts, value.elts, strict=True):
            yield from _pairs(one, other)


def _column(value: ast.expr, names: Names) -> str | None:
    """The one column that an expression takes out of a table: table["a"], table.a, table.pop("a"), a name of it."""
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        if value.func.attr == "pop" and value.args:
            return names.text(value.args[0])
        return _column(value.func.value, names) if value.func.attr in CONVERSIONS else None
    if isinstance(value, ast.Subscript):
        return names.text(value.slice)
    if isinstance(value, ast.Attribute):
        return _column(value.value, names) if value.attr in CONVERSIONS else value.attr
    return names.text(value)
