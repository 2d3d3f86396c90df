"""Whether what a model is made of is in what the service installs: else nobody can load it there."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import packages_distributions

from packaging.utils import canonicalize_name

from mainline.dependencies import pins
from mainline.dependencies.layout import SERVICE
from mainline.errors import ConfigError
from mainline.project import Project
from mainline.prove import imports
from mainline.tools import stages

SIGNATURE = "models/signature.json"
KEY = "packages"
"""In models/signature.json: what the fitted model needs, by name, in the version that it was trained with."""


@dataclass(frozen=True)
class Lacking:
    """A package that the model needs and the service does not install."""

    what: str
    mend: str
    """The command that mends it."""


def lacking(project: Project, *, trained: bool = True) -> Iterator[Lacking]:
    """What the model of params.yaml needs and the service does not install.

    Args:
        trained: look at the model that is there, too, if it is of that estimator.

    Raises:
        ConfigError: the service's requirements cannot be read.
    """
    if not (project / f"{SERVICE}.txt").is_file():
        return  # a service of another kind
    pinned = names(each.name for each in pins.pinned(project / f"{SERVICE}.txt"))
    told = set()
    estimator = imports.estimator(project)
    module = estimator.partition(".")[0]
    known = _is_own(project, module) or module in imports.pinned_modules(project.root, f"{SERVICE}.txt")
    owners = [] if known else packages_distributions().get(module, [])  # which takes a second
    if owners and not names(owners) & pinned:
        told.add(canonicalize_name(owners[0]))
        yield _lacking(f"train.estimator: {owners[0]} is installed here, and", owners[0], project)
    for name in recorded(_text(project), of=estimator) if trained else ():
        if name not in pinned | told:
            yield _lacking(f"{SIGNATURE}: the model needs {name}, which is", name, project)


def require(project: Project, *, trained: bool = True) -> None:
    """Refuse a model that the service could not load.

    Args:
        trained: look at the model that is there, too.

    Raises:
        ConfigError: naming the package.
    """
    for each in lacking(project, trained=trained):
        raise ConfigError(f"{each.what}; run `{each.mend}`")


def _lacking(what: str, name: str, project: Project) -> Lacking:
    listed = project / f"{SERVICE}.in"
    asked = names(each.name for each in pins.pinned(listed)) if listed.is_file() else set()
    kind = "txt" if canonicalize_name(name) in asked else "in"
    return Lacking(f"{what} not in {SERVICE}.{kind}", f"mainline add {name}")


def recorded(signature: str | None, of: str | None = None) -> dict[str, str]:
    """The packages that a signature says its model needs, by name; none where it does not say.

    Args:
        of: the estimator that it has to be of; that of another one is about to be built anew.
    """
    try:
        about = json.loads(signature or "{}")
        said = about.get(KEY) or {} if of in (None, about.get("estimator")) else {}
        return {canonicalize_name(str(name)): str(version) for name, version in said.items()}
    except (ValueError, AttributeError, RecursionError):
        return {}  # the gate says that it is no signature


def names(said: Iterable[str]) -> set[str]:
    """Names as packages are told apart by."""
    return {canonicalize_name(each) for each in said}


def _is_own(project: Project, module: str) -> bool:
    own = (project / imports.SOURCE / each for each in (module, f"{module}.py"))
    return module in ("", *stages.PACKAGES) or any(path.exists() for path in own)


def _text(project: Project) -> str | None:
    path = project / SIGNATURE
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else None
