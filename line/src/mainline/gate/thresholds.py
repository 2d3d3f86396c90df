"""Fixed bars that any challenger must clear on the dev set; all that is said here may be shown to anyone."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mainline import config
from mainline.errors import ConfigError, Refused, nearest
from mainline.gate.comparison import Comparison
from mainline.project import MODEL, Project
from mainline.tools import actions, dvc, process, stages

LOWER_IS_BETTER = frozenset({"log_loss", "brier", "rmse", "mae"})
FEWEST_ROWS = 10
MOST_VALUES = 10  # of a number; beyond, its quarters are the slices
DEV = "data/dev.parquet"
LATENCY = ("python", "-m", "pipeline", "latency")
MEASURED = Path(".mainline/latency.json")


def failed(project: Project, settings: config.Gate, dev: Comparison, main: Project | None = None) -> tuple[str, ...]:
    """The bars that the challenger does not clear, each as a sentence with both figures.

    Args:
        project: the challenger's.
        dev: its answers for the dev rows, in any company.
        main: whose dev rows these are, where they are not the challenger's own.

    Raises:
        ConfigError: a bar is about a metric or column that is not there.
    """
    found = [*_floors(project, settings.bars), *_size(project, settings.bars), *_latency(project, settings.bars)]
    return (*found, *_slices(main or project, settings, dev), *_fairness(main or project, settings, dev))


def _floors(project: Project, bars: config.Bars) -> Iterator[str]:
    measured = _measured(project)
    for name, floor in bars.floor.items():
        if name not in measured:
            raise ConfigError(f"params.yaml: gate.bars.floor: no metric {name!r}; there are: {', '.join(measured)}")
        value = measured[name]
        if not (value <= floor if name in LOWER_IS_BETTER else value >= floor):
            yield f"{name} on the dev set is {value:.4g}, and the bar is {floor:g}"


def _measured(project: Project) -> dict[str, float]:
    """What the evaluate stage has measured on the dev rows."""
    try:
        found = json.loads((project / "metrics/dev.json").read_text(encoding="utf-8"))
        return {name: value for name, value in found.items() if isinstance(value, int | float)}
    except (ValueError, AttributeError, RecursionError):
        raise Refused("metrics/dev.json: not as the evaluate stage writes it; run `mainline lock`") from None


def _size(project: Project, bars: config.Bars) -> Iterator[str]:
    size = (project / MODEL).stat().st_size / 1e6
    if bars.model_mb is not None and size > bars.model_mb:
        yield f"the model is {size:.1f} MB, and the bar is {bars.model_mb:g}"


def _latency(project: Project, bars: config.Bars) -> Iterator[str]:
    if bars.latency_ms is None:
        return
    measured = _handed_over(project)
    if measured is None and actions.running():  # this job's token writes, and measuring would run a branch's code
        raise Refused(f"{MODEL}: its latency was not handed over; the job that built it runs `mainline outputs save`")
    measured = latency_ms(project) if measured is None else measured
    if measured > bars.latency_ms:
        yield f"one row takes {measured:.3g} ms (99th percentile, on this machine), and the bar is {bars.latency_ms:g}"


def _handed_over(project: Project) -> float | None:
    """What another machine has measured of this very model, in milliseconds."""
    try:
        noted = json.loads((project / MEASURED).read_text())
        return float(noted["ms"]) if noted["model"] == dvc.md5(project / MODEL) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def latency_ms(project: Project) -> float:
    """The 99th percentile of one-row predictions of a project's model, in milliseconds, as the pipeline measures it.

    Raises:
        ToolFailed: it could not be measured.
    """
    said = process.capture(LATENCY, cwd=project.root, env={"PYTHONPATH": stages.python_path(project.root)})
    return float(json.loads(said)["p99_ms"])


def _slices(main: Project, settings: config.Gate, dev: Comparison) -> Iterator[str]:
    """Slices of declared columns that fall further below the whole than they may."""
    if settings.bars.slice_gap is None:
        return
    metric = dev.as_mean(settings.metrics(dev.task)[0])
    loss = dev.loss(metric, dev.new)[0]
    for name in settings.slices:
        for value, rows in _groups(main / DEV, name, "gate.slices"):
            gap = float(np.mean(loss[rows]) - np.mean(loss))
            if len(rows) >= FEWEST_ROWS and gap > settings.bars.slice_gap:
                yield f"{metric} where {name} is {value} is {gap:.3g} worse than the whole ({len(rows):,} dev rows)"


def _fairness(main: Project, settings: config.Gate, dev: Comparison) -> Iterator[str]:
    """Sensitive columns whose groups lie further apart than they may."""
    if settings.bars.fairness_gap is None:
        return
    metric = dev.as_mean(settings.metrics(dev.task)[0])
    loss = dev.loss(metric, dev.new)[0]
    for name in settings.sensitive:
        groups = [each for each in _groups(main / DEV, name, "gate.sensitive") if len(each[1]) >= FEWEST_ROWS]
        if len(groups) < 2:
            continue
        ranked = sorted((float(np.mean(loss[rows])), value, len(rows)) for value, rows in groups)
        (best, good, many), (worst, bad, few) = ranked[0], ranked[-1]
        if worst - best > settings.bars.fairness_gap:
            apart = f"{worst - best:.3g} worse than where it is {good}"
            yield f"{metric} where {name} is {bad} is {apart} ({few:,} and {many:,} dev rows)"


def _groups(table: Path, name: str, key: str) -> Iterator[tuple[str, NDArray[np.intp]]]:
    """The slices of a column, and where their rows stand: its values, or its quarters where they are many numbers."""
    if name not in (columns := pq.read_schema(table).names):
        raise ConfigError(f"params.yaml: {key}: the dev set has no column {name!r}; {nearest(name, columns)}")
    column = pd.read_parquet(table, columns=[name])[name]
    named = column
    if pd.api.types.is_numeric_dtype(column) and column.nunique() > MOST_VALUES:
        named = pd.qcut(column, 4, duplicates="drop")
    named = named.astype("object").astype(str).mask(column.isna(), "missing")
    yield from sorted(named.groupby(named).indices.items())
