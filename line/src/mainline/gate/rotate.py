"""`mainline gate rotate`: another sealed set, of the same rows or of new ones, by itself."""

import io
import re
import secrets
from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML

from mainline import config
from mainline.errors import MainlineError, Refused
from mainline.gate.question import Question
from mainline.gate.verdict import NEW_ROWS, ROTATED
from mainline.project import PARAMS, Project
from mainline.tools import commits, stages

RAW = "data/raw.parquet"
MADE_BY = (*stages.MAKE_THE_MODEL, "dvc.yaml", "requirements")
OF_NEW_ROWS = ("data", "validate", "split")
"""The sections of params.yaml that new rows may change."""


def rotate(project: Project, *, new_rows: bool = False, stream: bool = False) -> Project:
    """Write another sealed set into params.yaml: the next generation, or another salt.

    Args:
        new_rows: the table, its names, or how it is split are changed with it.
        stream: it is to be of rows of production, which come under the salt.

    Returns:
        The project as it is now, at that set.

    Raises:
        MainlineError: params.yaml has other changes; a rotation of the same rows stands by itself.
    """
    if not new_rows and "params.yaml" in project.dirty():
        raise MainlineError(
            "params.yaml has changes that are not committed, and a rotation is a change by itself; commit them first, "
            "or where they bring another table, add --new-rows"
        )
    text, path, out = YAML(), project / "params.yaml", io.StringIO()
    text.width, text.preserve_quotes = 4096, True  # the one line, and no other
    params = text.load(path.read_text(encoding="utf-8"))
    split = params.setdefault("split", {})
    if new_rows or stream:
        split["salt"] = secrets.token_hex(4)  # that nobody chose
        split.pop("generation", None)
    else:
        split["generation"] = project.generation + 1
    text.dump(params, out)
    commits.write(path, out.getvalue().encode())
    return project.again()


def move(asked: Question) -> str | None:
    """Whether a tree is at another sealed set than its base: ROTATED, NEW ROWS, or None where it is not.

    Raises:
        Refused: that set was used before, or is not the next.
    """
    (salt, generation), (was, before) = asked.project.sealed_set, asked.sealed_set
    if not asked.theirs or (salt, generation) == (was, before):
        return None
    if salt == was and generation < before:
        raise Refused(
            f"split.generation goes back from {before} to {generation}: a retired sealed set has been looked at"
        )
    if salt == was and generation > before + 1:
        raise Refused(f"split.generation goes from {before} to {generation}; `mainline gate rotate` goes on by one")
    if salt != was and (salt in asked.history.salts or _was_mains(salt, asked)):
        raise Refused(f"split.salt {salt!r} was used before, and its rows have been looked at; use another")
    return ROTATED if salt == was else NEW_ROWS


def _was_mains(salt: str, asked: Question) -> bool:
    written = f"-Gsalt: *.?{re.escape(salt)}"
    return bool(asked.project.git("log", "-1", "--format=%H", written, asked.base, "--", PARAMS))


def require_alone(asked: Question, kind: str) -> None:
    """Refuse another sealed set that comes together with what makes the model: nobody could tell the two apart.

    Raises:
        Refused: naming what else is changed.
    """
    if other := next(_besides(asked, kind), None):
        mend = "merge it first, or say `mainline gate rotate --new-rows`" if other == RAW else "merge it first"
        raise Refused(f"{other} differs, and another sealed set is a change by itself; {mend}")


def made_otherwise(asked: Question, *more: str) -> Iterator[str]:
    """What makes the model and is not as the base has it, as paths.

    Args:
        more: paths that count, too.
    """
    for line in asked.project.changed(asked.base, *MADE_BY, *asked.theirs.code, *more):
        yield line.partition("|")[0].strip()


def _besides(asked: Question, kind: str) -> Iterator[str]:
    project, params = asked.project, dict(asked.params)
    yield from made_otherwise(asked)
    free = {*config.SECTIONS, *(OF_NEW_ROWS if kind == NEW_ROWS else ())}
    for name in sorted({*project.params, *params} - free):
        if _kept(project.params, name) != _kept(params, name):
            yield f"{name}: of params.yaml"
    # with its rows it holds their names: the same ones, whatever they are made of
    if kind == ROTATED and project.lock.outputs.get(RAW) != asked.theirs.outputs.get(RAW):
        yield RAW


def _kept(params: Any, name: str) -> Any:
    """A section, without what says which sealed set."""
    section = params.get(name)
    return {k: v for k, v in section.items() if k != "generation"} if name == "split" and section else section
