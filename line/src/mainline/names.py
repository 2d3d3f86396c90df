"""data/names.txt: the columns that name a row without an id of its own, so that a column more leaves all names alone.

Written by `mainline lock` from the table that the tree was built from, before what is new of it is built; in git, as
everything that decides which rows are sealed.
"""

from mainline.errors import ToolFailed
from mainline.project import PARAMS, Project
from mainline.tools import actions, commits, dvc

FILE, RAW = "data/names.txt", "data/raw.parquet"
ROW_ID = "row_id"
SOURCE = ("source", "query", "target", "id")
"""What of `data` says which table it is."""


def keep(project: Project) -> bool:
    """Write down the columns that the tree's rows are named by, where they are not written down yet.

    Not in a workflow, which could not commit it.

    Returns:
        Whether it was written.
    """
    data = project.params.get("data") or {}
    if actions.running() or data.get("id") or not (project / FILE).is_file() or not (project / RAW).is_file():
        return False
    if dvc.md5(project / RAW) != project.lock.outputs.get(RAW) or _another_table(project):
        return False
    from pyarrow import parquet

    columns = [name for name in parquet.read_schema(project / RAW).names if name not in (ROW_ID, data.get("target"))]
    names = (project / FILE).read_text(encoding="utf-8").splitlines()
    if names and set(names) <= {*columns, *map(str, data.get("drop") or ())}:
        return False
    if any(len(name.splitlines()) != 1 for name in columns):  # what is on two lines, or on none, is no line
        return False
    commits.write(project / FILE, "".join(f"{name}\n" for name in columns).encode())
    return True


def _another_table(project: Project) -> bool:
    """Whether the tree is about another table than HEAD: then what was built says nothing of it."""
    from mainline import config

    try:
        text = project.show("HEAD", PARAMS) or ""
    except ToolFailed:  # nothing is committed yet
        return True
    before, now = config.loads(text, PARAMS).get("data") or {}, project.params.get("data") or {}
    return any(before.get(key) != now.get(key) for key in SOURCE)
