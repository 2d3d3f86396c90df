"""From candidates to fit rows: the pipeline parses and checks them as it does the source's, in its own process."""

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq

from mainline import ui
from mainline.errors import ConfigError, ToolFailed
from mainline.project import Project
from mainline.stream import forms
from mainline.tools import dvc, process, warm

PIPELINE = ("python", "-m", "pipeline")
WHY = "why"
KNOWN = "known already"


def known(project: Project, waiting: pa.Table) -> set[str]:
    """The ids of the rows that wait and that the table knows by now, as the source has brought them since.

    Args:
        project: with its data/clean.parquet.
        waiting: (rows, row_id + features + target + _day).

    Raises:
        ConfigError: the pipeline cannot read such rows; in its words.
    """
    if not len(waiting):
        return set()
    found, _ = _looked_at(project, waiting)
    whys = zip(forms.texts(found, forms.ROW_ID), forms.texts(found, WHY), strict=True)
    return {row for row, why in whys if why == KNOWN}


def fit(project: Project, candidates: pa.Table) -> tuple[pa.Table, Counter[str], list[str]]:
    """The rows that may stand beside the source's.

    Args:
        project: built, as rows that its table has are no news.
        candidates: (rows, row_id + features + target + _day).

    Returns:
        (fit rows, the same columns) with cells as the table has them; how many others there are, by reason; and what
        the pipeline has to say.

    Raises:
        ConfigError: the pipeline cannot take such rows; in its words.
    """
    if not len(candidates):
        return candidates, Counter(), []
    found, said = _looked_at(project, candidates)
    why = forms.texts(found, WHY)
    rows = forms.where(found.drop_columns([WHY]), [not each for each in why])
    return rows, Counter(each for each in why if each), said.splitlines()[:-1]  # the last counts the same


def _looked_at(project: Project, rows: pa.Table) -> tuple[pa.Table, str]:
    """The rows as the pipeline tells them, with why each is not fit; and what it says beside."""
    forms.require_free(rows.column_names, WHY)
    with TemporaryDirectory(prefix="mainline-") as folder:
        given, made = Path(folder, "candidates.parquet"), Path(folder, "fit.parquet")
        pq.write_table(rows, given)
        command, env = [*PIPELINE, "stream", str(given), str(made)], dvc.environment(project.root)
        try:
            with ui.doing(f"checking {len(rows):,} rows"), warm.stages(project.root, env) as env:
                said = process.capture(command, cwd=project.root, env=env)
        except ToolFailed as error:
            raise ConfigError(str(error).rpartition(f"{made}: ")[2]) from None
        return pq.read_table(made), said
