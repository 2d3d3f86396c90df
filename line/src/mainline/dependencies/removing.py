"""Removes packages that were added; what the line, the project's code or its model needs stays."""

from collections.abc import Sequence
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.utils import canonicalize_name

from mainline.dependencies.adding import require_kept
from mainline.dependencies.compiling import compile_all
from mainline.dependencies.scratch import NAMED, Scratch
from mainline.errors import ConfigError, nearest
from mainline.project import Project
from mainline.prove import imports

NEEDED = frozenset(
    {
        *("bentoml", "fsspec", "joblib", "mlflow", "numpy", "pandas", "pandera", "prometheus-client", "psutil"),
        *("pyarrow", "pydantic", "python-calamine", "ruamel-yaml", "s3fs", "scikit-learn", "scipy", "skops"),
        "sqlalchemy",
    }
)
"""What the template's own pyproject.toml, service.in and pipeline.in ask for: stages, service and line stand on it."""


def require_free(project: Project, found: Scratch, names: Sequence[str]) -> None:
    """Refuse to remove a package that is not there, or that something needs.

    Raises:
        ConfigError: naming what needs it.
    """
    allowed = found.asked(found.place.ranges)
    for name in names:
        if name in NEEDED:
            raise ConfigError(f"{name}: the line needs it, and the stages or the service; it stays")
        if name not in allowed:
            added = sorted(allowed - NEEDED)
            there = nearest(name, added) if added else "nothing has been added so far"
            raise ConfigError(f"{name}: {found.place.ranges} does not ask for it; {there}")
        modules = modules_of(name)
        estimator = imports.estimator(project)
        if estimator.partition(".")[0] in modules:
            raise ConfigError(f"{name}: train.estimator is {estimator}; choose another in params.yaml first")
        if path := importer(project, modules):
            raise ConfigError(f"{name}: {path} imports it; take that out first")


def remove(found: Scratch, names: Sequence[str]) -> None:
    """Remove packages in a scratch folder, and what came along with them; the other pins stay.

    Raises:
        ConfigError: another pin would move.
        ToolFailed: no index answers.
    """
    before = {path: found.pinned(path) for path in found.compiled}
    for name in names:
        found.forbid(name)
        for path in NAMED:
            found.strike(path, name)
    compile_all(found, "")  # nothing new comes
    require_kept(found, before)


def modules_of(name: str) -> set[str]:
    """What a package is imported as; where it is not installed, by its name."""
    found = {
        module
        for module, owners in packages_distributions().items()
        if name in {canonicalize_name(each) for each in owners}
    }
    return found or {name.replace("-", "_")}


def importer(project: Project, modules: set[str]) -> str | None:
    """The first file of src/ that imports one of some modules."""
    for path in sorted((project / imports.SOURCE).rglob("*.py")):
        try:
            named = imports.imported(path.read_bytes())
        except (OSError, SyntaxError, ValueError):
            continue
        if any(level == 0 and module and module[0] in modules for level, module in named):
            return str(Path(path).relative_to(project.root))
    return None
