"""The project's own classes by dotted names: what a file or params.yaml may name of the code in src/pipeline."""

import importlib
import inspect

PACKAGE = "pipeline"


def named(path: str, kind: type) -> type | None:
    """The class of a kind that a module of src/pipeline defines under a name.

    Whoever commits code vouches for it, and so a model's file may name it. It gets at nothing else so: no function, no
    class of another kind, nothing that a module has from elsewhere, no module that acts when it is imported.

    Args:
        path: of the class, such as pipeline.features.Clip.
        kind: what it has to derive from.

    Returns:
        The class; None where there is none.

    Raises:
        ImportError: its module imports what is not installed.
    """
    module, _, name = path.rpartition(".")
    if not module.startswith(f"{PACKAGE}.") or "__" in path:
        return None
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith(PACKAGE):
            return None
        raise
    if not inspect.isclass(found) or not issubclass(found, kind):
        return None
    return found if (found.__module__, found.__name__) == (module, name) else None
