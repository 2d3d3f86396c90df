"""The files that train.params names, such as a network: the stages that fit a model read them."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from mainline.project import Project

SECTION = "train"


def files_of_the_model(project: Project) -> set[str]:
    """Those that are there, inside the project, as paths from its root."""
    train = project.params.get(SECTION)
    said = {PurePosixPath(each) for each in _texts((train if isinstance(train, dict) else {}).get("params"))}
    return {each.as_posix() for each in said if not {"..", "/"} & {*each.parts} and _is_file(project / str(each))}


def _texts(said: Any) -> Iterator[str]:
    """All words in what params.yaml says."""
    if isinstance(said, str):
        yield said
    elif isinstance(said, (dict, list)):
        for each in said.values() if isinstance(said, dict) else said:
            yield from _texts(each)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a text that is longer than a name may be, or holds what none may
        return False
