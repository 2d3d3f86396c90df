"""data/names.txt: the columns that name a row without an id of its own, so that a column more leaves all names alone.

Written by `mainline lock` from the table that the tree was built from, before what is new of it is built, and of
another table once it was read; in git, as everything that decides which rows are sealed.
"""

from mainline.errors import ToolFailed
from mainline.project import PARAMS, Project
from mainline.prove import imports
from mainline.tools import actions, commits, dvc

FILE, RAW = "data/names.txt", "data/raw.parquet"
ROW_ID = "row_id"
SOURCE = ("source", "query", "target", "id")
"""What of `data` says which table it is."""


def keep(project: Project, *, built: bool = False) -> bool:
    """Write down the columns that the tree's rows are named by, where they are not written down yet.

    Where a stage depends on the file, and it is not there, an empty one is made: no table was read yet. Not in a
    workflow, which could not commit it.

    Args:
        built: the tree is built, so what it was built from is the table that params.yaml names.

    Returns:
        Whether it was written.
    """
    if _wanted(project) and not actions.running():
        (project / FILE).parent.mkdir(exist_ok=True)
        commits.write(project / FILE, b"")
        return True
    data = project.params.get("data") or {}
    if actions.running() or data.get("id") or not (project / FILE).is_file() or not (project / RAW).is_file():
        return False
    if dvc.md5(project / RAW) != project.lock.outputs.get(RAW) or not (built or _same_table(project)):
        return False
    from pyarrow import parquet

    others = {ROW_ID, data.get("target"), *map(str, data.get("private") or ())}  # a private one names no row
    columns = [name for name in parquet.read_schema(project / RAW).names if name not in others]
    names = (project / FILE).read_text(encoding="utf-8").splitlines()
    if names and set(names) <= {*columns, *map(str, data.get("drop") or ())}:
        return False
    if any(len(name.splitlines()) != 1 for name in columns):  # what is on two lines, or on none, is no line
        return False
    commits.write(project / FILE, "".join(f"{name}\n" for name in columns).encode())
    return True


def _wanted(project: Project) -> bool:
    """Whether a stage depends on the file, and there is none."""
    listed = (imports.paths(stage, "deps") for stage in imports.definitions(project).values())
    return not (project / FILE).exists() and any(FILE in deps for deps in listed)


def _same_table(project: Project) -> bool:
    """Whether the tree is about the same table as HEAD: else what was built says nothing of it."""
    from mainline import config

    try:
        text = project.show("HEAD", PARAMS) or ""
    except ToolFailed:  # nothing is committed yet
        return False
    before, now = config.loads(text, PARAMS).get("data") or {}, project.params.get("data") or {}
    return all(before.get(key) == now.get(key) for key in SOURCE)
