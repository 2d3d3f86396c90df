"""`mainline gate rotate`: retires the sealed set to the dev set, and seals rows nobody has been judged by."""

import io
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from mainline import config
from mainline.champion import Champion
from mainline.errors import ConfigError, MainlineError, Refused
from mainline.project import Project
from mainline.tools import commits, git, stages


def generation_at(commit: str, project: Project) -> int:
    """Which sealed set a commit is at."""
    try:
        params = YAML(typ="safe", pure=True).load(project.show(commit, "params.yaml") or "") or {}
        return int((params.get("split") or {}).get("generation", 0))
    except (YAMLError, AttributeError, ValueError) as error:
        raise ConfigError(f"params.yaml of {commit[:8]}: cannot be read ({str(error).splitlines()[0]})") from None


def rotate(project: Project) -> Project:
    """Write the next generation into params.yaml.

    Returns:
        The project as it is now, at that generation.

    Raises:
        MainlineError: params.yaml has other changes; a rotation stands by itself.
    """
    if "params.yaml" in project.dirty():
        raise MainlineError("params.yaml has changes that are not committed; a rotation is a change by itself")
    following = project.generation + 1
    text, path, out = YAML(), project / "params.yaml", io.StringIO()
    text.width, text.preserve_quotes = 4096, True  # the one line, and no other
    params = text.load(path.read_text(encoding="utf-8"))
    params.setdefault("split", {})["generation"] = following
    text.dump(params, out)
    commits.write(path, out.getvalue().encode())
    return project.again()


def is_rotation(project: Project, current: Champion) -> bool:
    """Whether the only change of this tree is another sealed set: then there is nothing to judge.

    Raises:
        Refused: the sealed set is rotated together with another change, or turned back.
    """
    new, old = project.generation, current.project.generation
    if new == old:
        return False
    if new < old:
        raise Refused(f"split.generation goes back from {old} to {new}: a retired sealed set has been looked at")
    same = _recipe(project) == _recipe(current.project)
    if not same or git.changed(current.commit, project.root, *stages.MAKE_THE_MODEL, "dvc.yaml"):
        raise Refused("the sealed set is rotated together with another change; merge the rotation by itself first")
    return True


def _recipe(project: Project) -> dict[str, Any]:
    """What the model is made by: all of params.yaml but the generation and the sections of the line."""
    made_by = {name: value for name, value in project.params.items() if name not in config.SECTIONS}
    split = project.params.get("split") or {}
    return {**made_by, "split": {name: value for name, value in split.items() if name != "generation"}}
