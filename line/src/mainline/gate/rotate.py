"""`mainline gate rotate`: retires the sealed set to the dev set, and seals rows nobody has been judged by."""

import io
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from mainline import config
from mainline.champion import Champion
from mainline.errors import ConfigError, MainlineError, Refused
from mainline.tools import commits, git, stages


def generation(root: Path) -> int:
    """Which sealed set the project is at: 0 for the first."""
    return int(_split(root).get("generation", 0))


def generation_at(commit: str, root: Path) -> int:
    """The same at a commit."""
    try:
        params = YAML(typ="safe", pure=True).load(git.show(commit, "params.yaml", root) or "") or {}
        return int((params.get("split") or {}).get("generation", 0))
    except (YAMLError, AttributeError, ValueError) as error:
        raise ConfigError(f"params.yaml of {commit[:8]}: cannot be read ({str(error).splitlines()[0]})") from None


def rotate(root: Path) -> int:
    """Write the next generation into params.yaml.

    Returns:
        The new generation.

    Raises:
        MainlineError: params.yaml has other changes; a rotation stands by itself.
    """
    if "params.yaml" in git.dirty(root):
        raise MainlineError("params.yaml has changes that are not committed; a rotation is a change by itself")
    following = generation(root) + 1
    text, path, out = YAML(), root / "params.yaml", io.StringIO()
    text.width, text.preserve_quotes = 4096, True  # the one line, and no other
    params = text.load(path.read_text(encoding="utf-8"))
    params.setdefault("split", {})["generation"] = following
    text.dump(params, out)
    commits.write(path, out.getvalue().encode())
    return following


def is_rotation(root: Path, current: Champion) -> bool:
    """Whether the only change of this tree is another sealed set: then there is nothing to judge.

    Raises:
        Refused: the sealed set is rotated together with another change, or turned back.
    """
    new, old = generation(root), generation(current.root)
    if new == old:
        return False
    if new < old:
        raise Refused(f"split.generation goes back from {old} to {new}: a retired sealed set has been looked at")
    same = _recipe(root) == _recipe(current.root)
    if not same or git.changed(current.commit, root, *stages.MAKE_THE_MODEL, "dvc.yaml"):
        raise Refused("the sealed set is rotated together with another change; merge the rotation by itself first")
    return True


def _split(root: Path) -> dict[str, Any]:
    return dict(config.read(root).get("split") or {})


def _recipe(root: Path) -> dict[str, Any]:
    """What the model is made by: all of params.yaml but the generation and the sections of the line."""
    made_by = {name: value for name, value in config.read(root).items() if name not in config.SECTIONS}
    return {**made_by, "split": {name: value for name, value in _split(root).items() if name != "generation"}}
